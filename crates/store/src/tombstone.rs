//! What was deleted and must not come back with other bytes. Rows outlive crate and version.

use cratekeep_types::{CanonName, Checksum, RegistryId, Timestamp, VersionNum};

use crate::{Conn, StoreError, Tx, unwritten};

/// A deleted version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TombstoneRow {
    /// The number it had, with build metadata.
    pub num: VersionNum,
    /// The bytes it had.
    pub checksum: Checksum,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// Why.
    pub reason: Option<String>,
}

/// The tombstone of this version, build metadata aside.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Conn,
    registry: RegistryId,
    canon: &CanonName,
    num: &VersionNum,
) -> Result<Option<TombstoneRow>, StoreError> {
    unwritten()
}

/// Sets a tombstone.
///
/// # Errors
/// [`StoreError::Conflict`] with `tombstone` when there is one.
pub async fn insert(
    tx: &mut Tx,
    registry: RegistryId,
    canon: &CanonName,
    row: &TombstoneRow,
) -> Result<(), StoreError> {
    unwritten()
}
