//! What GitHub and GitLab have in common: OAuth with a code, and an API that is asked with the token it gives.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use cratekeep_types::Secret;
use serde::Deserialize;
use url::Url;

use super::{Begin, Finish, ProviderError, error_code, failed, unbelievable};
use crate::{Client, Reply};

/// A forge: its own sign-in and its own API.
#[derive(Clone, Debug)]
pub struct ForgeOptions {
    /// Its address, without a final slash.
    pub url: String,
    /// Its API, without a final slash.
    pub api_url: String,
    /// The application's id there.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: Secret<String>,
    /// What is asked for.
    pub scopes: Vec<String>,
}

/// The answer of a token endpoint; GitHub answers 200 also when it refuses.
#[derive(Deserialize)]
struct TokenReply {
    access_token: Option<String>,
    token_type: Option<String>,
    error: Option<String>,
}

impl fmt::Debug for TokenReply {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TokenReply").field("error", &self.error).finish_non_exhaustive()
    }
}

/// The challenge of a PKCE verifier (RFC 7636, S256).
fn challenge(verifier: &Secret<String>) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, verifier.expose().as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(digest.as_ref())
}

impl ForgeOptions {
    /// Where the browser is sent.
    pub(super) fn authorize(&self, path: &str, begin: &Begin<'_>) -> Result<String, ProviderError> {
        let address = format!("{}{path}", self.url);
        let mut url = Url::parse(&address).map_err(|_| unbelievable(format!("`{address}` is no URL")))?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", begin.redirect_uri)
            .append_pair("scope", &self.scopes.join(" "))
            .append_pair("state", begin.state.expose())
            .append_pair("code_challenge", &challenge(begin.verifier))
            .append_pair("code_challenge_method", "S256");
        Ok(url.into())
    }

    /// The token for a code.
    pub(super) async fn token(
        &self,
        client: &Client,
        path: &str,
        finish: &Finish<'_>,
    ) -> Result<Secret<String>, ProviderError> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.client_secret.expose()),
            ("code", finish.code.expose()),
            ("redirect_uri", finish.redirect_uri),
            ("code_verifier", finish.verifier.expose()),
        ];
        let what = "asking for a token";
        let reply = client.post_form(&format!("{}{path}", self.url), &fields).await.map_err(failed(what))?;
        let read: TokenReply = read_any(&reply).map_err(failed(what))?;
        if let Some(error) = read.error {
            return Err(ProviderError::Refused(error_code(&error)));
        }
        let is_bearer = read.token_type.is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        match read.access_token {
            Some(token) if is_bearer && !token.is_empty() => Ok(Secret::new(token)),
            _ => Err(unbelievable("the answer holds no bearer token")),
        }
    }
}

/// A refusal is read whatever its status; anything else has to be a success.
fn read_any(reply: &Reply) -> Result<TokenReply, crate::CallError> {
    match serde_json::from_slice::<TokenReply>(&reply.body) {
        Ok(read) if read.error.is_some() && reply.status.is_client_error() => Ok(read),
        _ => reply.json(),
    }
}
