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

/// How bad a failed statement is for the write it belongs to, from harmless to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    /// The statement was refused; the same write would be refused again.
    Refused,
    /// Another write stood in the way; the same write may succeed.
    InTheWay,
    /// The connection is gone.
    Lost,
}

/// What everybody hears once the database is closed.
pub(crate) fn closed() -> StoreError {
    StoreError::Unavailable { reason: "the database has been closed".to_owned() }
}

/// Unique keys: the constraint's name in PostgreSQL, SQLite's list of columns, and what the key names.
const KEYS: &[(&str, &str, &str)] = &[
    ("account_folded_key", "account.folded", "user"),
    ("token_hash_key", "token.hash", "token"),
    ("registry_name_key", "registry.name", "registry"),
    ("registry_default_key", "registry.is_default", "default registry"),
    ("krate_canon_key", "krate.registry_id, krate.canon", "crate"),
    ("version_num_key", "version.krate_id, version.num_bare", "version"),
    ("team_login_key", "team.login", "team"),
    ("invitation_krate_key", "invitation.krate_id, invitation.account_id", "invitation"),
    ("passkey_credential_key", "passkey.credential", "passkey"),
    ("owner_pkey", "owner.krate_id, owner.account_id", "owner"),
    ("tombstone_pkey", "tombstone.registry_id, tombstone.canon, tombstone.num_bare", "tombstone"),
    ("job_dedup_key", "job.kind, job.dedup", "job"),
];

/// Says what a driver's error means to the caller and to the write.
pub(crate) fn classify(error: sqlx::Error) -> (StoreError, Trouble) {
    use sqlx::Error as E;
    match error {
        E::Database(refusal) => classify_refusal(refusal.as_ref()),
        E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::BeginFailed => {
            (StoreError::Unavailable { reason: error.to_string() }, Trouble::Lost)
        }
        other => (StoreError::Internal(other.to_string()), Trouble::Refused),
    }
}

fn classify_refusal(refusal: &dyn sqlx::error::DatabaseError) -> (StoreError, Trouble) {
    use sqlx::error::ErrorKind;
    let code = refusal.code().unwrap_or_default();
    match refusal.kind() {
        ErrorKind::UniqueViolation => (StoreError::Conflict { what: key_of(refusal) }, Trouble::Refused),
        ErrorKind::ForeignKeyViolation => {
            let what = refusal.constraint().unwrap_or("foreign key").to_owned();
            (StoreError::Dangling { what }, Trouble::Refused)
        }
        _ => match (code.as_ref(), primary_sqlite_code(&code)) {
            ("40001" | "40P01", _) => (unavailable(refusal), Trouble::InTheWay),
            (postgres, _) if is_lost(postgres) => (unavailable(refusal), Trouble::Lost),
            ("55P03" | "57014", _) | (_, Some(5 | 6)) => (unavailable(refusal), Trouble::Refused),
            (postgres, _) if postgres.starts_with("28") || postgres == "3D000" => {
                let reason = refusal.message();
                (
                    StoreError::Setting(format!("PostgreSQL refused the connection: {reason}")),
                    Trouble::Refused,
                )
            }
            ("53100", _) | (_, Some(13)) => (StoreError::Full, Trouble::Refused),
            (_, Some(10)) => (unavailable(refusal), Trouble::Lost),
            _ => (StoreError::Internal(refusal.to_string()), Trouble::Refused),
        },
    }
}

fn unavailable(refusal: &dyn sqlx::error::DatabaseError) -> StoreError {
    StoreError::Unavailable { reason: refusal.to_string() }
}

/// Whether a PostgreSQL code says that the server ends or ended the connection: class 08, shutdown, too many clients.
pub(crate) fn is_lost(code: &str) -> bool {
    code.len() == 5 && (code.starts_with("08") || matches!(code, "57P01" | "57P02" | "57P03" | "53300"))
}

/// SQLite codes are numbers whose low byte is the kind of failure (5 busy, 6 locked, 10 I/O, 13 full).
/// PostgreSQL codes have five characters, SQLite's at most four.
fn primary_sqlite_code(code: &str) -> Option<u32> {
    if code.len() >= 5 {
        return None;
    }
    code.parse::<u32>().ok().map(|code| code & 0xff)
}

fn key_of(refusal: &dyn sqlx::error::DatabaseError) -> &'static str {
    let columns = refusal.message().rsplit("constraint failed: ").next().unwrap_or_default();
    KEYS.iter()
        .find(|(postgres, sqlite, _)| refusal.constraint() == Some(*postgres) || columns == *sqlite)
        .map_or("row", |(_, _, what)| what)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::error::Error;

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    /// What an engine might say.
    #[derive(Debug, Error)]
    #[error("the engine says {0}")]
    struct Said(&'static str);

    impl DatabaseError for Said {
        fn message(&self) -> &str {
            "no"
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    #[test]
    fn a_code_says_how_bad_it_is() {
        use Trouble::{InTheWay, Lost, Refused};
        for (code, trouble) in [
            ("40P01", InTheWay),
            ("40001", InTheWay),
            ("57P01", Lost),
            ("08006", Lost),
            ("55P03", Refused),
            ("22P05", Refused),
            ("53100", Refused),
            // SQLite: a failed sync, busy, a full volume.
            ("1034", Lost),
            ("5", Refused),
            ("13", Refused),
        ] {
            let (error, found) = classify(sqlx::Error::Database(Box::new(Said(code))));
            assert_eq!(found, trouble, "{code}: {error}");
        }
        let full = classify(sqlx::Error::Database(Box::new(Said("13")))).0;
        assert_eq!(full, StoreError::Full);
        let refused = classify(sqlx::Error::Database(Box::new(Said("28P01")))).0;
        assert!(matches!(refused, StoreError::Setting(_)), "{refused}");
    }
}
