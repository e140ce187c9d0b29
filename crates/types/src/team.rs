//! How teams are written: `team:NAME` for those whose members are kept here, `github:ORGANIZATION:TEAM` for those of
//! GitHub.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::name::UserName;

/// Longest name of an organization or team at GitHub that is read, in characters.
const GITHUB_CHARS_MAX: usize = 100;

/// The login of a team, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TeamLogin {
    /// A team of this server.
    Local(String),
    /// A team of GitHub.
    GitHub {
        /// The organization.
        organization: String,
        /// The team in it, as it stands in addresses.
        team: String,
    },
}

/// Why a text is no login of a team.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TeamLoginError {
    /// The part before the first colon is no place of teams.
    #[error("unknown organization handler, only 'team:name' and 'github:org:team' are supported")]
    UnknownPlace,
    /// A team of GitHub without the team.
    #[error("missing github team argument; format is github:org:team")]
    MissingTeam,
    /// A name with a character that no name there has.
    #[error("organization and team names cannot contain special characters like {0}")]
    BadCharacter(char),
    /// Something else about the name.
    #[error("{0}")]
    BadName(String),
}

impl TeamLogin {
    /// Whether an owner of this name would be a team: users have no colon.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.contains(':')
    }
}

impl FromStr for TeamLogin {
    type Err = TeamLoginError;

    fn from_str(text: &str) -> Result<Self, TeamLoginError> {
        let mut parts = text.split(':');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("team"), Some(name), None, None) => {
                let name: UserName =
                    name.parse().map_err(|error| TeamLoginError::BadName(format!("of the team: {error}")))?;
                Ok(Self::Local(name.folded()))
            }
            (Some("github"), Some(organization), Some(team), None) => {
                Ok(Self::GitHub { organization: github_name(organization)?, team: github_name(team)? })
            }
            (Some("github"), _, _, _) => Err(TeamLoginError::MissingTeam),
            _ => Err(TeamLoginError::UnknownPlace),
        }
    }
}

fn github_name(text: &str) -> Result<String, TeamLoginError> {
    if text.is_empty() || text.chars().count() > GITHUB_CHARS_MAX {
        return Err(TeamLoginError::MissingTeam);
    }
    match text.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.')) {
        Some(odd) => Err(TeamLoginError::BadCharacter(odd)),
        None => Ok(text.to_ascii_lowercase()),
    }
}

impl fmt::Display for TeamLogin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(name) => write!(out, "team:{name}"),
            Self::GitHub { organization, team } => write!(out, "github:{organization}:{team}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_read_in_any_spelling_and_printed_in_one() {
        for (text, printed) in [
            ("team:Core", "team:core"),
            ("team:a.b_c-d", "team:a.b_c-d"),
            ("github:Rust-Lang:Libs", "github:rust-lang:libs"),
        ] {
            assert_eq!(text.parse::<TeamLogin>().map(|login| login.to_string()), Ok(printed.to_owned()));
        }
    }

    #[test]
    fn what_is_no_login_is_told_apart() {
        let error = |text: &str| text.parse::<TeamLogin>().expect_err("no login");
        for text in ["", "core", "gitlab:a:b", "team:a:b", "TEAM:a", ":", "::"] {
            assert_eq!(error(text), TeamLoginError::UnknownPlace, "{text}");
        }
        for text in ["github:", "github:rust", "github:rust:", "github::libs", "github:a:b:c"] {
            assert_eq!(error(text), TeamLoginError::MissingTeam, "{text}");
        }
        assert_eq!(error("github:rust/lang:libs"), TeamLoginError::BadCharacter('/'));
        assert_eq!(error("github:rust:lib?s"), TeamLoginError::BadCharacter('?'));
        for text in ["team:", "team:ä", "team:-a", "team:a b"] {
            assert!(matches!(error(text), TeamLoginError::BadName(_)), "{text}");
        }
    }
}
