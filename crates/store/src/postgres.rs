//! PostgreSQL: a pool, and writes that go on when their caller is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cratekeep_types::Steps;
use futures::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sqlx::{Connection, Executor, PgPool};
use tokio::sync::Semaphore;

use crate::conn::{Conn, Link};
use crate::error::{Trouble, classify, closed, is_lost};
use crate::follow::News;
use crate::numbering::CHANNEL;
use crate::store::Committed;
use crate::work::{self, Begun};
use crate::{Options, StoreError};

const STATEMENTS_MAX: usize = 256;
/// How often a write is run again after a deadlock or a lost connection.
const RETRIES_MAX: u32 = 3;
/// Wait before the first retry; each later wait is twice as long.
const RETRY_WAIT: Duration = Duration::from_millis(10);
/// A connection idle for longer is tried before it is used.
const IDLE_TRUSTED: Duration = Duration::from_secs(1);
/// Wait before listening again after the listening connection failed.
const LISTEN_AGAIN_WAIT: Duration = Duration::from_secs(1);

/// How durable a commit is when it returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// On disk.
    Full,
    /// Written soon; a crash of the database server may lose it.
    Relaxed,
}

/// An open database.
#[derive(Clone, Debug)]
pub(crate) struct Postgres {
    pub(crate) pool: PgPool,
    options: PgConnectOptions,
    steps: Steps,
    news: News,
    listens: Arc<AtomicBool>,
    /// Half of the pool: writes wait for each other anyway, and must not keep reads waiting.
    writes: Arc<Semaphore>,
    wait_max: Duration,
    write_max: Duration,
}

/// How one attempt at a write ended.
enum Attempt<T, E> {
    Done(Result<Committed<T>, E>),
    /// Nothing happened; the same write may succeed now.
    Again(E),
}

impl Postgres {
    pub(crate) async fn open(
        url: &str,
        options: &Options,
        steps: Steps,
        news: News,
    ) -> Result<Self, StoreError> {
        let connect: PgConnectOptions = url.parse().map_err(|error: sqlx::Error| {
            StoreError::Setting(format!("the PostgreSQL URL cannot be read: {error}"))
        })?;
        let connect = connect.application_name("cratekeep").statement_cache_capacity(STATEMENTS_MAX);
        let wait_max = Duration::from_secs(options.wait_secs_max.into());
        let write_max = Duration::from_secs(options.write_secs_max.into());
        // The pool would hide the reason of a failure behind a time-out.
        let first = sqlx::PgConnection::connect_with(&connect).await.map_err(|error| classify(error).0)?;
        first.close().await.map_err(|error| classify(error).0)?;
        let connections_max = options.connections_max.max(2);
        Ok(Self {
            pool: pool(connections_max, wait_max, write_max).connect_lazy_with(connect.clone()),
            options: connect,
            steps,
            news,
            listens: Arc::new(AtomicBool::new(false)),
            writes: Arc::new(Semaphore::new(connections_max as usize / 2)),
            wait_max,
            write_max,
        })
    }

    pub(crate) async fn read(&self) -> Result<Conn, StoreError> {
        let conn = self.pool.acquire().await.map_err(|error| classify(error).0)?;
        Ok(Conn::Postgres(Link::new(conn)))
    }

    /// A connection of its own, for work that must not be cut off by the pool's limits.
    pub(crate) async fn connect(&self) -> Result<sqlx::PgConnection, StoreError> {
        sqlx::PgConnection::connect_with(&self.options).await.map_err(|error| classify(error).0)
    }

    /// Runs `work` in a transaction, in a task of its own.
    pub(crate) async fn write<X, T, E, F>(
        &self,
        name: &'static str,
        durability: Durability,
        work: F,
    ) -> Result<Committed<T>, E>
    where
        X: Begun + 'static,
        F: for<'t> Fn(&'t mut X) -> BoxFuture<'t, Result<T, E>> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let waited = tokio::time::timeout(self.wait_max, Arc::clone(&self.writes).acquire_owned()).await;
        let Ok(Ok(permit)) = waited else {
            return Err(self.too_busy().into());
        };
        let database = self.clone();
        let task = tokio::spawn(async move {
            let result = database.try_often(name, durability, &work).await;
            drop(permit);
            result
        });
        task.await.unwrap_or_else(|error| Err(StoreError::Internal(error.to_string()).into()))
    }

    async fn try_often<X, T, E, F>(
        &self,
        name: &'static str,
        durability: Durability,
        work: &F,
    ) -> Result<Committed<T>, E>
    where
        X: Begun,
        F: for<'t> Fn(&'t mut X) -> BoxFuture<'t, Result<T, E>> + Send + Sync,
        T: Send,
        E: From<StoreError> + Send,
    {
        let mut retries = 0;
        loop {
            match self.attempt(durability, retries > 0, work).await {
                Attempt::Done(result) => return result,
                Attempt::Again(error) if retries >= RETRIES_MAX => return Err(error),
                Attempt::Again(_) => {
                    tracing::info!(write.name = name, write.retries = retries + 1, "a write is run again");
                    tokio::time::sleep(RETRY_WAIT * (1 << retries)).await;
                    retries += 1;
                }
            }
        }
    }

    async fn attempt<X, T, E, F>(
        &self,
        durability: Durability,
        test_connection: bool,
        work: &F,
    ) -> Attempt<T, E>
    where
        X: Begun,
        F: for<'t> Fn(&'t mut X) -> BoxFuture<'t, Result<T, E>> + Send + Sync,
        T: Send,
        E: From<StoreError> + Send,
    {
        let conn = match self.begin(durability, test_connection).await {
            Ok(conn) => conn,
            Err(sqlx::Error::PoolTimedOut) => return Attempt::Done(Err(self.too_busy().into())),
            Err(error) => return Attempt::Again(classify(error).0.into()),
        };
        let mut tx = X::begun(conn);
        let steps = if X::IS_CHANGE { self.steps.clone() } else { Steps::unwatched() };
        let ran = work::run(&mut tx, work, &steps, self.write_max).await;
        let Conn::Postgres(mut link) = tx.into_conn() else {
            return Attempt::Done(Err(
                StoreError::Internal("a write ran on another engine".to_owned()).into()
            ));
        };
        match ran.outcome {
            Ok(committed) => match link.inner.execute("COMMIT").await {
                Ok(_) => {
                    steps.pass("store.committed");
                    if X::IS_CHANGE {
                        self.news.tell();
                    }
                    Attempt::Done(Ok(committed))
                }
                Err(error) => self.judge_failed_commit(error, &mut link),
            },
            Err(error) => {
                if link.inner.execute("ROLLBACK").await.is_err() {
                    link.inner.close_on_drop();
                }
                match ran.trouble {
                    Some(Trouble::InTheWay | Trouble::Lost) => Attempt::Again(error),
                    Some(Trouble::Refused) | None => Attempt::Done(Err(error)),
                }
            }
        }
    }

    fn too_busy(&self) -> StoreError {
        let reason = format!("no connection became free within {} s", self.wait_max.as_secs());
        StoreError::Unavailable { reason }
    }

    async fn begin(&self, durability: Durability, test_connection: bool) -> Result<Conn, sqlx::Error> {
        let mut conn = self.pool.acquire().await?;
        if test_connection && conn.ping().await.is_err() {
            conn.close_on_drop();
            return Err(sqlx::Error::BeginFailed);
        }
        let begun = match durability {
            Durability::Full => conn.execute("BEGIN").await,
            Durability::Relaxed => conn.execute("BEGIN; SET LOCAL synchronous_commit = off").await,
        };
        if let Err(error) = begun {
            conn.close_on_drop();
            return Err(error);
        }
        Ok(Conn::Postgres(Link::new(conn)))
    }

    fn judge_failed_commit<T, E: From<StoreError>>(
        &self,
        error: sqlx::Error,
        link: &mut Link<sqlx::Postgres>,
    ) -> Attempt<T, E> {
        link.inner.close_on_drop();
        let refused = matches!(&error, sqlx::Error::Database(refusal) if !refusal.code().is_some_and(|code| is_lost(&code)));
        let (error, trouble) = classify(error);
        match (refused, trouble) {
            (true, Trouble::InTheWay) => Attempt::Again(error.into()),
            (true, _) => Attempt::Done(Err(error.into())),
            (false, _) => Attempt::Done(Err(StoreError::CommitUnknown { reason: error.to_string() }.into())),
        }
    }

    /// Begins to listen for other nodes' events, once.
    pub(crate) fn listen(&self) -> Result<(), StoreError> {
        if self.pool.is_closed() {
            return Err(closed());
        }
        if !self.listens.swap(true, Ordering::SeqCst) {
            tokio::spawn(listen(self.options.clone(), self.pool.clone(), self.news.clone()));
        }
        Ok(())
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

fn pool(connections_max: u32, wait_max: Duration, write_max: Duration) -> PgPoolOptions {
    let settings: Arc<str> = format!(
        "SET synchronous_commit = on; SET lock_timeout = {}; SET idle_in_transaction_session_timeout = {}",
        wait_max.as_millis(),
        write_max.as_millis() * 2,
    )
    .into();
    PgPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(wait_max)
        .test_before_acquire(false)
        .before_acquire(|conn, known| {
            Box::pin(async move { Ok(known.idle_for < IDLE_TRUSTED || conn.ping().await.is_ok()) })
        })
        .after_connect(move |conn, _| {
            let settings = sqlx::AssertSqlSafe(Arc::clone(&settings));
            Box::pin(async move { conn.execute(settings).await.map(|_| ()) })
        })
}

/// Listens until the pool is closed. A connection of its own, so that it takes none from the pool.
async fn listen(options: PgConnectOptions, pool: PgPool, news: News) {
    let own = PgPoolOptions::new()
        .max_connections(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with(options);
    let closed = pool.close_event();
    let listening = async {
        loop {
            if let Err(error) = hear(&own, &news).await {
                tracing::warn!(error = %error, "listening for events of other nodes failed; polling goes on");
            }
            tokio::time::sleep(LISTEN_AGAIN_WAIT).await;
        }
    };
    tokio::select! {
        () = listening => {}
        () = closed => {}
    }
    own.close().await;
}

async fn hear(own: &PgPool, news: &News) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(own).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // Nothing received means that the connection was lost and made again: something may have been missed.
        let _heard = listener.try_recv().await?;
        news.tell();
    }
}
