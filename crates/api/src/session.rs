//! `/api/private/session…`: signing in and out as the pages of crates.io do, by the one provider that they know of.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, Caller, ComeBack, SetOut, Shown, WAY_SECS_MAX};
use cratekeep_http::cookies::{self, WAY, cookie_text, set_cookie, set_session};
use cratekeep_http::{ApiError, InRegistry, json, limited_body};
use cratekeep_wire::OkReply;
use cratekeep_wire::api::account::{AuthorizeRequest, SessionBegun, SignedInReply};
use http::HeaderMap;
use http::header::USER_AGENT;

use crate::account::me_body;

/// Longest body in bytes.
const BODY_BYTES_MAX: usize = 16 << 10;

/// `POST /api/private/session/begin`
pub(crate) async fn begin(
    State(app): State<App>,
    InRegistry { caller, .. }: InRegistry,
) -> Result<Response, ApiError> {
    let provider = app.only_provider()?;
    let way = app.set_out(&caller, provider, SetOut { next: "/", links: false }).await?;
    let mut response = json(&SessionBegun { url: way.url, state: way.state.expose().clone() });
    set_cookie(&mut response, &app, WAY, way.binding.expose(), WAY_SECS_MAX);
    Ok(response)
}

/// `POST /api/private/session/authorize`
pub(crate) async fn authorize(
    State(app): State<App>,
    headers: HeaderMap,
    InRegistry { caller, .. }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    let provider = app.only_provider()?;
    let bytes = limited_body(body, BODY_BYTES_MAX).await?;
    let asked: AuthorizeRequest = serde_json::from_slice(&bytes).map_err(|_| {
        AppError::invalid("the body is not JSON of the form {\"code\":\"…\",\"state\":\"…\"}")
    })?;
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    let binding = cookie_text(&headers, &app, WAY);
    let back = ComeBack { state: &asked.state, code: &asked.code, binding, agent, ..ComeBack::default() };
    if !app.has_set_out(provider, &back).await? {
        return Err(AppError::invalid("invalid state parameter").into());
    }
    let arrived = app.come_back(&caller, provider, back).await?;
    let session =
        arrived.session.ok_or_else(|| AppError::Internal("a way in without a session".to_owned()))?;
    let shown = Shown { session: Some(session.text.expose()), ..Shown::default() };
    let holder = Caller { actor: app.identify(&shown).await?, address: caller.address };
    let me = me_body(&app, &holder).await?;
    let mut response = json(&SignedInReply { status: "signed_in", me });
    set_session(&mut response, &app, &session);
    set_cookie(&mut response, &app, WAY, "", 0);
    Ok(response)
}

/// `DELETE /api/private/session`: works without a session as well.
pub(crate) async fn sign_out(
    State(app): State<App>,
    InRegistry { caller, .. }: InRegistry,
) -> Result<Response, ApiError> {
    app.sign_out(&caller).await?;
    let mut response = json(&OkReply::OK);
    cookies::clear_session(&mut response, &app);
    Ok(response)
}
