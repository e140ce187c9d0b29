//! Connections as functions of the table modules see them: to read, to write, to count.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::{Database, Postgres, Sqlite};

use crate::audit::NewAudit;
use crate::error::{StoreError, Trouble};
use crate::event::Event;

/// A connection to either engine.
#[derive(Debug)]
pub enum Conn {
    /// SQLite.
    Sqlite(Link<Sqlite>),
    /// PostgreSQL.
    Postgres(Link<Postgres>),
}

/// A connection of one engine, with what went wrong on it.
#[derive(Debug)]
pub struct Link<DB: Database> {
    pub(crate) inner: PoolConnection<DB>,
    pub(crate) trouble: TroubleNote,
    /// Whether a write transaction is open, in which nothing may follow a failure.
    pub(crate) in_write: bool,
}

/// The worst that has happened on a connection since the note was last cleared.
#[derive(Debug, Default)]
pub(crate) struct TroubleNote(pub(crate) Option<Trouble>);

impl TroubleNote {
    pub(crate) fn note(&mut self, error: sqlx::Error) -> StoreError {
        let (error, trouble) = crate::error::classify(error);
        self.0 = self.0.max(Some(trouble));
        error
    }
}

impl<DB: Database> Link<DB> {
    pub(crate) fn new(inner: PoolConnection<DB>) -> Self {
        Self { inner, trouble: TroubleNote::default(), in_write: false }
    }

    /// The driver's connection. Only tests reach for it, to damage things.
    pub fn inner(&mut self) -> &mut DB::Connection {
        &mut self.inner
    }

    pub(crate) fn note(&mut self, error: sqlx::Error) -> StoreError {
        self.trouble.note(error)
    }
}

impl Conn {
    /// Whether a statement of this write has failed, so that it can only be rolled back.
    pub(crate) fn must_end(&self) -> bool {
        match self {
            Self::Sqlite(link) => link.in_write && link.trouble.0.is_some(),
            Self::Postgres(link) => link.in_write && link.trouble.0.is_some(),
        }
    }

    /// What has gone wrong since this was last called.
    pub(crate) fn take_trouble(&mut self) -> Option<Trouble> {
        match self {
            Self::Sqlite(link) => link.trouble.0.take(),
            Self::Postgres(link) => link.trouble.0.take(),
        }
    }

    /// Begins a transaction that only reads, and is over when the connection is closed.
    pub(crate) async fn begin_snapshot(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(link) => {
                link.inner.close_on_drop();
                let begun = sqlx::query("BEGIN").execute(link.inner()).await;
                begun.map(drop).map_err(|error| link.note(error))
            }
            Self::Postgres(link) => {
                link.inner.close_on_drop();
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                let begun = sqlx::query(begin).execute(link.inner()).await;
                begun.map(drop).map_err(|error| link.note(error))
            }
        }
    }

    pub(crate) fn set_in_write(&mut self, in_write: bool) {
        match self {
            Self::Sqlite(link) => link.in_write = in_write,
            Self::Postgres(link) => link.in_write = in_write,
        }
    }
}

/// A connection taken for reading. Every statement stands for itself; it goes back when dropped.
#[derive(Debug)]
pub struct Reader(pub(crate) Conn);

/// A write transaction that has begun. Made by [`crate::Store::write`] only.
#[derive(Debug)]
pub struct Tx {
    pub(crate) conn: Conn,
    pub(crate) events: Vec<Event>,
    /// Each with the place in `events` of the one beside it.
    pub(crate) audits: Vec<(NewAudit, Option<usize>)>,
}

impl Tx {
    pub(crate) fn begun(mut conn: Conn) -> Self {
        conn.take_trouble();
        conn.set_in_write(true);
        Self { conn, events: Vec::new(), audits: Vec::new() }
    }

    pub(crate) fn into_conn(mut self) -> Conn {
        self.conn.set_in_write(false);
        self.conn
    }

    /// Notes that something happened. It gets its number just before the commit, in the order of these calls.
    pub fn emit(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Notes who did it. The row carries the number of the event emitted last before this call, if any.
    pub fn audit(&mut self, audit: NewAudit) {
        let beside = self.events.len().checked_sub(1);
        self.audits.push((audit, beside));
    }
}

/// A transaction on bookkeeping that a crash of the machine may lose. Made by [`crate::Store::count`] only.
#[derive(Debug)]
pub struct CountTx {
    pub(crate) conn: Conn,
}

macro_rules! derefs {
    ($($name:ident . $field:tt)*) => {$(
        impl Deref for $name {
            type Target = Conn;

            fn deref(&self) -> &Conn {
                &self.$field
            }
        }

        impl DerefMut for $name {
            fn deref_mut(&mut self) -> &mut Conn {
                &mut self.$field
            }
        }
    )*};
}
derefs!(Reader.0 Tx.conn CountTx.conn);
