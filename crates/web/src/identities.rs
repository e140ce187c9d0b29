//! Sign-ins at other places that are linked to one's account.

use askama::Template;
use axum::extract::{Request, State};
use axum::response::Response;
use cratekeep_app::{App, AppError, LinkedIdentity, ProviderOffer};
use cratekeep_http::{Posted, Visitor};
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};

use crate::page::{PageError, render};
use crate::provider::link_key;

const IDENTITIES: &str = "/settings/identities";

#[derive(Template)]
#[template(path = "identities.html")]
struct IdentitiesPage {
    form_key: String,
    linked: Vec<LinkedIdentity>,
    offers: Vec<ProviderOffer>,
    link_key: String,
    problem: Option<String>,
}

/// `GET /settings/identities`
pub(crate) async fn get(State(app): State<App>, visitor: Visitor) -> Result<Response, PageError> {
    show(&app, &visitor, StatusCode::OK, None).await
}

/// `POST /settings/identities`: unlinks one.
pub(crate) async fn unlink(State(app): State<App>, request: Request) -> Result<Response, PageError> {
    let Posted { visitor, form } = Posted::read(&app, request).await?;
    let id = form.get("id").parse().map_err(|_| AppError::invalid("a sign-in is named by its number"))?;
    match app.unlink_identity(&visitor.caller, id).await {
        Ok(()) => {
            let mut response = show(&app, &visitor, StatusCode::SEE_OTHER, None).await?;
            response.headers_mut().insert(LOCATION, HeaderValue::from_static(IDENTITIES));
            Ok(response)
        }
        Err(AppError::Conflict(text)) => show(&app, &visitor, StatusCode::CONFLICT, Some(text)).await,
        Err(error) => Err(error.into()),
    }
}

async fn show(
    app: &App,
    visitor: &Visitor,
    status: StatusCode,
    problem: Option<String>,
) -> Result<Response, PageError> {
    let linked = app.linked_identities(&visitor.caller).await?;
    let mut offers = app.sign_in_providers();
    // A proxy is not gone to: it names who asks by itself.
    offers.retain(|offer| app.is_asked(&offer.name).unwrap_or(false));
    let form_key = visitor.form_key.clone().unwrap_or_default();
    let link_key = link_key(&form_key);
    Ok(render(status, &IdentitiesPage { form_key, linked, offers, link_key, problem }))
}
