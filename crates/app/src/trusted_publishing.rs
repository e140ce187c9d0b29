//! Trusted publishing: builds publish without a secret, by the word of their platform and the rules of owners.
//!
//! An owner makes a rule ([`configs`]); a build shows its identity and gets a token for a short time ([`exchange`]);
//! administrators allow further issuers ([`issuers`]).

mod build;
mod configs;
mod exchange;
mod issuers;
mod notice;
mod only;
mod owner_id;

use cratekeep_store::StoreError;
use cratekeep_store::trusted_publisher::PublisherRow;
use cratekeep_types::{CrateName, Timestamp, TrustedPublisherId};
use cratekeep_wire::trusted_publishing::{GithubFields, GitlabFields, OidcFields};

pub use configs::TrustOf;

/// Most rules of one kind of a crate, as on crates.io.
const RULES_PER_CRATE_MAX: u64 = 5;

/// A kind of issuer, as it decides what rules say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustProvider {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// Any issuer that an administrator allowed.
    Oidc,
}

impl TrustProvider {
    /// The word for it in the database and in the web API.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Oidc => "oidc",
        }
    }

    /// The word for people.
    fn title(self) -> &'static str {
        match self {
            Self::Github => "GitHub",
            Self::Gitlab => "GitLab",
            Self::Oidc => "OIDC",
        }
    }
}

/// What a rule says, without its crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustFields {
    /// For GitHub Actions.
    Github(GithubFields),
    /// For GitLab CI.
    Gitlab(GitlabFields),
    /// For another issuer.
    Oidc(OidcFields),
}

impl TrustFields {
    /// The kind of issuer.
    #[must_use]
    pub fn provider(&self) -> TrustProvider {
        match self {
            Self::Github(_) => TrustProvider::Github,
            Self::Gitlab(_) => TrustProvider::Gitlab,
            Self::Oidc(_) => TrustProvider::Oidc,
        }
    }

    fn to_json(&self) -> String {
        let text = match self {
            Self::Github(fields) => serde_json::to_string(fields),
            Self::Gitlab(fields) => serde_json::to_string(fields),
            Self::Oidc(fields) => serde_json::to_string(fields),
        };
        text.expect("plain texts always print")
    }

    fn of(row: &PublisherRow) -> Result<Self, StoreError> {
        let text = row.fields.as_str();
        let read = match row.provider.as_str() {
            "github" => serde_json::from_str(text).map(Self::Github),
            "gitlab" => serde_json::from_str(text).map(Self::Gitlab),
            _ => serde_json::from_str(text).map(Self::Oidc),
        };
        read.map_err(|error| {
            StoreError::Internal(format!("the stored rule {} does not parse: {error}", row.id))
        })
    }
}

/// A rule by which builds may publish a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustConfig {
    /// Its row.
    pub id: TrustedPublisherId,
    /// The crate.
    pub krate: CrateName,
    /// What it says.
    pub fields: TrustFields,
    /// When it was made.
    pub created_at: Timestamp,
}

impl TrustConfig {
    fn of(row: PublisherRow) -> Result<Self, StoreError> {
        let fields = TrustFields::of(&row)?;
        Ok(Self { id: row.id, krate: row.krate_name, fields, created_at: row.created_at })
    }
}
