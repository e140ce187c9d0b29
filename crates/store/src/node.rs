//! Nodes of this server that are alive, and how far each has followed the events.

use cratekeep_types::{EventNumber, Timestamp};

use crate::sql::{PAGE_MAX, sql};
use crate::{Conn, CountTx, StoreError};

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
    let sql = sql!(
        "INSERT INTO node (id, seen_event, beat_at)
        VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET seen_event = excluded.seen_event, beat_at = excluded.beat_at"
    );
    tx.query(sql).bind(id).bind(seen.0).bind(now.0).execute().await?;
    Ok(())
}

/// Nodes that said so since `since`, by id.
///
/// # Errors
/// When the database fails.
pub async fn live(conn: &mut Conn, since: Timestamp) -> Result<Vec<NodeRow>, StoreError> {
    let sql = sql!(
        "SELECT id, seen_event, beat_at
        FROM node
        WHERE beat_at >= $1
        ORDER BY id
        LIMIT $2"
    );
    conn.query(sql)
        .bind(since.0)
        .bind(i64::from(PAGE_MAX))
        .all(|row| Ok(NodeRow { id: row.next()?, seen: EventNumber(row.next()?), beat_at: row.time()? }))
        .await
}

/// Forgets nodes that were silent since `before`, and the node `id` as it leaves; says how many.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut CountTx, id: Option<&str>, before: Timestamp) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM node
        WHERE id = $1 OR beat_at < $2"
    );
    tx.query(sql).bind(id).bind(before.0).execute().await
}
