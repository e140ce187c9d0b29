//! The browsers that are signed in.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, SessionEntry};
use cratekeep_types::SessionId;
use http::StatusCode;

use crate::page::{PageError, render};
use crate::visit::{Sent, Visit, go_to};

const SESSIONS: &str = "/settings/sessions";

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    sessions: Vec<SessionEntry>,
}

impl SessionsPage {
    fn has_others(&self) -> bool {
        self.sessions.iter().any(|entry| !entry.is_current)
    }
}

/// `GET /settings/sessions`
pub(crate) async fn get(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    visit.check_signed_in()?;
    let sessions = app.list_sessions(&visit.caller).await?;
    Ok(render(StatusCode::OK, &SessionsPage { sessions }))
}

/// `POST /settings/sessions`: ends one, or all others.
pub(crate) async fn end(State(app): State<App>, Sent { visit, form }: Sent) -> Result<Response, PageError> {
    visit.check_signed_in()?;
    if form.has("others") {
        app.end_other_sessions(&visit.caller).await?;
        return Ok(go_to(SESSIONS));
    }
    let id = form.get("id").parse().map_err(|_| AppError::invalid("a session is named by its number"))?;
    app.end_session(&visit.caller, SessionId(id)).await?;
    Ok(go_to(SESSIONS))
}
