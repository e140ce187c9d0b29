//! Somebody who goes through the pages with a browser: signs in as people do, keeps cookies and form keys.

use cratekeep_testkit::http::{HttpClient, Reply, Request};
use cratekeep_wire::control::{AdminCommand, AdminReply, UserCommand};
use http::Method;

use crate::{Node, TestApp, send};

/// A password that the server takes.
pub const PASSWORD: &str = "correct horse battery";

/// A browser of its own: it keeps cookies, and the form key of the last page that had one.
#[derive(Clone, Debug)]
pub struct Visitor {
    http: HttpClient,
    /// Its cookies as name and text.
    pub cookies: Vec<(String, String)>,
    /// The form key of the last page that had one.
    pub key: String,
}

impl Visitor {
    /// Begins a request with the cookies, and with nothing else that browsers send.
    #[must_use]
    pub fn request(&self, method: Method, path: &str) -> Request {
        let request = self.http.request(method, path);
        if self.cookies.is_empty() {
            return request;
        }
        let pairs: Vec<_> = self.cookies.iter().map(|(name, text)| format!("{name}={text}")).collect();
        request.header("cookie", &pairs.join("; "))
    }

    /// Opens a page.
    pub async fn open(&mut self, path: &str) -> Reply {
        let reply = send(
            self.request(Method::GET, path)
                .header("accept", "text/html")
                .header("sec-fetch-site", "same-origin"),
        )
        .await;
        self.take_in(&reply);
        reply
    }

    /// Sends a form of a page, with the form key of the last page.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let key = self.key.clone();
        let fields = [&[("key", key.as_str())], fields].concat();
        let request = self
            .request(Method::POST, path)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        let reply = send(request.body(form(&fields))).await;
        self.take_in(&reply);
        reply
    }

    /// The session's cookie, if there is one.
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        let found = self.cookies.iter().find(|(name, _)| name.trim_start_matches("__Host-") == "cratekeep");
        found.map(|(_, text)| text.as_str())
    }

    /// The same cookies at another node.
    #[must_use]
    pub fn at_node(&self, node: &Node) -> Self {
        Self { http: HttpClient::plain(node.url()).expect("a client"), ..self.clone() }
    }

    /// Who the pages say is signed in.
    pub async fn who(&mut self) -> Option<String> {
        let page = self.open("/me").await.expect_status(200);
        let (_, rest) = page.text().split_once("class=\"who\">")?;
        rest.split_once('<').map(|(name, _)| name.to_owned())
    }

    /// Signs in by name and password, which must succeed.
    ///
    /// # Panics
    /// It does not.
    pub async fn sign_in(&mut self, name: &str, password: &str) {
        let reply = self.submit("/sign-in", &[("name", name), ("password", password)]).await;
        let _ = reply.expect_status(303);
        assert!(self.session().is_some(), "a session");
        let _ = self.open("/settings/profile").await.expect_status(200);
    }

    fn take_in(&mut self, reply: &Reply) {
        for value in reply.headers.get_all("set-cookie") {
            let text = value.to_str().expect("a cookie is text");
            let pair = text.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let body = String::from_utf8_lossy(&reply.body);
        if let Some((_, rest)) = body.split_once("name=\"key\" value=\"") {
            rest.split('"').next().unwrap_or_default().clone_into(&mut self.key);
        }
    }
}

/// The body of a form.
#[must_use]
pub fn form(fields: &[(&str, &str)]) -> String {
    let escaped = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect()
    };
    let pairs: Vec<_> =
        fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    pairs.join("&")
}

impl TestApp {
    /// A browser that nobody has signed in with.
    ///
    /// # Panics
    /// There can be no client.
    #[must_use]
    pub fn visitor(&self) -> Visitor {
        let http = HttpClient::plain(self.url()).expect("a client");
        Visitor { http, cookies: Vec::new(), key: String::new() }
    }

    /// Makes a one-time link for an account and gives its path.
    ///
    /// # Panics
    /// It is refused.
    pub async fn password_link(&self, name: &str) -> String {
        let reply = self
            .admin(AdminCommand::User(UserCommand::Link { name: name.to_owned(), drop_passkeys: false }))
            .await;
        let AdminReply::Done { message } = reply else { panic!("a link is told in words") };
        let (_, secret) = message.rsplit_once("/link/").expect("a link");
        format!("/link/{secret}")
    }

    /// A browser in which a person, made if need be, is signed in with [`PASSWORD`].
    pub async fn signed_in(&self, name: &str) -> Visitor {
        let _ = self.person(name).await;
        self.signs_in_by_link(name).await
    }

    /// A browser in which an administrator is signed in with [`PASSWORD`].
    pub async fn signed_in_administrator(&self) -> Visitor {
        let administrator = self.administrator().await;
        self.signs_in_by_link(administrator.name()).await
    }

    async fn signs_in_by_link(&self, name: &str) -> Visitor {
        let link = self.password_link(name).await;
        let mut visitor = self.visitor();
        let _ = visitor.open(&link).await.expect_status(200);
        let _ = visitor.submit(&link, &[("password", PASSWORD)]).await.expect_status(303);
        let _ = visitor.open("/settings/profile").await.expect_status(200);
        visitor
    }
}
