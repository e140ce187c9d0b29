//! The one value through which the house reaches its database.

use std::path::Path;
use std::sync::Arc;

use cratekeep_types::{EventNumber, Steps, Timestamp};
use futures::future::BoxFuture;

use crate::conn::{CountTx, Reader, Tx};
use crate::error::closed;
use crate::event::{self, EventRow};
use crate::follow::News;
use crate::postgres::{Durability, Postgres};
use crate::sqlite::Sqlite;
use crate::work::Pending;
use crate::{DatabaseUrl, Listener, Options, StoreError, backup, clock, schema};

/// A database of either engine. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Store {
    engine: Arc<Engine>,
    news: News,
}

/// One of the two engines.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of it in a program")]
pub(crate) enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// What a write gave, once it is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed<T> {
    /// What the closure returned.
    pub value: T,
    /// The numbers that its events got, in the order they were emitted.
    pub events: Vec<EventNumber>,
}

/// How the schema of a database relates to this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Nothing is there yet.
    Empty,
    /// The database has exactly the migrations this program has.
    Current,
    /// Some migrations are missing.
    Behind {
        /// Number of the newest migration in the database.
        found: i64,
        /// Number of the newest migration this program has.
        known: i64,
    },
    /// The database has migrations this program does not know.
    Ahead {
        /// Number of the newest migration in the database.
        found: i64,
        /// Number of the newest migration this program has.
        known: i64,
    },
}

impl Store {
    /// Opens the database without changing its schema.
    ///
    /// # Errors
    /// [`StoreError::Setting`] for a bad URL or a missing file, [`StoreError::Unavailable`] when it cannot be reached.
    pub async fn open(options: Options, steps: Steps) -> Result<Self, StoreError> {
        let news = News::new();
        let engine = match &options.url {
            DatabaseUrl::Sqlite { path } => {
                Engine::Sqlite(Sqlite::open(path, &options, steps, news.clone()).await?)
            }
            DatabaseUrl::Postgres { url } => {
                Engine::Postgres(Postgres::open(url.expose(), &options, steps, news.clone()).await?)
            }
        };
        let store = Self { engine: Arc::new(engine), news };
        schema::complete_counts(&store.engine).await?;
        Ok(store)
    }

    /// How the schema stands.
    ///
    /// # Errors
    /// When the database cannot be read, or holds migrations that are not ours.
    pub async fn schema(&self) -> Result<Schema, StoreError> {
        schema::compare(&self.engine).await
    }

    /// Brings the schema up to this program's; says how many migrations ran.
    ///
    /// # Errors
    /// [`StoreError::SchemaAhead`] for the database of a newer program.
    pub async fn migrate(&self, now: Timestamp) -> Result<u32, StoreError> {
        schema::migrate(&self.engine, now).await
    }

    /// Takes a connection for reading.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none becomes free in time.
    pub async fn read(&self) -> Result<Reader, StoreError> {
        match &*self.engine {
            Engine::Sqlite(database) => database.read().await,
            Engine::Postgres(database) => database.read().await,
        }
        .map(Reader)
    }

    /// Takes a connection that sees the database as it is at its first statement, however long it is kept. Others are
    /// not held up by it. It is closed when dropped.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when none becomes free in time.
    pub async fn snapshot(&self) -> Result<Reader, StoreError> {
        let mut reader = self.read().await?;
        reader.begin_snapshot().await?;
        Ok(reader)
    }

    /// Runs `work` in a write transaction and returns when its commit is durable.
    ///
    /// `work` may run more than once (a lost connection, a deadlock, a failed group commit), each time on a
    /// database without its earlier effects. It goes on when the caller is dropped. It must not call
    /// [`Store::write`] itself, nor wait for anything but its own statements. `name` is for the log.
    ///
    /// # Errors
    /// What `work` returned; else [`StoreError::CommitUnknown`] when the outcome is not known, or another
    /// [`StoreError`] when the write did not happen.
    pub async fn write<T, E, F>(&self, name: &'static str, work: F) -> Result<Committed<T>, E>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.commit(name, Durability::Full, work).await
    }

    /// As [`Store::write`], but a crash of the machine right after may undo it (a crash of the program cannot).
    /// For rows that only save work later, such as the intent before an upload.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_relaxed<T, E, F>(&self, name: &'static str, work: F) -> Result<Committed<T>, E>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.commit(name, Durability::Relaxed, work).await
    }

    /// Runs `work` in a transaction on bookkeeping that a crash of the machine may lose: download counts, last use
    /// of tokens, heartbeats.
    ///
    /// # Errors
    /// What `work` returned, or why the transaction failed.
    pub async fn count<T, F>(&self, name: &'static str, work: F) -> Result<T, StoreError>
    where
        F: for<'t> Fn(&'t mut CountTx) -> BoxFuture<'t, Result<T, StoreError>> + Send + Sync + 'static,
        T: Send + 'static,
    {
        match &*self.engine {
            Engine::Sqlite(database) => database.count(work).await,
            Engine::Postgres(database) => {
                database.write(name, Durability::Relaxed, work).await.map(|committed| committed.value)
            }
        }
    }

    /// The time as the database tells it, for leases.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn now(&self) -> Result<Timestamp, StoreError> {
        clock::now(&mut *self.read().await?).await
    }

    /// Events after `cursor`, oldest first, at most `limit` (and never more than 1,000).
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn poll_events(&self, cursor: EventNumber, limit: u32) -> Result<Vec<EventRow>, StoreError> {
        event::after(&mut *self.read().await?, cursor, limit).await
    }

    /// A hint that wakes followers early; they must poll all the same.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database has been closed.
    pub async fn listen(&self) -> Result<Listener, StoreError> {
        if let Engine::Postgres(database) = &*self.engine {
            database.listen()?;
        }
        Ok(self.news.listener())
    }

    /// Writes a consistent copy of the database into the existing folder `folder` while the server runs:
    /// `cratekeep.db` and `counts.db` for SQLite, `database.jsonl` for PostgreSQL. Files and folder are synced.
    ///
    /// # Errors
    /// [`StoreError::File`] when a file is already there or cannot be written.
    pub async fn backup_to(&self, folder: &Path) -> Result<(), StoreError> {
        backup::write(&self.engine, folder).await
    }

    /// Fills the empty database that `options` names from a backup of the same engine, and leaves it with the
    /// schema the backup had (call [`Store::migrate`] next).
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`], [`StoreError::BadBackup`], or what the database said.
    pub async fn restore_from(options: Options, folder: &Path, now: Timestamp) -> Result<(), StoreError> {
        backup::restore(options, folder, now).await
    }

    /// Lets begun writes finish, refuses new ones and closes every connection.
    pub async fn close(&self) {
        match &*self.engine {
            Engine::Sqlite(database) => database.close().await,
            Engine::Postgres(database) => database.close().await,
        }
    }

    /// Why no more writes are taken, if the database failed in a way that only a restart can mend.
    #[must_use]
    pub fn fault(&self) -> Option<&str> {
        match &*self.engine {
            Engine::Sqlite(database) => database.writer.fault(),
            Engine::Postgres(_) => None,
        }
    }

    async fn commit<T, E, F>(
        &self,
        name: &'static str,
        durability: Durability,
        work: F,
    ) -> Result<Committed<T>, E>
    where
        F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &*self.engine {
            Engine::Sqlite(database) => {
                let (pending, answer) = Pending::new(name, durability == Durability::Relaxed, work);
                database.writer.submit(Box::new(pending)).await?;
                answer.await.unwrap_or_else(|_ended| Err(closed().into()))
            }
            Engine::Postgres(database) => database.write(name, durability, work).await,
        }
    }
}
