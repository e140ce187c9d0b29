//! Statements, their parameters and their rows, the same for both engines.
//!
//! A statement is written with `sql!`: one text for both engines, or a text for each with a line that says why.
//! Parameters are bound in the order of their numbers and columns are read in the order of the `SELECT`; both are
//! type-checked against both drivers. The test `sql_check` finds every `sql!` and prepares it on both engines.

use std::fmt::Display;
use std::str::FromStr;

use cratekeep_types::{Checksum, Timestamp};
use futures::TryStreamExt;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query as Bound;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Decode, Encode, Postgres, Row as _, Sqlite, Type};

use crate::conn::{Conn, Link};
use crate::error::StoreError;

/// A statement for each engine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sql {
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

/// Writes a statement: `sql!("…")` for both engines, `sql!(sqlite: "…", postgres: "…")` where they differ, and
/// `sql!("… FROM ", rows("$1"), " …")` where parameter `$1` is a JSON array whose elements are the rows of `item`.
/// `sql!(postgres: "…")` is for what only that engine is ever asked.
macro_rules! sql {
    ($text:literal) => {
        $crate::sql::Sql { sqlite: $text, postgres: $text }
    };
    ($head:literal, rows($array:literal), $tail:literal) => {
        $crate::sql::Sql {
            sqlite: concat!($head, "json_each(", $array, ") AS item", $tail),
            postgres: concat!($head, "jsonb_array_elements(", $array, "::JSONB) AS item (value)", $tail),
        }
    };
    (postgres: $postgres:literal) => {
        $crate::sql::Sql { sqlite: "", postgres: $postgres }
    };
    (sqlite: $sqlite:literal, postgres: $postgres:literal) => {
        $crate::sql::Sql { sqlite: $sqlite, postgres: $postgres }
    };
}
pub(crate) use sql;

/// A statement on its way to a connection, with its parameters.
pub(crate) enum Query<'c> {
    Sqlite(&'c mut Link<Sqlite>, Bound<'static, Sqlite, SqliteArguments>),
    Postgres(&'c mut Link<Postgres>, Bound<'static, Postgres, PgArguments>),
    /// The write has already failed; nothing more is sent.
    Refused,
}

impl Conn {
    /// Begins a statement. Inside a write that has seen a failure, nothing is sent any more: PostgreSQL would
    /// refuse it, and SQLite may have rolled back the whole transaction.
    pub(crate) fn query(&mut self, sql: Sql) -> Query<'_> {
        if self.must_end() {
            return Query::Refused;
        }
        match self {
            Self::Sqlite(link) => Query::Sqlite(link, sqlx::query(sql.sqlite)),
            Self::Postgres(link) => Query::Postgres(link, sqlx::query(sql.postgres)),
        }
    }

    /// As [`Conn::query`], for a statement that was put together. Only `listing` does that, from texts of its own.
    pub(crate) fn query_built(&mut self, text: String) -> Query<'_> {
        if self.must_end() {
            return Query::Refused;
        }
        match self {
            Self::Sqlite(link) => Query::Sqlite(link, sqlx::query(AssertSqlSafe(text))),
            Self::Postgres(link) => Query::Postgres(link, sqlx::query(AssertSqlSafe(text))),
        }
    }
}

/// Runs a driver's future and notes its failure on the link.
macro_rules! sent {
    ($link:ident, $sending:expr) => {
        match $sending {
            Ok(sent) => Ok(sent),
            Err(error) => Err($link.note(error)),
        }
    };
}

impl Query<'_> {
    /// Adds the next parameter.
    pub(crate) fn bind<'t, T>(self, value: T) -> Self
    where
        T: Encode<'t, Sqlite> + Type<Sqlite> + Encode<'t, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(link, query) => Self::Sqlite(link, query.bind(value)),
            Self::Postgres(link, query) => Self::Postgres(link, query.bind(value)),
            Self::Refused => Self::Refused,
        }
    }

    /// Adds the next parameter, a length or count, which the database keeps as a signed number.
    pub(crate) fn bind_unsigned(self, value: u64) -> Self {
        self.bind(i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// Runs the statement; says how many rows it changed.
    pub(crate) async fn execute(self) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(link, query) => {
                sent!(link, query.execute(link.inner()).await).map(|done| done.rows_affected())
            }
            Self::Postgres(link, query) => {
                sent!(link, query.execute(link.inner()).await).map(|done| done.rows_affected())
            }
            Self::Refused => Err(refused()),
        }
    }

    /// Runs a statement on the row of one key; says whether there was one.
    pub(crate) async fn changed(self) -> Result<bool, StoreError> {
        Ok(self.execute().await? > 0)
    }

    /// The first row, if there is one.
    pub(crate) async fn optional<T>(
        self,
        read: impl Fn(&mut Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match self {
            Self::Sqlite(link, query) => sent!(link, query.fetch_optional(link.inner()).await)?
                .map(|row| read(&mut Row::sqlite(&row)))
                .transpose(),
            Self::Postgres(link, query) => sent!(link, query.fetch_optional(link.inner()).await)?
                .map(|row| read(&mut Row::postgres(&row)))
                .transpose(),
            Self::Refused => Err(refused()),
        }
    }

    /// The one row that a statement always gives.
    pub(crate) async fn one<T>(
        self,
        read: impl Fn(&mut Row<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.optional(read)
            .await?
            .ok_or_else(|| StoreError::Internal("a statement that always gives a row gave none".to_owned()))
    }

    /// Every row, in order. The statement must have a bound.
    pub(crate) async fn all<T>(
        self,
        read: impl Fn(&mut Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut read_rows = Vec::new();
        match self {
            Self::Sqlite(link, query) => {
                let mut rows = query.fetch(&mut *link.inner);
                while let Some(row) = rows.try_next().await.map_err(|error| link.trouble.note(error))? {
                    read_rows.push(read(&mut Row::sqlite(&row))?);
                }
            }
            Self::Postgres(link, query) => {
                let mut rows = query.fetch(&mut *link.inner);
                while let Some(row) = rows.try_next().await.map_err(|error| link.trouble.note(error))? {
                    read_rows.push(read(&mut Row::postgres(&row))?);
                }
            }
            Self::Refused => return Err(refused()),
        }
        Ok(read_rows)
    }
}

fn refused() -> StoreError {
    StoreError::Internal("a write went on after one of its statements had failed".to_owned())
}

/// A row whose columns are read one after another.
pub(crate) struct Row<'r> {
    source: Source<'r>,
    column: usize,
}

enum Source<'r> {
    Sqlite(&'r SqliteRow),
    Postgres(&'r PgRow),
}

impl<'r> Row<'r> {
    pub(crate) fn sqlite(row: &'r SqliteRow) -> Self {
        Self { source: Source::Sqlite(row), column: 0 }
    }

    pub(crate) fn postgres(row: &'r PgRow) -> Self {
        Self { source: Source::Postgres(row), column: 0 }
    }

    /// The next column.
    pub(crate) fn next<T>(&mut self) -> Result<T, StoreError>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        let column = self.column;
        self.column += 1;
        match self.source {
            Source::Sqlite(row) => row.try_get(column),
            Source::Postgres(row) => row.try_get(column),
        }
        .map_err(|error| StoreError::Internal(error.to_string()))
    }

    /// The next column, without going past it.
    pub(crate) fn peek<T>(&mut self) -> Result<T, StoreError>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        let value = self.next();
        self.column -= 1;
        value
    }

    /// The next column, a text that one of the house's types reads.
    pub(crate) fn parse<T>(&mut self) -> Result<T, StoreError>
    where
        T: FromStr,
        T::Err: Display,
    {
        let text: &str = self.next()?;
        text.parse().map_err(|error: T::Err| StoreError::Internal(format!("a stored value is bad: {error}")))
    }

    /// The next column, a time.
    pub(crate) fn time(&mut self) -> Result<Timestamp, StoreError> {
        self.next().map(Timestamp)
    }

    /// The next column, a time or nothing.
    pub(crate) fn optional_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.next::<Option<i64>>()?.map(Timestamp))
    }

    /// The next column, a length or count.
    pub(crate) fn unsigned(&mut self) -> Result<u64, StoreError> {
        let number: i64 = self.next()?;
        u64::try_from(number)
            .map_err(|_| StoreError::Internal(format!("a stored count is negative: {number}")))
    }

    /// The next column, 32 bytes.
    pub(crate) fn bytes32(&mut self) -> Result<[u8; 32], StoreError> {
        let bytes: &[u8] = self.next()?;
        bytes.try_into().map_err(|_| StoreError::Internal("a stored digest is not 32 bytes long".to_owned()))
    }

    /// The next column, a digest.
    pub(crate) fn checksum(&mut self) -> Result<Checksum, StoreError> {
        self.bytes32().map(Checksum::from_bytes)
    }
}

/// A bound for a list: what the caller asked, but never more than `most`.
pub(crate) fn bounded(limit: u32, most: u32) -> i64 {
    i64::from(limit.min(most))
}

/// Most rows that a paged list returns at once.
pub(crate) const PAGE_MAX: u32 = 10_000;
