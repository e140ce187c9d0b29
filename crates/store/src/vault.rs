//! Keys that seal secrets at rest, and the sealed secrets, as far as a change of key has to rewrite them.

use cratekeep_types::{Secret, Timestamp};

use crate::sql::{PAGE_MAX, bounded, sql};
use crate::{Conn, StoreError, Tx};

/// A key that is kept in the database.
#[derive(Clone, Debug)]
pub struct VaultKey {
    /// Its row; the highest one seals.
    pub id: i64,
    /// The key.
    pub bytes: Secret<[u8; 32]>,
}

/// A sealed provider token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The row of the identity it belongs to.
    pub identity: i64,
    /// The sealed bytes.
    pub bytes: Vec<u8>,
}

/// Keys in use, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn keys(conn: &mut Conn) -> Result<Vec<VaultKey>, StoreError> {
    let sql = sql!(
        "SELECT id, bytes
        FROM vault_key
        WHERE retired_at IS NULL AND bytes IS NOT NULL
        ORDER BY id DESC
        LIMIT $1"
    );
    conn.query(sql)
        .bind(i64::from(PAGE_MAX))
        .all(|row| Ok(VaultKey { id: row.next()?, bytes: Secret::new(row.bytes32()?) }))
        .await
}

/// Keeps a new key.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, key: &[u8; 32], at: Timestamp) -> Result<i64, StoreError> {
    let sql = sql!(
        "INSERT INTO vault_key (bytes, created_at)
        VALUES ($1, $2)
        RETURNING id"
    );
    tx.query(sql).bind(&key[..]).bind(at.0).one(|row| row.next()).await
}

/// Retires every key below `id` and wipes it; says how many.
///
/// # Errors
/// When the database fails.
pub async fn retire_below(tx: &mut Tx, id: i64, at: Timestamp) -> Result<u64, StoreError> {
    let sql = sql!(
        "UPDATE vault_key
        SET bytes = NULL, retired_at = $2
        WHERE id < $1 AND retired_at IS NULL"
    );
    tx.query(sql).bind(id).bind(at.0).execute().await
}

/// Sealed tokens of identities with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn sealed(conn: &mut Conn, after: i64, limit: u32) -> Result<Vec<Sealed>, StoreError> {
    let sql = sql!(
        "SELECT id, sealed_token
        FROM identity
        WHERE id > $1 AND sealed_token IS NOT NULL
        ORDER BY id
        LIMIT $2"
    );
    conn.query(sql)
        .bind(after)
        .bind(bounded(limit, PAGE_MAX))
        .all(|row| Ok(Sealed { identity: row.next()?, bytes: row.next()? }))
        .await
}

/// Replaces a sealed token, if it is still the one that was read; `None` takes away one that nobody can open.
///
/// # Errors
/// When the database fails.
pub async fn reseal(tx: &mut Tx, old: &Sealed, new: Option<&[u8]>) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE identity
        SET sealed_token = $3
        WHERE id = $1 AND sealed_token = $2"
    );
    tx.query(sql).bind(old.identity).bind(&old.bytes[..]).bind(new).changed().await
}
