//! Crates as pages and the web API show them: with the numbers of their versions and their downloads.

use cratekeep_types::{CrateId, CrateName, RegistryId, Timestamp, VersionNum};

use serde_json::{Value, json};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::{Conn, StoreError, Tx};

/// A crate to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownKrate {
    /// Its row.
    pub id: CrateId,
    /// Its name as published.
    pub name: CrateName,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// What the version published last says about it.
    pub description: Option<String>,
    /// Whether only its owners and readers see it.
    pub limited: bool,
    /// Whether only build jobs may publish it.
    pub trustpub_only: bool,
    /// How many versions it has, yanked ones too.
    pub versions: u64,
    /// The version to show first.
    pub default_version: Option<VersionNum>,
    /// Whether that one is yanked, which means that all are.
    pub yanked: bool,
    /// What the manifest of that one says, as JSON text.
    pub metadata: Option<String>,
    /// Highest version that is not yanked.
    pub max_version: Option<VersionNum>,
    /// Highest release that is not yanked.
    pub max_stable_version: Option<VersionNum>,
    /// Version published last that is not yanked.
    pub newest_version: Option<VersionNum>,
    /// Downloads of all versions.
    pub downloads: u64,
    /// Downloads of all versions in the last 90 days.
    pub recent_downloads: u64,
}

/// A crate with what is counted of it.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, id: CrateId) -> Result<Option<ShownKrate>, StoreError> {
    Ok(list(conn, &[id]).await?.pop())
}

/// Crates with what is counted of them, by id; those that are gone are left out.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, ids: &[CrateId]) -> Result<Vec<ShownKrate>, StoreError> {
    let sql = sql!(
        "SELECT krate.id, krate.name, krate.created_at, krate.updated_at, krate.description, krate.limited,
            krate.trustpub_only,
            (SELECT COUNT(*) FROM version WHERE version.krate_id = krate.id),
            shown.num, COALESCE(shown.yanked, FALSE), shown.metadata,
            (SELECT num FROM version
            WHERE version.krate_id = krate.id AND NOT yanked
            ORDER BY semver_order DESC, id DESC LIMIT 1),
            (SELECT num FROM version
            WHERE version.krate_id = krate.id AND NOT yanked AND NOT is_prerelease
            ORDER BY semver_order DESC, id DESC LIMIT 1),
            (SELECT num FROM version WHERE version.krate_id = krate.id AND NOT yanked ORDER BY id DESC LIMIT 1),
            krate.downloads, krate.recent_downloads
        FROM krate
        LEFT JOIN version AS shown ON shown.id = (SELECT best.id
            FROM version AS best
            WHERE best.krate_id = krate.id
            ORDER BY best.yanked, best.is_prerelease, best.semver_order DESC, best.id DESC
            LIMIT 1)
        WHERE krate.id IN (SELECT CAST(item.value ->> 'id' AS BIGINT) FROM ",
        rows("$1"),
        ")
        ORDER BY krate.id"
    );
    let rows: Value = ids.iter().take(PAGE_MAX as usize).map(|id| json!({ "id": id.0 })).collect();
    conn.query(sql).bind(rows.to_string()).all(read).await
}

/// The keywords of a crate, by name.
///
/// # Errors
/// When the database fails.
pub async fn keywords(conn: &mut Conn, id: CrateId) -> Result<Vec<String>, StoreError> {
    let sql = sql!(
        "SELECT keyword
        FROM krate_keyword
        WHERE krate_id = $1
        ORDER BY keyword
        LIMIT $2"
    );
    conn.query(sql).bind(id.0).bind(i64::from(PAGE_MAX)).all(|row| row.next()).await
}

/// The category slugs of a crate, by name.
///
/// # Errors
/// When the database fails.
pub async fn categories(conn: &mut Conn, id: CrateId) -> Result<Vec<String>, StoreError> {
    let sql = sql!(
        "SELECT slug
        FROM krate_category
        WHERE krate_id = $1
        ORDER BY slug
        LIMIT $2"
    );
    conn.query(sql).bind(id.0).bind(i64::from(PAGE_MAX)).all(|row| row.next()).await
}

/// Forgets keywords and categories of a crate.
///
/// # Errors
/// When the database fails.
pub async fn clear_words(tx: &mut Tx, id: CrateId) -> Result<(), StoreError> {
    let keywords = sql!(
        "DELETE FROM krate_keyword
        WHERE krate_id = $1"
    );
    let categories = sql!(
        "DELETE FROM krate_category
        WHERE krate_id = $1"
    );
    tx.query(keywords).bind(id.0).execute().await?;
    tx.query(categories).bind(id.0).execute().await?;
    Ok(())
}

/// Adds keywords to a crate that has none.
///
/// # Errors
/// When the database fails.
pub async fn add_keywords(tx: &mut Tx, id: CrateId, words: &[String]) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO krate_keyword (krate_id, keyword)
        SELECT DISTINCT CAST($2 AS BIGINT), item.value ->> 'word'
        FROM ",
        rows("$1"),
        " ORDER BY 2"
    );
    tx.query(sql).bind(words_json(words)).bind(id.0).execute().await?;
    Ok(())
}

/// Adds category slugs to a crate that has none.
///
/// # Errors
/// When the database fails.
pub async fn add_categories(tx: &mut Tx, id: CrateId, slugs: &[String]) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO krate_category (krate_id, slug)
        SELECT DISTINCT CAST($2 AS BIGINT), item.value ->> 'word'
        FROM ",
        rows("$1"),
        " ORDER BY 2"
    );
    tx.query(sql).bind(words_json(slugs)).bind(id.0).execute().await?;
    Ok(())
}

/// A keyword with how many crates have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeywordRow {
    /// The word.
    pub keyword: String,
    /// Crates of the registry that everybody who reads it may see.
    pub crates: u64,
    /// When the oldest of them was made.
    pub since: Timestamp,
}

/// In which order keywords are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeywordOrder {
    /// By name.
    Name,
    /// The most used first.
    Crates,
}

/// Keywords of a registry with how many there are in all.
///
/// # Errors
/// When the database fails.
pub async fn list_keywords(
    conn: &mut Conn,
    registry: RegistryId,
    order: KeywordOrder,
    (offset, limit): (u32, u32),
) -> Result<Vec<KeywordRow>, StoreError> {
    let sql = sql!(
        "SELECT krate_keyword.keyword, COUNT(*), MIN(krate.created_at)
        FROM krate_keyword
        JOIN krate ON krate.id = krate_keyword.krate_id
        WHERE krate.registry_id = $1 AND NOT krate.limited
        GROUP BY krate_keyword.keyword
        ORDER BY CASE WHEN $2 THEN COUNT(*) ELSE 0 END DESC, krate_keyword.keyword
        LIMIT $3 OFFSET $4"
    );
    conn.query(sql)
        .bind(registry.0)
        .bind(order == KeywordOrder::Crates)
        .bind(bounded(limit, PAGE_MAX))
        .bind(i64::from(offset))
        .all(read_keyword)
        .await
}

/// How many keywords a registry has.
///
/// # Errors
/// When the database fails.
pub async fn count_keywords(conn: &mut Conn, registry: RegistryId) -> Result<u64, StoreError> {
    let sql = sql!(
        "SELECT COUNT(DISTINCT krate_keyword.keyword)
        FROM krate_keyword
        JOIN krate ON krate.id = krate_keyword.krate_id
        WHERE krate.registry_id = $1 AND NOT krate.limited"
    );
    conn.query(sql).bind(registry.0).one(|row| row.unsigned()).await
}

/// One keyword of a registry, written in lower case.
///
/// # Errors
/// When the database fails.
pub async fn find_keyword(
    conn: &mut Conn,
    registry: RegistryId,
    keyword: &str,
) -> Result<Option<KeywordRow>, StoreError> {
    let sql = sql!(
        "SELECT krate_keyword.keyword, COUNT(*), MIN(krate.created_at)
        FROM krate_keyword
        JOIN krate ON krate.id = krate_keyword.krate_id
        WHERE krate.registry_id = $1 AND NOT krate.limited AND krate_keyword.keyword = $2
        GROUP BY krate_keyword.keyword"
    );
    conn.query(sql).bind(registry.0).bind(keyword).optional(read_keyword).await
}

/// How many crates of a registry are in each category, and in no other sense below it: slug and count, by slug. Crates
/// that not everybody may see are left out.
///
/// # Errors
/// When the database fails.
pub async fn count_categories(
    conn: &mut Conn,
    registry: RegistryId,
) -> Result<Vec<(String, u64)>, StoreError> {
    let sql = sql!(
        "SELECT krate_category.slug, COUNT(*)
        FROM krate_category
        JOIN krate ON krate.id = krate_category.krate_id
        WHERE krate.registry_id = $1 AND NOT krate.limited
        GROUP BY krate_category.slug
        ORDER BY krate_category.slug
        LIMIT $2"
    );
    conn.query(sql)
        .bind(registry.0)
        .bind(i64::from(PAGE_MAX))
        .all(|row| Ok((row.next()?, row.unsigned()?)))
        .await
}

/// Downloads of all crates of a registry that everybody who reads it may see: ever, and of late.
///
/// # Errors
/// When the database fails.
pub async fn downloads_of(conn: &mut Conn, registry: RegistryId) -> Result<(u64, u64), StoreError> {
    let sql = sql!(
        "SELECT CAST(COALESCE(SUM(downloads), 0) AS BIGINT), CAST(COALESCE(SUM(recent_downloads), 0) AS BIGINT)
        FROM krate
        WHERE registry_id = $1 AND NOT limited"
    );
    conn.query(sql).bind(registry.0).one(|row| Ok((row.unsigned()?, row.unsigned()?))).await
}

fn words_json(words: &[String]) -> String {
    Value::from_iter(words.iter().map(|word| json!({ "word": word.to_lowercase() }))).to_string()
}

fn read_keyword(row: &mut Row<'_>) -> Result<KeywordRow, StoreError> {
    Ok(KeywordRow { keyword: row.next()?, crates: row.unsigned()?, since: row.time()? })
}

fn read(row: &mut Row<'_>) -> Result<ShownKrate, StoreError> {
    Ok(ShownKrate {
        id: CrateId(row.next()?),
        name: row.parse()?,
        created_at: row.time()?,
        updated_at: row.time()?,
        description: row.next()?,
        limited: row.next()?,
        trustpub_only: row.next()?,
        versions: row.unsigned()?,
        default_version: read_num(row)?,
        yanked: row.next()?,
        metadata: row.next()?,
        max_version: read_num(row)?,
        max_stable_version: read_num(row)?,
        newest_version: read_num(row)?,
        downloads: row.unsigned()?,
        recent_downloads: row.unsigned()?,
    })
}

fn read_num(row: &mut Row<'_>) -> Result<Option<VersionNum>, StoreError> {
    let text: Option<&str> = row.next()?;
    text.map(str::parse)
        .transpose()
        .map_err(|error| StoreError::Internal(format!("a stored version number is bad: {error}")))
}
