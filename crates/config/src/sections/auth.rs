//! `[auth]`: how people sign in, how long that lasts, and how their secrets are kept.

use std::marker::PhantomData;
use std::time::Duration;

use cratekeep_types::Secret;

use crate::kinds::{MIB, Optional, SecretText, Size, Span, Switch, Whole, any_text};
use crate::table::{Reader, section};

section! {
    /// How people sign in, how long that lasts, and how passwords and provider tokens are kept. Sign-in by other places
    /// stands in `[[provider]]` tables: see the guide.
    shown struct Auth in "auth" {
        /// More `[[provider]]` tables, as TOML text, beside those of the settings file: for containers, where the whole
        /// text can be one environment variable or a mounted file.
        providers: Option<Secret<String>> = Optional(SecretText {
            default: "provider = []",
            allowed: "TOML with [[provider]] tables only",
            check: any_text,
        }),
        /// Whether passwords are taken over plain http from other machines too. Without it they are taken over https, and
        /// over http from the same machine only: whoever listens in between would have them.
        allow_plain_http: bool = Switch { default: "false" },
        /// A browser that was not used for this long has to sign in again.
        session_idle: Duration = Span { default: "14d", min_secs: 600, max_secs: 31_536_000 },
        /// A browser has to sign in again after this long at the latest.
        session_max: Duration = Span { default: "90d", min_secs: 600, max_secs: 31_536_000 },
        /// The key that seals tokens of sign-in providers in the database: 64 hexadecimal digits. Without it the database
        /// keeps a key of its own, so that a copy of the database can open them.
        vault_key: Option<Secret<String>> = Optional(SecretText {
            default: "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
            allowed: "64 hexadecimal digits",
            check: check_key,
        }),
        /// The key before, until `cratekeep admin vault rotate` has sealed everything with the new one.
        vault_key_before: Option<Secret<String>> = Optional(SecretText {
            default: "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
            allowed: "64 hexadecimal digits",
            check: check_key,
        }),
        /// The shortest password that is taken, in characters.
        password_chars_min: usize = Whole { default: "10", min: 8, max: 128, of: PhantomData },
        /// The memory that hashing one password takes. More makes guessing dearer, for the server as well.
        hash_memory: u64 = Size { default: "19MiB", min: 19 * MIB, max: 1_024 * MIB },
        /// How often a hash goes over its memory.
        hash_passes: u32 = Whole { default: "2", min: 2, max: 100, of: PhantomData },
        /// How many passwords are hashed at once; further sign-ins wait.
        hashes_at_once_max: usize = Whole { default: "2", min: 1, max: 256, of: PhantomData },
    }
}

impl Auth {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        let auth = Self::read(reader)?;
        if auth.vault_key_before.is_some() && auth.vault_key.is_none() {
            reader.conflict(
                "auth.vault_key_before is set and auth.vault_key is not; the key before has no successor"
                    .to_owned(),
            );
        }
        Some(auth)
    }
}

fn check_key(text: &str) -> Result<(), String> {
    let is_key = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_key { Ok(()) } else { Err("this is no key of 64 hexadecimal digits".to_owned()) }
}
