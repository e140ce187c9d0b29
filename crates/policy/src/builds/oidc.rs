//! Builds of any issuer that an administrator allowed: rules name claims and their values.

use std::collections::BTreeMap;

use cratekeep_wire::trusted_publishing::{BuiltBy, OidcFields};

use super::{BuildClaims, check};

/// Claims and what they must be: an exact value, or its beginning followed by `*`.
pub type ClaimRules = BTreeMap<String, String>;

/// Most claims that rules name.
const RULES_MAX: usize = 20;
/// Longest name and longest value, in bytes.
const TEXT_BYTES_MAX: usize = 255;
/// Claims that every token is judged by anyway.
const JUDGED: [&str; 6] = ["iss", "aud", "exp", "nbf", "iat", "jti"];

/// What an issuer claims about a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OidcBuild<'a> {
    /// The issuer, by the name that an administrator gave it.
    pub issuer: &'a str,
    /// What it claims.
    pub claims: &'a BuildClaims,
}

/// Checks claim rules. Those of an issuer may be empty; those of a crate are not.
///
/// # Errors
/// Every problem as a sentence.
pub fn check_claim_rules(rules: &ClaimRules) -> Result<(), Vec<String>> {
    let mut problems = Vec::new();
    if rules.len() > RULES_MAX {
        problems.push(format!("rules name at most {RULES_MAX} claims, found {}", rules.len()));
    }
    for (name, value) in rules.iter().take(RULES_MAX) {
        let is_word = |text: &str| {
            !text.is_empty() && text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control)
        };
        if !is_word(name) || !is_word(value) {
            problems.push(format!(
                "name and value of a claim have 1 to {TEXT_BYTES_MAX} bytes and no control characters; `{}` breaks this",
                check::shown(name)
            ));
        } else if JUDGED.contains(&name.as_str()) {
            problems.push(format!("the claim `{name}` is judged for every token; a rule cannot name it"));
        } else if value.trim_end_matches('*').contains('*') || value.ends_with("**") {
            problems.push(format!(
                "`*` stands only at the end of a value, once; `{name}` has `{}`",
                check::shown(value)
            ));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

impl OidcBuild<'_> {
    /// Whether the build claims what every build of its issuer must.
    ///
    /// # Errors
    /// The first claim that is different.
    pub fn meets(&self, rules: &ClaimRules) -> Result<(), String> {
        match self.first_difference(rules) {
            None => Ok(()),
            Some((name, value)) => Err(format!(
                "the issuer `{}` is allowed for builds whose claim `{name}` is `{value}`, here it is {}",
                self.issuer,
                self.found(name)
            )),
        }
    }

    /// The rules that this build fits.
    ///
    /// # Errors
    /// None; the sentence says what is different, when one rule only was looked at.
    pub fn fitting<T>(&self, rules: Vec<(T, OidcFields)>) -> Result<Vec<(T, OidcFields)>, String> {
        let mut different = Vec::new();
        let mut left = Vec::new();
        for (id, rule) in rules {
            match self.first_difference(&rule.claims) {
                None => left.push((id, rule)),
                Some((name, value)) => different.push((name.to_owned(), value.to_owned())),
            }
        }
        if !left.is_empty() {
            return Ok(left);
        }
        let issuer = self.issuer;
        Err(match different.as_slice() {
            [(name, value)] => format!(
                "The Trusted Publishing config for issuer `{issuer}` is for builds whose claim `{name}` is `{value}`, \
                 here it is {}.",
                self.found(name)
            ),
            _ => format!("No Trusted Publishing config found for issuer `{issuer}` that fits this build."),
        })
    }

    /// Who builds, as far as the usual claims tell.
    #[must_use]
    pub fn built_by(&self) -> BuiltBy {
        let first = |names: &[&str]| names.iter().find_map(|name| self.claims.find(name)).map(str::to_owned);
        BuiltBy {
            provider: self.issuer.to_owned(),
            repository: first(&["repository", "project_path"]),
            run_id: first(&["run_id", "pipeline_id", "build_number"]),
            job_id: first(&["job_id"]),
            sha: first(&["sha", "build_commit", "commit"]),
            workflow: first(&["workflow_ref", "ci_config_ref_uri", "pipeline_slug", "workflow"]),
            environment: first(&["environment"]),
            subject: first(&["sub"]),
            ..BuiltBy::default()
        }
    }

    fn first_difference<'r>(&self, rules: &'r ClaimRules) -> Option<(&'r str, &'r str)> {
        let differs = |name: &str, value: &str| {
            self.claims.find(name).is_none_or(|found| match value.strip_suffix('*') {
                Some(beginning) => !found.starts_with(beginning),
                None => found != value,
            })
        };
        rules
            .iter()
            .find(|(name, value)| differs(name, value))
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    fn found(&self, name: &str) -> String {
        self.claims.find(name).map_or("absent".to_owned(), |found| format!("`{}`", check::shown(found)))
    }
}
