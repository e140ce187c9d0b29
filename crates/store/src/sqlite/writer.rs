//! SQLite's one writer: a task that runs writes one after another and commits several at once.
//!
//! Each write has its own savepoint, so one that fails harms no other. They are committed together when the queue
//! is empty, after 2 ms, or when there are 64; where syncing is slow, a group may take as long as the last commit
//! did, so that at least half of the time goes into work. Everybody is answered after the commit, those that failed
//! too, because they may have failed on what another of the group did. If the commit fails, each is run again alone.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use cratekeep_types::Steps;
use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::conn::{Conn, Link, Tx};
use crate::error::{Trouble, classify, closed};
use crate::follow::News;
use crate::work::Work;
use crate::{Options, StoreError};

/// Most writes in one commit.
const GROUP_MAX: usize = 64;
/// How long a group is kept open for more, unless the last commit took longer.
const GROUP_OPEN: Duration = Duration::from_millis(2);
/// How long it is kept open at most.
const GROUP_OPEN_MAX: Duration = Duration::from_millis(20);
/// Most writes waiting in the queue; who comes after waits for a place.
const QUEUE_MAX: usize = 1024;

/// What the task is asked.
enum Message {
    Write(Box<dyn Work>),
    /// Finish what is in the queue and end.
    Close(oneshot::Sender<()>),
}

/// The way to the task.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Message>,
    fault: Arc<OnceLock<String>>,
}

impl Writer {
    /// Starts the task on the only connection that `pool` has.
    pub(crate) fn start(pool: SqlitePool, options: &Options, steps: Steps, news: News) -> Self {
        let (queue, messages) = mpsc::channel(QUEUE_MAX);
        let fault = Arc::new(OnceLock::new());
        let task = Task {
            pool,
            messages,
            steps,
            news,
            limit: Duration::from_secs(options.write_secs_max.into()),
            fault: Arc::clone(&fault),
            conn: None,
            is_relaxed: false,
            waiting: VecDeque::new(),
            last_commit: Duration::ZERO,
            closing: Vec::new(),
        };
        tokio::spawn(task.run());
        Self { queue, fault }
    }

    /// Puts a write into the queue.
    pub(crate) async fn submit(&self, work: Box<dyn Work>) -> Result<(), StoreError> {
        self.queue.send(Message::Write(work)).await.map_err(|_| closed())
    }

    /// Why the writer takes no more writes, if it does not.
    pub(crate) fn fault(&self) -> Option<&str> {
        self.fault.get().map(String::as_str)
    }

    /// Lets the queue run empty and ends the task.
    pub(crate) async fn close(&self) {
        let (done, ended) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            let _task_ended = ended.await;
        }
    }
}

struct Task {
    pool: SqlitePool,
    messages: mpsc::Receiver<Message>,
    steps: Steps,
    news: News,
    limit: Duration,
    fault: Arc<OnceLock<String>>,
    conn: Option<PoolConnection<Sqlite>>,
    /// Whether the connection syncs less than it does by default.
    is_relaxed: bool,
    /// Taken out of the queue but not begun.
    waiting: VecDeque<Box<dyn Work>>,
    /// How long the last commit took.
    last_commit: Duration,
    closing: Vec<oneshot::Sender<()>>,
}

/// Why a transaction did not commit.
enum Failure {
    /// It was rolled back as a whole; each of its writes may be tried alone.
    RolledBack(StoreError),
    /// The database could not take it at all.
    Refused(StoreError),
    /// Nobody knows.
    Unknown(StoreError),
}

impl Task {
    async fn run(mut self) {
        loop {
            if self.waiting.is_empty() {
                match self.messages.recv().await {
                    Some(message) => self.take_message(message),
                    None => break,
                }
            }
            while self.waiting.len() < GROUP_MAX
                && let Ok(message) = self.messages.try_recv()
            {
                self.take_message(message);
            }
            self.serve_group().await;
        }
        if let Some(conn) = self.conn.take() {
            let _closed = conn.close().await;
        }
        for done in self.closing {
            let _unread = done.send(());
        }
    }

    fn take_message(&mut self, message: Message) {
        match message {
            Message::Write(work) => self.waiting.push_back(work),
            Message::Close(done) => {
                self.messages.close();
                self.closing.push(done);
            }
        }
    }

    /// Runs what is waiting, and what comes meanwhile, as one group.
    async fn serve_group(&mut self) {
        self.waiting.retain(|work| !work.is_abandoned());
        if self.waiting.is_empty() {
            return;
        }
        let mut group = Vec::new();
        match self.commit_group(&mut group).await {
            Ok(kept) => {
                self.tell_committed(kept);
                group.into_iter().for_each(|work| work.settle(Ok(())));
            }
            Err(Failure::RolledBack(error)) => {
                tracing::warn!(
                    writes = group.len(),
                    error = %error,
                    "a group of writes was rolled back; each is run alone"
                );
                for work in group {
                    self.serve_alone(work).await;
                }
            }
            Err(Failure::Refused(error) | Failure::Unknown(error)) => {
                group.into_iter().for_each(|work| work.settle(Err(error.clone())));
            }
        }
    }

    fn tell_committed(&self, something: bool) {
        if something {
            self.steps.pass("store.committed");
            self.news.tell();
        }
    }

    /// Fills `group` and commits it; says whether any write of it was kept.
    async fn commit_group(&mut self, group: &mut Vec<Box<dyn Work>>) -> Result<bool, Failure> {
        let relaxed = self.waiting.iter().all(|work| work.is_relaxed());
        let open = self.last_commit.clamp(GROUP_OPEN, GROUP_OPEN_MAX);
        let begun = Instant::now();
        let mut tx = match self.begin(relaxed).await {
            Ok(tx) => tx,
            Err(error) => {
                group.extend(self.waiting.drain(..));
                return Err(Failure::Refused(error));
            }
        };
        let mut kept = false;
        while let Some(mut work) = self.next_waiting(relaxed).await {
            let result = self.run_in_savepoint(&mut tx, work.as_mut()).await;
            group.push(work);
            match result {
                Ok(keep) => kept |= keep,
                Err(error) => {
                    self.roll_back(tx).await;
                    return Err(Failure::RolledBack(error));
                }
            }
            if group.len() >= GROUP_MAX || begun.elapsed() >= open {
                break;
            }
        }
        let begun = Instant::now();
        self.commit(tx).await?;
        self.last_commit = begun.elapsed();
        Ok(kept)
    }

    /// The next write that may join the group. Who was just answered gets a chance to come back first.
    async fn next_waiting(&mut self, relaxed: bool) -> Option<Box<dyn Work>> {
        if self.waiting.is_empty() {
            tokio::task::yield_now().await;
            if let Ok(message) = self.messages.try_recv() {
                self.take_message(message);
            }
        }
        while let Some(work) = self.waiting.pop_front_if(|work| !relaxed || work.is_relaxed()) {
            if !work.is_abandoned() {
                return Some(work);
            }
        }
        None
    }

    /// Runs one write so that only its own effects are undone when it fails; says whether they are kept. `Err` when
    /// the whole group is lost: on some failures SQLite rolls back everything by itself.
    async fn run_in_savepoint(&mut self, tx: &mut Tx, work: &mut dyn Work) -> Result<bool, StoreError> {
        control(tx, "SAVEPOINT part").await?;
        let keep = self.run_work(tx, work).await;
        if !keep {
            control(tx, "ROLLBACK TO part").await?;
        }
        control(tx, "RELEASE part").await?;
        Ok(keep)
    }

    async fn run_work(&mut self, tx: &mut Tx, work: &mut dyn Work) -> bool {
        tx.events.clear();
        tx.audits.clear();
        let begun = Instant::now();
        let keep = work.run(tx, &self.steps, self.limit).await;
        tracing::trace!(
            write.name = work.name(),
            write.kept = keep,
            duration_us = begun.elapsed().as_micros()
        );
        keep
    }

    /// Runs one write in a transaction of its own and answers it.
    async fn serve_alone(&mut self, mut work: Box<dyn Work>) {
        let mut tx = match self.begin(work.is_relaxed()).await {
            Ok(tx) => tx,
            Err(error) => return work.settle(Err(error)),
        };
        if !self.run_work(&mut tx, work.as_mut()).await {
            self.roll_back(tx).await;
            return work.settle(Ok(()));
        }
        work.settle(match self.commit(tx).await {
            Ok(()) => {
                self.tell_committed(true);
                Ok(())
            }
            Err(Failure::RolledBack(error) | Failure::Refused(error) | Failure::Unknown(error)) => Err(error),
        });
    }

    async fn begin(&mut self, relaxed: bool) -> Result<Tx, StoreError> {
        if let Some(reason) = self.fault.get() {
            return Err(StoreError::Unavailable { reason: reason.clone() });
        }
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => {
                self.is_relaxed = false;
                self.pool.acquire().await.map_err(|error| classify(error).0)?
            }
        };
        let begun = self.begin_on(&mut conn, relaxed).await;
        if let Err(error) = begun {
            let _closed = conn.close().await;
            return Err(classify(error).0);
        }
        Ok(Tx::begun(Conn::Sqlite(Link::new(conn))))
    }

    async fn begin_on(&mut self, conn: &mut SqliteConnection, relaxed: bool) -> Result<(), sqlx::Error> {
        if relaxed != self.is_relaxed {
            let level =
                if relaxed { "PRAGMA main.synchronous = NORMAL" } else { "PRAGMA main.synchronous = FULL" };
            run(conn, level).await?;
            self.is_relaxed = relaxed;
        }
        run(conn, "BEGIN IMMEDIATE").await
    }

    async fn commit(&mut self, tx: Tx) -> Result<(), Failure> {
        let Conn::Sqlite(mut link) = tx.into_conn() else {
            return Err(Failure::Refused(foreign()));
        };
        let Err(error) = run(&mut link.inner, "COMMIT").await else {
            self.conn = Some(link.inner);
            return Ok(());
        };
        let (error, trouble) = classify(error);
        if trouble < Trouble::Lost {
            self.roll_back(Tx::begun(Conn::Sqlite(link))).await;
            return Err(Failure::RolledBack(error));
        }
        // A failed sync must not be tried again: the pages may be lost although the next sync succeeds.
        tracing::error!(error = %error, "a commit failed and its outcome is unknown; no more writes are taken");
        let _closed = link.inner.close().await;
        let reason = self
            .fault
            .get_or_init(|| format!("a commit failed ({error}); the server must be restarted"))
            .clone();
        Err(Failure::Unknown(StoreError::CommitUnknown { reason }))
    }

    /// Rolls back. SQLite may have done so by itself; a connection that cannot say so is not used again.
    async fn roll_back(&mut self, tx: Tx) {
        let Conn::Sqlite(mut link) = tx.into_conn() else {
            return;
        };
        match run(&mut link.inner, "ROLLBACK").await {
            Ok(()) => self.conn = Some(link.inner),
            Err(_) => drop(link.inner.close().await),
        }
    }
}

fn foreign() -> StoreError {
    StoreError::Internal("SQLite's writer holds a connection of another engine".to_owned())
}

/// Runs a statement that steers the transaction, whatever has failed in it.
async fn control(tx: &mut Tx, statement: &'static str) -> Result<(), StoreError> {
    match &mut tx.conn {
        Conn::Sqlite(link) => run(&mut link.inner, statement).await.map_err(|error| classify(error).0),
        Conn::Postgres(_) => Err(foreign()),
    }
}

async fn run(conn: &mut SqliteConnection, statement: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(statement).execute(conn).await.map(|_| ())
}
