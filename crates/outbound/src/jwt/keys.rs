//! The keys of issuers: found by OpenID Connect Discovery, kept for a while, asked for again when a token names one
//! that is not known yet.

mod parse;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cratekeep_types::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use thiserror::Error;

use super::Presented;
use crate::{CallError, Client};

/// Keys older than this are asked for again before they are used.
const KEYS_SECS_MAX: i64 = 3_600;
/// Keys this old are used no more, also when the issuer does not answer.
const STALE_SECS_MAX: i64 = 86_400;
/// A key that is not known makes us ask again at most this often.
const REFRESH_SECS_MIN: i64 = 60;
/// After a failure we ask again at most this often.
const RETRY_SECS_MIN: i64 = 5;
/// Issuers whose keys are kept.
const ISSUERS_MAX: usize = 256;

/// Why there are no keys to judge by.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeysError {
    /// A document of the issuer could not be fetched.
    #[error("{what} of the issuer `{issuer}` could not be fetched: {cause}")]
    Call {
        /// The issuer.
        issuer: String,
        /// Which document.
        what: &'static str,
        /// Why.
        cause: CallError,
    },
    /// The document says that it belongs to another issuer.
    #[error("the discovery document of the issuer `{0}` is one of another issuer")]
    OtherIssuer(String),
    /// An issuer that is not encrypted could be anybody.
    #[error("the issuer `{0}` or the address of its keys is not encrypted; it must begin with https://")]
    Plain(String),
    /// None of the keys can be used.
    #[error("the issuer `{0}` publishes no key that can be used")]
    NoKeys(String),
}

/// The keys of one issuer.
#[derive(Clone)]
pub struct KeySet(Vec<SignatureKey>);

#[derive(Clone)]
struct SignatureKey {
    kid: String,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_list().entries(self.0.iter().map(|key| &key.kid)).finish()
    }
}

impl KeySet {
    /// Reads a set of keys (RFC 7517). Keys for other purposes, of unknown kinds and too weak ones are left out.
    ///
    /// # Errors
    /// Nothing when the bytes are no set of keys.
    #[must_use]
    pub fn read(document: &[u8]) -> Option<Self> {
        parse::key_set(document).map(Self)
    }

    pub(super) fn has(&self, kid: &str) -> bool {
        self.0.iter().any(|key| key.kid == kid)
    }

    pub(super) fn fitting(&self, kid: &str, algorithm: Algorithm) -> impl Iterator<Item = &DecodingKey> {
        let fits = move |key: &&SignatureKey| key.kid == kid && key.algorithms.contains(&algorithm);
        self.0.iter().filter(fits).map(|key| &key.key)
    }
}

/// What discovery tells, as far as it matters here.
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// The keys of every issuer that was asked.
#[derive(Debug, Default)]
pub(crate) struct KeyCache(Mutex<HashMap<String, Arc<Issuer>>>);

#[derive(Debug, Default)]
struct Issuer {
    known: Mutex<Known>,
    asking: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    keys: Option<(Arc<KeySet>, Timestamp)>,
    tried_at: Option<Timestamp>,
    tries: u64,
    failure: Option<KeysError>,
}

impl KeyCache {
    /// The keys of an issuer: those kept, or new ones when they are old or lack the key that the token names.
    pub(crate) async fn keys(
        &self,
        client: &Client,
        issuer: &str,
        token: &Presented,
        now: Timestamp,
    ) -> Result<Arc<KeySet>, KeysError> {
        let entry = self.entry(issuer);
        let before = entry.known().clone();
        if let Some(settled) = before.settled(token.kid(), now) {
            return settled;
        }
        let _alone = entry.asking.lock().await;
        let meanwhile = entry.known().clone();
        if let Some(settled) = meanwhile.settled(token.kid(), now) {
            return settled;
        }
        // Whoever waited shares the failure of the one who asked.
        if let Some(failure) = meanwhile.failure.filter(|_| meanwhile.tries != before.tries) {
            return Err(failure);
        }
        let asked = fetch(client, issuer).await;
        let mut known = entry.known();
        known.tried_at = Some(now);
        known.tries += 1;
        match asked {
            Ok(keys) => {
                let keys = Arc::new(keys);
                known.keys = Some((Arc::clone(&keys), now));
                known.failure = None;
                Ok(keys)
            }
            Err(failure) => {
                tracing::warn!(issuer, error = %failure, "the keys of an issuer are not to be had");
                known.failure = Some(failure.clone());
                known.usable(now).ok_or(failure)
            }
        }
    }

    fn entry(&self, issuer: &str) -> Arc<Issuer> {
        let mut issuers = lock(&self.0);
        if issuers.len() >= ISSUERS_MAX && !issuers.contains_key(issuer) {
            issuers.clear();
        }
        Arc::clone(issuers.entry(issuer.to_owned()).or_default())
    }
}

impl Issuer {
    fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }
}

impl Known {
    /// The answer that needs no asking.
    fn settled(&self, kid: &str, now: Timestamp) -> Option<Result<Arc<KeySet>, KeysError>> {
        let since_try = self.tried_at.map(|tried_at| now.secs_since(tried_at));
        if let Some((keys, fetched_at)) = &self.keys {
            let is_young = now.secs_since(*fetched_at) < KEYS_SECS_MAX;
            let is_soon = since_try.is_some_and(|secs| secs < REFRESH_SECS_MIN);
            if is_young && keys.has(kid) || is_soon && self.usable(now).is_some() {
                return Some(Ok(Arc::clone(keys)));
            }
        }
        let failure = self.failure.as_ref().filter(|_| since_try.is_some_and(|secs| secs < RETRY_SECS_MIN));
        failure.cloned().map(Err)
    }

    fn usable(&self, now: Timestamp) -> Option<Arc<KeySet>> {
        let (keys, fetched_at) = self.keys.as_ref()?;
        (now.secs_since(*fetched_at) < STALE_SECS_MAX).then(|| Arc::clone(keys))
    }
}

async fn fetch(client: &Client, issuer: &str) -> Result<KeySet, KeysError> {
    let failed = |what| move |cause| KeysError::Call { issuer: issuer.to_owned(), what, cause };
    let is_plain = |url: &str| !url.starts_with("https://") && !client.allows_private();
    if is_plain(issuer) {
        return Err(KeysError::Plain(issuer.to_owned()));
    }
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let found: Discovery = client.get_json(&address).await.map_err(failed("the discovery document"))?;
    if found.issuer != issuer {
        return Err(KeysError::OtherIssuer(issuer.to_owned()));
    }
    if is_plain(&found.jwks_uri) {
        return Err(KeysError::Plain(issuer.to_owned()));
    }
    let reply = client.get(&found.jwks_uri).await.map_err(failed("the set of keys"))?;
    if !reply.status.is_success() {
        return Err(failed("the set of keys")(CallError::Status(reply.status.as_u16())));
    }
    let keys = KeySet::read(&reply.body).ok_or_else(|| failed("the set of keys")(CallError::NotJson))?;
    if keys.0.is_empty() {
        return Err(KeysError::NoKeys(issuer.to_owned()));
    }
    Ok(keys)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
