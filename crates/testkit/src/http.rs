//! A plain HTTP client: it shows bodies exactly as they came (no automatic decompression, no redirects, no
//! retries) and trusts nobody but a test's own certificate authority. What the answers mean is for the tests.

mod raw;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode, Version};
use serde_json::Value;

pub use raw::{RawConnection, RawReply};

use crate::tls::TestCa;

/// A client with its own pool of connections. Clone it to share the pool.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: reqwest::Client,
    base: String,
}

/// Which version of HTTP a client insists on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insist {
    /// Whatever the two sides agree on.
    Nothing,
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 only, over plain TCP without asking first.
    Http2,
}

/// A complete answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// The version it came with.
    pub version: Version,
    /// The body as sent, still compressed if it was.
    pub body: Bytes,
}

/// A request in the making; [`Request::send`] sends it.
#[derive(Debug)]
pub struct Request(reqwest::RequestBuilder);

impl HttpClient {
    /// A client for the server at `base` (`http://127.0.0.1:15017`).
    ///
    /// # Errors
    /// The client cannot be built.
    pub fn plain(base: &str) -> Result<Self> {
        Self::build(base, None, Insist::Nothing)
    }

    /// A client for an `https` server whose certificate comes from `ca`.
    ///
    /// # Errors
    /// The client cannot be built.
    pub fn trusting(base: &str, ca: &TestCa) -> Result<Self> {
        Self::build(base, Some(ca), Insist::Nothing)
    }

    /// A client with every choice given.
    ///
    /// # Errors
    /// The client cannot be built.
    pub fn build(base: &str, ca: Option<&TestCa>, insist: Insist) -> Result<Self> {
        let tls = crate::tls::client_config(ca, insist)?;
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy();
        let builder = match insist {
            Insist::Nothing => builder,
            Insist::Http1 => builder.http1_only(),
            Insist::Http2 => builder.http2_prior_knowledge(),
        };
        let client = builder.build().context("could not build the HTTP client")?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned() })
    }

    /// Begins a request for a path of the server (`/index/config.json`) or a whole URL.
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> Request {
        let url = if path.starts_with('/') { format!("{}{path}", self.base) } else { path.to_owned() };
        Request(self.client.request(method, url))
    }

    /// Begins a GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    /// Begins a PUT with a body.
    #[must_use]
    pub fn put(&self, path: &str, body: impl Into<Bytes>) -> Request {
        self.request(Method::PUT, path).body(body)
    }

    /// Begins a DELETE.
    #[must_use]
    pub fn delete(&self, path: &str) -> Request {
        self.request(Method::DELETE, path)
    }
}

impl Request {
    /// Sets a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    /// Sends `token` as cargo does: alone in the `Authorization` header.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        self.header("authorization", token)
    }

    /// Sets the body.
    #[must_use]
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        Self(self.0.body(body.into()))
    }

    /// Sets a JSON body with its content type.
    #[must_use]
    pub fn json(self, value: &Value) -> Self {
        Self(self.0.json(value))
    }

    /// Sends it and reads the whole answer.
    ///
    /// # Errors
    /// The connection failed or broke.
    pub async fn send(self) -> Result<Reply> {
        let response = self.0.send().await.context("the request failed")?;
        let (status, version, headers) = (response.status(), response.version(), response.headers().clone());
        let body = response.bytes().await.context("the answer broke off")?;
        Ok(Reply { status, headers, version, body })
    }

    /// Sends it and gives the answer with its body still on the way.
    ///
    /// # Errors
    /// The connection failed.
    pub async fn send_streaming(self) -> Result<reqwest::Response> {
        self.0.send().await.context("the request failed")
    }
}

impl Reply {
    /// A header's text; empty when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text.
    ///
    /// # Panics
    /// The body is not UTF-8.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text body is UTF-8")
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// The body is no JSON; the message shows it.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: no JSON ({error}): {:?}", self.status, self.body))
    }

    /// The text of the first error in cargo's error shape; empty when the body has another shape.
    #[must_use]
    pub fn error_detail(&self) -> String {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or(Value::Null);
        body["errors"][0]["detail"].as_str().unwrap_or_default().to_owned()
    }

    /// The answer itself, if it has the status expected.
    ///
    /// # Panics
    /// It has another one; the message shows the body.
    #[must_use]
    pub fn expect_status(self, status: u16) -> Self {
        let body = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status.as_u16(), status, "expected {status}, the answer is {}: {body}", self.status);
        self
    }
}
