//! A write on its way through an engine: the closure, what it gave, and who waits for it.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use cratekeep_types::{EventNumber, Steps};
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::oneshot;

use crate::conn::{Conn, CountTx, Tx};
use crate::error::Trouble;
use crate::store::Committed;
use crate::{StoreError, numbering};

/// A kind of transaction that a closure runs in.
pub(crate) trait Begun: Send {
    /// Whether this kind changes what the registry is: its steps are watched and followers are told.
    const IS_CHANGE: bool;

    /// Wraps a connection on which a transaction has begun.
    fn begun(conn: Conn) -> Self;

    /// Gives the connection back.
    fn into_conn(self) -> Conn;

    /// The connection.
    fn conn(&mut self) -> &mut Conn;

    /// The last statements before the commit.
    fn finish(&mut self) -> BoxFuture<'_, Result<Vec<EventNumber>, StoreError>>;
}

impl Begun for Tx {
    const IS_CHANGE: bool = true;

    fn begun(conn: Conn) -> Self {
        Self::begun(conn)
    }

    fn into_conn(self) -> Conn {
        self.into_conn()
    }

    fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<Vec<EventNumber>, StoreError>> {
        Box::pin(numbering::finish(self))
    }
}

impl Begun for CountTx {
    const IS_CHANGE: bool = false;

    fn begun(mut conn: Conn) -> Self {
        conn.take_trouble();
        conn.set_in_write(true);
        Self { conn }
    }

    fn into_conn(mut self) -> Conn {
        self.conn.set_in_write(false);
        self.conn
    }

    fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    fn finish(&mut self) -> BoxFuture<'_, Result<Vec<EventNumber>, StoreError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// How one run of a closure ended.
pub(crate) struct Ran<T, E> {
    /// What it gave; `Err` means that its effects must be rolled back.
    pub(crate) outcome: Result<Committed<T>, E>,
    /// The worst that happened on the connection.
    pub(crate) trouble: Option<Trouble>,
}

/// Runs a closure in the transaction `tx` up to the point where only the commit is missing.
pub(crate) async fn run<X, T, E, F>(tx: &mut X, work: &F, steps: &Steps, limit: Duration) -> Ran<T, E>
where
    X: Begun,
    F: for<'t> Fn(&'t mut X) -> BoxFuture<'t, Result<T, E>>,
    E: From<StoreError>,
{
    steps.pass("store.begun");
    let running = AssertUnwindSafe(work(tx)).catch_unwind();
    let given = match tokio::time::timeout(limit, running).await {
        Ok(Ok(given)) => given,
        Ok(Err(_panic)) => Err(StoreError::Internal("the program failed inside a write".to_owned()).into()),
        Err(_elapsed) => {
            let reason = format!("a write took longer than {} s and was rolled back", limit.as_secs());
            Err(StoreError::Unavailable { reason }.into())
        }
    };
    let trouble = tx.conn().take_trouble();
    let value = match (given, trouble) {
        (Ok(value), None) => value,
        (Ok(_), Some(_)) => {
            let swallowed = StoreError::Internal("a write kept silent about a failed statement".to_owned());
            return Ran { outcome: Err(swallowed.into()), trouble };
        }
        (Err(error), _) => return Ran { outcome: Err(error), trouble },
    };
    steps.pass("store.written");
    let outcome = match tx.finish().await {
        Ok(events) => {
            steps.pass("store.numbered");
            Ok(Committed { value, events })
        }
        Err(error) => Err(error.into()),
    };
    Ran { outcome, trouble: tx.conn().take_trouble() }
}

/// A write whose types are hidden, so that writes of different use cases can stand in one queue.
pub(crate) trait Work: Send {
    /// For the log.
    fn name(&self) -> &'static str;

    /// Whether the commit may be lost in a crash of the machine.
    fn is_relaxed(&self) -> bool;

    /// Whether nobody waits any more.
    fn is_abandoned(&self) -> bool;

    /// Runs the closure and keeps what it gave; says whether its effects are to be committed.
    fn run<'a>(&'a mut self, tx: &'a mut Tx, steps: &'a Steps, limit: Duration) -> BoxFuture<'a, bool>;

    /// Tells who waits: what the closure gave, or why the commit failed.
    fn settle(self: Box<Self>, committed: Result<(), StoreError>);
}

/// The one kind of [`Work`].
pub(crate) struct Pending<T, E, F> {
    name: &'static str,
    relaxed: bool,
    closure: F,
    outcome: Option<Result<Committed<T>, E>>,
    waiting: oneshot::Sender<Result<Committed<T>, E>>,
}

impl<T, E, F> Pending<T, E, F> {
    pub(crate) fn new(
        name: &'static str,
        relaxed: bool,
        closure: F,
    ) -> (Self, oneshot::Receiver<Result<Committed<T>, E>>) {
        let (waiting, answer) = oneshot::channel();
        (Self { name, relaxed, closure, outcome: None, waiting }, answer)
    }
}

impl<T, E, F> Work for Pending<T, E, F>
where
    F: for<'t> Fn(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + Sync,
    T: Send,
    E: From<StoreError> + Send,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn is_relaxed(&self) -> bool {
        self.relaxed
    }

    fn is_abandoned(&self) -> bool {
        self.waiting.is_closed()
    }

    fn run<'a>(&'a mut self, tx: &'a mut Tx, steps: &'a Steps, limit: Duration) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let ran = run(tx, &self.closure, steps, limit).await;
            let keep = ran.outcome.is_ok();
            self.outcome = Some(ran.outcome);
            keep
        })
    }

    fn settle(self: Box<Self>, committed: Result<(), StoreError>) {
        let answer = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => {
                Err(StoreError::Internal("a write was settled before it ran".to_owned()).into())
            }
            (Err(error), _) => Err(error.into()),
        };
        // Who asked may have hung up; the write stands all the same.
        let _unread = self.waiting.send(answer);
    }
}
