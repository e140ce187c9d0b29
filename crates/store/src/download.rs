//! How often files were downloaded, by version and day. Bookkeeping: a crash of the machine may lose the last counts.

use cratekeep_types::{CrateId, VersionId};

use crate::{Conn, CountTx, StoreError, unwritten};

/// Downloads of one version on one day, to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewCount {
    /// The crate.
    pub krate: CrateId,
    /// The version.
    pub version: VersionId,
    /// Whole days since 1970, UTC.
    pub day: i32,
    /// How many.
    pub downloads: u64,
}

/// Downloads of one version on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayRow {
    /// The version.
    pub version: VersionId,
    /// Whole days since 1970, UTC.
    pub day: i32,
    /// How many.
    pub downloads: u64,
}

/// Adds counts, also to the totals.
///
/// # Errors
/// When the database fails; then nothing was added.
pub async fn add(tx: &mut CountTx, counts: &[NewCount]) -> Result<(), StoreError> {
    unwritten()
}

/// Totals of a crate's versions, those ever downloaded, by version.
///
/// # Errors
/// When the database fails.
pub async fn by_version(conn: &mut Conn, krate: CrateId) -> Result<Vec<(VersionId, u64)>, StoreError> {
    unwritten()
}

/// Totals of several crates, those ever downloaded, by crate.
///
/// # Errors
/// When the database fails.
pub async fn by_krate(conn: &mut Conn, krates: &[CrateId]) -> Result<Vec<(CrateId, u64)>, StoreError> {
    unwritten()
}

/// Downloads of several crates since the day `from_day`, those that have any, by crate.
///
/// # Errors
/// When the database fails.
pub async fn recent_by_krate(
    conn: &mut Conn,
    krates: &[CrateId],
    from_day: i32,
) -> Result<Vec<(CrateId, u64)>, StoreError> {
    unwritten()
}

/// Downloads of a crate since the day `from_day`, by day and version, at most 100,000 rows.
///
/// # Errors
/// When the database fails.
pub async fn by_day(conn: &mut Conn, krate: CrateId, from_day: i32) -> Result<Vec<DayRow>, StoreError> {
    unwritten()
}
