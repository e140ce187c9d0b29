//! Names that were asked for where new crates need an approval.

use cratekeep_types::{CanonName, CrateName, RegistryId, Timestamp, UserId, UserName};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::{Conn, StoreError, Tx};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody decided yet.
    Asked,
    /// The account may publish the crate.
    Approved,
    /// It may not.
    Refused,
}

impl State {
    /// The word for it, as the database and the shell write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Approved => "approved",
            Self::Refused => "refused",
        }
    }

    fn of_word(word: &str) -> Self {
        match word {
            "approved" => Self::Approved,
            "refused" => Self::Refused,
            _ => Self::Asked,
        }
    }
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    /// Its row.
    pub id: i64,
    /// For which registry.
    pub registry: RegistryId,
    /// The name as it was spelt.
    pub name: CrateName,
    /// Who asks.
    pub account: UserId,
    /// Who asks, by name.
    pub login: UserName,
    /// What became of it.
    pub state: State,
    /// Since when.
    pub asked_at: Timestamp,
    /// Why it was decided so.
    pub reason: Option<String>,
}

/// Asks for a name; `false` when the account has asked for it before.
///
/// # Errors
/// When the database fails.
pub async fn ask(
    tx: &mut Tx,
    registry: RegistryId,
    name: &CrateName,
    account: UserId,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = sql!(
        "INSERT INTO name_request (registry_id, canon, name, account_id, state, asked_at)
        VALUES ($1, $2, $3, $4, 'asked', $5)
        ON CONFLICT (registry_id, canon, account_id) DO NOTHING"
    );
    tx.query(sql)
        .bind(registry.0)
        .bind(name.canon().as_str())
        .bind(name.as_str())
        .bind(account.0)
        .bind(at.0)
        .changed()
        .await
}

/// The request of an account for a name.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Conn,
    registry: RegistryId,
    canon: &CanonName,
    account: UserId,
) -> Result<Option<RequestRow>, StoreError> {
    let sql = sql!(
        "SELECT name_request.id, name_request.registry_id, name_request.name, name_request.account_id, account.name,
            name_request.state, name_request.asked_at, name_request.reason
        FROM name_request
        JOIN account ON account.id = name_request.account_id
        WHERE name_request.registry_id = $1 AND name_request.canon = $2 AND name_request.account_id = $3"
    );
    conn.query(sql).bind(registry.0).bind(canon.as_str()).bind(account.0).optional(read).await
}

/// The request in row `id`.
///
/// # Errors
/// When the database fails.
pub async fn find_by_id(conn: &mut Conn, id: i64) -> Result<Option<RequestRow>, StoreError> {
    let sql = sql!(
        "SELECT name_request.id, name_request.registry_id, name_request.name, name_request.account_id, account.name,
            name_request.state, name_request.asked_at, name_request.reason
        FROM name_request
        JOIN account ON account.id = name_request.account_id
        WHERE name_request.id = $1"
    );
    conn.query(sql).bind(id).optional(read).await
}

/// Requests of a registry with an id below `before` (`None`: the newest), newest first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Conn,
    registry: RegistryId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<RequestRow>, StoreError> {
    let sql = sql!(
        "SELECT name_request.id, name_request.registry_id, name_request.name, name_request.account_id, account.name,
            name_request.state, name_request.asked_at, name_request.reason
        FROM name_request
        JOIN account ON account.id = name_request.account_id
        WHERE name_request.registry_id = $1 AND name_request.id < $2
        ORDER BY name_request.id DESC
        LIMIT $3"
    );
    let before = before.unwrap_or(i64::MAX);
    conn.query(sql).bind(registry.0).bind(before).bind(bounded(limit, PAGE_MAX)).all(read).await
}

/// Decides a request; a decision can be changed. Says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn decide(
    tx: &mut Tx,
    id: i64,
    state: State,
    reason: Option<&str>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE name_request
        SET state = $2, reason = $3, decided_at = $4
        WHERE id = $1"
    );
    tx.query(sql).bind(id).bind(state.word()).bind(reason).bind(at.0).changed().await
}

fn read(row: &mut Row<'_>) -> Result<RequestRow, StoreError> {
    Ok(RequestRow {
        id: row.next()?,
        registry: RegistryId(row.next()?),
        name: row.parse()?,
        account: UserId(row.next()?),
        login: row.parse()?,
        state: State::of_word(row.next()?),
        asked_at: row.time()?,
        reason: row.next()?,
    })
}
