//! What all pages share: how they are rendered, which headers they carry, how an error reads.

use askama::Template;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use cratekeep_app::{AppError, RegistryView};
use cratekeep_http::{Told, status_of};
use cratekeep_types::Timestamp;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};

use crate::around;

/// Pages take nothing from elsewhere and run no script but ours, which they do without as well.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// As [`POLICY`], for a text of strangers whose images browsers load from where they are.
const POLICY_WITH_IMAGES: &str = "default-src 'none'; style-src 'self'; img-src 'self' https: http:; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// How to set cargo up for a registry, as its pages show it.
pub(crate) struct SetUp {
    /// What the registry is called in cargo's configuration.
    pub(crate) name: String,
    /// Its index URL.
    pub(crate) index: String,
    /// Whether reading needs a token.
    pub(crate) closed: bool,
    /// Where a person gets a token.
    pub(crate) me: String,
}

impl SetUp {
    pub(crate) fn of(view: &RegistryView) -> Self {
        Self {
            name: view.registry.name.to_string(),
            index: view.index_url(),
            closed: !view.is_open(),
            me: format!("{}/me", view.address),
        }
    }

    /// The registry's part in the names of cargo's environment variables.
    pub(crate) fn variable(&self) -> String {
        self.name.to_uppercase().replace('-', "_")
    }
}

/// What browsers may keep of a page. Nobody else may keep anything: who is signed in stands on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cache {
    /// Nothing: there are secrets or one's own things on it.
    Never,
    /// For going back; whoever opens it anew gets it anew.
    AskAgain,
}

impl Cache {
    fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Never => "no-store",
            Self::AskAgain => "private, no-cache",
        })
    }
}

/// A rendered page of which nothing is kept.
pub(crate) fn render(status: StatusCode, page: &impl Template) -> Response {
    render_kept(status, Cache::Never, page)
}

/// A rendered page.
pub(crate) fn render_kept(status: StatusCode, cache: Cache, page: &impl Template) -> Response {
    let html = match page.render_with_values(&around::values()) {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            return (StatusCode::INTERNAL_SERVER_ERROR, "this page could not be made; the log says why\n")
                .into_response();
        }
    };
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(CACHE_CONTROL, cache.header());
    response
}

/// A moment in UTC to the minute, for tables.
pub(crate) fn minute(at: &Timestamp) -> String {
    at.to_seconds_text().replace('T', " ").chars().take("2026-01-31 12:00".len()).collect()
}

/// Lets a page show images from elsewhere.
pub(crate) fn allow_images(response: &mut Response) {
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY_WITH_IMAGES));
}

#[derive(Template)]
#[template(path = "failed.html")]
struct Failed {
    status: u16,
    title: &'static str,
    problems: Vec<String>,
}

/// A failure as a page.
pub(crate) fn failed(status: StatusCode, problems: Vec<String>) -> Response {
    let title = match status {
        StatusCode::NOT_FOUND => "Not here",
        StatusCode::GONE => "Too late",
        StatusCode::UNAUTHORIZED => "Who are you?",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::PAYLOAD_TOO_LARGE => "Too large",
        StatusCode::TOO_MANY_REQUESTS => "Too often",
        StatusCode::SERVICE_UNAVAILABLE => "Not now",
        status if status.is_server_error() => "Our fault",
        _ => "That did not work",
    };
    let told = Told(problems.clone());
    let mut response = render(status, &Failed { status: status.as_u16(), title, problems });
    response.extensions_mut().insert(told);
    response
}

/// An error as a page.
pub(crate) struct PageError(AppError);

impl From<AppError> for PageError {
    fn from(error: AppError) -> Self {
        Self(error)
    }
}

impl From<cratekeep_http::ApiError> for PageError {
    fn from(error: cratekeep_http::ApiError) -> Self {
        Self(error.0)
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let status = status_of(&self.0);
        let retry_after_secs = match &self.0 {
            AppError::SlowDown { retry_after_secs, .. } => Some(*retry_after_secs),
            _ => None,
        };
        let problems = match self.0 {
            AppError::Invalid(problems) => problems,
            AppError::Internal(text) => {
                tracing::error!(error = text, "a page failed inside");
                vec!["The server's log says what went wrong.".to_owned()]
            }
            other => vec![other.to_string()],
        };
        let mut response = failed(status, problems);
        if let Some(secs) = retry_after_secs {
            response.headers_mut().insert(RETRY_AFTER, secs.into());
        }
        response
    }
}
