//! Passkeys: added and taken away in the settings, and asked for at a sign-in. The one place that needs a script.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError};
use cratekeep_http::{cookies, json, own_path};
use cratekeep_types::Secret;
use http::{HeaderMap, StatusCode};

use crate::page::{PageError, render};
use crate::sign_in::{HOME, STEP_COOKIE, next_of};
use crate::visit::{Sent, Visit, go_to};

const PASSKEYS: &str = "/settings/passkeys";

/// A passkey in the list.
struct Entry {
    id: i64,
    label: String,
    added: String,
    used: String,
}

#[derive(Template)]
#[template(path = "passkeys.html")]
struct PasskeysPage {
    passkeys: Vec<Entry>,
    has_password: bool,
    is_on: bool,
}

#[derive(Template)]
#[template(path = "passkey.html")]
struct StepPage {
    next: String,
}

/// `GET /settings/passkeys`
pub(crate) async fn get(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    visit.check_signed_in()?;
    let has_password = app.has_password(&visit.caller).await?;
    let minute = crate::page::minute;
    let entry = |row: cratekeep_app::PasskeyRow| Entry {
        id: row.id,
        label: row.label,
        added: minute(&row.created_at),
        used: row.used_at.as_ref().map_or_else(|| "never".to_owned(), minute),
    };
    let passkeys = app.list_passkeys(&visit.caller).await?.into_iter().map(entry).collect();
    let page = PasskeysPage { passkeys, has_password, is_on: app.has_passkeys() };
    Ok(render(StatusCode::OK, &page))
}

/// `POST /settings/passkeys/begin`
pub(crate) async fn begin(State(app): State<App>, Sent { visit, form }: Sent) -> Result<Response, PageError> {
    visit.check_signed_in()?;
    let old = Secret::new(form.get("old").to_owned());
    let offer = app.begin_passkey(&visit.caller, form.get("label"), old).await?;
    Ok(json(&offer.to_json()))
}

/// `POST /settings/passkeys/finish`
pub(crate) async fn finish(
    State(app): State<App>,
    Sent { visit, form }: Sent,
) -> Result<Response, PageError> {
    visit.check_signed_in()?;
    app.add_passkey(&visit.caller, form.get("ticket"), form.get("answer")).await?;
    Ok(json(&true))
}

/// `POST /settings/passkeys/remove`: one passkey, or the password beside them.
pub(crate) async fn remove(
    State(app): State<App>,
    Sent { visit, form }: Sent,
) -> Result<Response, PageError> {
    visit.check_signed_in()?;
    let old = Secret::new(form.get("old").to_owned());
    if form.get("id") == "password" {
        app.remove_password(&visit.caller, old).await?;
        return Ok(go_to(PASSKEYS));
    }
    let id = form.get("id").parse().map_err(|_| AppError::invalid("a passkey is named by its number"))?;
    app.remove_passkey(&visit.caller, id, old).await?;
    Ok(go_to(PASSKEYS))
}

/// `GET /passkey`: the second step of a sign-in.
pub(crate) async fn step(visit: Visit) -> Response {
    render(StatusCode::OK, &StepPage { next: next_of(&visit.path) })
}

/// `POST /passkey/begin`: after the password by the cookie of the first step, else by name.
pub(crate) async fn begin_sign_in(
    State(app): State<App>,
    headers: HeaderMap,
    Sent { visit, form }: Sent,
) -> Result<Response, PageError> {
    let name = form.get("name").trim();
    let step = cookies::cookie_text(&headers, &app, STEP_COOKIE).filter(|_| name.is_empty());
    let offer = app.begin_passkey_sign_in(&visit.caller, step, name).await?;
    Ok(json(&offer.to_json()))
}

/// `POST /passkey/finish`
pub(crate) async fn finish_sign_in(
    State(app): State<App>,
    Sent { visit, form }: Sent,
) -> Result<Response, PageError> {
    let (ticket, answer) = (form.get("ticket"), form.get("answer"));
    let session = app.sign_in_with_passkey(&visit.caller, ticket, answer, visit.agent.as_deref()).await?;
    let next = own_path(form.get("next")).unwrap_or(HOME);
    let mut response = json(&std::collections::BTreeMap::from([("next", next)]));
    cookies::set_session(&mut response, &app, &session);
    cookies::set_cookie(&mut response, &app, STEP_COOKIE, "", 0);
    Ok(response)
}
