//! How often files were downloaded, by version and day. Bookkeeping: a crash of the machine may lose the last counts.

use cratekeep_types::{CrateId, VersionId};

use serde_json::{Value, json};

use crate::sql::{Row, sql};
use crate::{Conn, CountTx, StoreError};

/// Most rows that one read returns.
pub const ROWS_MAX: u32 = 100_000;

/// Downloads of one version on one day, to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewCount {
    /// The crate.
    pub krate: CrateId,
    /// The version.
    pub version: VersionId,
    /// Whole days since 1970, UTC.
    pub day: i32,
    /// How many.
    pub downloads: u64,
}

/// Downloads of one version on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayRow {
    /// The version.
    pub version: VersionId,
    /// Whole days since 1970, UTC.
    pub day: i32,
    /// How many.
    pub downloads: u64,
}

/// Adds counts, also to the totals.
///
/// # Errors
/// When the database fails; then nothing was added.
pub async fn add(tx: &mut CountTx, counts: &[NewCount]) -> Result<(), StoreError> {
    let rows = Value::from_iter(counts.iter().map(|count| {
        json!({
            "krate": count.krate.0,
            "version": count.version.0,
            "day": count.day,
            "downloads": count.downloads,
        })
    }))
    .to_string();
    add_to_days(tx, &rows).await?;
    add_to_totals(tx, &rows).await
}

/// Totals of a crate's versions, those ever downloaded, by version.
///
/// # Errors
/// When the database fails.
pub async fn by_version(conn: &mut Conn, krate: CrateId) -> Result<Vec<(VersionId, u64)>, StoreError> {
    let sql = sql!(
        "SELECT version_id, downloads
        FROM download_total
        WHERE krate_id = $1
        ORDER BY version_id
        LIMIT $2"
    );
    conn.query(sql)
        .bind(krate.0)
        .bind(i64::from(ROWS_MAX))
        .all(|row| Ok((VersionId(row.next()?), row.unsigned()?)))
        .await
}

/// Totals of several crates, those ever downloaded, by crate.
///
/// # Errors
/// When the database fails.
pub async fn by_krate(conn: &mut Conn, krates: &[CrateId]) -> Result<Vec<(CrateId, u64)>, StoreError> {
    let sql = sql!(
        "SELECT krate_id, CAST(SUM(downloads) AS BIGINT)
        FROM download_total
        WHERE krate_id IN (SELECT CAST(item.value ->> 'krate' AS BIGINT) FROM ",
        rows("$1"),
        ")
        GROUP BY krate_id
        ORDER BY krate_id"
    );
    conn.query(sql).bind(krates_json(krates)).all(read_sum).await
}

/// Downloads of several crates since the day `from_day`, those that have any, by crate.
///
/// # Errors
/// When the database fails.
pub async fn recent_by_krate(
    conn: &mut Conn,
    krates: &[CrateId],
    from_day: i32,
) -> Result<Vec<(CrateId, u64)>, StoreError> {
    let sql = sql!(
        "SELECT krate_id, CAST(SUM(downloads) AS BIGINT)
        FROM download_day
        WHERE day >= $2 AND krate_id IN (SELECT CAST(item.value ->> 'krate' AS BIGINT) FROM ",
        rows("$1"),
        ")
        GROUP BY krate_id
        ORDER BY krate_id"
    );
    conn.query(sql).bind(krates_json(krates)).bind(i64::from(from_day)).all(read_sum).await
}

/// Downloads of a crate since the day `from_day`, by day and version, at most [`ROWS_MAX`] rows.
///
/// # Errors
/// When the database fails.
pub async fn by_day(conn: &mut Conn, krate: CrateId, from_day: i32) -> Result<Vec<DayRow>, StoreError> {
    let sql = sql!(
        "SELECT version_id, day, downloads
        FROM download_day
        WHERE krate_id = $1 AND day >= $2
        ORDER BY day, version_id
        LIMIT $3"
    );
    conn.query(sql)
        .bind(krate.0)
        .bind(i64::from(from_day))
        .bind(i64::from(ROWS_MAX))
        .all(|row| {
            Ok(DayRow {
                version: VersionId(row.next()?),
                day: i32::try_from(row.next::<i64>()?).unwrap_or(i32::MAX),
                downloads: row.unsigned()?,
            })
        })
        .await
}

async fn add_to_days(tx: &mut CountTx, rows: &str) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO download_day (version_id, day, krate_id, downloads)
        SELECT CAST(item.value ->> 'version' AS BIGINT), CAST(item.value ->> 'day' AS BIGINT),
            MAX(CAST(item.value ->> 'krate' AS BIGINT)),
            CAST(SUM(CAST(item.value ->> 'downloads' AS BIGINT)) AS BIGINT)
        FROM ",
        rows("$1"),
        " GROUP BY 1, 2
        ORDER BY 1, 2
        ON CONFLICT (version_id, day) DO UPDATE SET downloads = download_day.downloads + excluded.downloads"
    );
    tx.query(sql).bind(rows).execute().await?;
    Ok(())
}

async fn add_to_totals(tx: &mut CountTx, rows: &str) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO download_total (version_id, krate_id, downloads)
        SELECT CAST(item.value ->> 'version' AS BIGINT), MAX(CAST(item.value ->> 'krate' AS BIGINT)),
            CAST(SUM(CAST(item.value ->> 'downloads' AS BIGINT)) AS BIGINT)
        FROM ",
        rows("$1"),
        " GROUP BY 1
        ORDER BY 1
        ON CONFLICT (version_id) DO UPDATE SET downloads = download_total.downloads + excluded.downloads"
    );
    tx.query(sql).bind(rows).execute().await?;
    Ok(())
}

fn krates_json(krates: &[CrateId]) -> String {
    Value::from_iter(krates.iter().map(|krate| json!({ "krate": krate.0 }))).to_string()
}

fn read_sum(row: &mut Row<'_>) -> Result<(CrateId, u64), StoreError> {
    Ok((CrateId(row.next()?), row.unsigned()?))
}
