//! Sign-ins at other places that are linked to one's account.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, LinkedIdentity, ProviderOffer};
use http::StatusCode;

use crate::around::form_key;
use crate::page::{PageError, render};
use crate::provider::link_key;
use crate::visit::{Sent, Visit, go_to};

const IDENTITIES: &str = "/settings/identities";

#[derive(Template)]
#[template(path = "identities.html")]
struct IdentitiesPage {
    linked: Vec<LinkedIdentity>,
    offers: Vec<ProviderOffer>,
    link_key: String,
    problem: Option<String>,
}

/// `GET /settings/identities`
pub(crate) async fn get(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    visit.check_signed_in()?;
    show(&app, &visit, StatusCode::OK, None).await
}

/// `POST /settings/identities`: unlinks one.
pub(crate) async fn unlink(
    State(app): State<App>,
    Sent { visit, form }: Sent,
) -> Result<Response, PageError> {
    visit.check_signed_in()?;
    let id = form.get("id").parse().map_err(|_| AppError::invalid("a sign-in is named by its number"))?;
    match app.unlink_identity(&visit.caller, id).await {
        Ok(()) => Ok(go_to(IDENTITIES)),
        Err(AppError::Conflict(text)) => show(&app, &visit, StatusCode::CONFLICT, Some(text)).await,
        Err(error) => Err(error.into()),
    }
}

async fn show(
    app: &App,
    visit: &Visit,
    status: StatusCode,
    problem: Option<String>,
) -> Result<Response, PageError> {
    let linked = app.linked_identities(&visit.caller).await?;
    let mut offers = app.sign_in_providers();
    // A proxy is not gone to: it names who asks by itself.
    offers.retain(|offer| app.is_asked(&offer.name).unwrap_or(false));
    let link_key = link_key(&form_key());
    Ok(render(status, &IdentitiesPage { linked, offers, link_key, problem }))
}
