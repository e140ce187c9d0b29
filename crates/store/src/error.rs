//! What can go wrong between a use case and its database.

use thiserror::Error;

/// Why a statement, a write or the opening of a database failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoreError {
    /// A row with the same key is already there.
    #[error("there is already such a {what}")]
    Conflict {
        /// What the key names: `crate`, `version`, `user`, `registry`, `token`, `owner`, `tombstone` …
        what: &'static str,
    },
    /// The row that another row was to point at is gone.
    #[error("a row that this one refers to is not there ({what})")]
    Dangling {
        /// The constraint that refused.
        what: String,
    },
    /// COMMIT was sent and no answer came: the write may or may not have happened. Look before repeating it.
    #[error("the database did not say whether the change was committed: {reason}")]
    CommitUnknown {
        /// What the connection reported.
        reason: String,
    },
    /// The database cannot be used now; the write did not happen. Trying later may help.
    #[error("the database is unavailable: {reason}")]
    Unavailable {
        /// What the connection reported.
        reason: String,
    },
    /// The volume of the database is full; the write did not happen.
    #[error("the volume that holds the database is full")]
    Full,
    /// The database was written by a newer program.
    #[error(
        "the database has schema {found}, this program knows schemas up to {known}; run the newer program, or restore a backup made before the upgrade"
    )]
    SchemaAhead {
        /// Number of the newest migration in the database.
        found: i64,
        /// Number of the newest migration this program has.
        known: i64,
    },
    /// A migration that the database has is not the one this program has under its number.
    #[error(
        "migration {number} of the database is not the one this program has under that number ({detail})"
    )]
    SchemaForeign {
        /// The number.
        number: i64,
        /// What differs.
        detail: String,
    },
    /// The database must be migrated first.
    #[error("the database has schema {found}, this program needs {known}; run `cratekeep migrate`")]
    SchemaBehind {
        /// Number of the newest migration in the database.
        found: i64,
        /// Number of the newest migration this program has.
        known: i64,
    },
    /// A restore was asked into a database that holds something.
    #[error("{0} is not empty; a backup is restored only into an empty database")]
    NotEmpty(String),
    /// A backup cannot be read.
    #[error("the backup cannot be used: {0}")]
    BadBackup(String),
    /// A file of the database or of a backup could not be read or written.
    #[error("{0}")]
    File(String),
    /// A setting of the database makes no sense.
    #[error("{0}")]
    Setting(String),
    /// A fault of the program.
    #[error("internal database error: {0}")]
    Internal(String),
}
