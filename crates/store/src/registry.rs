//! Registries of this server.

use cratekeep_types::{
    Access, NewCrates, Registry, RegistryId, RegistryKind, RegistryName, Timestamp, UnknownDependencies,
    UploadRules,
};

use crate::sql::{Row, sql};
use crate::{Conn, StoreError, Tx};

/// Most registries that one server lists.
pub const REGISTRIES_MAX: u32 = 1000;

/// A registry to be made.
#[derive(Clone, Debug)]
pub struct NewRegistry {
    /// Its name.
    pub name: RegistryName,
    /// Where its crates come from.
    pub kind: RegistryKind,
    /// Who may read it.
    pub access: Access,
    /// What it asks of uploads.
    pub rules: Rules,
    /// Whether it answers at the root of the server.
    pub is_default: bool,
}

/// What a registry asks of uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether a dependency without `registry-index` means this registry instead of crates.io.
    pub stands_for_crates_io: bool,
    /// Whether dependencies on crates that are not here are accepted.
    pub unknown_dependencies: UnknownDependencies,
    /// How much metadata an upload must carry.
    pub upload_rules: UploadRules,
}

/// Makes a registry.
///
/// # Errors
/// [`StoreError::Conflict`] with `registry` for a taken name, with `default registry` for a second default.
pub async fn insert(tx: &mut Tx, new: &NewRegistry, at: Timestamp) -> Result<RegistryId, StoreError> {
    let sql = sql!(
        "INSERT INTO registry (name, kind, access, stands_for_crates_io, unknown_dependencies, upload_rules, is_default, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        RETURNING id"
    );
    tx.query(sql)
        .bind(new.name.as_str())
        .bind(new.kind.word())
        .bind(new.access.word())
        .bind(new.rules.stands_for_crates_io)
        .bind(new.rules.unknown_dependencies.word())
        .bind(new.rules.upload_rules.word())
        .bind(new.is_default)
        .bind(at.0)
        .one(|row| row.next().map(RegistryId))
        .await
}

/// Every registry, by name.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn) -> Result<Vec<Registry>, StoreError> {
    let sql = sql!(
        "SELECT id, name, kind, access, stands_for_crates_io, unknown_dependencies, upload_rules, new_crates, is_default
        FROM registry
        ORDER BY name
        LIMIT $1"
    );
    conn.query(sql).bind(i64::from(REGISTRIES_MAX)).all(read).await
}

/// The registry called `name`.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, name: &RegistryName) -> Result<Option<Registry>, StoreError> {
    let sql = sql!(
        "SELECT id, name, kind, access, stands_for_crates_io, unknown_dependencies, upload_rules, new_crates, is_default
        FROM registry
        WHERE name = $1"
    );
    conn.query(sql).bind(name.as_str()).optional(read).await
}

/// The registry in row `id`.
///
/// # Errors
/// When the database fails.
pub async fn find_by_id(conn: &mut Conn, id: RegistryId) -> Result<Option<Registry>, StoreError> {
    let sql = sql!(
        "SELECT id, name, kind, access, stands_for_crates_io, unknown_dependencies, upload_rules, new_crates, is_default
        FROM registry
        WHERE id = $1"
    );
    conn.query(sql).bind(id.0).optional(read).await
}

/// Changes who may read; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_access(tx: &mut Tx, id: RegistryId, access: Access) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE registry
        SET access = $2
        WHERE id = $1"
    );
    tx.query(sql).bind(id.0).bind(access.word()).changed().await
}

/// Changes who may publish new crates; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_new_crates(tx: &mut Tx, id: RegistryId, rule: NewCrates) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE registry
        SET new_crates = $2
        WHERE id = $1"
    );
    tx.query(sql).bind(id.0).bind(rule.word()).changed().await
}

/// Changes what is asked of uploads; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_rules(tx: &mut Tx, id: RegistryId, rules: Rules) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE registry
        SET stands_for_crates_io = $2, unknown_dependencies = $3, upload_rules = $4
        WHERE id = $1"
    );
    tx.query(sql)
        .bind(id.0)
        .bind(rules.stands_for_crates_io)
        .bind(rules.unknown_dependencies.word())
        .bind(rules.upload_rules.word())
        .changed()
        .await
}

/// Keeps the number of a registry's crates, after one came or went. Call it last in a write: others wait from here.
///
/// # Errors
/// When the database fails.
pub async fn add_crates(tx: &mut Tx, id: RegistryId, more: i64) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE registry
        SET krates = krates + $2
        WHERE id = $1"
    );
    tx.query(sql).bind(id.0).bind(more).changed().await
}

/// What is kept of a registry's crates, beside what it is counted from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The registry.
    pub name: RegistryName,
    /// The number kept with it.
    pub crates_kept: u64,
    /// The number of its crates.
    pub crates_counted: u64,
    /// Crates that are marked as all yanked and are not, or the other way round.
    pub wrongly_yanked: u64,
}

/// Compares what is kept of each registry's crates with what it is counted from, by name.
///
/// # Errors
/// When the database fails.
pub async fn compare_kept(conn: &mut Conn) -> Result<Vec<Kept>, StoreError> {
    let sql = sql!(
        "SELECT registry.name, registry.krates,
            (SELECT COUNT(*) FROM krate WHERE krate.registry_id = registry.id),
            (SELECT COUNT(*)
            FROM krate
            WHERE krate.registry_id = registry.id AND krate.all_yanked = EXISTS (
                SELECT 1 FROM version WHERE version.krate_id = krate.id AND NOT version.yanked))
        FROM registry
        ORDER BY registry.name
        LIMIT $1"
    );
    conn.query(sql).bind(i64::from(REGISTRIES_MAX)).all(read_kept).await
}

fn read_kept(row: &mut Row<'_>) -> Result<Kept, StoreError> {
    Ok(Kept {
        name: row.parse()?,
        crates_kept: row.unsigned()?,
        crates_counted: row.unsigned()?,
        wrongly_yanked: row.unsigned()?,
    })
}

fn read(row: &mut Row<'_>) -> Result<Registry, StoreError> {
    Ok(Registry {
        id: RegistryId(row.next()?),
        name: row.parse()?,
        kind: row.parse()?,
        access: row.parse()?,
        stands_for_crates_io: row.next()?,
        unknown_dependencies: row.parse()?,
        upload_rules: row.parse()?,
        new_crates: row.parse()?,
        is_default: row.next()?,
    })
}
