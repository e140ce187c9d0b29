//! What a registry is.

use thiserror::Error;

use crate::{RegistryId, RegistryName};

/// How index lines and packaged manifests name crates.io.
pub const CRATES_IO_INDEX_GIT: &str = "https://github.com/rust-lang/crates.io-index";
/// How crates.io's sparse index is named.
pub const CRATES_IO_INDEX_SPARSE: &str = "sparse+https://index.crates.io/";

/// A word that is not one of those allowed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{found}` is no {what}; write one of: {allowed}")]
pub struct WordError {
    /// What the word was meant to name.
    pub what: &'static str,
    /// The word found.
    pub found: String,
    /// The words allowed.
    pub allowed: &'static str,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal, $allowed:literal, { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// The word for it, as settings, commands and the database write it.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = WordError;

            fn from_str(text: &str) -> Result<Self, WordError> {
                match text {
                    $($word => Ok(Self::$variant),)*
                    other => Err(WordError { what: $what, found: other.to_owned(), allowed: $allowed }),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(self.word())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// Where the crates of a registry come from.
    RegistryKind, "registry kind", "hosted", {
        /// Published here.
        Hosted = "hosted",
    }
}

words! {
    /// Who may read a registry. All but `open` are `auth-required` to cargo.
    Access, "access", "open, internal, closed", {
        /// Everybody.
        Open = "open",
        /// Whoever has an account on this server.
        Internal = "internal",
        /// Only its members, and who administers the server.
        Closed = "closed",
    }
}

words! {
    /// Who may publish crates that a registry does not have yet.
    NewCrates, "rule for new crates", "anyone, publishers, approval", {
        /// Whoever may publish at all.
        Anyone = "anyone",
        /// Members of the registry with the role `publisher` or more.
        Publishers = "publishers",
        /// These, and others once an administrator has approved the name.
        Approval = "approval",
    }
}

words! {
    /// What a member may do in a registry; each role includes those before it.
    #[derive(PartialOrd, Ord)]
    Role, "role", "reader, publisher, administrator", {
        /// Read it.
        Reader = "reader",
        /// Publish to it.
        Publisher = "publisher",
        /// Manage its members, names and crates.
        Administrator = "administrator",
    }
}

words! {
    /// Whether a dependency on a crate that this registry does not have is accepted.
    UnknownDependencies, "answer to unknown dependencies", "allow, refuse", {
        /// Accept it: the crate may follow.
        Allow = "allow",
        /// Refuse the upload.
        Refuse = "refuse",
    }
}

words! {
    /// How much metadata an upload must carry.
    UploadRules, "set of upload rules", "crates-io, relaxed", {
        /// As crates.io: a description and a licence are required, wildcards refused.
        CratesIo = "crates-io",
        /// Only what cargo and the index need to work.
        Relaxed = "relaxed",
    }
}

/// A registry of this server, as the rooms above the database see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registry {
    /// Its row.
    pub id: RegistryId,
    /// Its name.
    pub name: RegistryName,
    /// Where its crates come from.
    pub kind: RegistryKind,
    /// Who may read it.
    pub access: Access,
    /// Whether a dependency without `registry-index` in a packaged manifest means this registry instead of crates.io.
    pub stands_for_crates_io: bool,
    /// Whether dependencies on crates that are not here are accepted.
    pub unknown_dependencies: UnknownDependencies,
    /// How much metadata an upload must carry.
    pub upload_rules: UploadRules,
    /// Who may publish crates that it does not have yet.
    pub new_crates: NewCrates,
    /// Whether it answers at the root of the server; exactly one does.
    pub is_default: bool,
}
