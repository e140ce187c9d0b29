//! Names of deleted crates, kept for their last owners.

use cratekeep_types::{CanonName, CrateName, RegistryId, Timestamp, UserId};

use serde_json::Value;

use crate::sql::sql;
use crate::{Conn, StoreError, Tx};

/// A name that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedRow {
    /// The name as it was published.
    pub name: CrateName,
    /// Who owned the crate at its end.
    pub owners: Vec<UserId>,
    /// Why it was deleted.
    pub message: Option<String>,
    /// When.
    pub deleted_at: Timestamp,
    /// From when on the last owners may publish it again.
    pub available_at: Timestamp,
}

/// The deleted crate of this name.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Conn,
    registry: RegistryId,
    canon: &CanonName,
) -> Result<Option<DeletedRow>, StoreError> {
    let sql = sql!(
        "SELECT name, owners, message, deleted_at, available_at
        FROM deleted_krate
        WHERE registry_id = $1 AND canon = $2"
    );
    conn.query(sql)
        .bind(registry.0)
        .bind(canon.as_str())
        .optional(|row| {
            let name = row.parse()?;
            let owners: &str = row.next()?;
            Ok(DeletedRow {
                name,
                owners: ids_of(owners)?,
                message: row.next()?,
                deleted_at: row.time()?,
                available_at: row.time()?,
            })
        })
        .await
}

/// Keeps a name, whatever was known of it.
///
/// # Errors
/// When the database fails.
pub async fn set(tx: &mut Tx, registry: RegistryId, row: &DeletedRow) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO deleted_krate (registry_id, canon, name, owners, message, deleted_at, available_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (registry_id, canon) DO UPDATE
        SET name = excluded.name, owners = excluded.owners, message = excluded.message,
            deleted_at = excluded.deleted_at, available_at = excluded.available_at"
    );
    let owners = Value::from_iter(row.owners.iter().map(|owner| owner.0));
    tx.query(sql)
        .bind(registry.0)
        .bind(row.name.canon().as_str())
        .bind(row.name.as_str())
        .bind(owners.to_string())
        .bind(row.message.as_deref())
        .bind(row.deleted_at.0)
        .bind(row.available_at.0)
        .execute()
        .await?;
    Ok(())
}

/// Lets a name go; says whether it was kept.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, registry: RegistryId, canon: &CanonName) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM deleted_krate
        WHERE registry_id = $1 AND canon = $2"
    );
    tx.query(sql).bind(registry.0).bind(canon.as_str()).changed().await
}

fn ids_of(json: &str) -> Result<Vec<UserId>, StoreError> {
    let ids: Vec<i64> = serde_json::from_str(json)
        .map_err(|error| StoreError::Internal(format!("a list of owners cannot be read: {error}")))?;
    Ok(ids.into_iter().map(UserId).collect())
}
