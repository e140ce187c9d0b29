//! Nodes of this server that are alive, and how far each has followed the events.

use cratekeep_types::{EventNumber, Timestamp};

use crate::{Conn, CountTx, StoreError, unwritten};

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRow {
    /// Its random name.
    pub id: String,
    /// The last event it has followed.
    pub seen: EventNumber,
    /// When it last said so, by the database's time.
    pub beat_at: Timestamp,
}

/// Says that a node lives and has followed up to `seen`.
///
/// # Errors
/// When the database fails.
pub async fn beat(tx: &mut CountTx, id: &str, seen: EventNumber, now: Timestamp) -> Result<(), StoreError> {
    unwritten()
}

/// Nodes that said so since `since`, by id.
///
/// # Errors
/// When the database fails.
pub async fn live(conn: &mut Conn, since: Timestamp) -> Result<Vec<NodeRow>, StoreError> {
    unwritten()
}

/// Forgets nodes that were silent since `before`, or, with `id`, that one node as it leaves; says how many.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut CountTx, id: Option<&str>, before: Timestamp) -> Result<u64, StoreError> {
    unwritten()
}
