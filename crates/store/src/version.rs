//! Versions of crates, each with its finished index line.

use cratekeep_types::{
    CanonName, Checksum, CrateId, CrateName, EventNumber, RegistryId, Timestamp, UserId, VersionId,
    VersionNum,
};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::{Conn, StoreError, Tx};

/// A version to be made.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// Its crate.
    pub krate: CrateId,
    /// Its number, with build metadata.
    pub num: VersionNum,
    /// SHA-256 of its `.crate` file.
    pub checksum: Checksum,
    /// Length of its `.crate` file in bytes.
    pub size: u64,
    /// Its index line, without newline.
    pub line: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom; `None` when not by a user.
    pub published_by: Option<UserId>,
    /// Whether it starts out yanked (imports only).
    pub yanked: bool,
    /// Everything else the manifest says, as one JSON text, kept whole.
    pub metadata: String,
    /// Who built it, when that was proved, as one JSON text.
    pub built_by: Option<String>,
}

/// A version as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    /// Its row.
    pub id: VersionId,
    /// Its crate.
    pub krate: CrateId,
    /// Its number, with build metadata.
    pub num: VersionNum,
    /// SHA-256 of its `.crate` file.
    pub checksum: Checksum,
    /// Length of its `.crate` file in bytes.
    pub size: u64,
    /// Its index line, without newline.
    pub line: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom; `None` when not by a user.
    pub published_by: Option<UserId>,
    /// Whether it is yanked.
    pub yanked: bool,
    /// What was said when it was yanked.
    pub yank_message: Option<String>,
    /// Everything else the manifest says, as one JSON text.
    pub metadata: String,
}

/// What it takes to send a `.crate` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// The crate.
    pub krate: CrateId,
    /// The version.
    pub version: VersionId,
    /// The crate's name as published.
    pub name: CrateName,
    /// The version's number as published.
    pub num: VersionNum,
    /// SHA-256 of the file.
    pub checksum: Checksum,
    /// Its length in bytes.
    pub size: u64,
}

/// A crate's index file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexFileRow {
    /// The crate.
    pub krate: CrateId,
    /// Its name as published.
    pub name: CrateName,
    /// Quoted strong validator of the file.
    pub etag: String,
    /// The last event about the crate.
    pub event_number: EventNumber,
    /// The file: one line per version in publish order, each ended by a newline.
    pub text: String,
}

/// Whether and why a version is yanked.
#[derive(Clone, Debug)]
pub struct Yank {
    /// Whether it is yanked from now on.
    pub yanked: bool,
    /// What to say about it.
    pub message: Option<String>,
    /// The version's index line as it reads from now on.
    pub line: String,
}

/// The numbers of a crate's versions, by row.
///
/// # Errors
/// When the database fails.
pub async fn nums(conn: &mut Conn, krate: CrateId) -> Result<Vec<(VersionId, VersionNum)>, StoreError> {
    let sql = sql!(
        "SELECT id, num
        FROM version
        WHERE krate_id = $1
        ORDER BY id
        LIMIT $2"
    );
    conn.query(sql)
        .bind(krate.0)
        .bind(i64::from(PAGE_MAX))
        .all(|row| Ok((VersionId(row.next()?), row.parse()?)))
        .await
}

/// The version with this number, build metadata aside.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Conn,
    krate: CrateId,
    num: &VersionNum,
) -> Result<Option<VersionRow>, StoreError> {
    let sql = sql!(
        "SELECT id, krate_id, num, checksum, size, line, published_at, published_by, yanked, yank_message, metadata
        FROM version
        WHERE krate_id = $1 AND num_bare = $2"
    );
    conn.query(sql).bind(krate.0).bind(num.without_build()).optional(read).await
}

/// The version in row `id`.
///
/// # Errors
/// When the database fails.
pub async fn find_by_id(conn: &mut Conn, id: VersionId) -> Result<Option<VersionRow>, StoreError> {
    let sql = sql!(
        "SELECT id, krate_id, num, checksum, size, line, published_at, published_by, yanked, yank_message, metadata
        FROM version
        WHERE id = $1"
    );
    conn.query(sql).bind(id.0).optional(read).await
}

/// Versions of a crate with an id above `after` in publish order, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Conn,
    krate: CrateId,
    after: VersionId,
    limit: u32,
) -> Result<Vec<VersionRow>, StoreError> {
    let sql = sql!(
        "SELECT id, krate_id, num, checksum, size, line, published_at, published_by, yanked, yank_message, metadata
        FROM version
        WHERE krate_id = $1 AND id > $2
        ORDER BY id
        LIMIT $3"
    );
    conn.query(sql).bind(krate.0).bind(after.0).bind(bounded(limit, PAGE_MAX)).all(read).await
}

/// How many versions a crate has.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Conn, krate: CrateId) -> Result<u64, StoreError> {
    let sql = sql!(
        "SELECT COUNT(*)
        FROM version
        WHERE krate_id = $1"
    );
    conn.query(sql).bind(krate.0).one(|row| row.unsigned()).await
}

/// Makes a version.
///
/// # Errors
/// [`StoreError::Conflict`] with `version` when the number is taken, build metadata aside.
pub async fn insert(tx: &mut Tx, new: &NewVersion) -> Result<VersionId, StoreError> {
    let sql = sql!(
        "INSERT INTO version (krate_id, num, num_bare, checksum, size, yanked, line, published_at, published_by, metadata,
            semver_order, is_prerelease, built_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        RETURNING id"
    );
    tx.query(sql)
        .bind(new.krate.0)
        .bind(new.num.to_string())
        .bind(new.num.without_build())
        .bind(&new.checksum.as_bytes()[..])
        .bind_unsigned(new.size)
        .bind(new.yanked)
        .bind(new.line.as_str())
        .bind(new.published_at.0)
        .bind(new.published_by.map(|user| user.0))
        .bind(new.metadata.as_str())
        .bind(new.num.order_text())
        .bind(new.num.is_prerelease())
        .bind(new.built_by.as_deref())
        .one(|row| row.next().map(VersionId))
        .await
}

/// Yanks or unyanks; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_yanked(tx: &mut Tx, id: VersionId, yank: &Yank) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE version
        SET yanked = $2, yank_message = $3, line = $4
        WHERE id = $1"
    );
    tx.query(sql)
        .bind(id.0)
        .bind(yank.yanked)
        .bind(yank.message.as_deref())
        .bind(yank.line.as_str())
        .changed()
        .await
}

/// Keeps what a look into the archive of a version told, as one JSON text; says whether the version is there.
///
/// # Errors
/// When the database fails.
pub async fn set_facts(tx: &mut Tx, id: VersionId, facts: &str) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE version
        SET facts = $2
        WHERE id = $1"
    );
    tx.query(sql).bind(id.0).bind(facts).changed().await
}

/// The file of one version, found by the crate's canonical name and the number, build metadata aside.
///
/// # Errors
/// When the database fails.
pub async fn find_file(
    conn: &mut Conn,
    registry: RegistryId,
    canon: &CanonName,
    num: &VersionNum,
) -> Result<Option<FileRow>, StoreError> {
    let sql = sql!(
        "SELECT krate.id, version.id, krate.name, version.num, version.checksum, version.size
        FROM krate
        JOIN version ON version.krate_id = krate.id
        WHERE krate.registry_id = $1 AND krate.canon = $2 AND version.num_bare = $3"
    );
    conn.query(sql)
        .bind(registry.0)
        .bind(canon.as_str())
        .bind(num.without_build())
        .optional(|row| {
            Ok(FileRow {
                krate: CrateId(row.next()?),
                version: VersionId(row.next()?),
                name: row.parse()?,
                num: row.parse()?,
                checksum: row.checksum()?,
                size: row.unsigned()?,
            })
        })
        .await
}

/// The index file of the crate whose published name in lower case is `index_name`.
///
/// # Errors
/// When the database fails.
pub async fn index_file(
    conn: &mut Conn,
    registry: RegistryId,
    index_name: &str,
) -> Result<Option<IndexFileRow>, StoreError> {
    let sql = sql!(
        "SELECT id, name, index_etag, event_number,
            (SELECT STRING_AGG(version.line || $4, '' ORDER BY version.id)
            FROM version
            WHERE version.krate_id = krate.id)
        FROM krate
        WHERE registry_id = $1 AND canon = $2 AND index_name = $3"
    );
    conn.query(sql)
        .bind(registry.0)
        .bind(CanonName::of(index_name).as_str())
        .bind(index_name)
        .bind("\n")
        .optional(|row| {
            Ok(IndexFileRow {
                krate: CrateId(row.next()?),
                name: row.parse()?,
                etag: row.next()?,
                event_number: EventNumber(row.next()?),
                text: row.next::<Option<String>>()?.unwrap_or_default(),
            })
        })
        .await
}

fn read(row: &mut Row<'_>) -> Result<VersionRow, StoreError> {
    Ok(VersionRow {
        id: VersionId(row.next()?),
        krate: CrateId(row.next()?),
        num: row.parse()?,
        checksum: row.checksum()?,
        size: row.unsigned()?,
        line: row.next()?,
        published_at: row.time()?,
        published_by: row.next::<Option<i64>>()?.map(UserId),
        yanked: row.next()?,
        yank_message: row.next()?,
        metadata: row.next()?,
    })
}
