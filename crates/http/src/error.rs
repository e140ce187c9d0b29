//! Errors of use cases as responses of the JSON face: an honest status and cargo's error body.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use cratekeep_app::AppError;
use cratekeep_wire::ErrorBody;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::Told;

/// How long a client should wait when a part of the server is away, in seconds. cargo waits ten at most.
const RETRY_SECS: &str = "5";

/// An [`AppError`] on its way to a client of the JSON face.
#[derive(Debug)]
pub struct ApiError(pub AppError);

impl<E: Into<AppError>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = status_of(&self.0);
        let retry_after = match &self.0 {
            AppError::SlowDown { retry_after_secs, .. } => Some(HeaderValue::from(*retry_after_secs)),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => Some(HeaderValue::from_static(RETRY_SECS)),
            _ => None,
        };
        let body = match self.0 {
            AppError::Invalid(problems) => ErrorBody::all(problems),
            AppError::Internal(text) => {
                let incident = log_incident(&text);
                ErrorBody::one(format!("internal error; the server's log has it as incident {incident}"))
            }
            other => ErrorBody::one(other.to_string()),
        };
        let mut response = error_response(status, &body);
        if let Some(wait) = retry_after {
            response.headers_mut().insert(RETRY_AFTER, wait);
        }
        response
    }
}

/// A response with cargo's error body. Never to be cached.
#[must_use]
pub fn error_response(status: StatusCode, body: &ErrorBody) -> Response {
    let mut response = Response::new(Body::from(body.to_json()));
    *response.status_mut() = status;
    response.extensions_mut().insert(Told(body.errors.iter().map(|error| error.detail.clone()).collect()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A 200 with a JSON body, not to be cached.
#[must_use]
pub fn json<T: Serialize>(body: &T) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => {
            let mut response = Response::new(Body::from(bytes));
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(error) => ApiError(AppError::Internal(error.to_string())).into_response(),
    }
}

/// Tells cargo where a token can be had, on every 401.
pub fn login_challenge(response: &mut Response, login_url: &str) {
    if response.status() == StatusCode::UNAUTHORIZED
        && let Ok(value) = HeaderValue::from_str(&format!("Cargo login_url=\"{login_url}\""))
    {
        response.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
}

/// The status of an answer to an error.
#[must_use]
pub fn status_of(error: &AppError) -> StatusCode {
    match error {
        AppError::Invalid(_) => StatusCode::BAD_REQUEST,
        AppError::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        AppError::Denied(_) => StatusCode::FORBIDDEN,
        AppError::NotFound(_) => StatusCode::NOT_FOUND,
        AppError::Gone(_) => StatusCode::GONE,
        AppError::Conflict(_) => StatusCode::CONFLICT,
        AppError::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
        AppError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        AppError::SlowDown { .. } => StatusCode::TOO_MANY_REQUESTS,
        AppError::Unavailable(_) | AppError::OutcomeUnknown(_) => StatusCode::SERVICE_UNAVAILABLE,
        AppError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn log_incident(text: &str) -> String {
    use std::hash::{BuildHasher, RandomState};
    let incident = format!("{:016x}", RandomState::new().hash_one(text));
    tracing::error!(incident, error = text, "a request failed inside");
    incident
}
