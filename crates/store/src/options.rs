//! What a caller must say to open a database.

use std::path::PathBuf;
use std::str::FromStr;

use cratekeep_types::Secret;

use crate::StoreError;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A SQLite file. A second file `counts.db` lies in the same folder.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
    /// A PostgreSQL database.
    Postgres {
        /// `postgres://user:password@host:port/database?parameters`.
        url: Secret<String>,
    },
}

impl FromStr for DatabaseUrl {
    type Err = StoreError;

    /// Reads `sqlite:PATH`, `sqlite://PATH`, `postgres://…` or `postgresql://…`.
    fn from_str(text: &str) -> Result<Self, StoreError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres { url: Secret::new(text.to_owned()) });
        }
        match text.strip_prefix("sqlite:") {
            Some(path) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                if path.is_empty() || path.contains('?') {
                    return Err(StoreError::Setting(
                        "a SQLite database is written `sqlite:PATH`, without `?`".to_owned(),
                    ));
                }
                Ok(Self::Sqlite { path: PathBuf::from(path) })
            }
            None => Err(StoreError::Setting(
                "a database is written `sqlite:PATH` or `postgres://user@host/database`".to_owned(),
            )),
        }
    }
}

/// How to open a database.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it is.
    pub url: DatabaseUrl,
    /// Whether a missing SQLite file is made. A missing PostgreSQL database never is.
    pub create: bool,
    /// Read-only connections (SQLite) or connections of the pool (PostgreSQL).
    pub connections_max: u32,
    /// How long a reader or a write waits for a connection or a lock before it fails as unavailable.
    pub wait_secs_max: u32,
    /// How long one write may run before it is rolled back.
    pub write_secs_max: u32,
}

impl Options {
    /// The defaults for a database: made if missing, 8 connections, 5 s waits, 30 s writes.
    #[must_use]
    pub fn new(url: DatabaseUrl) -> Self {
        Self { url, create: true, connections_max: 8, wait_secs_max: 5, write_secs_max: 30 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_its_engine() {
        let sqlite = |path: &str| Ok(DatabaseUrl::Sqlite { path: PathBuf::from(path) });
        assert_eq!("sqlite:data/x.db".parse(), sqlite("data/x.db"));
        assert_eq!("sqlite:///var/x.db".parse(), sqlite("/var/x.db"));
        for url in ["postgres://u@h/d", "postgresql:///d?host=/run"] {
            assert_eq!(url.parse(), Ok(DatabaseUrl::Postgres { url: Secret::new(url.to_owned()) }));
        }
        for bad in ["", "x.db", "sqlite:", "sqlite://", "sqlite:x.db?mode=memory", "mysql://h/d"] {
            assert!(bad.parse::<DatabaseUrl>().is_err(), "{bad}");
        }
    }
}
