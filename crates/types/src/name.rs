//! Names of crates, registries and users, with the grammar each must follow.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Longest crate name in characters, as on crates.io.
const CRATE_NAME_CHARS_MAX: usize = 64;
/// Longest registry name in characters.
const REGISTRY_NAME_CHARS_MAX: usize = 32;
/// Longest user name in characters.
const USER_NAME_CHARS_MAX: usize = 64;

/// First path segments that routes use, so no registry may be called like one.
const ROUTE_WORDS: &[&str] = &[
    "api",
    "assets",
    "categories",
    "config",
    "crates",
    "docs",
    "favicon",
    "health",
    "index",
    "keywords",
    "login",
    "logout",
    "me",
    "metrics",
    "r",
    "search",
    "settings",
    "setup",
    "static",
    "teams",
    "users",
];

/// Names that no crate may take: parts of the toolchain, and file names that Windows reserves.
/// The list is the one crates.io seeds its database with.
const RESERVED_CRATE_NAMES: &[&str] = &[
    "alloc",
    "arena",
    "ast",
    "aux",
    "builtins",
    "collections",
    "com0",
    "com1",
    "com2",
    "com3",
    "com4",
    "com5",
    "com6",
    "com7",
    "com8",
    "com9",
    "compiler-builtins",
    "compiler-rt",
    "compiletest",
    "con",
    "core",
    "coretest",
    "debug",
    "driver",
    "flate",
    "fmt-macros",
    "grammar",
    "graphviz",
    "lpt0",
    "lpt1",
    "lpt2",
    "lpt3",
    "lpt4",
    "lpt5",
    "lpt6",
    "lpt7",
    "lpt8",
    "lpt9",
    "macro",
    "macros",
    "nul",
    "prn",
    "proc-macro",
    "rbml",
    "rust-installer",
    "rustbook",
    "rustc",
    "rustc-back",
    "rustc-borrowck",
    "rustc-driver",
    "rustc-llvm",
    "rustc-resolve",
    "rustc-trans",
    "rustc-typeck",
    "rustdoc",
    "rustllvm",
    "rustuv",
    "serialize",
    "std",
    "syntax",
    "test",
    "unicode",
];

/// Why a name is refused. The text is meant for the person who typed the name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// The name has no characters.
    #[error("the {what} name is empty")]
    Empty {
        /// Which kind of name: `crate`, `registry`, `user`.
        what: &'static str,
    },
    /// The name is longer than its kind allows.
    #[error("the {what} name `{name}` is too long (max {max} characters)")]
    TooLong {
        /// Which kind of name.
        what: &'static str,
        /// The name as given, cut to a printable length.
        name: String,
        /// Longest allowed length in characters.
        max: usize,
    },
    /// The first character is not allowed there.
    #[error("the {what} name `{name}` must start with {allowed}, not with `{found}`")]
    BadStart {
        /// Which kind of name.
        what: &'static str,
        /// The name as given.
        name: String,
        /// The character found.
        found: char,
        /// What is allowed instead.
        allowed: &'static str,
    },
    /// A later character is not allowed.
    #[error("the {what} name `{name}` has the character `{found}`; only {allowed} are allowed")]
    BadCharacter {
        /// Which kind of name.
        what: &'static str,
        /// The name as given.
        name: String,
        /// The character found.
        found: char,
        /// What is allowed instead.
        allowed: &'static str,
    },
    /// The name is kept for something else.
    #[error("the {what} name `{name}` is reserved; choose another")]
    Reserved {
        /// Which kind of name.
        what: &'static str,
        /// The name as given.
        name: String,
    },
}

struct Grammar {
    what: &'static str,
    max: usize,
    start: fn(char) -> bool,
    start_words: &'static str,
    rest: fn(char) -> bool,
    rest_words: &'static str,
}

fn check(name: &str, grammar: &Grammar) -> Result<(), NameError> {
    let what = grammar.what;
    let shown =
        || name.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect::<String>();
    let first = name.chars().next().ok_or(NameError::Empty { what })?;
    if name.chars().count() > grammar.max {
        return Err(NameError::TooLong { what, name: shown(), max: grammar.max });
    }
    if !(grammar.start)(first) {
        return Err(NameError::BadStart { what, name: shown(), found: first, allowed: grammar.start_words });
    }
    if let Some(found) = name.chars().find(|c| !(grammar.rest)(*c)) {
        return Err(NameError::BadCharacter { what, name: shown(), found, allowed: grammar.rest_words });
    }
    Ok(())
}

/// A crate name in its published spelling: `[A-Za-z][A-Za-z0-9_-]{0,63}`.
///
/// Reserved names pass: they can stand in a dependency. A publish asks [`CrateName::check_not_reserved`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CrateName(String);

impl CrateName {
    /// The published spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which two spellings are one crate.
    #[must_use]
    pub fn canon(&self) -> CanonName {
        CanonName::of(&self.0)
    }

    /// Refuses names of the toolchain and of Windows devices.
    ///
    /// # Errors
    /// [`NameError::Reserved`] with the name.
    pub fn check_not_reserved(&self) -> Result<(), NameError> {
        if RESERVED_CRATE_NAMES.contains(&self.canon().as_str()) {
            return Err(NameError::Reserved { what: "crate", name: self.0.clone() });
        }
        Ok(())
    }
}

impl FromStr for CrateName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check(
            text,
            &Grammar {
                what: "crate",
                max: CRATE_NAME_CHARS_MAX,
                start: |c| c.is_ascii_alphabetic(),
                start_words: "an ASCII letter",
                rest: |c| c.is_ascii_alphanumeric() || c == '-' || c == '_',
                rest_words: "ASCII letters, digits, `-` and `_`",
            },
        )?;
        Ok(Self(text.to_owned()))
    }
}

/// A crate name lower-cased and with `-` for `_`: equal exactly when two names are the same crate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CanonName(String);

impl CanonName {
    /// Folds any text; a name that is no crate name simply matches nothing.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self(name.to_ascii_lowercase().replace('_', "-"))
    }

    /// The folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A registry name: `[a-z][a-z0-9-]{0,31}` and no word that a route uses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistryName(String);

impl RegistryName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RegistryName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check(
            text,
            &Grammar {
                what: "registry",
                max: REGISTRY_NAME_CHARS_MAX,
                start: |c| c.is_ascii_lowercase(),
                start_words: "a lower-case ASCII letter",
                rest: |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
                rest_words: "lower-case ASCII letters, digits and `-`",
            },
        )?;
        if ROUTE_WORDS.contains(&text) {
            return Err(NameError::Reserved { what: "registry", name: text.to_owned() });
        }
        Ok(Self(text.to_owned()))
    }
}

/// A user name: `[A-Za-z0-9][A-Za-z0-9_.-]{0,63}`, unique without regard to case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(String);

impl UserName {
    /// The name as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which two spellings are one user.
    #[must_use]
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for UserName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check(
            text,
            &Grammar {
                what: "user",
                max: USER_NAME_CHARS_MAX,
                start: |c| c.is_ascii_alphanumeric(),
                start_words: "an ASCII letter or digit",
                rest: |c| c.is_ascii_alphanumeric() || c == '-' || c == '_' || c == '.',
                rest_words: "ASCII letters, digits, `-`, `_` and `.`",
            },
        )?;
        Ok(Self(text.to_owned()))
    }
}

macro_rules! display {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    )*};
}
display!(CrateName CanonName RegistryName UserName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crate_names_follow_the_grammar() {
        for good in ["a", "serde", "foo-bar_Baz9", &"x".repeat(64)] {
            assert!(good.parse::<CrateName>().is_ok(), "{good}");
        }
        for bad in ["", "9a", "-a", "_a", "a.b", "a/b", "ä", "a b", "a\0", &"x".repeat(65)] {
            assert!(bad.parse::<CrateName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn spellings_fold_to_one_crate() {
        let canon = CanonName::of("foo-bar");
        for same in ["foo-bar", "foo_bar", "FOO-bar", "Foo_Bar"] {
            assert_eq!(same.parse::<CrateName>().map(|n| n.canon()), Ok(canon.clone()));
        }
        assert_ne!(CanonName::of("foobar"), canon);
    }

    #[test]
    fn reserved_names_are_refused_in_every_spelling() {
        for name in ["std", "STD", "proc_macro", "proc-macro", "nul", "Com1"] {
            let name: CrateName = name.parse().expect("reserved names follow the grammar");
            assert!(name.check_not_reserved().is_err(), "{name}");
        }
    }

    #[test]
    fn reserved_names_are_stored_folded() {
        for name in RESERVED_CRATE_NAMES {
            assert_eq!(CanonName::of(name).as_str(), *name);
        }
    }

    #[test]
    fn registry_names_keep_clear_of_routes() {
        assert!("main".parse::<RegistryName>().is_ok());
        for bad in ["api", "r", "Main", "a_b", "", "9", &"a".repeat(33)] {
            assert!(bad.parse::<RegistryName>().is_err(), "{bad}");
        }
    }
}
