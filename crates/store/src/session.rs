//! Sign-ins of browsers. The table holds hashes only; a session that was ended stays until it would have expired.

use cratekeep_types::{Account, SessionId, Timestamp, UserId};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::user::read_account;
use crate::{Conn, StoreError, Tx};

/// A session to be made.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Whose it is.
    pub account: UserId,
    /// SHA-256 of the text in the cookie.
    pub hash: [u8; 32],
    /// How the person signed in, in words like `password` or `password and passkey`.
    pub method: String,
    /// What every form of the session carries.
    pub form_key: String,
    /// From which network address.
    pub address: Option<String>,
    /// What the browser calls itself.
    pub agent: Option<String>,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// A session as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its row.
    pub id: SessionId,
    /// How the person signed in.
    pub method: String,
    /// What every form of the session carries.
    pub form_key: String,
    /// The network address it was seen at last.
    pub address: Option<String>,
    /// What the browser calls itself.
    pub agent: Option<String>,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When it was seen last, give or take a few minutes.
    pub seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// When it was ended, if it was.
    pub ended_at: Option<Timestamp>,
}

/// A session with the account it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionHolder {
    /// The session; may be ended or over.
    pub session: SessionRow,
    /// Its account.
    pub account: Account,
}

/// Makes a session.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, new: &NewSession, at: Timestamp) -> Result<SessionId, StoreError> {
    let sql = sql!(
        "INSERT INTO session (account_id, hash, method, form_key, address, agent, created_at, seen_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)
        RETURNING id"
    );
    tx.query(sql)
        .bind(new.account.0)
        .bind(&new.hash[..])
        .bind(new.method.as_str())
        .bind(new.form_key.as_str())
        .bind(new.address.as_deref())
        .bind(new.agent.as_deref())
        .bind(at.0)
        .bind(new.expires_at.0)
        .one(|row| row.next().map(SessionId))
        .await
}

/// The session with this hash and its account, also when it is ended or over.
///
/// # Errors
/// When the database fails.
pub async fn find_by_hash(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<SessionHolder>, StoreError> {
    let sql = sql!(
        "SELECT session.id, session.method, session.form_key, session.address, session.agent, session.created_at,
            session.seen_at, session.expires_at, session.ended_at,
            account.id, account.name, account.kind, account.is_admin
        FROM session
        JOIN account ON account.id = session.account_id
        WHERE session.hash = $1"
    );
    conn.query(sql)
        .bind(&hash[..])
        .optional(|row| Ok(SessionHolder { session: read(row)?, account: read_account(row)? }))
        .await
}

/// Sessions of an account that are neither ended nor past their end at `now`, the newest first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list_open(
    conn: &mut Conn,
    account: UserId,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<SessionRow>, StoreError> {
    let sql = sql!(
        "SELECT id, method, form_key, address, agent, created_at, seen_at, expires_at, ended_at
        FROM session
        WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2
        ORDER BY id DESC
        LIMIT $3"
    );
    conn.query(sql).bind(account.0).bind(now.0).bind(bounded(limit, PAGE_MAX)).all(read).await
}

/// Notes when and from where a session was seen; an earlier time never replaces a later one.
///
/// # Errors
/// When the database fails.
pub async fn touch(
    tx: &mut Tx,
    id: SessionId,
    address: Option<&str>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE session
        SET seen_at = $2, address = COALESCE($3, address)
        WHERE id = $1 AND seen_at < $2"
    );
    tx.query(sql).bind(id.0).bind(at.0).bind(address).changed().await
}

/// Ends a session of an account; says whether it was there and open.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut Tx, account: UserId, id: SessionId, at: Timestamp) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE session
        SET ended_at = $3
        WHERE account_id = $1 AND id = $2 AND ended_at IS NULL"
    );
    tx.query(sql).bind(account.0).bind(id.0).bind(at.0).changed().await
}

/// Ends every open session of an account but `keep`; says how many.
///
/// # Errors
/// When the database fails.
pub async fn end_all(
    tx: &mut Tx,
    account: UserId,
    keep: Option<SessionId>,
    at: Timestamp,
) -> Result<u64, StoreError> {
    let sql = sql!(
        "UPDATE session
        SET ended_at = $3
        WHERE account_id = $1 AND id <> $2 AND ended_at IS NULL"
    );
    tx.query(sql).bind(account.0).bind(keep.map_or(0, |id| id.0)).bind(at.0).execute().await
}

/// Ends the oldest open sessions of an account, so that at most `kept_max` stay open; says how many.
///
/// # Errors
/// When the database fails.
pub async fn end_oldest(
    tx: &mut Tx,
    account: UserId,
    kept_max: u32,
    at: Timestamp,
) -> Result<u64, StoreError> {
    let sql = sql!(
        "UPDATE session
        SET ended_at = $3
        WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $3 AND id <= (
            SELECT open.id
            FROM session AS open
            WHERE open.account_id = $1 AND open.ended_at IS NULL AND open.expires_at > $3
            ORDER BY open.id DESC
            LIMIT 1 OFFSET $2)"
    );
    tx.query(sql).bind(account.0).bind(i64::from(kept_max)).bind(at.0).execute().await
}

/// Forgets sessions that would have ended before `before` anyhow and that no token came from; says how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM session
        WHERE expires_at < $1 AND id NOT IN (SELECT session_id FROM token WHERE session_id IS NOT NULL)"
    );
    tx.query(sql).bind(before.0).execute().await
}

fn read(row: &mut Row<'_>) -> Result<SessionRow, StoreError> {
    Ok(SessionRow {
        id: SessionId(row.next()?),
        method: row.next()?,
        form_key: row.next()?,
        address: row.next()?,
        agent: row.next()?,
        created_at: row.time()?,
        seen_at: row.time()?,
        expires_at: row.time()?,
        ended_at: row.optional_time()?,
    })
}
