//! What people say of themselves: the name they show, their mail address, which letters they want. The rows are those of
//! accounts.

use cratekeep_types::{Account, Timestamp, UserId};

use crate::sql::{PAGE_MAX, bounded, sql};
use crate::user::read_account;
use crate::{Conn, StoreError, Tx};

/// What an account says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The name it shows beside the one it signs in with.
    pub display_name: Option<String>,
    /// Its mail address.
    pub email: Option<String>,
    /// When it was shown that the address is its own.
    pub email_verified_at: Option<Timestamp>,
    /// Whether it wants a letter for each publish of its crates.
    pub publish_mail: bool,
}

/// What the account in row `id` says of itself.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, id: UserId) -> Result<Option<Profile>, StoreError> {
    let sql = sql!(
        "SELECT display_name, email, email_verified_at, publish_mail
        FROM account
        WHERE id = $1"
    );
    conn.query(sql)
        .bind(id.0)
        .optional(|row| {
            Ok(Profile {
                display_name: row.next()?,
                email: row.next()?,
                email_verified_at: row.optional_time()?,
                publish_mail: row.next()?,
            })
        })
        .await
}

/// Changes the name shown and whether letters about publishes are wanted; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set(
    tx: &mut Tx,
    id: UserId,
    display_name: Option<&str>,
    publish_mail: bool,
) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE account
        SET display_name = $2, publish_mail = $3
        WHERE id = $1"
    );
    tx.query(sql).bind(id.0).bind(display_name).bind(publish_mail).changed().await
}

/// Changes the mail address, which is shown to be the account's own since `verified_at`, or not yet.
///
/// # Errors
/// When the database fails.
pub async fn set_email(
    tx: &mut Tx,
    id: UserId,
    email: &str,
    verified_at: Option<Timestamp>,
) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE account
        SET email = $2, email_verified_at = $3
        WHERE id = $1"
    );
    tx.query(sql).bind(id.0).bind(email).bind(verified_at.map(|at| at.0)).changed().await
}

/// Notes that the address is the account's own, if it is still that one; says whether it is.
///
/// # Errors
/// When the database fails.
pub async fn confirm_email(tx: &mut Tx, id: UserId, email: &str, at: Timestamp) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE account
        SET email_verified_at = $3
        WHERE id = $1 AND email = $2"
    );
    tx.query(sql).bind(id.0).bind(email).bind(at.0).changed().await
}

/// Accounts whose own address this was shown to be, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn holders(conn: &mut Conn, email: &str, limit: u32) -> Result<Vec<Account>, StoreError> {
    let sql = sql!(
        "SELECT id, name, kind, is_admin
        FROM account
        WHERE email = $1 AND email_verified_at IS NOT NULL
        ORDER BY id
        LIMIT $2"
    );
    conn.query(sql).bind(email).bind(bounded(limit, PAGE_MAX)).all(read_account).await
}

/// Number and name of each crate that an account owns itself, by number, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn owned(conn: &mut Conn, id: UserId, limit: u32) -> Result<Vec<(i64, String)>, StoreError> {
    let sql = sql!(
        "SELECT krate.id, krate.name
        FROM owner
        JOIN krate ON krate.id = owner.krate_id
        WHERE owner.account_id = $1
        ORDER BY krate.id
        LIMIT $2"
    );
    conn.query(sql).bind(id.0).bind(bounded(limit, PAGE_MAX)).all(|row| Ok((row.next()?, row.next()?))).await
}
