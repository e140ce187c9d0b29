//! `cratekeep credential --cargo-plugin`: a credential provider of cargo, in its protocol of version 1. Tokens come from
//! a browser in which somebody is signed in, or from the identity of a build; they live for hours and are kept in a file
//! that only this user reads.

mod browser;
mod build;
mod file;
mod server;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::Result;
use cargo_credential::{
    Action, CacheControl, Credential, CredentialResponse, Error, LoginOptions, RegistryInfo, Secret,
};
use clap::Args;
use cratekeep_types::{Clock as _, SystemClock};

use file::{Kept, KeptFile};
use server::{Outcome, Server};

/// A token with less left than this is as good as over, in seconds.
const MARGIN_SECS: i64 = 60;

/// How cargo starts a credential provider.
#[derive(Debug, Args)]
pub(crate) struct CredentialArgs {
    /// Speak cargo's protocol for credential providers; cargo adds this itself
    #[arg(long, required = true)]
    cargo_plugin: bool,
}

/// Answers cargo until it has no more questions.
pub(crate) fn run(_: &CredentialArgs) -> Result<ExitCode> {
    let runtime = super::runtime()?;
    cargo_credential::main(Provider { runtime, file: KeptFile::of_user() });
    Ok(ExitCode::SUCCESS)
}

struct Provider {
    runtime: tokio::runtime::Runtime,
    file: Result<KeptFile, String>,
}

impl Credential for Provider {
    fn perform(
        &self,
        registry: &RegistryInfo<'_>,
        action: &Action<'_>,
        _: &[&str],
    ) -> Result<CredentialResponse, Error> {
        let server = Server::of_index(registry.index_url).ok_or(Error::UrlNotSupported)?;
        let file = self.file.as_ref().map_err(other)?;
        let index = registry.index_url;
        match action {
            Action::Get(_) => self.runtime.block_on(get(file, &server, registry)),
            Action::Login(options) => self.runtime.block_on(login(file, &server, index, options)),
            Action::Logout => self.runtime.block_on(logout(file, &server, index)),
            _ => Err(Error::OperationNotSupported),
        }
    }
}

/// The kept token; else one for the identity of this build; else, where a person sits, one from the browser.
async fn get(
    file: &KeptFile,
    server: &Server,
    registry: &RegistryInfo<'_>,
) -> Result<CredentialResponse, Error> {
    let index = registry.index_url;
    let kept = file.find(index).map_err(other)?;
    if let Some(kept) = kept.as_ref().filter(|kept| kept.is_good(now_secs() + MARGIN_SECS)) {
        return Ok(answer(kept));
    }
    if let Some(identity) = build::identity(server).await.map_err(other)? {
        let made = server.exchange(&identity).await.map_err(other)?;
        file.keep(index, &made).map_err(other)?;
        return Ok(answer(&made));
    }
    if std::io::stderr().is_terminal() && !build::is_unattended() {
        let made = from_browser(server).await?;
        file.keep(index, &made).map_err(other)?;
        return Ok(answer(&made));
    }
    let Some(_) = kept else { return Err(Error::NotFound) };
    let login = match registry.name {
        Some(name) => format!("cargo login --registry {name}"),
        None => "cargo login".to_owned(),
    };
    Err(other(format!("the sign-in to {index} is over; run `{login}`")))
}

/// Keeps a token that was typed; without one, gets it from the browser.
async fn login(
    file: &KeptFile,
    server: &Server,
    index: &str,
    options: &LoginOptions<'_>,
) -> Result<CredentialResponse, Error> {
    let made = match &options.token {
        Some(typed) => Kept::typed(typed.as_ref().expose()),
        None => from_browser(server).await?,
    };
    file.keep(index, &made).map_err(other)?;
    Ok(CredentialResponse::Login)
}

/// Forgets the token, and lets the server forget one that was made for this machine.
async fn logout(file: &KeptFile, server: &Server, index: &str) -> Result<CredentialResponse, Error> {
    let Some(kept) = file.forget(index).map_err(other)? else { return Err(Error::NotFound) };
    if !kept.was_typed()
        && kept.is_good(now_secs())
        && let Err(problem) = server.revoke(&kept).await
    {
        browser::tell(&format!(
            "the token is gone from this machine, but the server was not told: {problem}"
        ));
    }
    Ok(CredentialResponse::Logout)
}

async fn from_browser(server: &Server) -> Result<Kept, Error> {
    match server.sign_in().await.map_err(other)? {
        Outcome::Granted(made) => Ok(made),
        Outcome::Refused => Err(other("the sign-in was turned away in the browser")),
        Outcome::TimedOut => Err(other("nobody confirmed the sign-in in time; run the command again")),
        Outcome::NotOurs => Err(Error::UrlNotSupported),
    }
}

fn answer(kept: &Kept) -> CredentialResponse {
    let token = Secret::from(kept.token().to_owned());
    let cache = kept.ends_at().and_then(until).unwrap_or(CacheControl::Session);
    CredentialResponse::Get { token, cache, operation_independent: true }
}

/// cargo may keep the token in memory until shortly before it ends.
fn until(secs: i64) -> Option<CacheControl> {
    serde_json::from_value(serde_json::json!({ "cache": "expires", "expiration": secs })).ok()
}

fn now_secs() -> i64 {
    SystemClock.now().secs_since(cratekeep_types::Timestamp(0))
}

fn other(text: impl AsRef<str>) -> Error {
    Error::Other(text.as_ref().to_owned().into())
}
