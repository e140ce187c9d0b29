//! What a token may do, and to which crates.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::CrateName;

/// One thing a token may do. The words are crates.io's, plus `read` for registries that are not open
/// and `admin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Read a registry that is not open.
    Read,
    /// Publish crates that do not exist yet.
    PublishNew,
    /// Publish new versions of existing crates.
    PublishUpdate,
    /// Yank and unyank versions.
    Yank,
    /// Add and remove owners.
    ChangeOwners,
    /// Set up trusted publishing.
    TrustedPublishing,
    /// Administer the server or a registry, where the account may. Never given unless named.
    Admin,
}

/// A word that names no scope.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "`{0}` is no scope; the scopes are read, publish-new, publish-update, yank, change-owners, trusted-publishing and admin"
)]
pub struct ScopeError(pub String);

impl Scope {
    /// Every scope, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Read,
        Self::PublishNew,
        Self::PublishUpdate,
        Self::Yank,
        Self::ChangeOwners,
        Self::TrustedPublishing,
        Self::Admin,
    ];

    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::PublishNew => "publish-new",
            Self::PublishUpdate => "publish-update",
            Self::Yank => "yank",
            Self::ChangeOwners => "change-owners",
            Self::TrustedPublishing => "trusted-publishing",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::ALL.into_iter().find(|scope| scope.word() == text).ok_or_else(|| ScopeError(text.to_owned()))
    }
}

/// The scopes of a token. Reading is part of every other scope: who may publish may see what is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScopeSet(u8);

impl ScopeSet {
    /// Every scope but `admin`, which has to be named.
    #[must_use]
    pub fn all() -> Self {
        Scope::ALL.into_iter().filter(|scope| *scope != Scope::Admin).collect()
    }

    /// Whether the set allows `scope`.
    #[must_use]
    pub fn allows(self, scope: Scope) -> bool {
        match scope {
            Scope::Read => self.0 != 0,
            other => self.0 & Self::bit(other) != 0,
        }
    }

    /// Whether nothing is allowed.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    fn bit(scope: Scope) -> u8 {
        1 << (scope as u8)
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | Self::bit(scope)))
    }
}

impl FromStr for ScopeSet {
    type Err = ScopeError;

    /// Reads a comma-separated list.
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::parse).collect()
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> =
            Scope::ALL.into_iter().filter(|s| self.0 & Self::bit(*s) != 0).map(Scope::word).collect();
        out.write_str(&words.join(","))
    }
}

/// Which crates a token is for: a crate name, or a prefix followed by `*`; `*` alone is every crate.
/// Matching folds case and `_`, as names do. The grammar is crates.io's for token scopes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CratePattern(String);

/// A pattern that is neither a crate name nor a prefix with `*`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{0}` is no crate pattern; write a crate name (`serde`) or a prefix and a star (`acme-*`)")]
pub struct PatternError(pub String);

impl CratePattern {
    /// The pattern as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The pattern folded as names are: the form in which two patterns for the same names are equal.
    #[must_use]
    pub fn folded(&self) -> Self {
        Self(crate::CanonName::of(&self.0).as_str().to_owned())
    }

    /// Every folded pattern that covers `name`: the name itself, and each of its beginnings with a star.
    #[must_use]
    pub fn all_covering(name: &CrateName) -> Vec<Self> {
        let canon = name.canon();
        let text = canon.as_str();
        let prefixes =
            (0..=text.len()).filter_map(|end| text.get(..end)).map(|stem| Self(format!("{stem}*")));
        std::iter::once(Self(text.to_owned())).chain(prefixes).collect()
    }

    /// Whether `name` is covered.
    #[must_use]
    pub fn covers(&self, name: &CrateName) -> bool {
        let folded = crate::CanonName::of(&self.0);
        match folded.as_str().strip_suffix('*') {
            Some(prefix) => name.canon().as_str().starts_with(prefix),
            None => name.canon() == folded,
        }
    }
}

impl FromStr for CratePattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let error = || PatternError(text.to_owned());
        let stem = text.strip_suffix('*').unwrap_or(text);
        if stem.is_empty() && text == "*" {
            return Ok(Self(text.to_owned()));
        }
        stem.parse::<CrateName>().map_err(|_| error())?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for CratePattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_round_trip_and_imply_reading() {
        let set: ScopeSet = "yank, publish-new".parse().expect("good scopes");
        assert_eq!(set.to_string(), "publish-new,yank");
        assert!(set.allows(Scope::Read) && set.allows(Scope::Yank) && !set.allows(Scope::PublishUpdate));
        assert!(!ScopeSet::default().allows(Scope::Read));
        assert!("root".parse::<ScopeSet>().is_err());
    }

    #[test]
    fn patterns_fold_like_names() {
        let covers = |pattern: &str, name: &str| {
            let name: CrateName = name.parse().expect("a good name");
            pattern.parse::<CratePattern>().expect("a good pattern").covers(&name)
        };
        assert!(covers("acme-*", "Acme_core") && covers("*", "x") && covers("foo_bar", "foo-bar"));
        assert!(!covers("acme-*", "acme") && !covers("foo", "foo-bar"));
        for bad in ["", "**", "a*b", "-*", "a b"] {
            assert!(bad.parse::<CratePattern>().is_err(), "{bad}");
        }
    }
}
