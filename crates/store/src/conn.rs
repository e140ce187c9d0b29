//! Connections as functions of the table modules see them: to read, to write, to count.

use std::ops::{Deref, DerefMut};

use crate::audit::NewAudit;
use crate::event::Event;

/// A connection to either engine.
#[derive(Debug)]
pub enum Conn {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// A connection taken for reading. Every statement stands for itself; it goes back when dropped.
#[derive(Debug)]
pub struct Reader(pub(crate) Conn);

/// A write transaction that has begun. Made by [`crate::Store::write`] only.
#[derive(Debug)]
pub struct Tx {
    conn: Conn,
}

impl Tx {
    /// Notes that something happened. It gets its number just before the commit, in the order of these calls.
    pub fn emit(&mut self, event: Event) {}

    /// Notes who did it. The row carries the number of the event emitted last before this call, if any.
    pub fn audit(&mut self, audit: NewAudit) {}
}

/// A transaction on bookkeeping that a crash of the machine may lose. Made by [`crate::Store::count`] only.
#[derive(Debug)]
pub struct CountTx {
    conn: Conn,
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
