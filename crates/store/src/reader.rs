//! Who sees a crate that its owners limited: owners and readers, themselves or by their teams.

use cratekeep_types::{Account, CanonName, CrateId, RegistryId, TeamId, Timestamp, UserId};

use crate::sql::{PAGE_MAX, sql};
use crate::user::read_account;
use crate::{Conn, StoreError, Tx};

/// The crate with this canonical name, if its owners limited it.
///
/// # Errors
/// When the database fails.
pub async fn limited_crate(
    conn: &mut Conn,
    registry: RegistryId,
    canon: &CanonName,
) -> Result<Option<CrateId>, StoreError> {
    let sql = sql!(
        "SELECT id
        FROM krate
        WHERE registry_id = $1 AND canon = $2 AND limited"
    );
    conn.query(sql).bind(registry.0).bind(canon.as_str()).optional(|row| row.next().map(CrateId)).await
}

/// Whether a crate is limited.
///
/// # Errors
/// When the database fails.
pub async fn is_limited(conn: &mut Conn, krate: CrateId) -> Result<bool, StoreError> {
    let sql = sql!(
        "SELECT 1
        FROM krate
        WHERE id = $1 AND limited"
    );
    Ok(conn.query(sql).bind(krate.0).optional(|_| Ok(())).await?.is_some())
}

/// Limits a crate or opens it; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_limited(tx: &mut Tx, krate: CrateId, limited: bool) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE krate
        SET limited = $2
        WHERE id = $1"
    );
    tx.query(sql).bind(krate.0).bind(limited).changed().await
}

/// How many crates of a registry are limited.
///
/// # Errors
/// When the database fails.
pub async fn count_limited(conn: &mut Conn, registry: RegistryId) -> Result<u64, StoreError> {
    let sql = sql!(
        "SELECT COUNT(*)
        FROM krate
        WHERE registry_id = $1 AND limited"
    );
    conn.query(sql).bind(registry.0).one(|row| row.unsigned()).await
}

/// The accounts that see a limited crate by name: its owners and readers.
///
/// # Errors
/// When the database fails.
pub async fn accounts_seeing(conn: &mut Conn, krate: CrateId) -> Result<Vec<UserId>, StoreError> {
    let sql = sql!(
        "SELECT account_id
        FROM owner
        WHERE krate_id = $1
        UNION
        SELECT account_id
        FROM krate_reader
        WHERE krate_id = $1
        ORDER BY 1
        LIMIT $2"
    );
    conn.query(sql).bind(krate.0).bind(i64::from(PAGE_MAX)).all(|row| row.next().map(UserId)).await
}

/// The teams whose members see a limited crate: those that own it and those that may read it.
///
/// # Errors
/// When the database fails.
pub async fn teams_seeing(conn: &mut Conn, krate: CrateId) -> Result<Vec<TeamId>, StoreError> {
    let sql = sql!(
        "SELECT team_id
        FROM team_owner
        WHERE krate_id = $1
        UNION
        SELECT team_id
        FROM krate_team_reader
        WHERE krate_id = $1
        ORDER BY 1
        LIMIT $2"
    );
    conn.query(sql).bind(krate.0).bind(i64::from(PAGE_MAX)).all(|row| row.next().map(TeamId)).await
}

/// The limited crates of a registry that an account sees, itself or by its local teams.
///
/// # Errors
/// When the database fails.
pub async fn limited_seen_by(
    conn: &mut Conn,
    registry: RegistryId,
    user: UserId,
) -> Result<Vec<CrateId>, StoreError> {
    let sql = sql!(
        "SELECT krate.id
        FROM krate
        WHERE krate.registry_id = $1 AND krate.limited AND krate.id IN (
            SELECT krate_id FROM owner WHERE account_id = $2
            UNION
            SELECT krate_id FROM krate_reader WHERE account_id = $2
            UNION
            SELECT team_owner.krate_id
            FROM team_owner
            JOIN team_member ON team_member.team_id = team_owner.team_id
            WHERE team_member.account_id = $2
            UNION
            SELECT krate_team_reader.krate_id
            FROM krate_team_reader
            JOIN team_member ON team_member.team_id = krate_team_reader.team_id
            WHERE team_member.account_id = $2)
        ORDER BY krate.id
        LIMIT $3"
    );
    conn.query(sql)
        .bind(registry.0)
        .bind(user.0)
        .bind(i64::from(PAGE_MAX))
        .all(|row| row.next().map(CrateId))
        .await
}

/// The readers of a crate, by name.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, krate: CrateId) -> Result<Vec<Account>, StoreError> {
    let sql = sql!(
        "SELECT account.id, account.name, account.kind, account.is_admin
        FROM krate_reader
        JOIN account ON account.id = krate_reader.account_id
        WHERE krate_reader.krate_id = $1
        ORDER BY account.name
        LIMIT $2"
    );
    conn.query(sql).bind(krate.0).bind(i64::from(PAGE_MAX)).all(read_account).await
}

/// The logins of the teams that may read a crate, by login.
///
/// # Errors
/// When the database fails.
pub async fn list_teams(conn: &mut Conn, krate: CrateId) -> Result<Vec<String>, StoreError> {
    let sql = sql!(
        "SELECT team.login
        FROM krate_team_reader
        JOIN team ON team.id = krate_team_reader.team_id
        WHERE krate_team_reader.krate_id = $1
        ORDER BY team.login
        LIMIT $2"
    );
    conn.query(sql).bind(krate.0).bind(i64::from(PAGE_MAX)).all(|row| row.next()).await
}

/// Lets an account see a crate; `false` when it may already.
///
/// # Errors
/// When the database fails.
pub async fn add(tx: &mut Tx, krate: CrateId, user: UserId, at: Timestamp) -> Result<bool, StoreError> {
    let sql = sql!(
        "INSERT INTO krate_reader (krate_id, account_id, added_at)
        VALUES ($1, $2, $3)
        ON CONFLICT (krate_id, account_id) DO NOTHING"
    );
    tx.query(sql).bind(krate.0).bind(user.0).bind(at.0).changed().await
}

/// Lets the members of a team see a crate; `false` when they may already.
///
/// # Errors
/// When the database fails.
pub async fn add_team(tx: &mut Tx, krate: CrateId, team: TeamId, at: Timestamp) -> Result<bool, StoreError> {
    let sql = sql!(
        "INSERT INTO krate_team_reader (krate_id, team_id, added_at)
        VALUES ($1, $2, $3)
        ON CONFLICT (krate_id, team_id) DO NOTHING"
    );
    tx.query(sql).bind(krate.0).bind(team.0).bind(at.0).changed().await
}

/// Takes every reader of a crate away; says how many accounts there were.
///
/// # Errors
/// When the database fails.
pub async fn clear(tx: &mut Tx, krate: CrateId) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM krate_reader
        WHERE krate_id = $1"
    );
    tx.query(sql).bind(krate.0).execute().await
}

/// Takes every reading team of a crate away; says how many there were.
///
/// # Errors
/// When the database fails.
pub async fn clear_teams(tx: &mut Tx, krate: CrateId) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM krate_team_reader
        WHERE krate_id = $1"
    );
    tx.query(sql).bind(krate.0).execute().await
}
