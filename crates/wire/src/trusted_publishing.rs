//! Trusted publishing: the rules by which builds publish, in crates.io's shapes and as the database keeps them, and who
//! built a version.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A rule for GitHub Actions, without its crate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GithubFields {
    /// User or organization.
    pub repository_owner: String,
    /// Number of that user or organization, which stays when the name changes hands.
    #[serde(default)]
    pub repository_owner_id: u64,
    /// Repository, without its owner.
    pub repository_name: String,
    /// File name of the workflow in `.github/workflows`.
    pub workflow_filename: String,
    /// The environment that the job must name, if any.
    #[serde(default)]
    pub environment: Option<String>,
}

/// A rule for GitLab CI, without its crate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitlabFields {
    /// User or group, with the groups it is in.
    pub namespace: String,
    /// Number of the namespace, learned from the first token.
    #[serde(default)]
    pub namespace_id: Option<String>,
    /// Project, without its namespace.
    pub project: String,
    /// Path of the pipeline's file in the repository.
    pub workflow_filepath: String,
    /// The environment that the job must name, if any.
    #[serde(default)]
    pub environment: Option<String>,
}

/// A rule for another issuer, without its crate. Not part of crates.io's API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcFields {
    /// The issuer, by the name that an administrator gave it.
    pub issuer: String,
    /// What the token must claim: the exact value, or its beginning followed by `*`.
    pub claims: BTreeMap<String, String>,
}

/// The body of an exchange: an identity for a token.
#[derive(Clone, Deserialize)]
pub struct ExchangeRequest {
    /// The identity as the build's platform signed it.
    pub jwt: String,
    /// Only this crate, of all that the build may publish. Not part of crates.io's API.
    #[serde(default, rename = "crate")]
    pub krate: Option<String>,
}

/// What an exchange gives.
#[derive(Clone, Serialize)]
pub struct ExchangeReply {
    /// The text of the token.
    pub token: String,
}

/// Who built a version, when that was proved: stored with the version and shown as `trustpub_data`, with crates.io's
/// keys and some of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuiltBy {
    /// `github`, `gitlab`, or the name of another issuer.
    pub provider: String,
    /// The repository, with its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// GitLab's word for the repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_path: Option<String>,
    /// Number of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Number of the job, on GitLab.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_id: Option<String>,
    /// The commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha: Option<String>,
    /// The file of the workflow or pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<String>,
    /// The environment that the job named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Whom the token was for, at issuers that say no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Address of the page of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_url: Option<String>,
}

impl BuiltBy {
    /// The text that is stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("plain texts always print")
    }

    /// Reads what was stored.
    ///
    /// # Errors
    /// The text is not one of ours.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_built_it_has_the_keys_of_crates_io_and_no_empty_ones() {
        let built = BuiltBy {
            provider: "github".to_owned(),
            repository: Some("a/b".to_owned()),
            run_id: Some("7".to_owned()),
            sha: Some("c0ffee".to_owned()),
            ..BuiltBy::default()
        };
        let text = built.to_json();
        assert_eq!(text, r#"{"provider":"github","repository":"a/b","run_id":"7","sha":"c0ffee"}"#);
        assert_eq!(BuiltBy::from_json(&text).expect("its own text"), built);
    }
}
