//! A browser without scripts: it keeps cookies, follows links and sends the forms of the pages it is on.

use std::collections::BTreeMap;

use cratekeep_testkit::http::{HttpClient, Reply, Request};
use http::Method;

/// Redirects followed at most.
const REDIRECTS_MAX: usize = 10;

/// One person's browser.
pub(crate) struct Browser {
    client: HttpClient,
    base: String,
    cookies: BTreeMap<String, String>,
    /// The page it is on.
    page: String,
    /// Its path.
    path: String,
}

impl Browser {
    /// A browser on the server at `base`, without cookies.
    pub(crate) fn new(base: &str) -> Self {
        let client = HttpClient::plain(base).expect("a client");
        let base = base.trim_end_matches('/').to_owned();
        Self { client, base, cookies: BTreeMap::new(), page: String::new(), path: "/".to_owned() }
    }

    /// The page it is on.
    pub(crate) fn page(&self) -> &str {
        &self.page
    }

    /// The path of the page it is on.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Every cookie it holds.
    pub(crate) fn cookies(&self) -> impl Iterator<Item = &str> {
        self.cookies.values().map(String::as_str)
    }

    /// Opens an address of this server or of another one, and follows redirects.
    pub(crate) async fn open(&mut self, address: &str) -> &mut Self {
        let first = self.request(Method::GET, address, "none");
        self.follow(first, address).await;
        self
    }

    /// Fills in the first form of the page whose action is `action` and sends it.
    pub(crate) async fn send(&mut self, action: &str, fields: &[(&str, &str)]) -> &mut Self {
        let form = self.form(action);
        let hidden = hidden_fields(form);
        let given = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let kept = hidden.into_iter().filter(|(name, _)| !fields.iter().any(|(given, _)| given == name));
        let pairs: Vec<(String, String)> = kept.chain(given).collect();
        let body = url_encoded(&pairs);
        let target = if action.is_empty() { self.path.clone() } else { action.to_owned() };
        let request = self
            .request(Method::POST, &target, "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        self.follow(request, &target).await;
        self
    }

    /// The text between two others on the page.
    pub(crate) fn between(&self, start: &str, end: &str) -> String {
        let (_, rest) =
            self.page.split_once(start).unwrap_or_else(|| panic!("no `{start}` on {}", self.page));
        let (text, _) = rest.split_once(end).unwrap_or_else(|| panic!("no `{end}` on {}", self.page));
        text.to_owned()
    }

    /// Panics unless the page has this text.
    pub(crate) fn sees(&self, text: &str) -> &Self {
        assert!(self.page.contains(text), "no `{text}` on {}:\n{}", self.path, self.page);
        self
    }

    fn form(&self, action: &str) -> &str {
        let mut forms =
            self.page.split("<form").skip(1).map(|rest| rest.split("</form>").next().unwrap_or(""));
        let wanted = format!("action=\"{action}\"");
        let found = forms.find(|form| match action {
            "" => !form.split('>').next().unwrap_or("").contains("action="),
            _ => form.split('>').next().unwrap_or("").contains(&wanted),
        });
        found.unwrap_or_else(|| panic!("no form `{action}` on {}:\n{}", self.path, self.page))
    }

    fn request(&self, method: Method, address: &str, site: &str) -> Request {
        let request = self.client.request(method, address).header("sec-fetch-site", site);
        let is_ours = address.starts_with('/') || address.starts_with(&self.base);
        if self.cookies.is_empty() || !is_ours {
            return request;
        }
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.header("cookie", &pairs.join("; "))
    }

    async fn follow(&mut self, request: Request, address: &str) {
        let mut reply = request.send().await.expect("the server answers");
        let mut address = address.to_owned();
        for _ in 0..REDIRECTS_MAX {
            if address.starts_with('/') || address.starts_with(&self.base) {
                self.keep_cookies(&reply);
            }
            if !reply.status.is_redirection() {
                break;
            }
            address = reply.header("location").to_owned();
            assert!(!address.is_empty(), "a redirect without an address");
            reply = self.request(Method::GET, &address, "none").send().await.expect("the server answers");
        }
        self.path = address.strip_prefix(&self.base).unwrap_or(&address).to_owned();
        self.page = String::from_utf8_lossy(&reply.body).into_owned();
        let is_good = reply.status.is_success();
        assert!(is_good, "{} answers {}:\n{}", self.path, reply.status, self.page);
    }

    fn keep_cookies(&mut self, reply: &Reply) {
        for value in reply.headers.get_all("set-cookie") {
            let text = value.to_str().expect("a cookie is text");
            let (name, rest) = text.split_once('=').expect("a cookie has a name");
            let value = rest.split(';').next().unwrap_or("");
            match value.is_empty() || text.to_ascii_lowercase().contains("max-age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }
}

fn hidden_fields(form: &str) -> Vec<(String, String)> {
    let inputs = form.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap_or(""));
    inputs
        .filter(|input| input.contains("type=\"hidden\""))
        .map(|input| (attribute(input, "name"), attribute(input, "value")))
        .collect()
}

fn attribute(tag: &str, name: &str) -> String {
    let start = format!("{name}=\"");
    let text = tag.split_once(&start).and_then(|(_, rest)| rest.split('"').next()).unwrap_or("");
    text.replace("&#38;", "&").replace("&amp;", "&").replace("&#34;", "\"").replace("&quot;", "\"")
}

fn url_encoded(pairs: &[(String, String)]) -> String {
    let escaped = |text: &str| {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
                other => format!("%{other:02X}"),
            })
            .collect::<String>()
    };
    pairs
        .iter()
        .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
        .collect::<Vec<_>>()
        .join("&")
}
