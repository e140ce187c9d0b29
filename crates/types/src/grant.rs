//! What belonging to a group at a sign-in provider gives here.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::{RegistryName, Role};

/// Longest name of a local team in characters.
const TEAM_NAME_CHARS_MAX: usize = 64;

/// One thing that a group at a sign-in provider gives: `admin`, `team:NAME` or `ROLE@REGISTRY`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupGrant {
    /// To administer the server.
    Admin,
    /// To be in the local team of this name (without `team:`).
    Team(String),
    /// A role in a registry.
    Role(Role, RegistryName),
}

/// A text that is no grant.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{found}` is nothing a group can give: {reason}; write `admin`, `team:NAME` or `ROLE@REGISTRY`")]
pub struct GrantError {
    found: String,
    reason: String,
}

impl FromStr for GroupGrant {
    type Err = GrantError;

    fn from_str(text: &str) -> Result<Self, GrantError> {
        let wrong = |reason: String| GrantError { found: text.to_owned(), reason };
        if text == "admin" {
            return Ok(Self::Admin);
        }
        if let Some(name) = text.strip_prefix("team:") {
            let is_good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if name.is_empty() || name.len() > TEAM_NAME_CHARS_MAX || !name.chars().all(is_good) {
                return Err(wrong(format!("`{name}` is no name of a local team")));
            }
            return Ok(Self::Team(name.to_owned()));
        }
        let Some((role, registry)) = text.split_once('@') else {
            return Err(wrong("it is none of the three forms".to_owned()));
        };
        let role = role.parse::<Role>().map_err(|error| wrong(error.to_string()))?;
        let registry = registry.parse::<RegistryName>().map_err(|error| wrong(error.to_string()))?;
        Ok(Self::Role(role, registry))
    }
}

impl fmt::Display for GroupGrant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Admin => out.write_str("admin"),
            Self::Team(name) => write!(out, "team:{name}"),
            Self::Role(role, registry) => write!(out, "{role}@{registry}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_are_read_and_printed() {
        for text in ["admin", "team:core", "reader@main", "publisher@vault", "administrator@main"] {
            assert_eq!(text.parse::<GroupGrant>().map(|grant| grant.to_string()), Ok(text.to_owned()));
        }
        for bad in ["", "Admin", "team:", "team:a b", "owner@main", "reader@", "reader@API", "main"] {
            let error = bad.parse::<GroupGrant>().expect_err(bad);
            assert!(error.to_string().starts_with(&format!("`{bad}` is nothing")), "{error}");
        }
    }
}
