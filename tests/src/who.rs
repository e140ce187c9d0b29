//! People who ask, each as a type of its own, and the requests they make.

use std::ops::Deref;

use bytes::Bytes;
use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::{HttpClient, Reply, Request};
use cratekeep_testkit::publish::{Target, Upload};
use cratekeep_wire::sparse_path;
use http::Method;
use serde_json::{Value, json};

/// Somebody at the door of a registry, with or without something to show. The default registry answers at the root.
#[derive(Clone, Debug)]
pub struct Door {
    pub(crate) http: HttpClient,
    pub(crate) base_url: String,
    pub(crate) prefix: String,
    pub(crate) credential: Option<String>,
    /// What a browser sends besides.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// What the forms of a session carry.
    pub(crate) form_key: Option<String>,
}

/// Nobody we know: shows nothing, or something that is no good.
#[derive(Clone, Debug)]
pub struct Nobody(pub(crate) Door);

/// Somebody with an account, who shows a token of it.
#[derive(Clone, Debug)]
pub struct Person {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) token: String,
    pub(crate) door: Door,
}

/// What a token is to be good for.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenWish<'a> {
    /// Comma-separated scopes; `None` means all.
    pub scope: Option<&'a str>,
    /// Crate patterns; empty means every crate.
    pub crates: &'a [&'a str],
    /// Names of registries; empty means every registry.
    pub registries: &'a [&'a str],
    /// Networks from which it may be used; empty means from everywhere.
    pub addresses: &'a [&'a str],
    /// Seconds until it ends; `None` means never.
    pub expires_secs: Option<u64>,
}

impl Deref for Nobody {
    type Target = Door;

    fn deref(&self) -> &Door {
        &self.0
    }
}

impl Deref for Person {
    type Target = Door;

    fn deref(&self) -> &Door {
        &self.door
    }
}

impl Nobody {
    /// The same, at another registry.
    #[must_use]
    pub fn at(&self, registry: &str) -> Self {
        Self(self.0.at_registry(registry))
    }

    /// The same, at another server of the same test.
    #[must_use]
    pub fn at_node(&self, node: &crate::Node) -> Self {
        let http = HttpClient::plain(node.url()).expect("a client");
        Self(Door { http, ..self.0.clone() })
    }

    /// Shows this in the `Authorization` header, whatever it is.
    #[must_use]
    pub fn showing(mut self, credential: &str) -> Self {
        self.0.credential = Some(credential.to_owned());
        self
    }
}

impl Person {
    /// The same, at another registry.
    #[must_use]
    pub fn at(&self, registry: &str) -> Self {
        Self { door: self.door.at_registry(registry), ..self.clone() }
    }

    /// The same, at another server of the same test.
    #[must_use]
    pub fn at_node(&self, node: &crate::Node) -> Self {
        let mut moved = self.clone();
        moved.door.http = HttpClient::plain(node.url()).expect("a client");
        moved
    }

    /// Invites somebody to own a crate, who accepts.
    ///
    /// # Panics
    /// Either is refused.
    pub async fn shares(&self, name: &str, with: &Person) {
        let _ = self.add_owners(name, &[with.name()]).await.expect_status(200);
        let _ = with.answer(name, true).await.expect_status(200);
    }

    /// Accepts or declines the pending invitation to own a crate.
    ///
    /// # Panics
    /// There is none.
    pub async fn answer(&self, name: &str, accepted: bool) -> Reply {
        let list = self.fetch("/api/v1/me/crate_owner_invitations").await.expect_status(200).json();
        let pending = list["crate_owner_invitations"].as_array().expect("a list").clone();
        let found = pending.into_iter().find(|pending| pending["crate_name"] == name);
        let id = found.unwrap_or_else(|| panic!("no invitation to {name} in {list}"))["crate_id"].clone();
        self.answer_by_id(&id, accepted).await
    }

    /// Answers an invitation by the number of the crate, whether there is one or not.
    pub async fn answer_by_id(&self, krate: &Value, accepted: bool) -> Reply {
        let body = json!({ "crate_owner_invite": { "crate_id": krate, "accepted": accepted } });
        let path = format!("/api/v1/me/crate_owner_invitations/{krate}");
        send(self.request(Method::PUT, &path).json(&body)).await
    }

    /// The account's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text of the token.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }
}

impl Door {
    /// The same, at another registry.
    #[must_use]
    pub fn at_registry(&self, registry: &str) -> Self {
        Self { prefix: format!("/r/{registry}"), ..self.clone() }
    }

    /// The same, with a header more on every request.
    #[must_use]
    pub fn saying(mut self, header: &'static str, value: &str) -> Self {
        self.headers.push((header, value.to_owned()));
        self
    }

    /// What the forms of the session carry, where this is a browser that is signed in.
    #[must_use]
    pub fn form_key(&self) -> Option<&str> {
        self.form_key.as_deref()
    }

    /// The index URL, as cargo is configured with it.
    #[must_use]
    pub fn index_url(&self) -> String {
        format!("sparse+{}{}/index/", self.base_url, self.prefix)
    }

    /// The registry's address, as `config.json` names it.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}{}", self.base_url, self.prefix)
    }

    /// Begins a request for a path of the registry (`/index/config.json`).
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> Request {
        let mut request = self.http.request(method, &format!("{}{path}", self.prefix));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        match &self.credential {
            Some(text) => request.header("authorization", text),
            None => request,
        }
    }

    /// Begins a GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Request {
        self.request(Method::GET, path)
    }

    /// GETs a path.
    pub async fn fetch(&self, path: &str) -> Reply {
        send(self.get(path)).await
    }

    /// GETs a path with one header more.
    pub async fn fetch_with(&self, path: &str, header: &str, value: &str) -> Reply {
        send(self.get(path).header(header, value)).await
    }

    /// Asks for the head of a path.
    pub async fn head(&self, path: &str) -> Reply {
        send(self.request(Method::HEAD, path)).await
    }

    /// GETs the index file of a crate.
    pub async fn index(&self, name: &str) -> Reply {
        self.fetch(&format!("/index/{}", sparse_path(name))).await
    }

    /// The line of one version, parsed.
    ///
    /// # Panics
    /// It is not in the index.
    pub async fn line(&self, name: &str, version: &str) -> Value {
        let file = self.index(name).await.expect_status(200);
        let mut lines = file.text().lines().map(|line| serde_json::from_str(line).expect("a line is JSON"));
        let found = lines.find(|line: &Value| line["vers"] == version);
        found.unwrap_or_else(|| panic!("the index has no {name} {version}: {}", file.text()))
    }

    /// What cargo would send to publish `built` here.
    ///
    /// # Panics
    /// The builder's manifest is no TOML: send a frame instead.
    #[must_use]
    pub fn upload(&self, built: &ArchiveBuilder) -> Upload {
        Upload::of(built, Target::Registry(&self.index_url())).expect("the manifest is TOML")
    }

    /// Publishes what `built` describes.
    pub async fn publish(&self, built: &ArchiveBuilder) -> Reply {
        self.send_upload(&self.upload(built)).await
    }

    /// Publishes an upload, spoiled or not.
    pub async fn send_upload(&self, upload: &Upload) -> Reply {
        self.send_frame(upload.frame()).await
    }

    /// Sends any bytes as a publish.
    pub async fn send_frame(&self, body: impl Into<Bytes>) -> Reply {
        send(self.request(Method::PUT, "/api/v1/crates/new").body(body)).await
    }

    /// Publishes a plain library, which must succeed.
    ///
    /// # Panics
    /// It does not.
    pub async fn has_published(&self, name: &str, version: &str) -> Upload {
        let upload = self.upload(&ArchiveBuilder::new(name, version));
        let _ = self.send_upload(&upload).await.expect_status(200);
        upload
    }

    /// Yanks a version; both texts go into the path as they are.
    pub async fn yank(&self, name: &str, version: &str) -> Reply {
        send(self.request(Method::DELETE, &format!("/api/v1/crates/{name}/{version}/yank"))).await
    }

    /// Takes a yank back.
    pub async fn unyank(&self, name: &str, version: &str) -> Reply {
        send(self.request(Method::PUT, &format!("/api/v1/crates/{name}/{version}/unyank"))).await
    }

    /// Lists the owners of a crate.
    pub async fn owners(&self, name: &str) -> Reply {
        self.fetch(&format!("/api/v1/crates/{name}/owners")).await
    }

    /// Makes accounts owners.
    pub async fn add_owners(&self, name: &str, logins: &[&str]) -> Reply {
        self.change_owners(Method::PUT, name, logins).await
    }

    /// Takes the ownership away from accounts.
    pub async fn remove_owners(&self, name: &str, logins: &[&str]) -> Reply {
        self.change_owners(Method::DELETE, name, logins).await
    }

    async fn change_owners(&self, method: Method, name: &str, logins: &[&str]) -> Reply {
        let request = self.request(method, &format!("/api/v1/crates/{name}/owners"));
        send(request.json(&json!({ "users": logins }))).await
    }

    /// Searches with a whole query string (`q=a&page=2`).
    pub async fn search(&self, query: &str) -> Reply {
        self.fetch(&format!("/api/v1/crates?{query}")).await
    }

    /// Downloads a version from where `config.json` points to.
    pub async fn download(&self, name: &str, version: &str) -> Reply {
        self.fetch(&format!("/crates/{name}/{version}/download")).await
    }
}

/// Sends a request that must get an answer, whatever it is.
///
/// # Panics
/// The connection broke.
pub async fn send(request: Request) -> Reply {
    request.send().await.expect("the server answers")
}
