//! `[tokens]`: how long API tokens live.

use std::time::Duration;

use crate::kinds::{Optional, Span};
use crate::table::{Reader, section};

/// A hundred years in seconds.
const CENTURY: u64 = 100 * 365 * 86_400;

section! {
    /// How long API tokens live.
    shown struct Tokens in "tokens" {
        /// The life that the form for a new token offers first.
        life_secs_default: Duration = Span { default: "90d", min_secs: 60, max_secs: CENTURY },
        /// The longest life of a token. Without it a token may live for ever; with it, a token for which nobody says when
        /// it ends lives this long. Tokens that are there already keep their end.
        life_secs_max: Option<Duration> = Optional(Span { default: "365d", min_secs: 60, max_secs: CENTURY }),
        /// How long a sign-in of `cargo login` through the credential provider lasts, unless the person chooses another
        /// time.
        login_secs_default: Duration = Span { default: "12h", min_secs: 60, max_secs: 31_536_000 },
        /// The longest time that a person can choose for it.
        login_secs_max: Duration = Span { default: "30d", min_secs: 60, max_secs: 31_536_000 },
    }
}

impl Tokens {
    /// Reads and checks the section. What is offered first has to be allowed.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        let mut tokens = Self::read(reader)?;
        if let Some(max) = tokens.life_secs_max {
            tokens.life_secs_default = tokens.life_secs_default.min(max);
        }
        Some(tokens)
    }
}
