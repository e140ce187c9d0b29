//! A build as its platform describes it: which rules may be about it, which fit, and who it is.

use cratekeep_outbound::jwt::Claims;
use cratekeep_policy::builds::{BuildClaims, ClaimRules, GithubBuild, GitlabBuild, OidcBuild};
use cratekeep_store::trust_issuer::IssuerRow;
use cratekeep_store::trusted_publisher::PublisherRow;
use cratekeep_wire::BuiltBy;
use serde_json::Value;

use super::{TrustFields, TrustProvider};
use crate::AppError;

/// Who issued an identity.
#[derive(Clone, Debug)]
pub(super) enum Issuer {
    /// GitHub Actions.
    Github,
    /// GitLab CI.
    Gitlab,
    /// One that an administrator allowed.
    Other(IssuerRow),
}

/// A build whose identity was proved.
#[derive(Clone, Debug)]
pub(super) enum Build {
    Github(GithubBuild),
    Gitlab(GitlabBuild),
    Other { issuer: String, claims: BuildClaims },
}

/// A rule with what it says.
type Rule<F> = (PublisherRow, F);

impl Build {
    /// Reads what the issuer claims, and judges what every build of it must claim.
    pub(super) fn read(issuer: &Issuer, claims: &Claims) -> Result<Self, AppError> {
        let claims: BuildClaims = claims.all().iter().filter_map(text_of).collect();
        match issuer {
            Issuer::Github => GithubBuild::read(&claims).map(Self::Github).map_err(AppError::invalid),
            Issuer::Gitlab => GitlabBuild::read(&claims).map(Self::Gitlab).map_err(AppError::invalid),
            Issuer::Other(row) => {
                let required: ClaimRules = serde_json::from_str(&row.required).map_err(|error| {
                    AppError::Internal(format!("the claims of issuer {} do not parse: {error}", row.name))
                })?;
                let build = OidcBuild { issuer: &row.name, claims: &claims };
                build.meets(&required).map_err(AppError::invalid)?;
                Ok(Self::Other { issuer: row.name.clone(), claims })
            }
        }
    }

    pub(super) fn provider(&self) -> TrustProvider {
        match self {
            Self::Github(_) => TrustProvider::Github,
            Self::Gitlab(_) => TrustProvider::Gitlab,
            Self::Other { .. } => TrustProvider::Oidc,
        }
    }

    /// By what the rules for it are found.
    pub(super) fn subject(&self) -> String {
        match self {
            Self::Github(build) => build.subject(),
            Self::Gitlab(build) => build.subject(),
            Self::Other { issuer, .. } => issuer.clone(),
        }
    }

    /// The rules that it fits; there is at least one. Rules of GitLab that do not know the namespace's number come with
    /// it filled in.
    pub(super) fn fitting(&self, rows: Vec<PublisherRow>) -> Result<Vec<Rule<TrustFields>>, AppError> {
        let mut rules = Vec::new();
        for row in rows {
            let fields = TrustFields::of(&row)?;
            rules.push((row, fields));
        }
        let fitting = match self {
            Self::Github(build) => build.fitting(github(rules)).map(|left| wrap(left, TrustFields::Github)),
            Self::Gitlab(build) => build.fitting(gitlab(rules)).map(|left| {
                let pinned = left.into_iter().map(|(row, mut fields)| {
                    fields.namespace_id.get_or_insert_with(|| build.namespace_id().to_owned());
                    (row, fields)
                });
                wrap(pinned.collect(), TrustFields::Gitlab)
            }),
            Self::Other { issuer, claims } => {
                OidcBuild { issuer, claims }.fitting(oidc(rules)).map(|left| wrap(left, TrustFields::Oidc))
            }
        };
        fitting.map_err(AppError::invalid)
    }

    /// Who builds. `issuer` is the address of the issuer, on whose host the pages of runs are.
    pub(super) fn built_by(&self, issuer: &str) -> BuiltBy {
        match self {
            Self::Github(build) => build.built_by(&github_site(issuer)),
            Self::Gitlab(build) => build.built_by(issuer),
            Self::Other { issuer, claims } => OidcBuild { issuer, claims }.built_by(),
        }
    }
}

/// GitHub's own issuer has a host of its own; that of a GitHub Enterprise stands on the host of its pages.
fn github_site(issuer: &str) -> String {
    if issuer == "https://token.actions.githubusercontent.com" {
        return "https://github.com".to_owned();
    }
    issuer.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}

/// A claim as a text; lists and objects have none.
fn text_of((name, value): (&String, &Value)) -> Option<(String, String)> {
    match value {
        Value::String(text) => Some((name.clone(), text.clone())),
        Value::Number(number) => Some((name.clone(), number.to_string())),
        Value::Bool(truth) => Some((name.clone(), truth.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

macro_rules! of_kind {
    ($($name:ident: $Variant:ident($Fields:ident),)*) => {$(
        fn $name(rules: Vec<Rule<TrustFields>>) -> Vec<Rule<cratekeep_wire::trusted_publishing::$Fields>> {
            let kept = rules.into_iter().filter_map(|(row, fields)| match fields {
                TrustFields::$Variant(fields) => Some((row, fields)),
                _ => None,
            });
            kept.collect()
        }
    )*};
}

of_kind! {
    github: Github(GithubFields),
    gitlab: Gitlab(GitlabFields),
    oidc: Oidc(OidcFields),
}

fn wrap<F>(rules: Vec<Rule<F>>, as_fields: impl Fn(F) -> TrustFields) -> Vec<Rule<TrustFields>> {
    rules.into_iter().map(|(row, fields)| (row, as_fields(fields))).collect()
}
