//! Removing crates and versions with everything that hangs on them. Tombstones and events stay.

use cratekeep_types::{CanonName, CrateId, RegistryId, Timestamp, VersionId};

use crate::sql::{Sql, sql};
use crate::{Conn, CountTx, StoreError, Tx};

/// Sets a tombstone for each version of a crate, or for the one named. One that is there gets the new time and reason:
/// its bytes are the same.
///
/// # Errors
/// When the database fails.
pub async fn bury(
    tx: &mut Tx,
    krate: CrateId,
    only: Option<VersionId>,
    at: Timestamp,
    reason: Option<&str>,
) -> Result<u64, StoreError> {
    let sql = sql!(
        "INSERT INTO tombstone (registry_id, canon, num_bare, num, checksum, deleted_at, reason)
        SELECT krate.registry_id, krate.canon, version.num_bare, version.num, version.checksum, $3, $4
        FROM version
        JOIN krate ON krate.id = version.krate_id
        WHERE version.krate_id = $1 AND version.id = COALESCE($2, version.id)
        ON CONFLICT (registry_id, canon, num_bare) DO UPDATE
        SET deleted_at = excluded.deleted_at, reason = excluded.reason"
    );
    tx.query(sql).bind(krate.0).bind(only.map(|id| id.0)).bind(at.0).bind(reason).execute().await
}

/// Keeps publishes of the same bytes, by whatever name, waiting until this write ends.
///
/// # Errors
/// When the database fails.
pub async fn lock_objects(
    tx: &mut Tx,
    class: &str,
    krate: CrateId,
    only: Option<VersionId>,
) -> Result<(), StoreError> {
    // SQLite has no row locks and needs none: its one writer runs alone.
    let sql = sql!(
        sqlite: "SELECT 1
        FROM blob
        WHERE class = $1 AND checksum IN (
            SELECT checksum
            FROM version
            WHERE krate_id = $2 AND id = COALESCE($3, id))
        ORDER BY checksum",
        postgres: "SELECT 1
        FROM blob
        WHERE class = $1 AND checksum IN (
            SELECT checksum
            FROM version
            WHERE krate_id = $2 AND id = COALESCE($3, id))
        ORDER BY checksum
        FOR UPDATE"
    );
    let only = only.map(|id| id.0);
    tx.query(sql).bind(class).bind(krate.0).bind(only).all(|_| Ok(())).await.map(drop)
}

/// Leaves to the sweep the objects that only these versions name. Call [`lock_objects`] before.
///
/// # Errors
/// When the database fails.
pub async fn release_objects(
    tx: &mut Tx,
    class: &str,
    krate: CrateId,
    only: Option<VersionId>,
    at: Timestamp,
) -> Result<u64, StoreError> {
    let sql = sql!(
        "UPDATE blob
        SET state = 'intent', touched_at = $4
        WHERE class = $1 AND state = 'live' AND checksum IN (
            SELECT checksum
            FROM version
            WHERE krate_id = $2 AND id = COALESCE($3, id))
            AND NOT EXISTS (
                SELECT 1
                FROM version AS other
                WHERE other.checksum = blob.checksum AND NOT (other.krate_id = $2 AND other.id = COALESCE($3, other.id)))"
    );
    let only = only.map(|id| id.0);
    tx.query(sql).bind(class).bind(krate.0).bind(only).bind(at.0).execute().await
}

/// Removes one version with its dependencies.
///
/// # Errors
/// When the database fails.
pub async fn remove_version(tx: &mut Tx, version: VersionId) -> Result<(), StoreError> {
    let statements =
        [sql!("DELETE FROM dependency WHERE version_id = $1"), sql!("DELETE FROM version WHERE id = $1")];
    all_of(tx, &statements, version.0).await
}

/// Removes a crate with its versions, owners, readers, invitations and trusted builds.
///
/// # Errors
/// When the database fails.
pub async fn remove_crate(tx: &mut Tx, krate: CrateId) -> Result<(), StoreError> {
    let statements = [
        sql!("DELETE FROM dependency WHERE version_id IN (SELECT id FROM version WHERE krate_id = $1)"),
        sql!("DELETE FROM version WHERE krate_id = $1"),
        sql!("DELETE FROM krate_keyword WHERE krate_id = $1"),
        sql!("DELETE FROM krate_category WHERE krate_id = $1"),
        sql!("DELETE FROM owner WHERE krate_id = $1"),
        sql!("DELETE FROM team_owner WHERE krate_id = $1"),
        sql!("DELETE FROM krate_reader WHERE krate_id = $1"),
        sql!("DELETE FROM krate_team_reader WHERE krate_id = $1"),
        sql!("DELETE FROM invitation WHERE krate_id = $1"),
        sql!("DELETE FROM followed_krate WHERE krate_id = $1"),
        sql!("DELETE FROM trusted_publisher WHERE krate_id = $1"),
        sql!("DELETE FROM krate WHERE id = $1"),
    ];
    all_of(tx, &statements, krate.0).await
}

/// A version of another crate that depends on this one, as `name@number`.
///
/// # Errors
/// When the database fails.
pub async fn a_dependent(
    conn: &mut Conn,
    registry: RegistryId,
    canon: &CanonName,
) -> Result<Option<String>, StoreError> {
    let sql = sql!(
        "SELECT krate.name || '@' || version.num
        FROM dependency
        JOIN version ON version.id = dependency.version_id
        JOIN krate ON krate.id = version.krate_id
        WHERE dependency.registry_id = $1 AND dependency.canon = $2
            AND NOT (krate.registry_id = $1 AND krate.canon = $2)
        ORDER BY version.id, dependency.place
        LIMIT 1"
    );
    conn.query(sql).bind(registry.0).bind(canon.as_str()).optional(|row| row.next()).await
}

/// How many teams own a crate.
///
/// # Errors
/// When the database fails.
pub async fn owning_teams(conn: &mut Conn, krate: CrateId) -> Result<u64, StoreError> {
    let sql = sql!(
        "SELECT COUNT(*)
        FROM team_owner
        WHERE krate_id = $1"
    );
    conn.query(sql).bind(krate.0).one(|row| row.unsigned()).await
}

/// Forgets how often a crate that is gone was downloaded.
///
/// # Errors
/// When the database fails.
pub async fn remove_counts(tx: &mut CountTx, krate: CrateId) -> Result<(), StoreError> {
    for sql in [
        sql!("DELETE FROM download_day WHERE krate_id = $1"),
        sql!("DELETE FROM download_total WHERE krate_id = $1"),
    ] {
        tx.query(sql).bind(krate.0).execute().await?;
    }
    Ok(())
}

async fn all_of(tx: &mut Tx, statements: &[Sql], id: i64) -> Result<(), StoreError> {
    for sql in statements {
        tx.query(*sql).bind(id).execute().await?;
    }
    Ok(())
}
