//! Sign-in providers: where a browser is sent to, and who came back.
//!
//! Each kind answers the same two questions. What a visitor may do here is not decided in this room.

mod claims;
mod forge;
mod github;
mod gitlab;
mod oidc;

use cratekeep_types::{Secret, Timestamp};
use thiserror::Error;

pub use forge::ForgeOptions;
pub use oidc::OidcOptions;

use crate::{CallError, Client, GitHubApi};

/// Longest id that a provider may give a person, in bytes.
pub const SUBJECT_BYTES_MAX: usize = 255;
/// Most groups that are read.
pub const GROUPS_MAX: usize = 2_000;
/// Longest name of a group in bytes.
pub const GROUP_BYTES_MAX: usize = 512;

/// How a provider is asked.
#[derive(Clone, Debug)]
pub enum ProviderOptions {
    /// Any OpenID Connect provider, by discovery.
    Oidc(OidcOptions),
    /// GitHub or GitHub Enterprise.
    GitHub(ForgeOptions),
    /// GitLab, hosted or self-managed.
    GitLab(ForgeOptions),
}

/// A provider, ready to be asked.
#[derive(Debug)]
pub struct Provider(Kind);

#[derive(Debug)]
enum Kind {
    Oidc(oidc::Oidc),
    GitHub(github::GitHub),
    GitLab(gitlab::GitLab),
}

/// What a browser is sent away with.
#[derive(Clone, Debug)]
pub struct Begin<'a> {
    /// Where it comes back to.
    pub redirect_uri: &'a str,
    /// What it brings back.
    pub state: &'a Secret<String>,
    /// What the ID token has to repeat.
    pub nonce: &'a Secret<String>,
    /// The verifier whose SHA-256 goes along (PKCE).
    pub verifier: &'a Secret<String>,
    /// Now.
    pub now: Timestamp,
}

/// What a browser came back with, and what was kept of its way out.
#[derive(Clone, Debug)]
pub struct Finish<'a> {
    /// The code it brought.
    pub code: &'a Secret<String>,
    /// The same address as on the way out.
    pub redirect_uri: &'a str,
    /// What the ID token has to repeat.
    pub nonce: &'a Secret<String>,
    /// The verifier whose SHA-256 went along.
    pub verifier: &'a Secret<String>,
    /// Now.
    pub now: Timestamp,
    /// Whether the groups matter; otherwise they may be left out.
    pub wants_groups: bool,
}

/// Who came, as the provider says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// The id that the provider never gives to another person.
    pub subject: String,
    /// The name there; may be anything, and somebody else's tomorrow.
    pub login: String,
    /// The name for people to read.
    pub display_name: Option<String>,
    /// A mail address, as a hint.
    pub email: Option<String>,
    /// Whether the provider says that it has checked the mail address.
    pub email_verified: bool,
    /// The groups.
    pub groups: Vec<String>,
    /// The token with which the provider's API can be asked as this person.
    pub token: Option<Secret<String>>,
}

/// Why nobody could be signed in. The texts are for the log: they hold no code, token or secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProviderError {
    /// The provider could not be asked, or did not answer as it has to.
    #[error("{what}: {cause}")]
    Call {
        /// What was asked for.
        what: &'static str,
        /// What went wrong.
        cause: CallError,
    },
    /// What the provider says cannot be believed.
    #[error("{0}")]
    Unbelievable(String),
    /// The provider itself says no.
    #[error("the provider refused: {0}")]
    Refused(String),
}

impl Provider {
    /// Makes a provider ready; nothing is asked yet.
    #[must_use]
    pub fn new(options: ProviderOptions, client: Client) -> Self {
        Self(match options {
            ProviderOptions::Oidc(options) => Kind::Oidc(oidc::Oidc::new(options, client)),
            ProviderOptions::GitHub(options) => Kind::GitHub(github::GitHub::new(options, client)),
            ProviderOptions::GitLab(options) => Kind::GitLab(gitlab::GitLab::new(options, client)),
        })
    }

    /// Where the browser is sent.
    ///
    /// # Errors
    /// [`ProviderError`] when discovery fails.
    pub async fn begin(&self, begin: &Begin<'_>) -> Result<String, ProviderError> {
        match &self.0 {
            Kind::Oidc(oidc) => oidc.begin(begin).await,
            Kind::GitHub(github) => github.begin(begin),
            Kind::GitLab(gitlab) => gitlab.begin(begin),
        }
    }

    /// Who came back.
    ///
    /// # Errors
    /// [`ProviderError`].
    pub async fn finish(&self, finish: &Finish<'_>) -> Result<Visitor, ProviderError> {
        let visitor = match &self.0 {
            Kind::Oidc(oidc) => oidc.finish(finish).await?,
            Kind::GitHub(github) => github.finish(finish).await?,
            Kind::GitLab(gitlab) => gitlab.finish(finish).await?,
        };
        visitor.check()?;
        Ok(visitor)
    }

    /// The API, where it is GitHub.
    #[must_use]
    pub fn github(&self) -> Option<&GitHubApi> {
        match &self.0 {
            Kind::GitHub(github) => Some(github.api()),
            Kind::Oidc(_) | Kind::GitLab(_) => None,
        }
    }

    /// The issuer that may name itself when a browser comes back (RFC 9207).
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        match &self.0 {
            Kind::Oidc(oidc) => Some(oidc.issuer()),
            Kind::GitHub(_) | Kind::GitLab(_) => None,
        }
    }
}

impl Visitor {
    /// Whether what is said of the person is within the bounds, whoever says it.
    ///
    /// # Errors
    /// [`ProviderError::Unbelievable`].
    pub fn check(&self) -> Result<(), ProviderError> {
        let subject = &self.subject;
        if subject.is_empty() || subject.len() > SUBJECT_BYTES_MAX || subject.chars().any(char::is_control) {
            return Err(unbelievable("the id of the person is empty, too long, or has control characters"));
        }
        if self.groups.len() > GROUPS_MAX {
            return Err(unbelievable(format!("there are more than {GROUPS_MAX} groups")));
        }
        if self.groups.iter().any(|group| group.len() > GROUP_BYTES_MAX) {
            return Err(unbelievable(format!("the name of a group has more than {GROUP_BYTES_MAX} bytes")));
        }
        Ok(())
    }
}

fn unbelievable(text: impl Into<String>) -> ProviderError {
    ProviderError::Unbelievable(text.into())
}

/// Wraps what went wrong with a call.
fn failed(what: &'static str) -> impl FnOnce(CallError) -> ProviderError {
    move |cause| ProviderError::Call { what, cause }
}

/// An error code of a provider, cut to what such codes are made of.
fn error_code(text: &str) -> String {
    let is_good = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.chars().filter(is_good).take(64).collect()
}
