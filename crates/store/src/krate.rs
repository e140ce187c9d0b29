//! Crates and the heads of their index files.

use cratekeep_types::{CanonName, CrateId, CrateName, EventNumber, RegistryId, Timestamp};

use serde_json::{Value, json};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::{Conn, StoreError, Tx};

/// What is known about a crate's index file without reading its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Sum of the hashes of the lines.
    pub fold: [u8; 32],
    /// Length of the file in bytes.
    pub length: u64,
    /// Quoted strong validator of the file.
    pub etag: String,
}

/// A crate as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KrateRow {
    /// Its row.
    pub id: CrateId,
    /// Where it lives.
    pub registry: RegistryId,
    /// Its name as first published.
    pub name: CrateName,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a version was last published or changed.
    pub updated_at: Timestamp,
    /// What the version published last says about it.
    pub description: Option<String>,
    /// The head of its index file.
    pub head: Head,
    /// The last event about it; zero before the first commit.
    pub event_number: EventNumber,
    /// Whether its owners let only build jobs publish it.
    pub trustpub_only: bool,
}

/// A crate to be made.
#[derive(Clone, Debug)]
pub struct NewKrate {
    /// Where it lives.
    pub registry: RegistryId,
    /// Its name as published.
    pub name: CrateName,
    /// The head of its still empty index file.
    pub head: Head,
}

/// A crate's index file changes.
#[derive(Clone, Debug)]
pub struct NewHead {
    /// The new head.
    pub head: Head,
    /// The new description; `None` keeps the one there is, `Some("")` removes it.
    pub description: Option<String>,
    /// When.
    pub updated_at: Timestamp,
}

/// Which limited crates somebody sees; those that are not limited everybody sees who may read the registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Every one.
    pub all: bool,
    /// These.
    pub limited: Vec<CrateId>,
}

/// What to look for.
#[derive(Clone, Debug)]
pub struct Search {
    /// Which limited crates are among what is found.
    pub seen: Seen,
    /// Where.
    pub registry: RegistryId,
    /// The words as they were typed; searched in descriptions. Empty finds every crate.
    pub text: String,
    /// The words folded as names are; searched in names.
    pub canon: CanonName,
    /// How many hits to skip.
    pub offset: u32,
    /// How many hits to return, at most [`SEARCH_MAX`].
    pub limit: u32,
}

/// One crate found, with what it takes to name its highest version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHit {
    /// The crate.
    pub krate: KrateRow,
    /// Its versions in publish order: number and whether it is yanked.
    pub versions: Vec<(String, bool)>,
}

/// Most hits of one search page.
pub const SEARCH_MAX: u32 = 200;

/// A page of hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchPage {
    /// The hits of this page: the exact name first, then names that begin so, then names and descriptions that contain it; by name within each.
    pub hits: Vec<SearchHit>,
    /// How many hits there are on all pages.
    pub total: u64,
}

/// The crate with this canonical name.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Conn,
    registry: RegistryId,
    canon: &CanonName,
) -> Result<Option<KrateRow>, StoreError> {
    let sql = sql!(
        "SELECT id, registry_id, name, created_at, updated_at, description, index_fold, index_length, index_etag, event_number, trustpub_only
        FROM krate
        WHERE registry_id = $1 AND canon = $2"
    );
    conn.query(sql).bind(registry.0).bind(canon.as_str()).optional(read).await
}

/// The crate in row `id`.
///
/// # Errors
/// When the database fails.
pub async fn find_by_id(conn: &mut Conn, id: CrateId) -> Result<Option<KrateRow>, StoreError> {
    let sql = sql!(
        "SELECT id, registry_id, name, created_at, updated_at, description, index_fold, index_length, index_etag, event_number, trustpub_only
        FROM krate
        WHERE id = $1"
    );
    conn.query(sql).bind(id.0).optional(read).await
}

/// The crate with this canonical name, kept from changing until the write ends.
///
/// # Errors
/// When the database fails.
pub async fn lock_crate(
    tx: &mut Tx,
    registry: RegistryId,
    canon: &CanonName,
) -> Result<Option<KrateRow>, StoreError> {
    // SQLite has no row locks and needs none: its one writer runs alone.
    let sql = sql!(
        sqlite: "SELECT id, registry_id, name, created_at, updated_at, description, index_fold, index_length, index_etag, event_number, trustpub_only
        FROM krate
        WHERE registry_id = $1 AND canon = $2",
        postgres: "SELECT id, registry_id, name, created_at, updated_at, description, index_fold, index_length, index_etag, event_number, trustpub_only
        FROM krate
        WHERE registry_id = $1 AND canon = $2
        FOR UPDATE"
    );
    tx.query(sql).bind(registry.0).bind(canon.as_str()).optional(read).await
}

/// Makes a crate.
///
/// # Errors
/// [`StoreError::Conflict`] with `crate` when the canonical name is taken; run the write again to see by whom.
pub async fn insert(tx: &mut Tx, new: &NewKrate, at: Timestamp) -> Result<CrateId, StoreError> {
    let sql = sql!(
        "INSERT INTO krate (registry_id, name, canon, index_name, created_at, updated_at, index_fold, index_length, index_etag, event_number)
        VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, 0)
        RETURNING id"
    );
    tx.query(sql)
        .bind(new.registry.0)
        .bind(new.name.as_str())
        .bind(new.name.canon().as_str())
        .bind(new.name.as_str().to_ascii_lowercase())
        .bind(at.0)
        .bind(&new.head.fold[..])
        .bind_unsigned(new.head.length)
        .bind(new.head.etag.as_str())
        .one(|row| row.next().map(CrateId))
        .await
}

/// Sets the head of the index file, after the versions changed; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_head(tx: &mut Tx, id: CrateId, new: &NewHead) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE krate
        SET index_fold = $2, index_length = $3, index_etag = $4, updated_at = $5,
            description = NULLIF(COALESCE($6, description), ''),
            all_yanked = NOT EXISTS (SELECT 1 FROM version WHERE version.krate_id = $1 AND NOT version.yanked)
        WHERE id = $1"
    );
    tx.query(sql)
        .bind(id.0)
        .bind(&new.head.fold[..])
        .bind_unsigned(new.head.length)
        .bind(new.head.etag.as_str())
        .bind(new.updated_at.0)
        .bind(new.description.as_deref())
        .changed()
        .await
}

/// Lets only build jobs publish a crate, or people too; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_trustpub_only(tx: &mut Tx, id: CrateId, only: bool) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE krate
        SET trustpub_only = $2
        WHERE id = $1"
    );
    tx.query(sql).bind(id.0).bind(only).changed().await
}

/// Crates whose name or description contains what is asked.
///
/// # Errors
/// When the database fails.
pub async fn search(conn: &mut Conn, search: &Search) -> Result<SearchPage, StoreError> {
    let sql = sql!(
        "WITH hit AS (
            SELECT id, canon,
                CASE WHEN canon = $2 THEN 0 WHEN canon LIKE $3 ESCAPE '!' THEN 1 ELSE 2 END AS rank
            FROM krate
            WHERE registry_id = $1
                AND (canon LIKE $4 ESCAPE '!' OR LOWER(description) LIKE $5 ESCAPE '!')
                AND (NOT limited OR $8 OR id IN (SELECT CAST(item.value ->> 'id' AS BIGINT) FROM ",
        rows("$9"),
        "))
        ), page AS (
            SELECT id, canon, rank
            FROM hit
            ORDER BY rank, canon
            LIMIT $6 OFFSET $7
        )
        SELECT (SELECT COUNT(*) FROM hit), krate.id, krate.registry_id, krate.name, krate.created_at,
            krate.updated_at, krate.description, krate.index_fold, krate.index_length, krate.index_etag,
            krate.event_number, krate.trustpub_only,
            (SELECT STRING_AGG(num || CASE WHEN yanked THEN ' y' ELSE ' n' END, ',' ORDER BY version.id)
            FROM version
            WHERE version.krate_id = krate.id)
        FROM (SELECT 1 AS one) AS single
        LEFT JOIN page ON single.one = 1
        LEFT JOIN krate ON krate.id = page.id
        ORDER BY page.rank, page.canon"
    );
    let canon = like_literal(search.canon.as_str());
    let seen: Value = search.seen.limited.iter().map(|id| json!({ "id": id.0 })).collect();
    let rows = conn
        .query(sql)
        .bind(search.registry.0)
        .bind(search.canon.as_str())
        .bind(format!("{canon}%"))
        .bind(format!("%{canon}%"))
        .bind(format!("%{}%", like_literal(&search.text.to_ascii_lowercase())))
        .bind(bounded(search.limit, SEARCH_MAX))
        .bind(i64::from(search.offset))
        .bind(search.seen.all)
        .bind(seen.to_string())
        .all(read_hit)
        .await?;
    let total = rows.first().map_or(0, |(total, _)| *total);
    Ok(SearchPage { hits: rows.into_iter().filter_map(|(_, hit)| hit).collect(), total })
}

/// Crates of a registry with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Conn,
    registry: RegistryId,
    after: CrateId,
    limit: u32,
) -> Result<Vec<KrateRow>, StoreError> {
    let sql = sql!(
        "SELECT id, registry_id, name, created_at, updated_at, description, index_fold, index_length, index_etag, event_number, trustpub_only
        FROM krate
        WHERE registry_id = $1 AND id > $2
        ORDER BY id
        LIMIT $3"
    );
    conn.query(sql).bind(registry.0).bind(after.0).bind(bounded(limit, PAGE_MAX)).all(read).await
}

/// Which of `names` are crates of the registry, in no order that matters.
///
/// # Errors
/// When the database fails.
pub async fn existing(
    conn: &mut Conn,
    registry: RegistryId,
    names: &[CanonName],
) -> Result<Vec<CanonName>, StoreError> {
    let sql = sql!(
        "SELECT canon
        FROM krate
        WHERE registry_id = $1 AND canon IN (SELECT item.value ->> 'canon' FROM ",
        rows("$2"),
        ")
        ORDER BY canon"
    );
    let rows: Vec<_> = names.iter().map(|name| json!({ "canon": name.as_str() })).collect();
    conn.query(sql)
        .bind(registry.0)
        .bind(Value::from(rows).to_string())
        .all(|row| row.next().map(CanonName::of))
        .await
}

/// Adds downloads that were counted to the numbers kept with crates.
///
/// # Errors
/// When the database fails.
pub async fn add_downloads(tx: &mut Tx, counts: &[(CrateId, u64)]) -> Result<(), StoreError> {
    let sql = sql!(
        "UPDATE krate
        SET downloads = downloads + CAST(item.value ->> 'downloads' AS BIGINT),
            recent_downloads = recent_downloads + CAST(item.value ->> 'downloads' AS BIGINT)
        FROM ",
        rows("$1"),
        " WHERE krate.id = CAST(item.value ->> 'krate' AS BIGINT)"
    );
    let rows: Value = counts.iter().map(|(id, count)| json!({ "krate": id.0, "downloads": count })).collect();
    tx.query(sql).bind(rows.to_string()).execute().await?;
    Ok(())
}

/// Counts the downloads kept with the crates whose ids are above `after` and at most `last` anew; those since the day
/// `from_day` are recent. Says how many crates changed.
///
/// # Errors
/// When the database fails.
pub async fn recount_downloads(
    tx: &mut Tx,
    after: CrateId,
    last: CrateId,
    from_day: i32,
) -> Result<u64, StoreError> {
    let sql = sql!(
        "WITH fresh AS (
            SELECT krate.id,
                (SELECT CAST(COALESCE(SUM(downloads), 0) AS BIGINT)
                FROM download_total WHERE download_total.krate_id = krate.id) AS ever,
                (SELECT CAST(COALESCE(SUM(downloads), 0) AS BIGINT)
                FROM download_day WHERE download_day.krate_id = krate.id AND day >= $3) AS recent
            FROM krate
            WHERE krate.id > $1 AND krate.id <= $2
        )
        UPDATE krate
        SET downloads = fresh.ever, recent_downloads = fresh.recent
        FROM fresh
        WHERE krate.id = fresh.id
            AND (krate.downloads <> fresh.ever OR krate.recent_downloads <> fresh.recent)"
    );
    tx.query(sql).bind(after.0).bind(last.0).bind(i64::from(from_day)).execute().await
}

/// The highest id among the next `limit` crates after `after`; `None` when there are no more.
///
/// # Errors
/// When the database fails.
pub async fn end_of_batch(
    conn: &mut Conn,
    after: CrateId,
    limit: u32,
) -> Result<Option<CrateId>, StoreError> {
    let sql = sql!(
        "SELECT MAX(id)
        FROM (SELECT id FROM krate WHERE id > $1 ORDER BY id LIMIT $2) AS batch"
    );
    conn.query(sql)
        .bind(after.0)
        .bind(bounded(limit, PAGE_MAX))
        .one(|row| Ok(row.next::<Option<i64>>()?.map(CrateId)))
        .await
}

/// How many crates a registry has.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Conn, registry: RegistryId) -> Result<u64, StoreError> {
    let sql = sql!(
        "SELECT COUNT(*)
        FROM krate
        WHERE registry_id = $1"
    );
    conn.query(sql).bind(registry.0).one(|row| row.unsigned()).await
}

/// Stamps crates with the number of the last event about them: `base` plus each row's `offset`.
pub(crate) async fn stamp(tx: &mut Tx, base: i64, rows: &str) -> Result<(), StoreError> {
    let sql = sql!(
        "UPDATE krate
        SET event_number = $2 + CAST(item.value ->> 'offset' AS BIGINT)
        FROM ",
        rows("$1"),
        " WHERE krate.id = CAST(item.value ->> 'krate' AS BIGINT)"
    );
    tx.query(sql).bind(rows).bind(base).execute().await?;
    Ok(())
}

fn read(row: &mut Row<'_>) -> Result<KrateRow, StoreError> {
    Ok(KrateRow {
        id: CrateId(row.next()?),
        registry: RegistryId(row.next()?),
        name: row.parse()?,
        created_at: row.time()?,
        updated_at: row.time()?,
        description: row.next()?,
        head: Head { fold: row.bytes32()?, length: row.unsigned()?, etag: row.next()? },
        event_number: EventNumber(row.next()?),
        trustpub_only: row.next()?,
    })
}

/// Reads the total and, unless the page is empty, a hit.
fn read_hit(row: &mut Row<'_>) -> Result<(u64, Option<SearchHit>), StoreError> {
    let total = row.unsigned()?;
    if row.peek::<Option<i64>>()?.is_none() {
        return Ok((total, None));
    }
    let krate = read(row)?;
    let versions: Option<&str> = row.next()?;
    let versions = versions
        .unwrap_or_default()
        .split(',')
        .filter_map(|version| version.split_once(' '))
        .map(|(num, yanked)| (num.to_owned(), yanked == "y"))
        .collect();
    Ok((total, Some(SearchHit { krate, versions })))
}

/// Text that `LIKE … ESCAPE '!'` takes literally.
fn like_literal(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
