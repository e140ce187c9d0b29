//! What the groups of sign-in providers give: roles here, and memberships of local teams with the source
//! `group:PROVIDER`. Rows of a provider are replaced whenever somebody signs in by it.

use cratekeep_types::{RegistryId, TeamId, UserId};

use crate::sql::{PAGE_MAX, sql};
use crate::{Conn, StoreError, Tx};

/// The word for an administrator of the server; it stands in no registry.
pub const ADMIN: &str = "admin";

/// A role that a group gives: a word, and the registry it counts in (0 for the whole server).
pub type GroupRole = (String, RegistryId);

/// What groups of a provider give to an account, ordered.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, account: UserId, provider: &str) -> Result<Vec<GroupRole>, StoreError> {
    let sql = sql!(
        "SELECT role, registry_id
        FROM group_role
        WHERE account_id = $1 AND provider = $2
        ORDER BY role, registry_id
        LIMIT $3"
    );
    conn.query(sql)
        .bind(account.0)
        .bind(provider)
        .bind(i64::from(PAGE_MAX))
        .all(|row| Ok((row.next()?, RegistryId(row.next()?))))
        .await
}

/// Gives a role, if it is not given yet.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    account: UserId,
    provider: &str,
    (role, registry): &GroupRole,
) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO group_role (account_id, provider, role, registry_id)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (account_id, provider, role, registry_id) DO NOTHING"
    );
    tx.query(sql).bind(account.0).bind(provider).bind(role.as_str()).bind(registry.0).execute().await?;
    Ok(())
}

/// Takes everything away that groups of a provider give to an account.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(tx: &mut Tx, account: UserId, provider: &str) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM group_role
        WHERE account_id = $1 AND provider = $2"
    );
    tx.query(sql).bind(account.0).bind(provider).execute().await
}

/// The teams that an account is in by this source, ordered.
///
/// # Errors
/// When the database fails.
pub async fn list_teams(conn: &mut Conn, account: UserId, source: &str) -> Result<Vec<TeamId>, StoreError> {
    let sql = sql!(
        "SELECT team_id
        FROM team_member
        WHERE account_id = $1 AND source = $2
        ORDER BY team_id
        LIMIT $3"
    );
    conn.query(sql)
        .bind(account.0)
        .bind(source)
        .bind(i64::from(PAGE_MAX))
        .all(|row| row.next().map(TeamId))
        .await
}

/// Providers by which anybody has a role or a membership, ordered; the sources of memberships as `group:PROVIDER`.
///
/// # Errors
/// When the database fails.
pub async fn sources(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let sql = sql!(
        "SELECT 'group:' || provider
        FROM group_role
        UNION
        SELECT source
        FROM team_member
        WHERE source <> 'direct'
        ORDER BY 1
        LIMIT $1"
    );
    conn.query(sql).bind(i64::from(PAGE_MAX)).all(|row| row.next()).await
}

/// Takes every role away that a provider gives to anybody; says how many there were.
///
/// # Errors
/// When the database fails.
pub async fn forget_provider(tx: &mut Tx, provider: &str) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM group_role
        WHERE provider = $1"
    );
    tx.query(sql).bind(provider).execute().await
}

/// Ends every membership of a source; says how many there were.
///
/// # Errors
/// When the database fails.
pub async fn forget_source(tx: &mut Tx, source: &str) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM team_member
        WHERE source = $1"
    );
    tx.query(sql).bind(source).execute().await
}
