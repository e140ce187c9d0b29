//! Sends one request and reads one bounded answer. Follows few redirects, each checked like the first address.

mod connect;
mod error;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;
use url::Url;

pub use error::CallError;

use crate::guard::{self, Refused};
use crate::{Options, OutboundError};

/// Redirects that one call follows at most.
const REDIRECTS_MAX: usize = 3;

/// Sends requests. Cheap to clone; what is open is shared.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    options: Options,
    prepared: connect::Prepared,
    /// Made by the first call: reading the certificates of the system takes a while.
    sender: OnceCell<reqwest::Client>,
}

/// What a call is answered with. The body is foreign text: it belongs in no log and no error.
#[derive(Clone)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body, at most `outbound.body_bytes_max`.
    pub body: Bytes,
}

/// A request that is to be sent.
#[derive(Clone)]
pub struct Call {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Bytes,
}

impl fmt::Debug for Client {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Client").field("options", &self.0.options).finish_non_exhaustive()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Reply")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Call").field("method", &self.method).finish_non_exhaustive()
    }
}

impl Call {
    /// A request without a body.
    #[must_use]
    pub fn get(url: &str) -> Self {
        Self::new(Method::GET, url, Bytes::new())
    }

    /// A request with fields as a form sends them.
    #[must_use]
    pub fn post_form(url: &str, fields: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let call = Self::new(Method::POST, url, Bytes::from(body));
        call.content_type("application/x-www-form-urlencoded")
    }

    /// A request with a JSON body.
    #[must_use]
    pub fn post_json(url: &str, body: &serde_json::Value) -> Self {
        Self::new(Method::POST, url, Bytes::from(body.to_string())).content_type("application/json")
    }

    /// A request with any method and body.
    #[must_use]
    pub fn new(method: Method, url: &str, body: Bytes) -> Self {
        Self { method, url: url.to_owned(), headers: HeaderMap::new(), body }
    }

    /// Adds a header. Headers go to the first address and its origin only.
    ///
    /// # Errors
    /// [`CallError::Header`] when the value has characters that no header may have.
    pub fn header(mut self, name: HeaderName, value: &str) -> Result<Self, CallError> {
        let mut value = HeaderValue::from_str(value).map_err(|_| CallError::Header(name.to_string()))?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }

    /// Adds `Authorization: Bearer TOKEN`.
    ///
    /// # Errors
    /// [`CallError::Header`] when the token has characters that no header may have.
    pub fn bearer(self, token: &str) -> Result<Self, CallError> {
        self.header(AUTHORIZATION, &format!("Bearer {token}"))
    }

    /// Asks for a JSON answer.
    #[must_use]
    pub fn wants_json(mut self) -> Self {
        self.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        self
    }

    fn content_type(mut self, value: &'static str) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(value));
        self
    }
}

impl Reply {
    /// The body as JSON, when the status is a success.
    ///
    /// # Errors
    /// [`CallError::Status`] and [`CallError::NotJson`]; neither repeats the body.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        if !self.status.is_success() {
            return Err(CallError::Status(self.status.as_u16()));
        }
        serde_json::from_slice(&self.body).map_err(|_| CallError::NotJson)
    }
}

impl Client {
    pub(crate) fn new(options: Options) -> Result<Self, OutboundError> {
        let prepared = connect::prepare(&options)?;
        Ok(Self(Arc::new(Inner { options, prepared, sender: OnceCell::new() })))
    }

    /// Whether places inside may be called.
    #[must_use]
    pub fn allows_private(&self) -> bool {
        self.0.options.allow_private
    }

    /// Gets a page. Follows up to three redirects.
    ///
    /// # Errors
    /// [`CallError`]; an answer with any status is no error.
    pub async fn get(&self, url: &str) -> Result<Reply, CallError> {
        self.send(Call::get(url)).await
    }

    /// Gets a JSON document.
    ///
    /// # Errors
    /// [`CallError`], also for a status that is no success and for a body of another shape.
    pub async fn get_json<T: DeserializeOwned>(&self, url: &str) -> Result<T, CallError> {
        self.send(Call::get(url).wants_json()).await?.json()
    }

    /// Posts the fields of a form and asks for JSON.
    ///
    /// # Errors
    /// [`CallError`]; an answer with any status is no error.
    pub async fn post_form(&self, url: &str, fields: &[(&str, &str)]) -> Result<Reply, CallError> {
        self.send(Call::post_form(url, fields).wants_json()).await
    }

    /// Posts a JSON document and asks for JSON.
    ///
    /// # Errors
    /// [`CallError`]; an answer with any status is no error.
    pub async fn post_json(&self, url: &str, body: &serde_json::Value) -> Result<Reply, CallError> {
        self.send(Call::post_json(url, body).wants_json()).await
    }

    /// Sends a request. Only a GET follows redirects, so that a body never goes to a place it was not meant for.
    ///
    /// # Errors
    /// [`CallError`]; an answer with any status is no error.
    pub async fn send(&self, call: Call) -> Result<Reply, CallError> {
        let limit = self.0.options.answer_time_max;
        let answered = tokio::time::timeout(limit, self.follow(call)).await;
        answered.unwrap_or(Err(CallError::TimedOut(limit.as_secs())))
    }

    async fn follow(&self, call: Call) -> Result<Reply, CallError> {
        let Call { method, url, mut headers, body } = call;
        let mut url = guard::check(&url, self.0.options.allow_private)?;
        for _ in 0..=REDIRECTS_MAX {
            let reply = self.send_once(&method, &url, &headers, &body).await?;
            let Some(next) = (method == Method::GET).then(|| next_address(&url, &reply)).flatten() else {
                return Ok(reply);
            };
            let next = next?;
            guard::check_url(&next, self.0.options.allow_private)?;
            if url.scheme() == "https" && next.scheme() == "http" {
                return Err(Refused::Downgrade(next.host_str().unwrap_or_default().to_owned()).into());
            }
            if next.origin() != url.origin() {
                headers = only_accept(&headers);
            }
            url = next;
        }
        Err(CallError::Redirects(REDIRECTS_MAX))
    }

    async fn send_once(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Reply, CallError> {
        let sender =
            self.0.sender.get_or_try_init(|| async { connect::build(&self.0.options, &self.0.prepared) });
        let request = sender.await?.request(method.clone(), url.clone()).headers(headers.clone());
        let answer = request.body(body.clone()).send().await.map_err(|error| CallError::of(error, url))?;
        self.read(answer, url).await
    }

    async fn read(&self, mut answer: reqwest::Response, url: &Url) -> Result<Reply, CallError> {
        let bytes_max = self.0.options.body_bytes_max;
        let announced =
            answer.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        if announced.is_some_and(|bytes: usize| bytes > bytes_max) {
            return Err(CallError::TooLarge(bytes_max));
        }
        let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| CallError::of(error, url))? {
            if body.len() + chunk.len() > bytes_max {
                return Err(CallError::TooLarge(bytes_max));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, headers, body: Bytes::from(body) })
    }
}

/// Where a redirect leads; nothing when the answer is none.
fn next_address(from: &Url, reply: &Reply) -> Option<Result<Url, CallError>> {
    if !matches!(reply.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = reply.headers.get(LOCATION)?.to_str().ok();
    let next = location.and_then(|location| from.join(location).ok());
    Some(next.ok_or_else(|| Refused::NoUrl("the address of a redirect".to_owned()).into()))
}

/// What may be told to another origin: neither `Authorization` nor any other header that the caller set.
fn only_accept(headers: &HeaderMap) -> HeaderMap {
    headers.get(ACCEPT).map(|value| (ACCEPT, value.clone())).into_iter().collect()
}
