//! Which crates people follow, and what is new in them.

use cratekeep_types::{CrateId, RegistryId, Timestamp, UserId};
use serde_json::{Value, json};

use crate::krate::Seen;
use crate::shown_version::{ShownVersion, read};
use crate::sql::{PAGE_MAX, bounded, sql};
use crate::{Conn, StoreError, Tx};

/// Begins to follow a crate; `false` when it was followed already.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, user: UserId, krate: CrateId, at: Timestamp) -> Result<bool, StoreError> {
    let sql = sql!(
        "INSERT INTO followed_krate (account_id, krate_id, followed_at)
        VALUES ($1, $2, $3)
        ON CONFLICT (account_id, krate_id) DO NOTHING"
    );
    tx.query(sql).bind(user.0).bind(krate.0).bind(at.0).changed().await
}

/// Follows a crate no more; `false` when it was not followed.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, user: UserId, krate: CrateId) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM followed_krate
        WHERE account_id = $1 AND krate_id = $2"
    );
    tx.query(sql).bind(user.0).bind(krate.0).changed().await
}

/// Whether somebody follows a crate.
///
/// # Errors
/// When the database fails.
pub async fn is_followed(conn: &mut Conn, user: UserId, krate: CrateId) -> Result<bool, StoreError> {
    let sql = sql!(
        "SELECT 1
        FROM followed_krate
        WHERE account_id = $1 AND krate_id = $2"
    );
    Ok(conn.query(sql).bind(user.0).bind(krate.0).optional(|_| Ok(())).await?.is_some())
}

/// How many crates somebody follows.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Conn, user: UserId) -> Result<u64, StoreError> {
    let sql = sql!(
        "SELECT COUNT(*)
        FROM followed_krate
        WHERE account_id = $1"
    );
    conn.query(sql).bind(user.0).one(|row| row.unsigned()).await
}

/// The versions of a registry's crates that somebody follows and sees, the last published first, `limit` after `offset`.
///
/// # Errors
/// When the database fails.
pub async fn updates(
    conn: &mut Conn,
    registry: RegistryId,
    user: UserId,
    seen: &Seen,
    (offset, limit): (u32, u32),
) -> Result<Vec<ShownVersion>, StoreError> {
    let sql = sql!(
        "SELECT version.id, krate.name, version.num, version.checksum, version.size, version.published_at,
            account.id, account.name, account.display_name, version.yanked, version.yank_message,
            version.metadata, version.facts, version.built_by, COALESCE(download_total.downloads, 0)
        FROM followed_krate
        JOIN krate ON krate.id = followed_krate.krate_id
        JOIN version ON version.krate_id = krate.id
        LEFT JOIN account ON account.id = version.published_by
        LEFT JOIN download_total ON download_total.version_id = version.id
        WHERE followed_krate.account_id = $2 AND krate.registry_id = $1
            AND (NOT krate.limited OR $3 OR krate.id IN (SELECT CAST(item.value ->> 'id' AS BIGINT) FROM ",
        rows("$4"),
        "))
        ORDER BY version.id DESC
        LIMIT $5 OFFSET $6"
    );
    conn.query(sql)
        .bind(registry.0)
        .bind(user.0)
        .bind(seen.all)
        .bind(limited(seen))
        .bind(bounded(limit, PAGE_MAX))
        .bind(i64::from(offset))
        .all(read)
        .await
}

/// The limited crates somebody sees, as the one parameter of a statement.
pub(crate) fn limited(seen: &Seen) -> String {
    let ids: Value = seen.limited.iter().map(|id| json!({ "id": id.0 })).collect();
    ids.to_string()
}
