//! `[trusted_publishing]`: whose word on builds is taken.

use std::time::Duration;

use crate::kinds::{Optional, Span, Text};
use crate::table::{Reader, section};

section! {
    /// Builds that publish without a secret: whose word on them is taken. Issuers beside GitHub and GitLab are allowed with
    /// `cratekeep admin trust issuer add`.
    shown struct TrustedPublishing in "trusted_publishing" {
        /// The audience that identities of GitHub and GitLab must be made for. Without it that is the address of this
        /// server or of the registry, without `https://`: what the public action for trusted publishing asks for.
        audience: Option<String> = Optional(Text {
            default: "crates.example.com",
            allowed: "a text without spaces",
            check: check_audience,
        }),
        /// The issuer of identities of GitHub Actions; of a GitHub Enterprise Server `https://HOST/_services/token`.
        github_issuer: String = Text {
            default: "https://token.actions.githubusercontent.com",
            allowed: "an https:// address without a final slash",
            check: check_address,
        },
        /// GitHub's API, which tells the number of a repository's owner; of a GitHub Enterprise Server
        /// `https://HOST/api/v3`.
        github_api: String = Text {
            default: "https://api.github.com",
            allowed: "an https:// address without a final slash",
            check: check_address,
        },
        /// The issuer of identities of GitLab CI: the address of GitLab.
        gitlab_issuer: String = Text {
            default: "https://gitlab.com",
            allowed: "an https:// address without a final slash",
            check: check_address,
        },
        /// How long the token that a build gets is good for.
        token_secs: Duration = Span { default: "30m", min_secs: 60, max_secs: 86_400 },
    }
}

impl TrustedPublishing {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        let section = Self::read(reader)?;
        if section.github_issuer == section.gitlab_issuer {
            reader.conflict(
                "trusted_publishing.github_issuer and trusted_publishing.gitlab_issuer are the same"
                    .to_owned(),
            );
        }
        Some(section)
    }
}

fn check_audience(text: &str) -> Result<(), String> {
    if text.contains(char::is_whitespace) { Err("there is a space in it".to_owned()) } else { Ok(()) }
}

fn check_address(text: &str) -> Result<(), String> {
    let url = url::Url::parse(text).map_err(|error| format!("this is no URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("the scheme is `{}`", url.scheme()));
    }
    if text.ends_with('/') || url.query().is_some() || url.fragment().is_some() {
        return Err("a final slash, a query or a fragment does not belong into it".to_owned());
    }
    Ok(())
}
