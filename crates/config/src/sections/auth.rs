//! `[auth]`: how people prove who they are.

use cratekeep_types::Secret;

use crate::kinds::{Optional, SecretText, any_text};
use crate::table::{Reader, section};

section! {
    /// How people prove who they are. Sign-in by other places stands in `[[provider]]` tables: see the guide.
    shown struct Auth in "auth" {
        /// More `[[provider]]` tables, as TOML text, beside those of the settings file: for containers, where the whole
        /// text can be one environment variable or a mounted file.
        providers: Option<Secret<String>> = Optional(SecretText {
            default: "provider = []",
            allowed: "TOML with [[provider]] tables only",
            check: any_text,
        }),
    }
}

impl Auth {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        Self::read(reader)
    }
}
