//! Who owns which crate.

use cratekeep_types::{Account, CrateId, Timestamp, UserId};

use crate::{Conn, StoreError, Tx, unwritten};

/// Most owners that one crate lists.
pub const OWNERS_MAX: u32 = 1000;

/// An owner of a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRow {
    /// Who.
    pub account: Account,
    /// Since when.
    pub added_at: Timestamp,
    /// Made an owner by whom; `None` when not by a user.
    pub added_by: Option<UserId>,
}

/// The owners of a crate, longest first.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, krate: CrateId) -> Result<Vec<OwnerRow>, StoreError> {
    unwritten()
}

/// Whether a user owns a crate.
///
/// # Errors
/// When the database fails.
pub async fn is_owner(conn: &mut Conn, krate: CrateId, user: UserId) -> Result<bool, StoreError> {
    unwritten()
}

/// Makes a user an owner; `false` when it already was.
///
/// # Errors
/// When the database fails.
pub async fn add(
    tx: &mut Tx,
    krate: CrateId,
    user: UserId,
    by: Option<UserId>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    unwritten()
}

/// Takes ownership away; `false` when there was none.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, krate: CrateId, user: UserId) -> Result<bool, StoreError> {
    unwritten()
}

/// How many users own a crate.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Conn, krate: CrateId) -> Result<u64, StoreError> {
    unwritten()
}
