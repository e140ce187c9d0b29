//! What is wrong with the settings, worded for the person who wrote them. Secrets never stand in a problem.

use std::fmt;

use thiserror::Error;

/// One thing that is wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Problem {
    /// A value is outside of what its key allows.
    #[error("{key} = {value} ({origin}): {reason}; allowed: {allowed}")]
    BadValue {
        /// The key as `section.name`.
        key: String,
        /// The value as it was written, or `***` for a secret.
        value: String,
        /// Where the value came from.
        origin: String,
        /// What is wrong with it.
        reason: String,
        /// What would be accepted.
        allowed: String,
    },
    /// A key that is not in the table.
    #[error("{origin}: there is no setting `{key}`{hint}")]
    UnknownKey {
        /// The key as it was written.
        key: String,
        /// Where it was written.
        origin: String,
        /// The nearest known key as a half sentence, or nothing.
        hint: String,
    },
    /// Values that are fine alone do not go together.
    #[error("{0}")]
    Conflict(String),
    /// A file that settings name could not be read, or is no TOML.
    #[error("{0}")]
    Unreadable(String),
}

/// Every problem found, at least one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                out.write_str("\n")?;
            }
            write!(out, "{problem}")?;
        }
        Ok(())
    }
}
