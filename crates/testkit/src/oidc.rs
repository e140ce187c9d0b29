//! A whole OpenID Connect provider on loopback: discovery, an authorize page that sends the browser back at once, a
//! token endpoint that checks what it is given, user info and keys that rotate. A test can make it lie in many ways.

mod lie;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

pub use lie::{Lie, Sign};

use crate::issuer::SigningKey;
use crate::remote::{Remote, answer, redirect};

/// The client that it knows.
pub const CLIENT_ID: &str = "crates";
/// The client's secret.
pub const CLIENT_SECRET: &str = "canary-client-secret";

/// A running provider. Ends with the test's runtime.
#[derive(Debug)]
pub struct OidcProvider {
    remote: Remote,
    desk: Arc<Mutex<Desk>>,
}

/// What the provider knows.
#[derive(Debug, Default)]
struct Desk {
    url: String,
    now_secs: i64,
    person: Map<String, Value>,
    info: Map<String, Value>,
    keys: Vec<SigningKey>,
    lies: Vec<Lie>,
    codes: HashMap<String, Code>,
    given: usize,
    refused: Vec<String>,
}

/// A code that was given out.
#[derive(Clone, Debug)]
struct Code {
    redirect_uri: String,
    nonce: String,
    challenge: String,
    person: Map<String, Value>,
}

/// A request as it came.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: HashMap<String, String>,
    pub(crate) form: HashMap<String, String>,
    pub(crate) authorization: Option<&'a str>,
}

impl OidcProvider {
    /// Starts a provider whose clock stands at `now_secs`, with one RSA key. Nobody is at the browser yet.
    ///
    /// # Panics
    /// There is no free port.
    pub async fn start(now_secs: i64) -> Self {
        let keys = vec![SigningKey::rsa("first")];
        let desk = Arc::new(Mutex::new(Desk { now_secs, keys, ..Desk::default() }));
        let answering = Arc::clone(&desk);
        let remote = Remote::start(move |request| lock(&answering).answer(&Asked::of(request))).await;
        lock(&desk).url = remote.url("");
        Self { remote, desk }
    }

    /// What stands in `iss`.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.remote.url("")
    }

    /// Who is at the browser from now on: the claims of the ID token, `sub` among them.
    ///
    /// # Panics
    /// The claims are no object.
    pub fn person(&self, claims: Value) {
        let Value::Object(claims) = claims else { panic!("claims are an object") };
        lock(&self.desk).person = claims;
    }

    /// What the user-info endpoint says more than `sub`.
    ///
    /// # Panics
    /// The claims are no object.
    pub fn user_info(&self, claims: Value) {
        let Value::Object(claims) = claims else { panic!("claims are an object") };
        lock(&self.desk).info = claims;
    }

    /// Lies so from now on, beside the lies before.
    pub fn lie(&self, lie: Lie) {
        lock(&self.desk).lies.push(lie);
    }

    /// Says the truth again.
    pub fn be_honest(&self) {
        lock(&self.desk).lies.clear();
    }

    /// Signs with this key from now on, and publishes it alone.
    pub fn rotate(&self, key: SigningKey) {
        lock(&self.desk).keys = vec![key];
    }

    /// Sets the provider's clock.
    pub fn set_clock(&self, now_secs: i64) {
        lock(&self.desk).now_secs = now_secs;
    }

    /// How often somebody asked for a path.
    #[must_use]
    pub fn times_asked(&self, path: &str) -> usize {
        let asked = |request: &String| {
            let target = request.split(' ').nth(1).unwrap_or_default();
            target.split('?').next() == Some(path)
        };
        self.remote.seen().iter().filter(|request| asked(request)).count()
    }

    /// What the provider itself found wrong with requests.
    #[must_use]
    pub fn refused(&self) -> Vec<String> {
        lock(&self.desk).refused.clone()
    }
}

impl Desk {
    fn answer(&mut self, asked: &Asked<'_>) -> String {
        if let Some(fault) = self.lies.iter().find_map(|lie| lie.fault(asked.path)) {
            return fault;
        }
        match (asked.method, asked.path) {
            ("GET", "/.well-known/openid-configuration") => answer(200, &self.discovery()),
            ("GET", "/keys") => answer(200, &self.published()),
            ("GET", "/authorize") => self.authorize(asked),
            ("POST", "/token") => match self.token(asked) {
                Ok(reply) => answer(200, &reply),
                Err(error) => {
                    self.refused.push(error.to_owned());
                    answer(400, &json!({ "error": error }).to_string())
                }
            },
            ("GET", "/userinfo") => self.info(asked),
            _ => answer(404, ""),
        }
    }

    fn discovery(&self) -> String {
        let url = &self.url;
        let mut document = json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "userinfo_endpoint": format!("{url}/userinfo"),
            "jwks_uri": format!("{url}/keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        });
        self.lies.iter().for_each(|lie| lie.to_discovery(&mut document));
        document.to_string()
    }

    fn published(&self) -> String {
        let mut keys = json!({ "keys": self.keys.iter().map(SigningKey::jwk).collect::<Vec<_>>() });
        self.lies.iter().for_each(|lie| lie.to_keys(&mut keys));
        keys.to_string()
    }

    fn authorize(&mut self, asked: &Asked<'_>) -> String {
        let get = |name: &str| asked.query.get(name).cloned().unwrap_or_default();
        if get("client_id") != CLIENT_ID || get("code_challenge_method") != "S256" {
            self.refused.push("authorize".to_owned());
            return answer(400, "unknown client, or no PKCE");
        }
        self.given += 1;
        let code = format!("code-{}", self.given);
        let kept = Code {
            redirect_uri: get("redirect_uri"),
            nonce: get("nonce"),
            challenge: get("code_challenge"),
            person: self.person.clone(),
        };
        self.codes.insert(code.clone(), kept);
        let mut back = vec![("code".to_owned(), code), ("state".to_owned(), get("state"))];
        self.lies.iter().for_each(|lie| lie.to_callback(&mut back));
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(back).finish();
        redirect(302, &format!("{}?{query}", get("redirect_uri")))
    }

    fn token(&mut self, asked: &Asked<'_>) -> Result<String, &'static str> {
        let get = |name: &str| asked.form.get(name).map_or("", String::as_str);
        let basic = BASE64_STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
        let is_basic = asked.authorization == Some(&format!("Basic {basic}"));
        if !is_basic && (get("client_id"), get("client_secret")) != (CLIENT_ID, CLIENT_SECRET) {
            return Err("invalid_client");
        }
        let code = self.codes.remove(get("code")).ok_or("invalid_grant")?;
        let digest = ring::digest::digest(&ring::digest::SHA256, get("code_verifier").as_bytes());
        let is_challenge = BASE64_URL_SAFE_NO_PAD.encode(digest.as_ref()) == code.challenge;
        if get("grant_type") != "authorization_code"
            || get("redirect_uri") != code.redirect_uri
            || !is_challenge
        {
            return Err("invalid_grant");
        }
        let mut reply = json!({
            "access_token": format!("access-of-{}", code.person.get("sub").and_then(Value::as_str).unwrap_or_default()),
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.id_token(&code),
        });
        self.lies.iter().for_each(|lie| lie.to_reply(&mut reply));
        Ok(reply.to_string())
    }

    fn id_token(&self, code: &Code) -> String {
        let now = self.now_secs;
        let mut claims = json!({
            "iss": self.url, "aud": CLIENT_ID, "nonce": code.nonce, "iat": now, "exp": now + 300,
        });
        let all = claims.as_object_mut().expect("claims are an object");
        all.extend(code.person.clone());
        let key = self.keys.first().expect("there is a key");
        let mut header = key.header();
        self.lies.iter().for_each(|lie| lie.to_token(&mut header, &mut claims));
        let text = self.lies.iter().fold(claims.to_string(), |text, lie| lie.to_payload(text));
        let sign = self.lies.iter().find_map(Lie::sign).unwrap_or(Sign::Well);
        sign.token(key, &header, &text)
    }

    fn info(&self, asked: &Asked<'_>) -> String {
        let token = asked.authorization.and_then(|header| header.strip_prefix("Bearer access-of-"));
        let Some(subject) = token else { return answer(401, "") };
        let mut claims = json!({ "sub": subject });
        claims.as_object_mut().expect("claims are an object").extend(self.info.clone());
        answer(200, &claims.to_string())
    }
}

impl<'a> Asked<'a> {
    pub(crate) fn of(request: &'a str) -> Self {
        let (head, body) = request.split_once("\r\n\r\n").unwrap_or((request, ""));
        let mut first = head.split(' ');
        let (method, target) = (first.next().unwrap_or_default(), first.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pairs = |text: &str| url::form_urlencoded::parse(text.as_bytes()).into_owned().collect();
        let authorization = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("authorization").then_some(value)
        });
        Self { method, path, query: pairs(query), form: pairs(body), authorization }
    }
}

fn lock(desk: &Mutex<Desk>) -> MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}
