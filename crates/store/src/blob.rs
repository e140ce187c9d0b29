//! What the blob store should hold, and what the sweep may delete.
//!
//! `intent` is written before an object is put, `live` by the transaction that names the object. The sweep marks
//! what nothing names as `doomed`, takes it as `deleting`, deletes the object and forgets the row. Until it is
//! taken, a new intent or a naming transaction brings a doomed object back; afterwards both are told to wait.

use cratekeep_types::{Checksum, Timestamp};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::{Conn, StoreError, Tx};

/// Where an object stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Somebody is about to put it.
    Intent,
    /// A row names it.
    Live,
    /// Nothing names it; the sweep will take it.
    Doomed,
    /// The sweep is deleting it: wait until the row is gone, then put it again.
    Deleting,
}

impl State {
    fn of_word(word: &str) -> Result<Self, StoreError> {
        match word {
            "intent" => Ok(Self::Intent),
            "live" => Ok(Self::Live),
            "doomed" => Ok(Self::Doomed),
            "deleting" => Ok(Self::Deleting),
            other => Err(StoreError::Internal(format!("a stored blob state is bad: `{other}`"))),
        }
    }
}

/// How long one sweep may take to delete what it took, before another sweep takes it over.
pub const DELETE_SECS_MAX: i64 = 600;

/// An object as the database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRow {
    /// Its digest.
    pub checksum: Checksum,
    /// Its length in bytes.
    pub size: u64,
    /// Where it stands.
    pub state: State,
    /// When somebody last wanted it, or when its state changed.
    pub touched_at: Timestamp,
}

/// Says that an object is about to be put. Returns the state after it: [`State::Deleting`] means wait and call again.
/// `class` is the word of the blob class, `hosted` for published crates.
///
/// # Errors
/// When the database fails.
pub async fn intent(
    tx: &mut Tx,
    class: &str,
    checksum: &Checksum,
    size: u64,
    at: Timestamp,
) -> Result<State, StoreError> {
    let sql = sql!(
        "INSERT INTO blob (class, checksum, size, state, touched_at)
        VALUES ($1, $2, $3, 'intent', $4)
        ON CONFLICT (class, checksum) DO UPDATE
        SET state = CASE WHEN blob.state = 'doomed' THEN 'intent' ELSE blob.state END,
            touched_at = CASE WHEN blob.state = 'deleting' THEN blob.touched_at ELSE excluded.touched_at END
        RETURNING state"
    );
    tx.query(sql)
        .bind(class)
        .bind(&checksum.as_bytes()[..])
        .bind_unsigned(size)
        .bind(at.0)
        .one(|row| State::of_word(row.next()?))
        .await
}

/// Says that a row of this transaction names the object. `false` means that the sweep has it: put it again.
///
/// # Errors
/// When the database fails.
pub async fn set_live(
    tx: &mut Tx,
    class: &str,
    checksum: &Checksum,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE blob
        SET state = 'live', touched_at = $3
        WHERE class = $1 AND checksum = $2 AND state <> 'deleting'"
    );
    tx.query(sql).bind(class).bind(&checksum.as_bytes()[..]).bind(at.0).changed().await
}

/// The object with this digest.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, class: &str, checksum: &Checksum) -> Result<Option<BlobRow>, StoreError> {
    let sql = sql!(
        "SELECT checksum, size, state, touched_at
        FROM blob
        WHERE class = $1 AND checksum = $2"
    );
    conn.query(sql).bind(class).bind(&checksum.as_bytes()[..]).optional(read).await
}

/// Marks what nothing names and nobody wanted since `cutoff`; says how many.
///
/// # Errors
/// When the database fails.
pub async fn mark_doomed_older_than(
    tx: &mut Tx,
    class: &str,
    cutoff: Timestamp,
    at: Timestamp,
) -> Result<u64, StoreError> {
    let sql = sql!(
        "UPDATE blob
        SET state = 'doomed', touched_at = $3
        WHERE class = $1 AND state = 'intent' AND touched_at < $2
            AND NOT EXISTS (SELECT 1 FROM version WHERE version.checksum = blob.checksum)"
    );
    tx.query(sql).bind(class).bind(cutoff.0).bind(at.0).execute().await
}

/// Takes up to `limit` doomed objects for deletion, and those that an earlier sweep took
/// more than [`DELETE_SECS_MAX`] ago and did not finish.
///
/// # Errors
/// When the database fails.
pub async fn take_doomed(
    tx: &mut Tx,
    class: &str,
    limit: u32,
    at: Timestamp,
) -> Result<Vec<BlobRow>, StoreError> {
    // PostgreSQL locks what it picks and skips what another sweep has picked; SQLite's one writer runs alone.
    let sql = sql!(
        sqlite: "UPDATE blob
        SET state = 'deleting', touched_at = $2
        WHERE class = $1 AND checksum IN (
            SELECT checksum
            FROM blob
            WHERE class = $1 AND (state = 'doomed' OR (state = 'deleting' AND touched_at < $3))
            ORDER BY checksum
            LIMIT $4)
        RETURNING checksum, size, state, touched_at",
        postgres: "WITH picked AS (
            SELECT class, checksum
            FROM blob
            WHERE class = $1 AND (state = 'doomed' OR (state = 'deleting' AND touched_at < $3))
            ORDER BY checksum
            LIMIT $4
            FOR UPDATE SKIP LOCKED
        )
        UPDATE blob
        SET state = 'deleting', touched_at = $2
        FROM picked
        WHERE blob.class = picked.class AND blob.checksum = picked.checksum
        RETURNING blob.checksum, blob.size, blob.state, blob.touched_at"
    );
    tx.query(sql)
        .bind(class)
        .bind(at.0)
        .bind(at.plus_secs(-DELETE_SECS_MAX).0)
        .bind(bounded(limit, PAGE_MAX))
        .all(read)
        .await
}

/// Forgets an object that the sweep has deleted; says whether it was being deleted.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, class: &str, checksum: &Checksum) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM blob
        WHERE class = $1 AND checksum = $2 AND state = 'deleting'"
    );
    tx.query(sql).bind(class).bind(&checksum.as_bytes()[..]).changed().await
}

/// Objects with a digest above `after`, by digest, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Conn,
    class: &str,
    after: Option<&Checksum>,
    limit: u32,
) -> Result<Vec<BlobRow>, StoreError> {
    let sql = sql!(
        "SELECT checksum, size, state, touched_at
        FROM blob
        WHERE class = $1 AND checksum > $2
        ORDER BY checksum
        LIMIT $3"
    );
    let after = after.map_or(&[][..], |checksum| &checksum.as_bytes()[..]);
    conn.query(sql).bind(class).bind(after).bind(bounded(limit, PAGE_MAX)).all(read).await
}

/// Live objects with a digest above `after` that no version names, by digest, at most `limit`. There should be none.
///
/// # Errors
/// When the database fails.
pub async fn list_live_unnamed(
    conn: &mut Conn,
    class: &str,
    after: Option<&Checksum>,
    limit: u32,
) -> Result<Vec<BlobRow>, StoreError> {
    let sql = sql!(
        "SELECT checksum, size, state, touched_at
        FROM blob
        WHERE class = $1 AND checksum > $2 AND state = 'live'
            AND NOT EXISTS (SELECT 1 FROM version WHERE version.checksum = blob.checksum)
        ORDER BY checksum
        LIMIT $3"
    );
    let after = after.map_or(&[][..], |checksum| &checksum.as_bytes()[..]);
    conn.query(sql).bind(class).bind(after).bind(bounded(limit, PAGE_MAX)).all(read).await
}

fn read(row: &mut Row<'_>) -> Result<BlobRow, StoreError> {
    Ok(BlobRow {
        checksum: row.checksum()?,
        size: row.unsigned()?,
        state: State::of_word(row.next()?)?,
        touched_at: row.time()?,
    })
}
