//! `[database]`: where the rows are.

use std::marker::PhantomData;
use std::time::Duration;

use cratekeep_types::Secret;

use crate::kinds::{SecretText, Span, Whole};
use crate::table::{Reader, section};

section! {
    /// Where the rows are kept: SQLite in the data folder, or PostgreSQL.
    shown struct Database in "database" {
        /// `sqlite` for a database in the data folder, `sqlite:PATH` for one elsewhere on this machine, or
        /// `postgres://USER:PASSWORD@HOST:PORT/NAME`. It may hold a password, so it is never printed.
        url: Secret<String> = SecretText {
            default: "sqlite",
            allowed: "sqlite, sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME",
            check: check_url,
        },
        /// Connections that read at the same time (SQLite), or all connections together (PostgreSQL).
        connections_max: u32 = Whole { default: "8", min: 2, max: 1_000, of: PhantomData },
        /// How long a request waits for a free connection or for a lock.
        wait_secs_max: Duration = Span { default: "5s", min_secs: 1, max_secs: 600 },
        /// How long one write may run before it is rolled back.
        write_secs_max: Duration = Span { default: "30s", min_secs: 1, max_secs: 600 },
    }
}

impl Database {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        Self::read(reader)
    }
}

fn check_url(text: &str) -> Result<(), String> {
    let known = text == "sqlite"
        || text.strip_prefix("sqlite:").is_some_and(|path| !path.is_empty())
        || text.starts_with("postgres://")
        || text.starts_with("postgresql://");
    if known { Ok(()) } else { Err("this is the address of no database we know".to_owned()) }
}
