//! Everything that calls out: sign-in providers, identities of builds, mail. Nobody else opens a connection to a place
//! that a setting or a stranger named.
//!
//! Every address is checked by [`guard`] before something is sent there, also after a redirect; answers are bounded in
//! size and time.

pub mod client;
mod github;
pub mod guard;
pub mod jwt;
pub mod mail;
mod options;
pub mod provider;

use std::sync::Arc;

pub use client::{Call, CallError, Client, Reply};
use cratekeep_types::Timestamp;
pub use github::{GitHubApi, GitHubKey, GitHubTeam, GitHubUser};
pub use jwt::{KeySet, KeysError};
pub use options::{Options, OutboundError};

/// The door to the outside. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outbound(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    keys: jwt::KeyCache,
}

impl Outbound {
    /// Makes the door ready. Nothing is sent yet.
    ///
    /// # Errors
    /// [`OutboundError`] when the proxy or the file of certificates cannot be used.
    pub fn new(options: Options) -> Result<Self, OutboundError> {
        Ok(Self(Arc::new(Inner { client: Client::new(options)?, keys: jwt::KeyCache::default() })))
    }

    /// Sends requests, one at a time or many at once.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Whether identities of the issuer at this address could be judged at all. Nothing is sent yet.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the address.
    pub fn check_issuer(&self, address: &str) -> Result<(), String> {
        let private = self.0.client.allows_private();
        let url = guard::check(address, private).map_err(|refused| refused.to_string())?;
        if url.scheme() != "https" && !private {
            return Err(format!(
                "`{address}` is not encrypted; the address of an issuer begins with https://"
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(format!(
                "the address of an issuer has neither query nor fragment; found `{address}`"
            ));
        }
        Ok(())
    }

    /// The keys by which tokens of an issuer are judged: found by OpenID Connect Discovery at
    /// `ISSUER/.well-known/openid-configuration`, kept for an hour, and asked for again, at most once a minute, when the
    /// token names a key that is not among them. When the issuer does not answer, keys serve for a day.
    ///
    /// # Errors
    /// [`KeysError`] when there are no keys that may be used.
    pub async fn keys(
        &self,
        issuer: &str,
        token: &jwt::Presented,
        now: Timestamp,
    ) -> Result<Arc<KeySet>, KeysError> {
        self.0.keys.keys(&self.0.client, issuer, token, now).await
    }
}
