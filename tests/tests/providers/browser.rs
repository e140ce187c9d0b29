//! A browser: keeps cookies of the server, goes where it is sent, and tells where it ended.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use cratekeep_testkit::http::{HttpClient, Reply};
use http::Method;

/// A browser with cookies of one server.
pub(crate) struct Browser {
    http: HttpClient,
    cookies: Mutex<HashMap<String, String>>,
}

impl Browser {
    pub(crate) fn at(url: &str) -> Self {
        Self { http: HttpClient::plain(url).expect("a client"), cookies: Mutex::default() }
    }

    /// Opens a page of the server without going where it sends.
    pub(crate) async fn open(&self, path: &str) -> Reply {
        self.open_with(path, &[]).await
    }

    /// As [`Browser::open`], with headers that a proxy adds.
    pub(crate) async fn open_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        let mut request = self.http.get(path).header("cookie", &self.cookie_header());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let reply = request.send().await.expect("the server answers");
        self.keep_cookies(&reply);
        reply
    }

    /// Sends a form as a page of the server would.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.http.request(Method::POST, path).header("cookie", &self.cookie_header());
        let request = request.header("sec-fetch-site", "same-origin");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let reply = request.body(body).send().await.expect("the server answers");
        self.keep_cookies(&reply);
        reply
    }

    /// Sends JSON as a page of the server would.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &serde_json::Value) -> Reply {
        let method: Method = method.parse().expect("a method");
        let request = self.http.request(method, path).header("cookie", &self.cookie_header());
        let request = request.header("sec-fetch-site", "same-origin").json(body);
        let reply = request.send().await.expect("the server answers");
        self.keep_cookies(&reply);
        reply
    }

    /// Answers to whatever is asked at a provider, and tells where the browser is sent back to.
    pub(crate) async fn follow(&self, there: &str) -> String {
        let back = self.http.get(there).send().await.expect("the provider answers").expect_status(302);
        back.header("location").to_owned()
    }

    /// Sets out for a provider, answers to whatever is asked there, and tells where the browser is sent back to.
    pub(crate) async fn go(&self, path: &str) -> String {
        let sent = self.open(path).await.expect_status(303);
        let there = sent.header("location").to_owned();
        self.follow(&there).await
    }

    /// Goes to a provider and back, and gives the answer to the way back.
    pub(crate) async fn sign_in(&self, provider: &str) -> Reply {
        let back = self.go(&format!("/sign-in/{provider}")).await;
        self.open(&back).await
    }

    /// The text of the session cookie.
    pub(crate) fn session(&self) -> Option<String> {
        self.cookies().get("cratekeep").cloned()
    }

    /// Forgets every cookie of this name.
    pub(crate) fn forget(&self, name: &str) {
        self.cookies().remove(name);
    }

    fn cookies(&self) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cookie_header(&self) -> String {
        let cookies = self.cookies();
        cookies.iter().map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>().join("; ")
    }

    fn keep_cookies(&self, reply: &Reply) {
        for value in reply.headers.get_all("set-cookie") {
            let line = value.to_str().expect("a cookie is text");
            assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
            let pair = line.split(';').next().expect("a pair");
            let (name, text) = pair.split_once('=').expect("a name and a text");
            if text.is_empty() {
                self.cookies().remove(name);
            } else {
                self.cookies().insert(name.to_owned(), text.to_owned());
            }
        }
    }
}
