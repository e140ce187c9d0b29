//! Which teams own which crates.

use cratekeep_types::{CrateId, TeamId, Timestamp, UserId};

use crate::owner::OWNERS_MAX;
use crate::sql::sql;
use crate::team::{TeamRow, read};
use crate::{Conn, StoreError, Tx};

/// The teams that own a crate, longest first.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, krate: CrateId) -> Result<Vec<TeamRow>, StoreError> {
    let sql = sql!(
        "SELECT team.id, team.login, team.kind, team.name, team.external_id, team.organization_id,
            team.avatar, team.created_at
        FROM team_owner
        JOIN team ON team.id = team_owner.team_id
        WHERE team_owner.krate_id = $1
        ORDER BY team_owner.added_at, team.id
        LIMIT $2"
    );
    conn.query(sql).bind(krate.0).bind(i64::from(OWNERS_MAX)).all(read).await
}

/// Makes a team an owner; `false` when it already was.
///
/// # Errors
/// When the database fails.
pub async fn add(
    tx: &mut Tx,
    krate: CrateId,
    team: TeamId,
    by: Option<UserId>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = sql!(
        "INSERT INTO team_owner (krate_id, team_id, added_at, added_by)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (krate_id, team_id) DO NOTHING"
    );
    tx.query(sql).bind(krate.0).bind(team.0).bind(at.0).bind(by.map(|by| by.0)).changed().await
}

/// Takes ownership away from a team; `false` when there was none.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, krate: CrateId, team: TeamId) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM team_owner
        WHERE krate_id = $1 AND team_id = $2"
    );
    tx.query(sql).bind(krate.0).bind(team.0).changed().await
}

/// Whether a team owns a crate.
///
/// # Errors
/// When the database fails.
pub async fn is_owner(conn: &mut Conn, krate: CrateId, team: TeamId) -> Result<bool, StoreError> {
    let sql = sql!(
        "SELECT 1
        FROM team_owner
        WHERE krate_id = $1 AND team_id = $2"
    );
    Ok(conn.query(sql).bind(krate.0).bind(team.0).optional(|_| Ok(())).await?.is_some())
}

/// Whether one of the local teams of a user owns a crate.
///
/// # Errors
/// When the database fails.
pub async fn owns_by_team(conn: &mut Conn, krate: CrateId, user: UserId) -> Result<bool, StoreError> {
    let sql = sql!(
        "SELECT 1
        FROM team_owner
        JOIN team_member ON team_member.team_id = team_owner.team_id
        WHERE team_owner.krate_id = $1 AND team_member.account_id = $2
        ORDER BY team_owner.team_id
        LIMIT 1"
    );
    Ok(conn.query(sql).bind(krate.0).bind(user.0).optional(|_| Ok(())).await?.is_some())
}
