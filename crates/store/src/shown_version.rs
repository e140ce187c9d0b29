//! Versions as pages and the web API show them: with their publisher and their downloads, without their index line.

use cratekeep_types::{
    CanonName, Checksum, CrateId, CrateName, RegistryId, Timestamp, UserId, UserName, VersionId, VersionNum,
};

use serde_json::{Value, json};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::{Conn, StoreError, Tx};

/// A version to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownVersion {
    /// Its row.
    pub id: VersionId,
    /// The name of its crate as published.
    pub krate: CrateName,
    /// Its number.
    pub num: VersionNum,
    /// SHA-256 of its `.crate` file.
    pub checksum: Checksum,
    /// Length of its `.crate` file in bytes.
    pub size: u64,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom; `None` when not by an account.
    pub published_by: Option<Publisher>,
    /// Whether it is yanked.
    pub yanked: bool,
    /// What was said when it was yanked.
    pub yank_message: Option<String>,
    /// What its manifest says, as JSON text.
    pub metadata: String,
    /// What a look into its archive told, as JSON text; nothing before that.
    pub facts: Option<String>,
    /// Who built it, when that was proved, as JSON text.
    pub built_by: Option<String>,
    /// How often it was downloaded.
    pub downloads: u64,
}

/// Who published a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// The account.
    pub id: UserId,
    /// Its name.
    pub name: UserName,
    /// What the person wants to be called.
    pub display_name: Option<String>,
}

/// Where a page of versions in the order of their numbers goes on: below this number and row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Below {
    /// [`VersionNum::order_text`]
    pub order: String,
    /// The row.
    pub id: VersionId,
}

impl Below {
    /// Above every version.
    #[must_use]
    pub fn everything() -> Self {
        Self { order: "~".to_owned(), id: VersionId(i64::MAX) }
    }
}

/// The version with this number, build metadata aside.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Conn,
    krate: CrateId,
    num: &VersionNum,
) -> Result<Option<ShownVersion>, StoreError> {
    let sql = sql!(
        "SELECT version.id, krate.name, version.num, version.checksum, version.size, version.published_at,
            account.id, account.name, account.display_name, version.yanked, version.yank_message,
            version.metadata, version.facts, version.built_by, COALESCE(download_total.downloads, 0)
        FROM version
        JOIN krate ON krate.id = version.krate_id
        LEFT JOIN account ON account.id = version.published_by
        LEFT JOIN download_total ON download_total.version_id = version.id
        WHERE version.krate_id = $1 AND version.num_bare = $2"
    );
    conn.query(sql).bind(krate.0).bind(num.without_build()).optional(read).await
}

/// The version to show first: not yanked if there is one, a release if there is one, then the highest number.
///
/// # Errors
/// When the database fails.
pub async fn default_of(conn: &mut Conn, krate: CrateId) -> Result<Option<ShownVersion>, StoreError> {
    let sql = sql!(
        "SELECT version.id, krate.name, version.num, version.checksum, version.size, version.published_at,
            account.id, account.name, account.display_name, version.yanked, version.yank_message,
            version.metadata, version.facts, version.built_by, COALESCE(download_total.downloads, 0)
        FROM version
        JOIN krate ON krate.id = version.krate_id
        LEFT JOIN account ON account.id = version.published_by
        LEFT JOIN download_total ON download_total.version_id = version.id
        WHERE version.krate_id = $1
        ORDER BY version.yanked, version.is_prerelease, version.semver_order DESC, version.id DESC
        LIMIT 1"
    );
    conn.query(sql).bind(krate.0).optional(read).await
}

/// Versions of a crate with an id below `before`, the last published first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn newest_first(
    conn: &mut Conn,
    krate: CrateId,
    before: VersionId,
    limit: u32,
) -> Result<Vec<ShownVersion>, StoreError> {
    let sql = sql!(
        "SELECT version.id, krate.name, version.num, version.checksum, version.size, version.published_at,
            account.id, account.name, account.display_name, version.yanked, version.yank_message,
            version.metadata, version.facts, version.built_by, COALESCE(download_total.downloads, 0)
        FROM version
        JOIN krate ON krate.id = version.krate_id
        LEFT JOIN account ON account.id = version.published_by
        LEFT JOIN download_total ON download_total.version_id = version.id
        WHERE version.krate_id = $1 AND version.id < $2
        ORDER BY version.id DESC
        LIMIT $3"
    );
    conn.query(sql).bind(krate.0).bind(before.0).bind(bounded(limit, PAGE_MAX)).all(read).await
}

/// Versions of a crate below a place, the highest number first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn highest_first(
    conn: &mut Conn,
    krate: CrateId,
    below: &Below,
    limit: u32,
) -> Result<Vec<ShownVersion>, StoreError> {
    let sql = sql!(
        "SELECT version.id, krate.name, version.num, version.checksum, version.size, version.published_at,
            account.id, account.name, account.display_name, version.yanked, version.yank_message,
            version.metadata, version.facts, version.built_by, COALESCE(download_total.downloads, 0)
        FROM version
        JOIN krate ON krate.id = version.krate_id
        LEFT JOIN account ON account.id = version.published_by
        LEFT JOIN download_total ON download_total.version_id = version.id
        WHERE version.krate_id = $1 AND (version.semver_order, version.id) < ($2, $3)
        ORDER BY version.semver_order DESC, version.id DESC
        LIMIT $4"
    );
    conn.query(sql)
        .bind(krate.0)
        .bind(below.order.as_str())
        .bind(below.id.0)
        .bind(bounded(limit, PAGE_MAX))
        .all(read)
        .await
}

/// Those versions of a crate that have one of these numbers (as published), the highest first, at most 10,000.
///
/// # Errors
/// When the database fails.
pub async fn among(conn: &mut Conn, krate: CrateId, nums: &[&str]) -> Result<Vec<ShownVersion>, StoreError> {
    let sql = sql!(
        "SELECT version.id, krate.name, version.num, version.checksum, version.size, version.published_at,
            account.id, account.name, account.display_name, version.yanked, version.yank_message,
            version.metadata, version.facts, version.built_by, COALESCE(download_total.downloads, 0)
        FROM version
        JOIN krate ON krate.id = version.krate_id
        LEFT JOIN account ON account.id = version.published_by
        LEFT JOIN download_total ON download_total.version_id = version.id
        WHERE version.krate_id = $2 AND version.num IN (
            SELECT item.value ->> 'num'
            FROM ",
        rows("$1"),
        ")
        ORDER BY version.semver_order DESC, version.id DESC
        LIMIT $3"
    );
    let nums = Value::from_iter(nums.iter().map(|num| json!({ "num": num })));
    conn.query(sql).bind(nums.to_string()).bind(krate.0).bind(i64::from(PAGE_MAX)).all(read).await
}

/// The numbers of a crate's releases that are neither yanked nor prereleases, the highest first, at most 10,000.
///
/// # Errors
/// When the database fails.
pub async fn releases(conn: &mut Conn, krate: CrateId) -> Result<Vec<VersionNum>, StoreError> {
    let sql = sql!(
        "SELECT num
        FROM version
        WHERE krate_id = $1 AND yanked = FALSE AND is_prerelease = FALSE
        ORDER BY semver_order DESC, id DESC
        LIMIT $2"
    );
    conn.query(sql).bind(krate.0).bind(i64::from(PAGE_MAX)).all(|row| row.parse()).await
}

/// Versions that stand in no order yet (from before there was one), by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn unordered(conn: &mut Conn, limit: u32) -> Result<Vec<(VersionId, VersionNum)>, StoreError> {
    let sql = sql!(
        "SELECT id, num
        FROM version
        WHERE semver_order = ''
        ORDER BY id
        LIMIT $1"
    );
    conn.query(sql).bind(bounded(limit, PAGE_MAX)).all(|row| Ok((VersionId(row.next()?), row.parse()?))).await
}

/// Puts versions into their order.
///
/// # Errors
/// When the database fails.
pub async fn set_order(tx: &mut Tx, versions: &[(VersionId, VersionNum)]) -> Result<(), StoreError> {
    let sql = sql!(
        "UPDATE version
        SET semver_order = item.value ->> 'semver_order',
            is_prerelease = CAST(item.value ->> 'is_prerelease' AS BOOLEAN)
        FROM ",
        rows("$1"),
        " WHERE version.id = CAST(item.value ->> 'id' AS BIGINT)"
    );
    let rows = Value::from_iter(versions.iter().map(|(id, num)| {
        json!({ "id": id.0, "semver_order": num.order_text(), "is_prerelease": num.is_prerelease() })
    }));
    tx.query(sql).bind(rows.to_string()).execute().await?;
    Ok(())
}

/// How one crate depends on another, by its version to show first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependent {
    /// The version requirement.
    pub req: String,
    /// `normal`, `build` or `dev`.
    pub kind: String,
    /// The platform it is for, if not all.
    pub target: Option<String>,
    /// Whether a feature must ask for it.
    pub optional: bool,
    /// Whether its default features are on.
    pub default_features: bool,
    /// Its features that are asked for, as a JSON list.
    pub features: String,
    /// Downloads of the depending crate.
    pub downloads: u64,
}

/// Crates of the same registry whose version to show first depends on a crate and is not yanked, the most downloaded
/// first. Crates that not everybody may see are left out.
///
/// # Errors
/// When the database fails.
pub async fn dependents(
    conn: &mut Conn,
    registry: RegistryId,
    canon: &CanonName,
    (offset, limit): (u32, u32),
) -> Result<Vec<(ShownVersion, Dependent)>, StoreError> {
    let sql = sql!(
        "SELECT version.id, krate.name, version.num, version.checksum, version.size, version.published_at,
            account.id, account.name, account.display_name, version.yanked, version.yank_message,
            version.metadata, version.facts, version.built_by, COALESCE(download_total.downloads, 0),
            dependency.req, dependency.kind, dependency.target, dependency.optional,
            dependency.default_features, dependency.features,
            (SELECT CAST(COALESCE(SUM(every.downloads), 0) AS BIGINT)
            FROM download_total AS every
            WHERE every.krate_id = krate.id)
        FROM dependency
        JOIN version ON version.id = dependency.version_id
        JOIN krate ON krate.id = version.krate_id
        LEFT JOIN account ON account.id = version.published_by
        LEFT JOIN download_total ON download_total.version_id = version.id
        WHERE dependency.canon = $2 AND dependency.registry_id = $1 AND krate.registry_id = $1
            AND NOT version.yanked AND NOT krate.limited
            AND version.id = (SELECT best.id
                FROM version AS best
                WHERE best.krate_id = krate.id
                ORDER BY best.yanked, best.is_prerelease, best.semver_order DESC, best.id DESC
                LIMIT 1)
            AND dependency.place = (SELECT MIN(first.place)
                FROM dependency AS first
                WHERE first.version_id = version.id AND first.canon = $2 AND first.registry_id = $1)
        ORDER BY 22 DESC, krate.id
        LIMIT $3 OFFSET $4"
    );
    conn.query(sql)
        .bind(registry.0)
        .bind(canon.as_str())
        .bind(bounded(limit, PAGE_MAX))
        .bind(i64::from(offset))
        .all(read_dependent)
        .await
}

/// How many crates [`dependents`] has in all.
///
/// # Errors
/// When the database fails.
pub async fn count_dependents(
    conn: &mut Conn,
    registry: RegistryId,
    canon: &CanonName,
) -> Result<u64, StoreError> {
    let sql = sql!(
        "SELECT COUNT(DISTINCT krate.id)
        FROM dependency
        JOIN version ON version.id = dependency.version_id
        JOIN krate ON krate.id = version.krate_id
        WHERE dependency.canon = $2 AND dependency.registry_id = $1 AND krate.registry_id = $1
            AND NOT version.yanked AND NOT krate.limited
            AND version.id = (SELECT best.id
                FROM version AS best
                WHERE best.krate_id = krate.id
                ORDER BY best.yanked, best.is_prerelease, best.semver_order DESC, best.id DESC
                LIMIT 1)"
    );
    conn.query(sql).bind(registry.0).bind(canon.as_str()).one(|row| row.unsigned()).await
}

/// Reads the columns of a version to be shown.
pub(crate) fn read(row: &mut Row<'_>) -> Result<ShownVersion, StoreError> {
    Ok(ShownVersion {
        id: VersionId(row.next()?),
        krate: row.parse()?,
        num: row.parse()?,
        checksum: row.checksum()?,
        size: row.unsigned()?,
        published_at: row.time()?,
        published_by: read_publisher(row)?,
        yanked: row.next()?,
        yank_message: row.next()?,
        metadata: row.next()?,
        facts: row.next()?,
        built_by: row.next()?,
        downloads: row.unsigned()?,
    })
}

fn read_publisher(row: &mut Row<'_>) -> Result<Option<Publisher>, StoreError> {
    let id = row.next::<Option<i64>>()?.map(UserId);
    let name: Option<&str> = row.next()?;
    let display_name = row.next()?;
    let (Some(id), Some(name)) = (id, name) else { return Ok(None) };
    let name =
        name.parse().map_err(|error| StoreError::Internal(format!("a stored value is bad: {error}")))?;
    Ok(Some(Publisher { id, name, display_name }))
}

fn read_dependent(row: &mut Row<'_>) -> Result<(ShownVersion, Dependent), StoreError> {
    let version = read(row)?;
    let needs = Dependent {
        req: row.next()?,
        kind: row.next()?,
        target: row.next()?,
        optional: row.next()?,
        default_features: row.next()?,
        features: row.next()?,
        downloads: row.unsigned()?,
    };
    Ok((version, needs))
}
