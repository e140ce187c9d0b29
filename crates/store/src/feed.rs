//! What is new in a registry, as feeds tell it: crates and versions, the last first.

use cratekeep_types::{CrateId, CrateName, RegistryId, Timestamp, VersionId, VersionNum};

use crate::followed_krate::limited;
use crate::krate::Seen;
use crate::sql::{Row, bounded, sql};
use crate::{Conn, StoreError};

/// Most entries of one feed.
pub const ENTRIES_MAX: u32 = 500;

/// A crate that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCrate {
    /// Its row.
    pub id: CrateId,
    /// Its name.
    pub name: CrateName,
    /// What its last version says of it.
    pub description: Option<String>,
    /// When it was begun.
    pub created_at: Timestamp,
}

/// A version that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVersion {
    /// Its row.
    pub id: VersionId,
    /// The name of its crate.
    pub krate: CrateName,
    /// Its number.
    pub num: VersionNum,
    /// What the last version of the crate says of it.
    pub description: Option<String>,
    /// When it was published.
    pub published_at: Timestamp,
}

/// The crates of a registry that somebody sees, the last begun first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn new_crates(
    conn: &mut Conn,
    registry: RegistryId,
    seen: &Seen,
    limit: u32,
) -> Result<Vec<NewCrate>, StoreError> {
    let sql = sql!(
        "SELECT krate.id, krate.name, krate.description, krate.created_at
        FROM krate
        WHERE krate.registry_id = $1
            AND (NOT krate.limited OR $2 OR krate.id IN (SELECT CAST(item.value ->> 'id' AS BIGINT) FROM ",
        rows("$3"),
        "))
        ORDER BY krate.id DESC
        LIMIT $4"
    );
    conn.query(sql)
        .bind(registry.0)
        .bind(seen.all)
        .bind(limited(seen))
        .bind(bounded(limit, ENTRIES_MAX))
        .all(|row| {
            Ok(NewCrate {
                id: CrateId(row.next()?),
                name: row.parse()?,
                description: row.next()?,
                created_at: row.time()?,
            })
        })
        .await
}

/// The versions of a registry's crates that somebody sees, the last published first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn new_versions(
    conn: &mut Conn,
    registry: RegistryId,
    seen: &Seen,
    limit: u32,
) -> Result<Vec<NewVersion>, StoreError> {
    let sql = sql!(
        "SELECT version.id, krate.name, version.num, krate.description, version.published_at
        FROM version
        JOIN krate ON krate.id = version.krate_id
        WHERE krate.registry_id = $1
            AND (NOT krate.limited OR $2 OR krate.id IN (SELECT CAST(item.value ->> 'id' AS BIGINT) FROM ",
        rows("$3"),
        "))
        ORDER BY version.id DESC
        LIMIT $4"
    );
    conn.query(sql)
        .bind(registry.0)
        .bind(seen.all)
        .bind(limited(seen))
        .bind(bounded(limit, ENTRIES_MAX))
        .all(read)
        .await
}

/// The versions of one crate, the last published first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn versions_of(conn: &mut Conn, krate: CrateId, limit: u32) -> Result<Vec<NewVersion>, StoreError> {
    let sql = sql!(
        "SELECT version.id, krate.name, version.num, krate.description, version.published_at
        FROM version
        JOIN krate ON krate.id = version.krate_id
        WHERE version.krate_id = $1
        ORDER BY version.id DESC
        LIMIT $2"
    );
    conn.query(sql).bind(krate.0).bind(bounded(limit, ENTRIES_MAX)).all(read).await
}

fn read(row: &mut Row<'_>) -> Result<NewVersion, StoreError> {
    Ok(NewVersion {
        id: VersionId(row.next()?),
        krate: row.parse()?,
        num: row.parse()?,
        description: row.next()?,
        published_at: row.time()?,
    })
}
