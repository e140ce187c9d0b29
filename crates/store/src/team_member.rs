//! Who is in which local team, and what put them there: a person may be in a team for several reasons.

use cratekeep_types::{Account, TeamId, Timestamp, UserId};

use crate::sql::sql;
use crate::user::read_account;
use crate::{Conn, StoreError, Tx};

/// Most members that one list of a team has.
pub const MEMBERS_MAX: u32 = 10_000;

/// A reason for which an account is in a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// Who.
    pub account: Account,
    /// `direct` for members added by hand, `group:PROVIDER` for those that a provider's groups put there.
    pub source: String,
    /// Since when.
    pub added_at: Timestamp,
}

/// Puts an account into a team; `false` when it was there from this source already.
///
/// # Errors
/// When the database fails.
pub async fn add(
    tx: &mut Tx,
    team: TeamId,
    user: UserId,
    source: &str,
    by: Option<UserId>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = sql!(
        "INSERT INTO team_member (team_id, account_id, source, added_at, added_by)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (team_id, account_id, source) DO NOTHING"
    );
    tx.query(sql).bind(team.0).bind(user.0).bind(source).bind(at.0).bind(by.map(|by| by.0)).changed().await
}

/// Takes away one reason for which an account is in a team; `false` when there was none.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, team: TeamId, user: UserId, source: &str) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM team_member
        WHERE team_id = $1 AND account_id = $2 AND source = $3"
    );
    tx.query(sql).bind(team.0).bind(user.0).bind(source).changed().await
}

/// Takes everybody out of a team; says how many reasons there were.
///
/// # Errors
/// When the database fails.
pub async fn clear(tx: &mut Tx, team: TeamId) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM team_member
        WHERE team_id = $1"
    );
    tx.query(sql).bind(team.0).execute().await
}

/// The members of a team by name, each as often as there are reasons.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, team: TeamId) -> Result<Vec<MemberRow>, StoreError> {
    let sql = sql!(
        "SELECT account.id, account.name, account.kind, account.is_admin, team_member.source, team_member.added_at
        FROM team_member
        JOIN account ON account.id = team_member.account_id
        WHERE team_member.team_id = $1
        ORDER BY account.folded, account.id, team_member.source
        LIMIT $2"
    );
    conn.query(sql)
        .bind(team.0)
        .bind(i64::from(MEMBERS_MAX))
        .all(|row| Ok(MemberRow { account: read_account(row)?, source: row.next()?, added_at: row.time()? }))
        .await
}
