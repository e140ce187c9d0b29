//! Who belongs where: members of registries, themselves or by their teams.

use cratekeep_types::{Memberships, RegistryId, Role, TeamId, Timestamp, UserId};

use crate::sql::{PAGE_MAX, sql};
use crate::{Conn, StoreError, Tx};

/// Everything an account belongs to: its local teams, and its highest role in each registry.
///
/// # Errors
/// When the database fails.
pub async fn memberships(conn: &mut Conn, user: UserId) -> Result<Memberships, StoreError> {
    let teams = teams_of(conn, user).await?;
    let mut roles: Vec<(RegistryId, Role)> = Vec::new();
    for (registry, role) in roles_of(conn, user).await? {
        match roles.iter_mut().find(|(known, _)| *known == registry) {
            Some((_, best)) => *best = role.max(*best),
            None => roles.push((registry, role)),
        }
    }
    Ok(Memberships { teams, roles })
}

/// Whether a group of a provider makes the account an administrator of the server.
///
/// # Errors
/// When the database fails.
pub async fn is_group_admin(conn: &mut Conn, user: UserId) -> Result<bool, StoreError> {
    let sql = sql!(
        "SELECT COUNT(*)
        FROM group_role
        WHERE account_id = $1 AND role = 'admin'"
    );
    conn.query(sql).bind(user.0).one(|row| Ok(row.unsigned()? > 0)).await
}

async fn teams_of(conn: &mut Conn, user: UserId) -> Result<Vec<TeamId>, StoreError> {
    let sql = sql!(
        "SELECT DISTINCT team_id
        FROM team_member
        WHERE account_id = $1
        ORDER BY team_id
        LIMIT $2"
    );
    conn.query(sql).bind(user.0).bind(i64::from(PAGE_MAX)).all(|row| row.next().map(TeamId)).await
}

async fn roles_of(conn: &mut Conn, user: UserId) -> Result<Vec<(RegistryId, Role)>, StoreError> {
    let sql = sql!(
        "SELECT registry_id, role
        FROM registry_member
        WHERE account_id = $1
        UNION
        SELECT registry_team.registry_id, registry_team.role
        FROM registry_team
        JOIN team_member ON team_member.team_id = registry_team.team_id
        WHERE team_member.account_id = $1
        UNION
        SELECT registry_id, role
        FROM group_role
        WHERE account_id = $1 AND role <> 'admin'
        ORDER BY 1, 2
        LIMIT $2"
    );
    conn.query(sql)
        .bind(user.0)
        .bind(i64::from(PAGE_MAX))
        .all(|row| Ok((RegistryId(row.next()?), row.parse()?)))
        .await
}

/// A member of a registry, itself or a whole team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// The name of the account, or the login of the team.
    pub login: String,
    /// What it may do.
    pub role: Role,
    /// Since when.
    pub added_at: Timestamp,
}

/// The role that an account has itself, not by teams or groups.
///
/// # Errors
/// When the database fails.
pub async fn find_role(
    conn: &mut Conn,
    registry: RegistryId,
    user: UserId,
) -> Result<Option<Role>, StoreError> {
    let sql = sql!(
        "SELECT role
        FROM registry_member
        WHERE registry_id = $1 AND account_id = $2"
    );
    conn.query(sql).bind(registry.0).bind(user.0).optional(|row| row.parse()).await
}

/// The role that a team has.
///
/// # Errors
/// When the database fails.
pub async fn find_team_role(
    conn: &mut Conn,
    registry: RegistryId,
    team: TeamId,
) -> Result<Option<Role>, StoreError> {
    let sql = sql!(
        "SELECT role
        FROM registry_team
        WHERE registry_id = $1 AND team_id = $2"
    );
    conn.query(sql).bind(registry.0).bind(team.0).optional(|row| row.parse()).await
}

/// Makes an account a member, or gives it another role.
///
/// # Errors
/// When the database fails.
pub async fn set_role(
    tx: &mut Tx,
    registry: RegistryId,
    user: UserId,
    role: Role,
    by: Option<UserId>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO registry_member (registry_id, account_id, role, added_at, added_by)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (registry_id, account_id) DO UPDATE
        SET role = excluded.role"
    );
    let query = tx.query(sql).bind(registry.0).bind(user.0).bind(role.word()).bind(at.0);
    query.bind(by.map(|by| by.0)).execute().await?;
    Ok(())
}

/// Makes the members of a team members of the registry, or gives them another role.
///
/// # Errors
/// When the database fails.
pub async fn set_team_role(
    tx: &mut Tx,
    registry: RegistryId,
    team: TeamId,
    role: Role,
    by: Option<UserId>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO registry_team (registry_id, team_id, role, added_at, added_by)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (registry_id, team_id) DO UPDATE
        SET role = excluded.role"
    );
    let query = tx.query(sql).bind(registry.0).bind(team.0).bind(role.word()).bind(at.0);
    query.bind(by.map(|by| by.0)).execute().await?;
    Ok(())
}

/// Takes the membership of an account away; `false` when there was none.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, registry: RegistryId, user: UserId) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM registry_member
        WHERE registry_id = $1 AND account_id = $2"
    );
    tx.query(sql).bind(registry.0).bind(user.0).changed().await
}

/// Takes the membership of a team away; `false` when there was none.
///
/// # Errors
/// When the database fails.
pub async fn remove_team(tx: &mut Tx, registry: RegistryId, team: TeamId) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM registry_team
        WHERE registry_id = $1 AND team_id = $2"
    );
    tx.query(sql).bind(registry.0).bind(team.0).changed().await
}

/// The accounts and teams that are members of a registry, by login.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, registry: RegistryId) -> Result<Vec<MemberRow>, StoreError> {
    let sql = sql!(
        "SELECT account.name, registry_member.role, registry_member.added_at
        FROM registry_member
        JOIN account ON account.id = registry_member.account_id
        WHERE registry_member.registry_id = $1
        UNION ALL
        SELECT team.login, registry_team.role, registry_team.added_at
        FROM registry_team
        JOIN team ON team.id = registry_team.team_id
        WHERE registry_team.registry_id = $1
        ORDER BY 1
        LIMIT $2"
    );
    conn.query(sql)
        .bind(registry.0)
        .bind(i64::from(PAGE_MAX))
        .all(|row| Ok(MemberRow { login: row.next()?, role: row.parse()?, added_at: row.time()? }))
        .await
}

/// How many accounts and teams are members of a registry.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Conn, registry: RegistryId) -> Result<u64, StoreError> {
    let sql = sql!(
        "SELECT (SELECT COUNT(*) FROM registry_member WHERE registry_id = $1)
            + (SELECT COUNT(*) FROM registry_team WHERE registry_id = $1)"
    );
    conn.query(sql).bind(registry.0).one(|row| row.unsigned()).await
}
