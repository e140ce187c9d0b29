//! Who belongs where: members of registries, themselves or by their teams.

use cratekeep_types::{Memberships, RegistryId, Role, TeamId, UserId};

use crate::sql::{PAGE_MAX, sql};
use crate::{Conn, StoreError};

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
