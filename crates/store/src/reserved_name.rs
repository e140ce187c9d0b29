//! Names and prefixes that are kept for somebody, or for nobody. Patterns are stored folded as names are.

use cratekeep_types::{CratePattern, RegistryId, TeamId, Timestamp, UserId};

use serde_json::{Value, json};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::{Conn, StoreError, Tx};

/// A reserved name or prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservedRow {
    /// The name, or the prefix with its star, folded.
    pub pattern: String,
    /// Whose members may publish under it; nobody but administrators without one.
    pub team: Option<TeamId>,
    /// What that team is called.
    pub login: Option<String>,
    /// Why it is reserved, for who is refused.
    pub reason: String,
    /// Since when.
    pub created_at: Timestamp,
}

/// Reserves a pattern, or changes for whom and why.
///
/// # Errors
/// When the database fails.
pub async fn set(
    tx: &mut Tx,
    registry: RegistryId,
    row: &ReservedRow,
    by: Option<UserId>,
) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO reserved_name (registry_id, pattern, team_id, reason, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (registry_id, pattern) DO UPDATE
        SET team_id = excluded.team_id, reason = excluded.reason"
    );
    tx.query(sql)
        .bind(registry.0)
        .bind(row.pattern.as_str())
        .bind(row.team.map(|team| team.0))
        .bind(row.reason.as_str())
        .bind(row.created_at.0)
        .bind(by.map(|user| user.0))
        .execute()
        .await?;
    Ok(())
}

/// Releases a pattern; says whether it was reserved.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, registry: RegistryId, pattern: &str) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM reserved_name
        WHERE registry_id = $1 AND pattern = $2"
    );
    tx.query(sql).bind(registry.0).bind(pattern).changed().await
}

/// The reservation of exactly this pattern.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Conn,
    registry: RegistryId,
    pattern: &str,
) -> Result<Option<ReservedRow>, StoreError> {
    let sql = sql!(
        "SELECT reserved_name.pattern, reserved_name.team_id, team.login, reserved_name.reason, reserved_name.created_at
        FROM reserved_name
        LEFT JOIN team ON team.id = reserved_name.team_id
        WHERE registry_id = $1 AND pattern = $2"
    );
    conn.query(sql).bind(registry.0).bind(pattern).optional(read).await
}

/// Which of `patterns` are reserved: the one that is longest without its star first, and a name before the prefix
/// that is as long.
///
/// # Errors
/// When the database fails.
pub async fn covering(
    conn: &mut Conn,
    registry: RegistryId,
    patterns: &[CratePattern],
) -> Result<Vec<ReservedRow>, StoreError> {
    let sql = sql!(
        "SELECT reserved_name.pattern, reserved_name.team_id, team.login, reserved_name.reason, reserved_name.created_at
        FROM reserved_name
        LEFT JOIN team ON team.id = reserved_name.team_id
        WHERE registry_id = $1 AND pattern IN (SELECT item.value ->> 'pattern' FROM ",
        rows("$2"),
        ")
        ORDER BY LENGTH(REPLACE(pattern, '*', '')) DESC, pattern"
    );
    let rows: Vec<_> = patterns.iter().map(|pattern| json!({ "pattern": pattern.as_str() })).collect();
    conn.query(sql).bind(registry.0).bind(Value::from(rows).to_string()).all(read).await
}

/// Patterns of a registry above `after`, in order, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Conn,
    registry: RegistryId,
    after: &str,
    limit: u32,
) -> Result<Vec<ReservedRow>, StoreError> {
    let sql = sql!(
        "SELECT reserved_name.pattern, reserved_name.team_id, team.login, reserved_name.reason, reserved_name.created_at
        FROM reserved_name
        LEFT JOIN team ON team.id = reserved_name.team_id
        WHERE registry_id = $1 AND pattern > $2
        ORDER BY pattern
        LIMIT $3"
    );
    conn.query(sql).bind(registry.0).bind(after).bind(bounded(limit, PAGE_MAX)).all(read).await
}

fn read(row: &mut Row<'_>) -> Result<ReservedRow, StoreError> {
    Ok(ReservedRow {
        pattern: row.next()?,
        team: row.next::<Option<i64>>()?.map(TeamId),
        login: row.next()?,
        reason: row.next()?,
        created_at: row.time()?,
    })
}
