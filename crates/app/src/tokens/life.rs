//! How long tokens live.

use cratekeep_types::Timestamp;

use crate::{App, AppError};

/// Longest life of a token that says how long it lives, in seconds: a hundred years.
const SECS_MAX: i64 = 100 * 365 * 86_400;

/// Bounds on the life of tokens. The roof fills them in.
#[derive(Clone, Copy, Debug)]
pub struct TokenOptions {
    /// The life that the form for a new token offers first, in seconds.
    pub life_secs_default: u64,
    /// The longest life of a token in seconds; `None` means that a token may live for ever.
    pub life_secs_max: Option<u64>,
    /// How long a sign-in of `cargo login` lasts unless the person chooses another time, in seconds.
    pub login_secs_default: u64,
    /// The longest time a person can choose for it, in seconds.
    pub login_secs_max: u64,
}

impl App {
    /// Bounds on the life of tokens, for forms that offer a choice.
    #[must_use]
    pub fn token_options(&self) -> TokenOptions {
        self.options.tokens
    }

    /// When a token ends for which nobody said so: never, or as late as this server allows.
    pub(super) fn latest_end(&self) -> Option<Timestamp> {
        let secs = self.options.tokens.life_secs_max?;
        Some(self.clock.now().plus_secs(i64::try_from(secs).unwrap_or(SECS_MAX)))
    }

    /// Checks an end that somebody asked for.
    ///
    /// # Errors
    /// A sentence for an end that is in the past, or later than this server allows.
    pub(super) fn check_end(&self, end: Timestamp) -> Result<(), String> {
        let now = self.clock.now();
        if end <= now {
            return Err(format!("a token cannot end in the past; `{}` is over", end.to_seconds_text()));
        }
        if let Some(secs) = self.options.tokens.life_secs_max
            && end.secs_since(now) > i64::try_from(secs).unwrap_or(SECS_MAX)
        {
            let days = secs / 86_400;
            return Err(format!(
                "a token of this server lives for {secs} seconds ({days} days) at most (tokens.life_secs_max); choose an \
                 earlier end"
            ));
        }
        if end.secs_since(now) > SECS_MAX {
            return Err(
                "a token lives for a hundred years at most; choose an earlier end, or none".to_owned()
            );
        }
        Ok(())
    }

    /// The end of a token that is to live for some seconds from now on.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for no time at all.
    pub(crate) fn end_in(&self, secs: Option<u64>) -> Result<Option<Timestamp>, AppError> {
        match secs {
            None => Ok(None),
            Some(secs) if secs > 0 && i64::try_from(secs).is_ok_and(|secs| secs <= SECS_MAX) => {
                Ok(Some(self.clock.now().plus_secs(i64::try_from(secs).unwrap_or(SECS_MAX))))
            }
            Some(secs) => {
                Err(AppError::invalid(format!("a token ends in 1 to {SECS_MAX} seconds, not {secs}")))
            }
        }
    }
}
