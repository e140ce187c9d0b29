//! Limits of single crates, and quotas of accounts and registries with what is used of them.

use cratekeep_types::{CrateId, RegistryId, UserId};

use crate::sql::{Row, sql};
use crate::{Conn, StoreError, Tx};

/// Limits of one crate; `None` means the server's own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KrateLimits {
    /// Longest upload in bytes.
    pub upload_bytes_max: Option<u64>,
    /// Most features.
    pub features_max: Option<u64>,
}

/// How much an account or a registry may hold; `None` means without limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Most crates.
    pub crates_max: Option<u64>,
    /// Most bytes of all crate files together.
    pub bytes_max: Option<u64>,
}

/// How much an account or a registry holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Crates.
    pub crates: u64,
    /// Bytes of all their crate files together.
    pub bytes: u64,
}

/// The limits of a crate; the server's own for one that is not there.
///
/// # Errors
/// When the database fails.
pub async fn of_krate(conn: &mut Conn, krate: CrateId) -> Result<KrateLimits, StoreError> {
    let sql = sql!(
        "SELECT upload_bytes_max, features_max
        FROM krate
        WHERE id = $1"
    );
    let found = conn
        .query(sql)
        .bind(krate.0)
        .optional(|row| Ok(KrateLimits { upload_bytes_max: maybe(row)?, features_max: maybe(row)? }))
        .await?;
    Ok(found.unwrap_or_default())
}

/// Sets the limits of a crate; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_krate(tx: &mut Tx, krate: CrateId, limits: KrateLimits) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE krate
        SET upload_bytes_max = $2, features_max = $3
        WHERE id = $1"
    );
    let (bytes, features) = (signed(limits.upload_bytes_max), signed(limits.features_max));
    tx.query(sql).bind(krate.0).bind(bytes).bind(features).changed().await
}

/// The quota of an account.
///
/// # Errors
/// When the database fails.
pub async fn of_user(conn: &mut Conn, user: UserId) -> Result<Quota, StoreError> {
    let sql = sql!(
        "SELECT crates_max, bytes_max
        FROM account
        WHERE id = $1"
    );
    Ok(conn.query(sql).bind(user.0).optional(read_quota).await?.unwrap_or_default())
}

/// Sets the quota of an account; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_user(tx: &mut Tx, user: UserId, quota: Quota) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE account
        SET crates_max = $2, bytes_max = $3
        WHERE id = $1"
    );
    let (crates, bytes) = (signed(quota.crates_max), signed(quota.bytes_max));
    tx.query(sql).bind(user.0).bind(crates).bind(bytes).changed().await
}

/// The quota of a registry.
///
/// # Errors
/// When the database fails.
pub async fn of_registry(conn: &mut Conn, registry: RegistryId) -> Result<Quota, StoreError> {
    let sql = sql!(
        "SELECT crates_max, bytes_max
        FROM registry
        WHERE id = $1"
    );
    Ok(conn.query(sql).bind(registry.0).optional(read_quota).await?.unwrap_or_default())
}

/// Sets the quota of a registry; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_registry(tx: &mut Tx, registry: RegistryId, quota: Quota) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE registry
        SET crates_max = $2, bytes_max = $3
        WHERE id = $1"
    );
    let (crates, bytes) = (signed(quota.crates_max), signed(quota.bytes_max));
    tx.query(sql).bind(registry.0).bind(crates).bind(bytes).changed().await
}

/// What an account holds: the crates that it owns, in every registry.
///
/// # Errors
/// When the database fails.
pub async fn used_by(conn: &mut Conn, user: UserId) -> Result<Used, StoreError> {
    let sql = sql!(
        "SELECT (SELECT COUNT(*) FROM owner WHERE owner.account_id = $1),
            CAST(COALESCE(SUM(version.size), 0) AS BIGINT)
        FROM owner
        JOIN version ON version.krate_id = owner.krate_id
        WHERE owner.account_id = $1"
    );
    conn.query(sql).bind(user.0).one(read_used).await
}

/// What a registry holds.
///
/// # Errors
/// When the database fails.
pub async fn used_in(conn: &mut Conn, registry: RegistryId) -> Result<Used, StoreError> {
    let sql = sql!(
        "SELECT (SELECT COUNT(*) FROM krate WHERE krate.registry_id = $1),
            CAST(COALESCE(SUM(version.size), 0) AS BIGINT)
        FROM krate
        JOIN version ON version.krate_id = krate.id
        WHERE krate.registry_id = $1"
    );
    conn.query(sql).bind(registry.0).one(read_used).await
}

/// Keeps other uploads of an account, and others into a registry, waiting until this write ends: with a quota, only one
/// at a time counts.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx, user: Option<UserId>, registry: RegistryId) -> Result<(), StoreError> {
    // SQLite has no row locks and needs none: its one writer runs alone.
    let account = sql!(
        sqlite: "SELECT 1
        FROM account
        WHERE id = $1
        ORDER BY id",
        postgres: "SELECT 1
        FROM account
        WHERE id = $1 AND (crates_max IS NOT NULL OR bytes_max IS NOT NULL)
        ORDER BY id
        FOR NO KEY UPDATE"
    );
    let whole = sql!(
        sqlite: "SELECT 1
        FROM registry
        WHERE id = $1
        ORDER BY id",
        postgres: "SELECT 1
        FROM registry
        WHERE id = $1 AND (crates_max IS NOT NULL OR bytes_max IS NOT NULL)
        ORDER BY id
        FOR NO KEY UPDATE"
    );
    tx.query(account).bind(user.map_or(0, |user| user.0)).all(|_| Ok(())).await?;
    tx.query(whole).bind(registry.0).all(|_| Ok(())).await?;
    Ok(())
}

fn read_quota(row: &mut Row<'_>) -> Result<Quota, StoreError> {
    Ok(Quota { crates_max: maybe(row)?, bytes_max: maybe(row)? })
}

fn read_used(row: &mut Row<'_>) -> Result<Used, StoreError> {
    Ok(Used { crates: row.unsigned()?, bytes: row.unsigned()? })
}

fn maybe(row: &mut Row<'_>) -> Result<Option<u64>, StoreError> {
    Ok(row.next::<Option<i64>>()?.and_then(|number| u64::try_from(number).ok()))
}

fn signed(number: Option<u64>) -> Option<i64> {
    number.map(|number| i64::try_from(number).unwrap_or(i64::MAX))
}
