//! What was deleted and must not come back with other bytes. Rows outlive crate and version.

use cratekeep_types::{CanonName, Checksum, RegistryId, Timestamp, VersionNum};

use crate::sql::sql;
use crate::{Conn, StoreError, Tx};

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
    let sql = sql!(
        "SELECT num, checksum, deleted_at, reason
        FROM tombstone
        WHERE registry_id = $1 AND canon = $2 AND num_bare = $3"
    );
    conn.query(sql)
        .bind(registry.0)
        .bind(canon.as_str())
        .bind(num.without_build())
        .optional(|row| {
            Ok(TombstoneRow {
                num: row.parse()?,
                checksum: row.checksum()?,
                deleted_at: row.time()?,
                reason: row.next()?,
            })
        })
        .await
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
    let sql = sql!(
        "INSERT INTO tombstone (registry_id, canon, num_bare, num, checksum, deleted_at, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7)"
    );
    tx.query(sql)
        .bind(registry.0)
        .bind(canon.as_str())
        .bind(row.num.without_build())
        .bind(row.num.to_string())
        .bind(&row.checksum.as_bytes()[..])
        .bind(row.deleted_at.0)
        .bind(row.reason.as_deref())
        .execute()
        .await?;
    Ok(())
}
