//! The server behind an index URL, and what is asked of it.

use std::time::Duration;

use cratekeep_outbound::{Call, CallError, Client, Options, Outbound, Reply};
use cratekeep_wire::ErrorBody;
use cratekeep_wire::api::credential::{CredentialBegun, CredentialState};
use serde::Deserialize;
use serde_json::json;

use super::browser;
use super::build::variable;
use super::file::Kept;
use super::now_secs;

/// Shortest and longest wait between two questions, whatever the server says, in seconds.
const POLL_SECS: std::ops::RangeInclusive<u32> = 1..=30;
/// Longest wait for a person, whatever the server says, in seconds.
const WAIT_SECS_MAX: u32 = 1_800;
/// Questions that may fail one after another while a person decides: a network can be away for a moment.
const FAILURES_MAX: u32 = 5;
/// How long the token of a build is used, in seconds: less than the half an hour that it lives.
const BUILD_SECS: u64 = 1_500;

/// A registry of a server.
#[derive(Clone, Debug)]
pub(super) struct Server {
    address: String,
}

/// How a sign-in ended.
pub(super) enum Outcome {
    Granted(Kept),
    Refused,
    TimedOut,
    /// The server knows no such sign-ins: it is another kind of registry.
    NotOurs,
}

#[derive(Deserialize)]
struct Exchanged {
    token: String,
}

impl Server {
    /// The registry behind `sparse+https://…/index/`; other index URLs are not of this kind of server.
    pub(super) fn of_index(index: &str) -> Option<Self> {
        let url = index.strip_prefix("sparse+")?;
        let address = url.strip_suffix("/index/")?;
        let is_web = address.starts_with("https://") || address.starts_with("http://");
        is_web.then(|| Self { address: address.to_owned() })
    }

    /// For whom a build's identity is to be made out: the server's base URL without its protocol.
    pub(super) fn audience(&self) -> &str {
        let rest = self.address.split_once("://").map_or("", |(_, rest)| rest);
        match rest.rsplit_once("/r/") {
            Some((base, registry)) if !registry.contains('/') => base,
            _ => rest,
        }
    }

    /// Calls go wherever cargo's own would: inside networks too, and through the proxy that cargo is told to use.
    pub(super) fn client(&self) -> Result<Client, String> {
        let names = if self.address.starts_with("https:") {
            ["HTTPS_PROXY", "https_proxy"]
        } else {
            ["http_proxy"; 2]
        };
        let proxy = variable("CARGO_HTTP_PROXY").or_else(|| names.into_iter().find_map(variable));
        let options = Options {
            allow_private: true,
            proxy: proxy.map(cratekeep_types::Secret::new),
            extra_ca: variable("CARGO_HTTP_CAINFO").map(Into::into),
            ..Options::default()
        };
        Ok(Outbound::new(options).map_err(|error| error.to_string())?.client().clone())
    }

    /// Lets a person confirm in the browser that cargo on this machine may act for them.
    pub(super) async fn sign_in(&self) -> Result<Outcome, String> {
        let client = self.client()?;
        let begin = self.url("/api/v1/credential/begin");
        let reply = client.post_json(&begin, &json!({ "client": machine() })).await.map_err(told)?;
        if reply.status == 404 || reply.status == 405 {
            return Ok(Outcome::NotOurs);
        }
        let begun: CredentialBegun = self.read(&reply)?;
        if !begun.page.starts_with("https://") && !begun.page.starts_with("http://") {
            return Err("the server names a page that is none".to_owned());
        }
        let opened = browser::open(&begun.page);
        let how = if opened { "A browser opens; if it does not, open" } else { "Open" };
        browser::tell(&format!(
            "{how} this page and compare the code:\n\n    {}\n    {}\n",
            begun.page, begun.code
        ));
        self.wait(&client, &begun).await
    }

    async fn wait(&self, client: &Client, begun: &CredentialBegun) -> Result<Outcome, String> {
        let pause = begun.poll_secs.clamp(*POLL_SECS.start(), *POLL_SECS.end());
        let turns = begun.wait_secs.min(WAIT_SECS_MAX) / pause;
        let ask = json!({ "code": begun.code, "secret": begun.secret });
        let mut failures = 0;
        for _ in 0..turns {
            tokio::time::sleep(Duration::from_secs(u64::from(pause))).await;
            let reply = match client.post_json(&self.url("/api/v1/credential/poll"), &ask).await {
                Ok(reply) if reply.status == 404 => return Ok(Outcome::TimedOut),
                Ok(reply) if reply.status.is_success() => reply,
                result => {
                    failures += 1;
                    if failures < FAILURES_MAX {
                        continue;
                    }
                    return Err(result.map_or_else(told, |reply| refusal(&reply)));
                }
            };
            failures = 0;
            match self.read(&reply)? {
                CredentialState::Waiting => {}
                CredentialState::Refused => return Ok(Outcome::Refused),
                CredentialState::Granted { token, secs } => {
                    return Ok(Outcome::Granted(Kept::made(token, now_secs(), secs)));
                }
            }
        }
        Ok(Outcome::TimedOut)
    }

    /// A token for the identity of a build.
    pub(super) async fn exchange(&self, identity: &str) -> Result<Kept, String> {
        let url = self.url("/api/v1/trusted_publishing/tokens");
        let reply = self.client()?.post_json(&url, &json!({ "jwt": identity })).await.map_err(told)?;
        let exchanged: Exchanged = self.read(&reply)?;
        Ok(Kept::made(exchanged.token, now_secs(), BUILD_SECS))
    }

    /// Lets the server forget a token.
    pub(super) async fn revoke(&self, kept: &Kept) -> Result<(), String> {
        let call = Call::new(http::Method::DELETE, &self.url("/api/v1/tokens/current"), Vec::new().into());
        let call = call.bearer(kept.token()).map_err(told)?;
        let reply = self.client()?.send(call).await.map_err(told)?;
        // One that the server knows no more is gone as well.
        let is_gone = reply.status.is_success() || reply.status == 401;
        if is_gone { Ok(()) } else { Err(refusal(&reply)) }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address)
    }

    fn read<T: serde::de::DeserializeOwned>(&self, reply: &Reply) -> Result<T, String> {
        if !reply.status.is_success() {
            return Err(refusal(reply));
        }
        serde_json::from_slice(&reply.body)
            .map_err(|_| format!("{} answers in a form that this program does not know", self.address))
    }
}

/// What the server says about its refusal.
fn refusal(reply: &Reply) -> String {
    let body: Option<ErrorBody> = serde_json::from_slice(&reply.body).ok();
    let details = body.map(|body| body.errors.into_iter().map(|error| error.detail).collect::<Vec<_>>());
    let text = details.map(|details| details.join("; ")).filter(|text| !text.is_empty());
    text.unwrap_or_else(|| format!("the server answers with status {}", reply.status))
}

fn told(error: CallError) -> String {
    format!("the server cannot be asked: {error}")
}

/// What this machine is called, for the person who decides.
fn machine() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    match variable("USER") {
        Some(user) => format!("{user} on {name}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sparse_indexes_of_this_kind_are_taken() {
        let address = |index| Server::of_index(index).map(|server| server.address);
        assert_eq!(address("sparse+https://a.example/index/").as_deref(), Some("https://a.example"));
        assert_eq!(
            address("sparse+http://a.example:8/r/x/index/").as_deref(),
            Some("http://a.example:8/r/x")
        );
        for other in [
            "https://github.com/rust-lang/crates.io-index",
            "sparse+https://index.crates.io/",
            "sparse+file:///index/",
        ] {
            assert_eq!(address(other), None, "{other}");
        }
        for (index, audience) in [
            ("sparse+https://a.example:8443/r/x/index/", "a.example:8443"),
            ("sparse+https://a.example/index/", "a.example"),
            ("sparse+https://a.example/keep/r/x/index/", "a.example/keep"),
        ] {
            assert_eq!(Server::of_index(index).expect("ours").audience(), audience);
        }
    }
}
