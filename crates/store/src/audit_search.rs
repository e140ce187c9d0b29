//! Searching the audit log page by page, and its only way out: age.

use cratekeep_types::{CanonName, Timestamp, UserId};

use crate::audit::{AuditRow, read};
use crate::sql::{PAGE_MAX, Query, Row, bounded, sql};
use crate::{Conn, StoreError, Tx};

/// Which rows to find. What is `None` leaves rows as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Not older than this.
    pub since: Option<Timestamp>,
    /// Older than this.
    pub until: Option<Timestamp>,
    /// Done or tried by this account.
    pub account: Option<UserId>,
    /// About this crate, in any spelling.
    pub krate: Option<CanonName>,
    /// In the registry of this name.
    pub registry: Option<String>,
    /// With this word for what was done.
    pub action: Option<String>,
    /// From this network address.
    pub address: Option<String>,
    /// Only what was refused.
    pub refused_only: bool,
}

/// A row that was found, with the name of who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundAudit {
    /// The row.
    pub row: AuditRow,
    /// The name of the account, if it was one.
    pub login: Option<String>,
}

/// Rows with an id below `before` (`None`: the newest) that pass the filter, newest first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn search(
    conn: &mut Conn,
    filter: &AuditFilter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<FoundAudit>, StoreError> {
    let sql = sql!(
        "SELECT account.name, audit.id, event_number, happened_at, who, account_id, token_id, address, action,
            registry, krate, version, refusal, before_json, after_json, credential
        FROM audit
        LEFT JOIN account ON account.id = audit.account_id
        WHERE audit.id < $1
            AND happened_at >= $2 AND happened_at < $3
            AND (CAST($4 AS BIGINT) IS NULL OR account_id = $4)
            AND (CAST($5 AS TEXT) IS NULL OR LOWER(REPLACE(krate, '_', '-')) = $5)
            AND (CAST($6 AS TEXT) IS NULL OR registry = $6)
            AND (CAST($7 AS TEXT) IS NULL OR action = $7)
            AND (CAST($8 AS TEXT) IS NULL OR address = $8)
            AND ($9 = 0 OR refusal IS NOT NULL)
        ORDER BY audit.id DESC
        LIMIT $10"
    );
    let query = conn.query(sql).bind(before.unwrap_or(i64::MAX));
    passing(query, filter).bind(bounded(limit, PAGE_MAX)).all(read_found).await
}

/// Rows with an id above `after` that pass the filter, oldest first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn search_on(
    conn: &mut Conn,
    filter: &AuditFilter,
    after: i64,
    limit: u32,
) -> Result<Vec<FoundAudit>, StoreError> {
    let sql = sql!(
        "SELECT account.name, audit.id, event_number, happened_at, who, account_id, token_id, address, action,
            registry, krate, version, refusal, before_json, after_json, credential
        FROM audit
        LEFT JOIN account ON account.id = audit.account_id
        WHERE audit.id > $1
            AND happened_at >= $2 AND happened_at < $3
            AND (CAST($4 AS BIGINT) IS NULL OR account_id = $4)
            AND (CAST($5 AS TEXT) IS NULL OR LOWER(REPLACE(krate, '_', '-')) = $5)
            AND (CAST($6 AS TEXT) IS NULL OR registry = $6)
            AND (CAST($7 AS TEXT) IS NULL OR action = $7)
            AND (CAST($8 AS TEXT) IS NULL OR address = $8)
            AND ($9 = 0 OR refusal IS NOT NULL)
        ORDER BY audit.id
        LIMIT $10"
    );
    let query = conn.query(sql).bind(after);
    passing(query, filter).bind(bounded(limit, PAGE_MAX)).all(read_found).await
}

/// Removes up to `limit` rows older than `before`, oldest first; says how many. The only way out of the log.
///
/// # Errors
/// When the database fails.
pub async fn remove_older_than(tx: &mut Tx, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM audit
        WHERE id IN (
            SELECT id
            FROM audit
            WHERE happened_at < $1
            ORDER BY happened_at, id
            LIMIT $2)"
    );
    tx.query(sql).bind(before.0).bind(bounded(limit, PAGE_MAX)).execute().await
}

/// Binds parameters two to nine of a search.
fn passing<'c>(query: Query<'c>, filter: &AuditFilter) -> Query<'c> {
    query
        .bind(filter.since.map_or(i64::MIN, |at| at.0))
        .bind(filter.until.map_or(i64::MAX, |at| at.0))
        .bind(filter.account.map(|id| id.0))
        .bind(filter.krate.as_ref().map(|canon| canon.as_str().to_owned()))
        .bind(filter.registry.clone())
        .bind(filter.action.clone())
        .bind(filter.address.clone())
        .bind(i64::from(filter.refused_only))
}

fn read_found(row: &mut Row<'_>) -> Result<FoundAudit, StoreError> {
    Ok(FoundAudit { login: row.next()?, row: read(row)? })
}
