//! SQLite: the main file with its one writer and its readers, and the second file for bookkeeping.
//!
//! Both files are in WAL mode. The main file syncs every commit; `counts.db` does not, so that a crash of the
//! machine may lose its last transactions, never its consistency. Every connection to the main file sees the other
//! one attached read-only as `counts`, so that one statement can join both.

mod writer;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cratekeep_types::Steps;
use futures::future::BoxFuture;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Row as _, SqlitePool};

use crate::conn::{Conn, CountTx, Link};
use crate::error::classify;
use crate::follow::News;
use crate::work::{self, Begun};
use crate::{Options, StoreError};

pub(crate) use writer::Writer;

/// The oldest SQLite without the bug that could corrupt a WAL file when it was reset during a write.
const SQLITE_MIN: (u32, u32, u32) = (3, 51, 3);
/// The second file, beside the first.
pub(crate) const COUNTS_FILE: &str = "counts.db";
const STATEMENTS_MAX: usize = 256;
/// Page cache of the writer and of each reader, in KiB.
const WRITER_CACHE_KIB: u32 = 16_384;
const READER_CACHE_KIB: u32 = 8_192;
/// The WAL is copied into the database file when it has this many pages of 4 KiB.
const CHECKPOINT_PAGES: u32 = 2_000;
/// A WAL that grew beyond this, because a long read kept it from being copied, is cut back afterwards.
const WAL_BYTES_KEPT: u32 = 64 << 20;

/// An open database.
#[derive(Clone, Debug)]
pub(crate) struct Sqlite {
    pub(crate) path: PathBuf,
    pub(crate) counts_path: PathBuf,
    pub(crate) writer: Writer,
    readers: SqlitePool,
    counts: SqlitePool,
    wait_max: Duration,
    write_max: Duration,
}

impl Sqlite {
    pub(crate) async fn open(
        path: &Path,
        options: &Options,
        steps: Steps,
        news: News,
    ) -> Result<Self, StoreError> {
        if !options.create && !path.exists() {
            return Err(StoreError::Setting(format!("the database file {} is missing", path.display())));
        }
        let counts_path = path.with_file_name(COUNTS_FILE);
        let wait_max = Duration::from_secs(options.wait_secs_max.into());
        let counts = counts_pool(&counts_path, wait_max);
        acquire(&counts).await?;
        let attached = read_only_uri(&counts_path)?;
        let main = file(path, wait_max).foreign_keys(true);
        let writers = attaching(
            single(wait_max),
            main.clone()
                .create_if_missing(options.create)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
                .pragma("journal_size_limit", WAL_BYTES_KEPT.to_string())
                .pragma("cache_size", format!("-{WRITER_CACHE_KIB}")),
            attached.clone(),
        );
        check_engine(&mut *acquire(&writers).await?).await?;
        let readers = attaching(
            SqlitePoolOptions::new()
                .max_connections(options.connections_max.max(1))
                .acquire_timeout(wait_max)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false),
            main.read_only(true).pragma("cache_size", format!("-{READER_CACHE_KIB}")),
            attached,
        );
        let writer = Writer::start(writers, options, steps, news);
        let write_max = Duration::from_secs(options.write_secs_max.into());
        Ok(Self { path: path.to_owned(), counts_path, writer, readers, counts, wait_max, write_max })
    }

    pub(crate) async fn read(&self) -> Result<Conn, StoreError> {
        acquire(&self.readers).await.map(|conn| Conn::Sqlite(Link::new(conn)))
    }

    /// A connection of its own to the main file, for work that must not stand in the writer's queue.
    pub(crate) async fn connect_main(&self) -> Result<SqliteConnection, StoreError> {
        file(&self.path, self.wait_max).connect().await.map_err(|error| classify(error).0)
    }

    /// The same for the second file.
    pub(crate) async fn connect_counts(&self) -> Result<SqliteConnection, StoreError> {
        file(&self.counts_path, self.wait_max).connect().await.map_err(|error| classify(error).0)
    }

    /// Runs `work` in a transaction on the second file.
    pub(crate) async fn count<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        F: for<'t> Fn(&'t mut CountTx) -> BoxFuture<'t, Result<T, StoreError>> + Send + Sync + 'static,
        T: Send + 'static,
    {
        let mut conn = acquire(&self.counts).await?;
        let limit = self.write_max;
        let task = tokio::spawn(async move {
            execute(&mut conn, "BEGIN IMMEDIATE").await?;
            let mut tx = CountTx::begun(Conn::Sqlite(Link::new(conn)));
            let ran = work::run(&mut tx, &work, &Steps::unwatched(), limit).await;
            let Conn::Sqlite(mut link) = tx.into_conn() else {
                return Err(StoreError::Internal("a count ran on another engine".to_owned()));
            };
            let ended = match &ran.outcome {
                Ok(_) => execute(&mut link.inner, "COMMIT").await,
                Err(_) => execute(&mut link.inner, "ROLLBACK").await,
            };
            if ended.is_err() {
                let _closed = link.inner.close().await;
            }
            ran.outcome.and_then(|committed| ended.map(|()| committed.value))
        });
        task.await.map_err(|error| StoreError::Internal(error.to_string()))?
    }

    pub(crate) async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
        self.counts.close().await;
    }
}

fn file(path: &Path, wait_max: Duration) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(wait_max)
        .statement_cache_capacity(STATEMENTS_MAX)
        .pragma("temp_store", "MEMORY")
}

fn counts_pool(path: &Path, wait_max: Duration) -> SqlitePool {
    let options = file(path, wait_max)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    single(wait_max).connect_lazy_with(options)
}

/// A pool of one connection that stays open.
fn single(wait_max: Duration) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(wait_max)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// Makes every connection attach the second file.
fn attaching(pool: SqlitePoolOptions, options: SqliteConnectOptions, attached: String) -> SqlitePool {
    pool.after_connect(move |conn, _| {
        let attached = attached.clone();
        Box::pin(async move {
            sqlx::query("ATTACH DATABASE $1 AS counts").bind(attached).execute(conn).await.map(|_| ())
        })
    })
    .connect_lazy_with(options)
}

async fn acquire(pool: &SqlitePool) -> Result<sqlx::pool::PoolConnection<sqlx::Sqlite>, StoreError> {
    pool.acquire().await.map_err(|error| classify(error).0)
}

async fn execute(conn: &mut SqliteConnection, statement: &'static str) -> Result<(), StoreError> {
    sqlx::query(statement).execute(conn).await.map(|_| ()).map_err(|error| classify(error).0)
}

/// The file as a URI that opens it for reading only.
fn read_only_uri(path: &Path) -> Result<String, StoreError> {
    let path = path.to_str().ok_or_else(|| {
        StoreError::Setting(format!("the path of the database must be UTF-8, found {}", path.display()))
    })?;
    let mut uri = "file:".to_owned();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            uri.push(byte.into());
        } else {
            write!(uri, "%{byte:02X}").map_err(|error| StoreError::Internal(error.to_string()))?;
        }
    }
    Ok(uri + "?mode=ro")
}

async fn check_engine(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    let row =
        sqlx::query("SELECT sqlite_version()").fetch_one(conn).await.map_err(|error| classify(error).0)?;
    let found: String = row.try_get(0).map_err(|error| classify(error).0)?;
    let mut parts = found.split('.').map(|part| part.parse().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    if (part(), part(), part()) < SQLITE_MIN {
        let (major, minor, patch) = SQLITE_MIN;
        return Err(StoreError::Setting(format!(
            "this program was built with SQLite {found}, which can damage its files; it needs {major}.{minor}.{patch} or newer"
        )));
    }
    Ok(())
}
