//! Passkeys: public keys of authenticators, with the state that the library of the protocol keeps for each.

use cratekeep_types::{Timestamp, UserId};

use crate::sql::{PAGE_MAX, Row, sql};
use crate::{Conn, StoreError, Tx};

/// A passkey as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyRow {
    /// Its row.
    pub id: i64,
    /// Whose it is.
    pub account: UserId,
    /// What its holder calls it.
    pub label: String,
    /// Public key and counter, as JSON text.
    pub state: String,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was used last.
    pub used_at: Option<Timestamp>,
}

/// Keeps a passkey.
///
/// # Errors
/// [`StoreError::Conflict`] when this credential is known already.
pub async fn insert(
    tx: &mut Tx,
    account: UserId,
    credential: &[u8],
    label: &str,
    state: &str,
    at: Timestamp,
) -> Result<i64, StoreError> {
    let sql = sql!(
        "INSERT INTO passkey (account_id, credential, label, state, created_at)
        VALUES ($1, $2, $3, $4, $5)
        RETURNING id"
    );
    tx.query(sql)
        .bind(account.0)
        .bind(credential)
        .bind(label)
        .bind(state)
        .bind(at.0)
        .one(|row| row.next())
        .await
}

/// The passkey with this credential id.
///
/// # Errors
/// When the database fails.
pub async fn find_by_credential(
    conn: &mut Conn,
    credential: &[u8],
) -> Result<Option<PasskeyRow>, StoreError> {
    let sql = sql!(
        "SELECT id, account_id, label, state, created_at, used_at
        FROM passkey
        WHERE credential = $1"
    );
    conn.query(sql).bind(credential).optional(read).await
}

/// The passkeys of an account, by id.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, account: UserId) -> Result<Vec<PasskeyRow>, StoreError> {
    let sql = sql!(
        "SELECT id, account_id, label, state, created_at, used_at
        FROM passkey
        WHERE account_id = $1
        ORDER BY id
        LIMIT $2"
    );
    conn.query(sql).bind(account.0).bind(i64::from(PAGE_MAX)).all(read).await
}

/// Notes that a passkey was used, with what changed in its state.
///
/// # Errors
/// When the database fails.
pub async fn note_use(tx: &mut Tx, id: i64, state: &str, at: Timestamp) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE passkey
        SET state = $2, used_at = $3
        WHERE id = $1"
    );
    tx.query(sql).bind(id).bind(state).bind(at.0).changed().await
}

/// Takes a passkey of an account away; says whether it was there.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, account: UserId, id: i64) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM passkey
        WHERE account_id = $1 AND id = $2"
    );
    tx.query(sql).bind(account.0).bind(id).changed().await
}

/// Takes every passkey of an account away; says how many.
///
/// # Errors
/// When the database fails.
pub async fn remove_all(tx: &mut Tx, account: UserId) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM passkey
        WHERE account_id = $1"
    );
    tx.query(sql).bind(account.0).execute().await
}

fn read(row: &mut Row<'_>) -> Result<PasskeyRow, StoreError> {
    Ok(PasskeyRow {
        id: row.next()?,
        account: UserId(row.next()?),
        label: row.next()?,
        state: row.next()?,
        created_at: row.time()?,
        used_at: row.optional_time()?,
    })
}
