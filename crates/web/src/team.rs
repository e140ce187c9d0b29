//! The page of a team.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, TeamPage};
use http::StatusCode;

use crate::page::{PageError, render};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "team.html")]
struct Team {
    page: TeamPage,
}

/// `GET /teams/{login}`
pub(crate) async fn get(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let page = app.show_team(&visit.caller, &visit.registry, visit.params.get("login")).await?;
    Ok(render(StatusCode::OK, &Team { page }))
}
