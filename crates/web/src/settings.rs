//! What people set for themselves: profile, mail address, password, sessions.

mod sessions;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, OwnProfile, ProfileChange};
use cratekeep_types::Secret;
use http::StatusCode;

pub(crate) use sessions::{end as end_sessions, get as sessions};

use crate::page::{PageError, render};
use crate::sign_in::signed_in;
use crate::visit::{Sent, Visit, go_to};

const PROFILE: &str = "/settings/profile";

#[derive(Template)]
#[template(path = "profile.html")]
struct ProfilePage {
    own: OwnProfile,
    has_password: bool,
    takes_passwords: bool,
    problem: Option<String>,
    email_typed: String,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    is_good: bool,
    is_done: bool,
}

/// `GET /settings/profile`
pub(crate) async fn profile(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    visit.check_signed_in()?;
    profile_page(&app, visit, StatusCode::OK, None, None).await
}

/// `POST /settings/profile`
pub(crate) async fn change_profile(
    State(app): State<App>,
    Sent { visit, form }: Sent,
) -> Result<Response, PageError> {
    visit.check_signed_in()?;
    let change = ProfileChange {
        display_name: Some(form.get("display_name").to_owned()),
        publish_mail: Some(form.has("publish_mail")),
    };
    match app.change_profile(&visit.caller, change).await {
        Ok(()) => Ok(go_to(PROFILE)),
        Err(error) => with_problem(&app, visit, error, None).await,
    }
}

/// `POST /settings/mail`: another address, or the same once more.
pub(crate) async fn change_mail(
    State(app): State<App>,
    Sent { visit, form }: Sent,
) -> Result<Response, PageError> {
    visit.check_signed_in()?;
    match app.change_email(&visit.caller, form.get("email")).await {
        Ok(()) => Ok(go_to(PROFILE)),
        Err(error) => with_problem(&app, visit, error, Some(form.get("email").to_owned())).await,
    }
}

/// `POST /settings/password`
pub(crate) async fn change_password(
    State(app): State<App>,
    Sent { visit, form }: Sent,
) -> Result<Response, PageError> {
    visit.check_signed_in()?;
    let secret = |name: &str| Secret::new(form.get(name).to_owned());
    let (old, new) = (secret("old"), secret("new"));
    match app.change_password(&visit.caller, old, new, visit.agent.as_deref()).await {
        Ok(session) => Ok(signed_in(&app, &session, PROFILE)),
        Err(error) => with_problem(&app, visit, error, None).await,
    }
}

/// `GET /confirm/{token}`: a button, so that a program that follows links in letters confirms nothing.
pub(crate) async fn confirm(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let is_good = app.can_confirm(visit.params.get("token")).await?;
    let status = if is_good { StatusCode::OK } else { StatusCode::NOT_FOUND };
    Ok(render(status, &ConfirmPage { is_good, is_done: false }))
}

/// `POST /confirm/{token}`
pub(crate) async fn use_confirmation(
    State(app): State<App>,
    Sent { visit, .. }: Sent,
) -> Result<Response, PageError> {
    let (is_done, status) = match app.confirm_email(&visit.caller, visit.params.get("token")).await {
        Ok(()) => (true, StatusCode::OK),
        Err(AppError::Invalid(_)) => (false, StatusCode::NOT_FOUND),
        Err(error) => return Err(error.into()),
    };
    Ok(render(status, &ConfirmPage { is_good: is_done, is_done }))
}

async fn with_problem(
    app: &App,
    visit: Visit,
    error: AppError,
    email: Option<String>,
) -> Result<Response, PageError> {
    let status = match error {
        AppError::Invalid(_) => StatusCode::BAD_REQUEST,
        AppError::SlowDown { .. } => StatusCode::TOO_MANY_REQUESTS,
        error => return Err(error.into()),
    };
    let text = error.to_string();
    profile_page(app, visit, status, Some(text), email).await
}

async fn profile_page(
    app: &App,
    visit: Visit,
    status: StatusCode,
    problem: Option<String>,
    email: Option<String>,
) -> Result<Response, PageError> {
    let own = app.own_profile(&visit.caller).await?;
    let has_password = app.has_password(&visit.caller).await?;
    let takes_passwords = app.takes_passwords_of(&visit.caller);
    let email_typed = email.or_else(|| own.profile.email.clone()).unwrap_or_default();
    Ok(render(status, &ProfilePage { own, has_password, takes_passwords, problem, email_typed }))
}
