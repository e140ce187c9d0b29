//! Downloads of a whole registry by day, kept when counts are written.

use cratekeep_types::{CrateId, RegistryId};
use serde_json::{Value, json};

use crate::sql::{PAGE_MAX, sql};
use crate::{Conn, StoreError, Tx};

/// Adds downloads of crates on days to those of their registries. Limited crates are left out.
///
/// # Errors
/// When the database fails.
pub async fn add(tx: &mut Tx, counts: &[(CrateId, i32, u64)]) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO registry_download (registry_id, day, downloads)
        SELECT krate.registry_id, CAST(item.value ->> 'day' AS BIGINT),
            CAST(SUM(CAST(item.value ->> 'downloads' AS BIGINT)) AS BIGINT)
        FROM ",
        rows("$1"),
        " JOIN krate ON krate.id = CAST(item.value ->> 'krate' AS BIGINT)
        WHERE NOT krate.limited
        GROUP BY 1, 2
        ORDER BY 1, 2
        ON CONFLICT (registry_id, day) DO UPDATE
        SET downloads = registry_download.downloads + excluded.downloads"
    );
    let rows = counts.iter().map(|(id, day, count)| json!({ "krate": id.0, "day": day, "downloads": count }));
    tx.query(sql).bind(Value::from_iter(rows).to_string()).execute().await?;
    Ok(())
}

/// Downloads of a registry from the day `from_day` to `last_day`: day and count, those days that have any, in order.
///
/// # Errors
/// When the database fails.
pub async fn by_day(
    conn: &mut Conn,
    registry: RegistryId,
    from_day: i32,
    last_day: i32,
) -> Result<Vec<(i32, u64)>, StoreError> {
    let sql = sql!(
        "SELECT day, downloads
        FROM registry_download
        WHERE registry_id = $1 AND day >= $2 AND day <= $3
        ORDER BY day
        LIMIT $4"
    );
    conn.query(sql)
        .bind(registry.0)
        .bind(i64::from(from_day))
        .bind(i64::from(last_day))
        .bind(i64::from(PAGE_MAX))
        .all(|row| Ok((i32::try_from(row.next::<i64>()?).unwrap_or(i32::MAX), row.unsigned()?)))
        .await
}
