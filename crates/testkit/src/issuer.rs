//! An OpenID Connect issuer on loopback: publishes keys and signs whatever a test wants it to, also what no real one
//! would. The RSA keys are made for these tests and secure nothing.

mod key;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

pub use key::{SigningKey, hmac, unsigned};

use crate::remote::{Remote, answer};

/// A running issuer.
#[derive(Debug)]
pub struct Issuer {
    remote: Remote,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    url: Mutex<String>,
    published: Mutex<Vec<SigningKey>>,
    is_down: AtomicBool,
}

impl Issuer {
    /// Starts an issuer that publishes one RSA key with the id `first`.
    ///
    /// # Panics
    /// There is no free port.
    pub async fn start() -> Self {
        let state = Arc::new(State::default());
        let answering = Arc::clone(&state);
        let remote = Remote::start(move |request| answering.answer(request)).await;
        *lock(&state.url) = remote.url("");
        let issuer = Self { remote, state };
        issuer.publish(vec![SigningKey::rsa("first")]);
        issuer
    }

    /// What stands in `iss`.
    #[must_use]
    pub fn url(&self) -> String {
        self.remote.url("")
    }

    /// Publishes these keys from now on, and no others.
    pub fn publish(&self, keys: Vec<SigningKey>) {
        *lock(&self.state.published) = keys;
    }

    /// Whether it answers 503 to everything from now on.
    pub fn set_down(&self, is_down: bool) {
        self.state.is_down.store(is_down, Ordering::SeqCst);
    }

    /// How often somebody asked for the keys.
    #[must_use]
    pub fn times_asked(&self) -> usize {
        self.remote.seen().iter().filter(|request| request.starts_with("GET /keys ")).count()
    }

    /// A token with these claims, signed with the first key that is published.
    ///
    /// # Panics
    /// No key is published.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        lock(&self.state.published).first().expect("a key is published").sign(claims)
    }
}

impl State {
    fn answer(&self, request: &str) -> String {
        if self.is_down.load(Ordering::SeqCst) {
            return answer(503, "");
        }
        let url = lock(&self.url).clone();
        match request.split(' ').nth(1) {
            Some("/.well-known/openid-configuration") => {
                answer(200, &json!({"issuer": url, "jwks_uri": format!("{url}/keys")}).to_string())
            }
            Some("/keys") => {
                let keys: Vec<_> = lock(&self.published).iter().map(SigningKey::jwk).collect();
                answer(200, &json!({ "keys": keys }).to_string())
            }
            _ => answer(404, ""),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
