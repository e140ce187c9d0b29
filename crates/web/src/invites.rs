//! Invitations to own a crate: the page of those that are open, and the page that a letter links to.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, InvitationEntry};
use cratekeep_types::CrateId;
use http::StatusCode;

use crate::page::{PageError, render};
use crate::visit::{Sent, Visit, go_to};

const PENDING: &str = "/me/pending-invites";
/// Most invitations that the page shows; answered ones make room for more.
const SHOWN_MAX: u32 = 100;

#[derive(Template)]
#[template(path = "invites.html")]
struct InvitesPage {
    invitations: Vec<InvitationEntry>,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "accept_invite.html")]
struct AcceptPage {
    invitation: InvitationEntry,
    is_done: bool,
}

/// `GET /me/pending-invites`
pub(crate) async fn pending(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    visit.check_signed_in()?;
    pending_page(&app, visit, StatusCode::OK, None).await
}

/// `POST /me/pending-invites`: accepts or declines one.
pub(crate) async fn answer(
    State(app): State<App>,
    Sent { visit, form }: Sent,
) -> Result<Response, PageError> {
    visit.check_signed_in()?;
    let (id, accepts) = match (form.get("accept"), form.get("decline")) {
        ("", id) => (id, false),
        (id, _) => (id, true),
    };
    let krate = id.parse().map_err(|_| AppError::invalid("an invitation is named by its crate's number"))?;
    match app.answer_invitation(&visit.caller, CrateId(krate), accepts).await {
        Ok(()) => Ok(go_to(PENDING)),
        Err(error @ AppError::Denied(_)) => {
            pending_page(&app, visit, StatusCode::FORBIDDEN, Some(error.to_string())).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn pending_page(
    app: &App,
    visit: Visit,
    status: StatusCode,
    problem: Option<String>,
) -> Result<Response, PageError> {
    let invitations = app.my_invitations(&visit.caller, 0, SHOWN_MAX).await?.entries;
    Ok(render(status, &InvitesPage { invitations, problem }))
}

/// `GET /accept-invite/{token}`: a button, so that a program that follows links in letters accepts nothing.
pub(crate) async fn letter(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let invitation = app.invitation_of_code(visit.params.get("token")).await?;
    Ok(render(StatusCode::OK, &AcceptPage { invitation, is_done: false }))
}

/// `POST /accept-invite/{token}`
pub(crate) async fn accept(State(app): State<App>, Sent { visit, .. }: Sent) -> Result<Response, PageError> {
    let invitation = app.accept_by_code(&visit.caller, visit.params.get("token")).await?;
    Ok(render(StatusCode::OK, &AcceptPage { invitation, is_done: true }))
}
