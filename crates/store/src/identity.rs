//! By whom an account is known elsewhere: (provider, stable id), and nothing else, makes two sign-ins the same person.

use cratekeep_types::{Timestamp, UserId};

use crate::sql::{PAGE_MAX, Row, sql};
use crate::{Conn, StoreError, Tx};

/// An identity to be kept.
#[derive(Clone, Debug)]
pub struct NewIdentity {
    /// Whose it is here.
    pub account: UserId,
    /// The place that vouches for it; never only its name in the settings.
    pub provider: String,
    /// The id there, which nobody else ever gets.
    pub subject: String,
    /// The name there, for people to read.
    pub login: String,
    /// The token for the API there, sealed.
    pub sealed_token: Option<Vec<u8>>,
}

/// An identity as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRow {
    /// Its row.
    pub id: i64,
    /// Whose it is here.
    pub account: UserId,
    /// The place that vouches for it.
    pub provider: String,
    /// The id there.
    pub subject: String,
    /// The name there, when it was seen last.
    pub login: String,
    /// The token for the API there, sealed.
    pub sealed_token: Option<Vec<u8>>,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When it was used last.
    pub seen_at: Timestamp,
}

/// Links an identity to an account.
///
/// # Errors
/// [`StoreError::Conflict`] with `identity` when it is linked already.
pub async fn insert(tx: &mut Tx, new: &NewIdentity, at: Timestamp) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO identity (account_id, provider, subject, login, sealed_token, created_at, seen_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6)"
    );
    tx.query(sql)
        .bind(new.account.0)
        .bind(new.provider.as_str())
        .bind(new.subject.as_str())
        .bind(new.login.as_str())
        .bind(new.sealed_token.as_deref())
        .bind(at.0)
        .execute()
        .await?;
    Ok(())
}

/// The identity of this provider and id.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, provider: &str, subject: &str) -> Result<Option<IdentityRow>, StoreError> {
    let sql = sql!(
        "SELECT id, account_id, provider, subject, login, sealed_token, created_at, seen_at
        FROM identity
        WHERE provider = $1 AND subject = $2"
    );
    conn.query(sql).bind(provider).bind(subject).optional(read).await
}

/// The identities of an account, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list_by_account(conn: &mut Conn, account: UserId) -> Result<Vec<IdentityRow>, StoreError> {
    let sql = sql!(
        "SELECT id, account_id, provider, subject, login, sealed_token, created_at, seen_at
        FROM identity
        WHERE account_id = $1
        ORDER BY id
        LIMIT $2"
    );
    conn.query(sql).bind(account.0).bind(i64::from(PAGE_MAX)).all(read).await
}

/// Notes that an identity was used: its name there may be new, and so is its token. Says whether it is still there.
///
/// # Errors
/// When the database fails.
pub async fn touch(
    tx: &mut Tx,
    id: i64,
    login: &str,
    sealed_token: Option<&[u8]>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE identity
        SET login = $2, sealed_token = $3, seen_at = $4
        WHERE id = $1"
    );
    tx.query(sql).bind(id).bind(login).bind(sealed_token).bind(at.0).changed().await
}

/// Takes the link between an account and one of its identities away; says whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, account: UserId, id: i64) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM identity
        WHERE id = $2 AND account_id = $1"
    );
    tx.query(sql).bind(account.0).bind(id).changed().await
}

/// In how many ways the holder of an account can sign in: password, passkeys and identities.
///
/// # Errors
/// When the database fails.
pub async fn count_ways_in(conn: &mut Conn, account: UserId) -> Result<u64, StoreError> {
    let sql = sql!(
        "SELECT
            (SELECT COUNT(*) FROM password WHERE account_id = $1)
            + (SELECT COUNT(*) FROM passkey WHERE account_id = $1)
            + (SELECT COUNT(*) FROM identity WHERE account_id = $1)"
    );
    conn.query(sql).bind(account.0).one(|row| row.unsigned()).await
}

fn read(row: &mut Row<'_>) -> Result<IdentityRow, StoreError> {
    Ok(IdentityRow {
        id: row.next()?,
        account: UserId(row.next()?),
        provider: row.next()?,
        subject: row.next()?,
        login: row.next()?,
        sealed_token: row.next()?,
        created_at: row.time()?,
        seen_at: row.time()?,
    })
}
