//! Which builds may publish without a person: what a rule may say, and whether what a platform signed about a build fits
//! it. The signature was judged before.
//!
//! Every refusal is a sentence for the person who reads the log of the build: it says what was claimed and what was
//! expected. Whoever gets to read it has proved to be that build.

mod check;
mod github;
mod gitlab;
mod oidc;

use std::collections::BTreeMap;

pub use github::GithubBuild;
pub use gitlab::GitlabBuild;
pub use oidc::{ClaimRules, OidcBuild, check_claim_rules};

pub use check::{check_github, check_gitlab, check_oidc};

/// What a platform claims about a build, as texts. Numbers and truth values are written as JSON does; lists and objects
/// have no text and count as absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BuildClaims(BTreeMap<String, String>);

impl FromIterator<(String, String)> for BuildClaims {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(claims: I) -> Self {
        Self(claims.into_iter().collect())
    }
}

impl BuildClaims {
    /// A claim that may be absent; an empty one counts as absent.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    fn must(&self, name: &str) -> Result<String, String> {
        let found = self.find(name).map(str::to_owned);
        found.ok_or_else(|| format!("the identity of this build lacks the claim `{name}`"))
    }
}

/// Keeps what fits. When nothing is left, `sentence` says why, given what would have fitted.
fn narrow<T>(
    rules: Vec<T>,
    fits: impl Fn(&T) -> bool,
    wanted: impl Fn(&T) -> String,
    sentence: impl FnOnce(&str) -> String,
) -> Result<Vec<T>, String> {
    let mut wished: Vec<String> = rules.iter().map(wanted).collect();
    let left: Vec<T> = rules.into_iter().filter(|rule| fits(rule)).collect();
    if !left.is_empty() {
        return Ok(left);
    }
    wished.sort();
    wished.dedup();
    wished.truncate(WISHED_MAX);
    Err(sentence(&wished.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")))
}

/// How many values that would have fitted a sentence names at most.
const WISHED_MAX: usize = 5;

/// Whether a job is in the environment that a rule asks for; names of environments ignore case.
fn environment_fits(wanted: Option<&str>, found: Option<&str>) -> bool {
    match (wanted, found) {
        (None, _) => true,
        (Some(wanted), Some(found)) => wanted.to_lowercase() == found.to_lowercase(),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests;
