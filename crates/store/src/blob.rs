//! What the blob store should hold, and what the sweep may delete.
//!
//! `intent` is written before an object is put, `live` by the transaction that names the object. The sweep marks
//! what nothing names as `doomed`, takes it as `deleting`, deletes the object and forgets the row. Until it is
//! taken, a new intent or a naming transaction brings a doomed object back; afterwards both are told to wait.

use cratekeep_types::{Checksum, Timestamp};

use crate::{Conn, StoreError, Tx, unwritten};

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
    unwritten()
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
    unwritten()
}

/// The object with this digest.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, class: &str, checksum: &Checksum) -> Result<Option<BlobRow>, StoreError> {
    unwritten()
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
    unwritten()
}

/// Takes up to `limit` doomed objects for deletion, and those that an earlier sweep took but did not finish.
///
/// # Errors
/// When the database fails.
pub async fn take_doomed(
    tx: &mut Tx,
    class: &str,
    limit: u32,
    at: Timestamp,
) -> Result<Vec<BlobRow>, StoreError> {
    unwritten()
}

/// Forgets an object that the sweep has deleted; says whether it was being deleted.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut Tx, class: &str, checksum: &Checksum) -> Result<bool, StoreError> {
    unwritten()
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
    unwritten()
}
