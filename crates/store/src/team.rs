//! Teams: local ones, whose members are kept here, and those of a forge, which is asked who is in them.

use cratekeep_types::{TeamId, Timestamp};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::{Conn, StoreError, Tx};

/// A team to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTeam {
    /// How it is written: `team:NAME`, `github:ORGANIZATION:TEAM`.
    pub login: String,
    /// Where its members are known: `local`, or the place that is asked, as identities name it.
    pub kind: String,
    /// What people call it.
    pub name: String,
    /// Its number at the forge, which stays when it is renamed there.
    pub external_id: Option<String>,
    /// The number of its organization at the forge.
    pub organization_id: Option<String>,
    /// The picture of its organization at the forge.
    pub avatar: Option<String>,
}

/// A team as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamRow {
    /// Its row.
    pub id: TeamId,
    /// What it was made with.
    pub team: NewTeam,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Makes a team.
///
/// # Errors
/// [`StoreError::Conflict`] with `team` when there is one of this login.
pub async fn insert(tx: &mut Tx, new: &NewTeam, at: Timestamp) -> Result<TeamId, StoreError> {
    let sql = sql!(
        "INSERT INTO team (login, kind, name, external_id, organization_id, avatar, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        RETURNING id"
    );
    tx.query(sql)
        .bind(new.login.as_str())
        .bind(new.kind.as_str())
        .bind(new.name.as_str())
        .bind(new.external_id.as_deref())
        .bind(new.organization_id.as_deref())
        .bind(new.avatar.as_deref())
        .bind(at.0)
        .one(|row| row.next().map(TeamId))
        .await
}

/// The team of this login.
///
/// # Errors
/// When the database fails.
pub async fn find_by_login(conn: &mut Conn, login: &str) -> Result<Option<TeamRow>, StoreError> {
    let sql = sql!(
        "SELECT id, login, kind, name, external_id, organization_id, avatar, created_at
        FROM team
        WHERE login = $1"
    );
    conn.query(sql).bind(login).optional(read).await
}

/// The team that a forge knows under a number.
///
/// # Errors
/// When the database fails.
pub async fn find_external(
    conn: &mut Conn,
    kind: &str,
    external_id: &str,
) -> Result<Option<TeamRow>, StoreError> {
    let sql = sql!(
        "SELECT id, login, kind, name, external_id, organization_id, avatar, created_at
        FROM team
        WHERE kind = $1 AND external_id = $2
        ORDER BY id
        LIMIT 1"
    );
    conn.query(sql).bind(kind).bind(external_id).optional(read).await
}

/// Gives a team another login and name; says whether it was there.
///
/// # Errors
/// [`StoreError::Conflict`] with `team` when there is one of this login.
pub async fn rename(tx: &mut Tx, id: TeamId, login: &str, name: &str) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE team
        SET login = $2, name = $3
        WHERE id = $1"
    );
    tx.query(sql).bind(id.0).bind(login).bind(name).changed().await
}

/// Teams with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, after: TeamId, limit: u32) -> Result<Vec<TeamRow>, StoreError> {
    let sql = sql!(
        "SELECT id, login, kind, name, external_id, organization_id, avatar, created_at
        FROM team
        WHERE id > $1
        ORDER BY id
        LIMIT $2"
    );
    conn.query(sql).bind(after.0).bind(bounded(limit, PAGE_MAX)).all(read).await
}

/// How many things a team is needed for: crates it owns or may read, registries it is in, names kept for it.
///
/// # Errors
/// When the database fails.
pub async fn count_uses(conn: &mut Conn, id: TeamId) -> Result<u64, StoreError> {
    let sql = sql!(
        "SELECT (SELECT COUNT(*) FROM team_owner WHERE team_id = $1)
            + (SELECT COUNT(*) FROM registry_team WHERE team_id = $1)
            + (SELECT COUNT(*) FROM krate_team_reader WHERE team_id = $1)
            + (SELECT COUNT(*) FROM reserved_name WHERE team_id = $1)"
    );
    conn.query(sql).bind(id.0).one(|row| row.unsigned()).await
}

/// Removes a team that has no members and is used nowhere; says whether it was there.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, id: TeamId) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM team
        WHERE id = $1"
    );
    tx.query(sql).bind(id.0).changed().await
}

/// Reads the eight columns of a team.
pub(crate) fn read(row: &mut Row<'_>) -> Result<TeamRow, StoreError> {
    Ok(TeamRow {
        id: TeamId(row.next()?),
        team: NewTeam {
            login: row.next()?,
            kind: row.next()?,
            name: row.next()?,
            external_id: row.next()?,
            organization_id: row.next()?,
            avatar: row.next()?,
        },
        created_at: row.time()?,
    })
}
