//! Who looks at a page or sends a form of one.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::Response;
use cratekeep_app::{App, AppError, Caller, RegistryView};
use cratekeep_http::{Form, Params, Posted, Visitor};
use cratekeep_types::{Actor, Presented};
use http::header::{CACHE_CONTROL, LOCATION, USER_AGENT};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::page::PageError;

/// Longest text of a browser about itself that is looked at, in bytes.
const AGENT_BYTES_MAX: usize = 1_000;

/// A request for a page.
#[derive(Debug)]
pub(crate) struct Visit {
    /// The registry.
    pub(crate) registry: Arc<RegistryView>,
    /// Who asks.
    pub(crate) caller: Caller,
    /// Whether somebody is signed in with this browser.
    pub(crate) is_signed_in: bool,
    /// Path and query, to come back to after a sign-in.
    pub(crate) path: String,
    /// The parameters in the path.
    pub(crate) params: Params,
    /// What the browser calls itself.
    pub(crate) agent: Option<String>,
}

impl Visit {
    /// Sees that a browser asks in which somebody is signed in.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] for nobody, [`AppError::Denied`] for a token and for a locked account.
    pub(crate) fn check_signed_in(&self) -> Result<(), AppError> {
        match &self.caller.actor {
            _ if self.is_signed_in => Ok(()),
            Actor::Nobody(Presented::Locked(sentence)) => Err(AppError::Denied(sentence.clone())),
            Actor::Nobody(_) => Err(AppError::Unauthenticated(
                "this page is for people with an account: sign in first".to_owned(),
            )),
            _ => Err(AppError::Denied("no token opens this page; sign in with a browser".to_owned())),
        }
    }
}

impl Visit {
    /// What stands before the paths of the registry: nothing for the default one, else `/r/{name}`.
    pub(crate) fn place(&self) -> String {
        let registry = &self.registry.registry;
        if registry.is_default { String::new() } else { format!("/r/{}", registry.name) }
    }

    /// A parameter of the address; empty when it is not there.
    pub(crate) fn query(&self, name: &str) -> String {
        let found = self.pairs().find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    /// The address of this page with one parameter changed.
    pub(crate) fn path_with(&self, name: &str, value: &str) -> String {
        let others = self.pairs().filter(|(key, _)| key != name);
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(others).append_pair(name, value);
        let path = self.path.split('?').next().unwrap_or("/");
        format!("{path}?{}", query.finish())
    }

    fn pairs(&self) -> form_urlencoded::Parse<'_> {
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        form_urlencoded::parse(query.as_bytes())
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PageError> {
        let params = Params::from_request_parts(parts, app).await?;
        let visitor = Visitor::of(parts, app).await?;
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Self::made(visitor, params, path, &parts.headers))
    }
}

impl Visit {
    fn made(visitor: Visitor, params: Params, path: String, headers: &HeaderMap) -> Self {
        let Visitor { registry, caller, form_key } = visitor;
        let is_signed_in = form_key.is_some() && caller.actor.account().is_some();
        Self { registry, caller, is_signed_in, path, params, agent: agent(headers) }
    }
}

/// A form that one of our pages sent.
#[derive(Debug)]
pub(crate) struct Sent {
    /// Who sent it.
    pub(crate) visit: Visit,
    /// What it says.
    pub(crate) form: Form,
}

impl FromRequest<App> for Sent {
    type Rejection = PageError;

    async fn from_request(request: Request<Body>, app: &App) -> Result<Self, PageError> {
        let (mut parts, body) = request.into_parts();
        let params = Params::from_request_parts(&mut parts, app).await?;
        let path = parts.uri.path().to_owned();
        let headers = parts.headers.clone();
        let Posted { visitor, form } = Posted::read(app, Request::from_parts(parts, body)).await?;
        Ok(Self { visit: Visit::made(visitor, params, path, &headers), form })
    }
}

fn agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(AGENT_BYTES_MAX).collect())
}

/// Sends the browser on, after a form as well.
pub(crate) fn go_to(path: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    headers.insert(LOCATION, HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/")));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Sends the browser to sign in, and back to `path` afterwards.
pub(crate) fn sign_in_first(path: &str) -> Response {
    let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
    go_to(&format!("/sign-in?next={next}"))
}
