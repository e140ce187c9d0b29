//! What every request passes: refusal of encoded bodies, JSON for every failure under `/api/`, the challenge on
//! each 401, headers for browsers, a log line, and a catch for panics.

use std::borrow::Cow;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use cratekeep_app::{App, AppError};
use cratekeep_wire::ErrorBody;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_ENCODING, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderValue, StatusCode};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{ApiError, error_response, login_challenge};

/// Puts the guards around the routes and makes the router ready to serve.
pub fn guarded(routes: Router<App>, app: App) -> Router {
    routes
        .method_not_allowed_fallback(wrong_method)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), guard))
        .with_state(app)
}

async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    if let Some(encoding) = request.headers().get(CONTENT_ENCODING)
        && encoding.as_bytes() != b"identity"
    {
        let text = "request bodies are taken as they are; send it without Content-Encoding";
        return error_response(StatusCode::UNSUPPORTED_MEDIA_TYPE, &ErrorBody::one(text));
    }
    let Some(_place) = app.place() else {
        return ApiError(AppError::Unavailable("the server is busy; try again in a moment".to_owned()))
            .into_response();
    };
    if !(is_api(&path) && method.is_safe()) {
        request.extensions_mut().insert(app.clone());
    }
    let mut response = next.run(request).await;
    if is_api(&path) {
        response = in_api_form(response);
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    if response.status() == StatusCode::UNAUTHORIZED {
        login_challenge(&mut response, &login_url(&app, &path));
    }
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    tracing::debug!(http.method = %method, http.path = %without_secrets(&path), http.status = response.status().as_u16(), "answered");
    response
}

/// Paths that end in a secret that was sent to somebody, on pages and in the API: of a first administrator, a one-time
/// link, a confirmation, an invitation.
const SECRET_PATHS: [&str; 5] = ["/setup/", "/link/", "/confirm/", "/accept-invite/", "/accept/"];

/// The path for the log: a secret in it is left out.
fn without_secrets(path: &str) -> Cow<'_, str> {
    let found = SECRET_PATHS.iter().find_map(|part| path.find(part).map(|at| at + part.len()));
    found.map_or(path.into(), |end| format!("{}***", &path[..end]).into())
}

/// Whether a path is one of the web API.
#[must_use]
pub fn is_api(path: &str) -> bool {
    path.starts_with("/api/") || (path.starts_with("/r/") && path.contains("/api/"))
}

/// Failures that the framework worded itself come as plain text; clients of the API read JSON.
fn in_api_form(response: Response) -> Response {
    let status = response.status();
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|value| value == "application/json");
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    error_response(status, &ErrorBody::one(status.canonical_reason().unwrap_or("failed")))
}

/// Where a person gets a token for the registry that `path` is in.
fn login_url(app: &App, path: &str) -> String {
    let registry = path.strip_prefix("/r/").and_then(|rest| app.registry(rest.split('/').next()?));
    format!("{}/me", registry.unwrap_or_else(|| app.default_registry()).address)
}

/// What is at no address, as the API says it.
pub async fn absent() -> Response {
    error_response(StatusCode::NOT_FOUND, &ErrorBody::one("Not Found"))
}

async fn wrong_method() -> Response {
    error_response(
        StatusCode::METHOD_NOT_ALLOWED,
        &ErrorBody::one("this path does not answer to this method"),
    )
}

fn panicked(panic: Box<dyn std::any::Any + Send>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default();
    ApiError(AppError::Internal(format!("a handler panicked: {text}"))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_paths_are_left_out() {
        for (path, shown) in [
            ("/setup/abc", "/setup/***"),
            ("/link/abc", "/link/***"),
            ("/confirm/abc", "/confirm/***"),
            ("/api/v1/confirm/abc", "/api/v1/confirm/***"),
            ("/r/side/accept-invite/abc", "/r/side/accept-invite/***"),
            (
                "/api/v1/me/crate_owner_invitations/accept/abc",
                "/api/v1/me/crate_owner_invitations/accept/***",
            ),
            ("/crates/serde/1.0.0/download", "/crates/serde/1.0.0/download"),
            ("/link", "/link"),
        ] {
            assert_eq!(without_secrets(path), shown);
        }
    }

    #[test]
    fn the_web_api_is_known_by_its_paths() {
        assert!(is_api("/api/v1/crates") && is_api("/r/side/api/v1/crates"));
        assert!(!is_api("/index/config.json") && !is_api("/crates/api") && !is_api("/r/side"));
    }
}
