//! Migrations: numbered texts, run once each, forward only.
//!
//! Both trees have the same numbers and names. On SQLite a migration may have a second text for `counts.db`, which
//! keeps its own list. A migration that has been released is never edited: the database remembers its checksum.

use std::cmp::Ordering;
use std::fmt;

use cratekeep_types::{Checksum, Timestamp};
use sqlx::{Connection, Executor, PgConnection, Row as _, SqliteConnection};

use crate::StoreError;
use crate::error::classify;
use crate::store::{Engine, Schema};

struct Migration {
    name: &'static str,
    sqlite: &'static str,
    /// For the second file, if it changes too.
    counts: Option<&'static str>,
    postgres: &'static str,
}

/// Every migration; the first has number 1.
const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "start",
        sqlite: include_str!("../migrations/sqlite/0001_start.sql"),
        counts: Some(include_str!("../migrations/sqlite/0001_start.counts.sql")),
        postgres: include_str!("../migrations/postgres/0001_start.sql"),
    },
    Migration {
        name: "people",
        sqlite: include_str!("../migrations/sqlite/0002_people.sql"),
        counts: Some(include_str!("../migrations/sqlite/0002_people.counts.sql")),
        postgres: include_str!("../migrations/postgres/0002_people.sql"),
    },
    Migration {
        name: "reading",
        sqlite: include_str!("../migrations/sqlite/0003_reading.sql"),
        counts: None,
        postgres: include_str!("../migrations/postgres/0003_reading.sql"),
    },
];

/// Guards the migration of a PostgreSQL database against another node's.
const ADVISORY_LOCK: i64 = 0x6372_6174_656b_6565;

/// A database file, or the one PostgreSQL database, to be migrated.
pub(crate) enum Target {
    Main(SqliteConnection),
    Counts(SqliteConnection),
    Postgres(PgConnection),
}

/// A migration as a database remembers it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Applied {
    number: i64,
    name: String,
    checksum: String,
}

/// How the schema of the database relates to this program.
pub(crate) async fn compare(engine: &Engine) -> Result<Schema, StoreError> {
    let mut target = match engine {
        Engine::Sqlite(database) => Target::Main(database.connect_main().await?),
        Engine::Postgres(database) => Target::Postgres(database.connect().await?),
    };
    let schema = target.compare().await;
    target.close().await;
    schema
}

/// Runs the migrations that are missing; says how many.
pub(crate) async fn migrate(engine: &Engine, now: Timestamp) -> Result<u32, StoreError> {
    match engine {
        Engine::Sqlite(database) => {
            // The second file first: once the main file is current, the other one is too.
            let mut counts = Target::Counts(database.connect_counts().await?);
            let mut main = Target::Main(database.connect_main().await?);
            main.refuse_newer().await?;
            counts.migrate(now, latest()).await?;
            let ran = main.migrate(now, latest()).await;
            counts.close().await;
            main.close().await;
            ran
        }
        Engine::Postgres(database) => {
            let mut target = Target::Postgres(database.connect().await?);
            target.lock().await?;
            let ran = target.migrate(now, latest()).await;
            // Closing the connection gives the advisory lock back.
            target.close().await;
            ran
        }
    }
}

/// Makes the second SQLite file anew if it was lost beside a current main file.
pub(crate) async fn complete_counts(engine: &Engine) -> Result<(), StoreError> {
    let Engine::Sqlite(database) = engine else {
        return Ok(());
    };
    if compare(engine).await? != Schema::Current {
        return Ok(());
    }
    let mut counts = Target::Counts(database.connect_counts().await?);
    let now = counts.now().await?;
    let ran = counts.migrate(now, latest()).await;
    counts.close().await;
    ran.map(|_| ())
}

/// The number of this program's newest migration.
pub(crate) fn latest() -> i64 {
    MIGRATIONS.len() as i64
}

impl Target {
    /// How this target's schema relates to this program.
    pub(crate) async fn compare(&mut self) -> Result<Schema, StoreError> {
        let Some(applied) = self.applied().await? else {
            return Ok(Schema::Empty);
        };
        let known = latest();
        let found = applied.last().map_or(0, |last| last.number);
        for row in applied.iter().filter(|row| row.number <= known) {
            self.check(row)?;
        }
        Ok(relate(found, known))
    }

    async fn refuse_newer(&mut self) -> Result<(), StoreError> {
        match self.compare().await? {
            Schema::Ahead { found, known } => Err(StoreError::SchemaAhead { found, known }),
            Schema::Empty | Schema::Current | Schema::Behind { .. } => Ok(()),
        }
    }

    /// Runs the missing migrations up to number `last`, each in a transaction.
    async fn migrate(&mut self, now: Timestamp, last: i64) -> Result<u32, StoreError> {
        self.refuse_newer().await?;
        let mut ran = 0;
        for number in 1..=last {
            self.execute(self.begin_text()).await?;
            let result = self.migrate_one(number, now).await;
            let end = if matches!(result, Ok(true)) { "COMMIT" } else { "ROLLBACK" };
            self.execute(end).await?;
            if result? {
                tracing::info!(migration.number = number, migration.target = %self, "migrated");
                ran += 1;
            }
        }
        Ok(ran)
    }

    /// Runs the migrations up to number `last` inside the caller's transaction, on an empty database.
    pub(crate) async fn migrate_inside(&mut self, now: Timestamp, last: i64) -> Result<(), StoreError> {
        for number in 1..=last {
            self.migrate_one(number, now).await?;
        }
        Ok(())
    }

    /// Runs migration `number` unless the database has it; says whether it ran.
    async fn migrate_one(&mut self, number: i64, now: Timestamp) -> Result<bool, StoreError> {
        let applied = self.applied().await?;
        if applied.iter().flatten().any(|row| row.number == number) {
            return Ok(false);
        }
        if applied.is_none() {
            self.execute(self.table_text()).await?;
        }
        let (name, text) = self.text(number)?;
        self.execute(text).await?;
        let checksum = Checksum::of(text.as_bytes()).to_string();
        let insert = "INSERT INTO migration (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";
        let inserted = match self {
            Self::Main(conn) | Self::Counts(conn) => sqlx::query(insert)
                .bind(number)
                .bind(name)
                .bind(checksum)
                .bind(now.0)
                .execute(conn)
                .await
                .map(|_| ()),
            Self::Postgres(conn) => sqlx::query(insert)
                .bind(number)
                .bind(name)
                .bind(checksum)
                .bind(now.0)
                .execute(conn)
                .await
                .map(|_| ()),
        };
        inserted.map_err(failed)?;
        Ok(true)
    }

    /// What the database remembers; `None` when it has no tables at all.
    async fn applied(&mut self) -> Result<Option<Vec<Applied>>, StoreError> {
        let tables = match self {
            Self::Main(conn) | Self::Counts(conn) => {
                texts(
                    sqlx::query("SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY name")
                        .fetch_all(conn)
                        .await,
                )
            }
            Self::Postgres(conn) => texts(
                sqlx::query(
                    "SELECT CAST(tablename AS TEXT) FROM pg_catalog.pg_tables WHERE schemaname = current_schema() ORDER BY tablename",
                )
                .fetch_all(conn)
                .await,
            ),
        }?;
        if tables.is_empty() {
            return Ok(None);
        }
        if !tables.iter().any(|table| table == "migration") {
            let detail =
                format!("it has the table `{}` but no list of migrations: it is not ours", tables[0]);
            return Err(StoreError::SchemaForeign { number: 0, detail });
        }
        let list = "SELECT number, name, checksum FROM migration ORDER BY number";
        let rows = match self {
            Self::Main(conn) | Self::Counts(conn) => applied_rows(sqlx::query(list).fetch_all(conn).await),
            Self::Postgres(conn) => applied_rows(sqlx::query(list).fetch_all(conn).await),
        };
        rows.map(Some)
    }

    fn check(&self, applied: &Applied) -> Result<(), StoreError> {
        let (name, text) = self.text(applied.number)?;
        let checksum = Checksum::of(text.as_bytes()).to_string();
        if applied.name != name || applied.checksum != checksum {
            let detail =
                format!("there it is called `{}`, here `{name}`, and the texts differ", applied.name);
            return Err(StoreError::SchemaForeign { number: applied.number, detail });
        }
        Ok(())
    }

    /// Name and text of migration `number` for this target; empty where it changes nothing.
    fn text(&self, number: i64) -> Result<(&'static str, &'static str), StoreError> {
        let migration = usize::try_from(number - 1)
            .ok()
            .and_then(|at| MIGRATIONS.get(at))
            .ok_or(StoreError::SchemaAhead { found: number, known: latest() })?;
        let text = match self {
            Self::Main(_) => migration.sqlite,
            Self::Counts(_) => migration.counts.unwrap_or_default(),
            Self::Postgres(_) => migration.postgres,
        };
        Ok((migration.name, text))
    }

    fn begin_text(&self) -> &'static str {
        match self {
            Self::Main(_) | Self::Counts(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => "BEGIN",
        }
    }

    fn table_text(&self) -> &'static str {
        match self {
            Self::Main(_) | Self::Counts(_) => {
                "CREATE TABLE migration (number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"
            }
            Self::Postgres(_) => {
                "CREATE TABLE migration (number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)"
            }
        }
    }

    /// Runs fixed text of one or many statements.
    pub(crate) async fn execute(&mut self, text: &'static str) -> Result<(), StoreError> {
        match self {
            Self::Main(conn) | Self::Counts(conn) => conn.execute(text).await.map(|_| ()),
            Self::Postgres(conn) => conn.execute(text).await.map(|_| ()),
        }
        .map_err(failed)
    }

    async fn lock(&mut self) -> Result<(), StoreError> {
        let Self::Postgres(conn) = self else {
            return Ok(());
        };
        conn.execute("SET lock_timeout = '600s'").await.map_err(failed)?;
        sqlx::query("SELECT pg_advisory_lock($1)")
            .bind(ADVISORY_LOCK)
            .execute(conn)
            .await
            .map(|_| ())
            .map_err(failed)
    }

    async fn now(&mut self) -> Result<Timestamp, StoreError> {
        let Self::Counts(conn) = self else {
            return Err(StoreError::Internal(
                "only the second file is migrated when it is opened".to_owned(),
            ));
        };
        let row = sqlx::query("SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)").fetch_one(conn).await;
        row.and_then(|row| row.try_get(0)).map(Timestamp).map_err(failed)
    }

    pub(crate) async fn close(self) {
        let closed = match self {
            Self::Main(conn) | Self::Counts(conn) => conn.close().await,
            Self::Postgres(conn) => conn.close().await,
        };
        if let Err(error) = closed {
            tracing::debug!(error = %error, "a connection used for the schema did not close well");
        }
    }
}

fn relate(found: i64, known: i64) -> Schema {
    match found.cmp(&known) {
        _ if found == 0 => Schema::Empty,
        Ordering::Less => Schema::Behind { found, known },
        Ordering::Equal => Schema::Current,
        Ordering::Greater => Schema::Ahead { found, known },
    }
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Main(_) => "main file",
            Self::Counts(_) => "counts file",
            Self::Postgres(_) => "PostgreSQL",
        })
    }
}

fn texts<R>(rows: Result<Vec<R>, sqlx::Error>) -> Result<Vec<String>, StoreError>
where
    R: sqlx::Row,
    usize: sqlx::ColumnIndex<R>,
    String: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    rows.and_then(|rows| rows.iter().map(|row| row.try_get(0)).collect()).map_err(failed)
}

fn applied_rows<R>(rows: Result<Vec<R>, sqlx::Error>) -> Result<Vec<Applied>, StoreError>
where
    R: sqlx::Row,
    usize: sqlx::ColumnIndex<R>,
    i64: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
    String: for<'r> sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
{
    let read =
        |row: &R| Ok(Applied { number: row.try_get(0)?, name: row.try_get(1)?, checksum: row.try_get(2)? });
    rows.and_then(|rows| rows.iter().map(read).collect()).map_err(failed)
}

fn failed(error: sqlx::Error) -> StoreError {
    classify(error).0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn files(tree: &str) -> BTreeSet<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(tree);
        let entries = std::fs::read_dir(folder).expect("the tree is there");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn both_trees_hold_what_the_list_names() {
        let name = |(at, migration): (usize, &Migration), kind| {
            format!("{:04}_{}{kind}.sql", at + 1, migration.name)
        };
        let postgres: BTreeSet<_> = MIGRATIONS.iter().enumerate().map(|entry| name(entry, "")).collect();
        let counts = MIGRATIONS.iter().enumerate().filter(|(_, migration)| migration.counts.is_some());
        let sqlite = postgres.iter().cloned().chain(counts.map(|entry| name(entry, ".counts"))).collect();
        assert_eq!((files("sqlite"), files("postgres")), (sqlite, postgres));
    }

    #[test]
    fn a_number_says_how_a_schema_stands() {
        assert_eq!(relate(0, 3), Schema::Empty);
        assert_eq!(relate(2, 3), Schema::Behind { found: 2, known: 3 });
        assert_eq!(relate(3, 3), Schema::Current);
        assert_eq!(relate(4, 3), Schema::Ahead { found: 4, known: 3 });
    }
}
