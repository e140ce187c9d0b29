//! Hashes of passwords. An account without a row here has none and cannot sign in with one.

use cratekeep_types::{Timestamp, UserId};

use crate::sql::sql;
use crate::{Conn, StoreError, Tx};

/// The hash of an account's password, in the form `$argon2id$…`.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, account: UserId) -> Result<Option<String>, StoreError> {
    let sql = sql!(
        "SELECT hash
        FROM password
        WHERE account_id = $1"
    );
    conn.query(sql).bind(account.0).optional(|row| row.next()).await
}

/// Sets the hash of an account's password, whatever was there.
///
/// # Errors
/// When the database fails.
pub async fn set(tx: &mut Tx, account: UserId, hash: &str, at: Timestamp) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO password (account_id, hash, changed_at)
        VALUES ($1, $2, $3)
        ON CONFLICT (account_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at"
    );
    tx.query(sql).bind(account.0).bind(hash).bind(at.0).execute().await?;
    Ok(())
}

/// Takes an account's password away; says whether it had one.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, account: UserId) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM password
        WHERE account_id = $1"
    );
    tx.query(sql).bind(account.0).changed().await
}
