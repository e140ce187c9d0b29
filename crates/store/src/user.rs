//! People and services with an account. The table is called `account`, because `user` is a word of SQL.

use cratekeep_types::{Account, AccountKind, Timestamp, UserId, UserName};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::{Conn, StoreError, Tx};

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The name; unique without regard to case.
    pub name: UserName,
    /// Whether it is a person.
    pub kind: AccountKind,
    /// Mail address, if known.
    pub email: Option<String>,
    /// Whether the user administers the server.
    pub is_admin: bool,
}

/// A user as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// Id, name and whether it is an administrator.
    pub account: Account,
    /// Mail address, if known.
    pub email: Option<String>,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// That an account is locked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Since when.
    pub at: Timestamp,
    /// Until when; `None` means until somebody unlocks it.
    pub until: Option<Timestamp>,
    /// Why, for its holder to read.
    pub reason: String,
}

/// Makes a user.
///
/// # Errors
/// [`StoreError::Conflict`] with `user` when the name is taken in any spelling.
pub async fn insert(tx: &mut Tx, new: &NewUser, at: Timestamp) -> Result<UserId, StoreError> {
    let sql = sql!(
        "INSERT INTO account (name, folded, kind, email, is_admin, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING id"
    );
    tx.query(sql)
        .bind(new.name.as_str())
        .bind(new.name.folded())
        .bind(new.kind.word())
        .bind(new.email.as_deref())
        .bind(new.is_admin)
        .bind(at.0)
        .one(|row| row.next().map(UserId))
        .await
}

/// The user in row `id`.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, id: UserId) -> Result<Option<UserRow>, StoreError> {
    let sql = sql!(
        "SELECT id, name, kind, is_admin, email, created_at
        FROM account
        WHERE id = $1"
    );
    conn.query(sql).bind(id.0).optional(read).await
}

/// The user called `name` in any spelling.
///
/// # Errors
/// When the database fails.
pub async fn find_by_name(conn: &mut Conn, name: &UserName) -> Result<Option<UserRow>, StoreError> {
    let sql = sql!(
        "SELECT id, name, kind, is_admin, email, created_at
        FROM account
        WHERE folded = $1"
    );
    conn.query(sql).bind(name.folded()).optional(read).await
}

/// Users with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, after: UserId, limit: u32) -> Result<Vec<UserRow>, StoreError> {
    let sql = sql!(
        "SELECT id, name, kind, is_admin, email, created_at
        FROM account
        WHERE id > $1
        ORDER BY id
        LIMIT $2"
    );
    conn.query(sql).bind(after.0).bind(bounded(limit, PAGE_MAX)).all(read).await
}

/// The mail address of an account, if its holder has proved to read it.
///
/// # Errors
/// When the database fails.
pub async fn verified_email(conn: &mut Conn, id: UserId) -> Result<Option<String>, StoreError> {
    let sql = sql!(
        "SELECT email
        FROM account
        WHERE id = $1 AND email_verified_at IS NOT NULL AND email IS NOT NULL"
    );
    conn.query(sql).bind(id.0).optional(|row| row.next()).await
}

/// Makes a user an administrator or takes that away; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_admin(tx: &mut Tx, id: UserId, is_admin: bool) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE account
        SET is_admin = $2
        WHERE id = $1"
    );
    tx.query(sql).bind(id.0).bind(is_admin).changed().await
}

/// The lock of an account, if it has one; it may be over.
///
/// # Errors
/// When the database fails.
pub async fn find_lock(conn: &mut Conn, id: UserId) -> Result<Option<Lock>, StoreError> {
    let sql = sql!(
        "SELECT locked_at, locked_until, lock_reason
        FROM account
        WHERE id = $1 AND locked_at IS NOT NULL"
    );
    conn.query(sql)
        .bind(id.0)
        .optional(|row| {
            let (at, until) = (row.time()?, row.optional_time()?);
            Ok(Lock { at, until, reason: row.next::<Option<String>>()?.unwrap_or_default() })
        })
        .await
}

/// Locks an account, or unlocks it with `None`; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_lock(tx: &mut Tx, id: UserId, lock: Option<&Lock>) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE account
        SET locked_at = $2, locked_until = $3, lock_reason = $4
        WHERE id = $1"
    );
    tx.query(sql)
        .bind(id.0)
        .bind(lock.map(|lock| lock.at.0))
        .bind(lock.and_then(|lock| lock.until).map(|until| until.0))
        .bind(lock.map(|lock| lock.reason.as_str()))
        .changed()
        .await
}

/// How many administrators there are.
///
/// # Errors
/// When the database fails.
pub async fn count_admins(conn: &mut Conn) -> Result<u64, StoreError> {
    let sql = sql!(
        "SELECT COUNT(*)
        FROM account
        WHERE is_admin"
    );
    conn.query(sql).one(|row| row.unsigned()).await
}

/// Reads the four columns id, name, kind and whether it is an administrator.
pub(crate) fn read_account(row: &mut Row<'_>) -> Result<Account, StoreError> {
    Ok(Account { id: UserId(row.next()?), name: row.parse()?, kind: row.parse()?, is_admin: row.next()? })
}

fn read(row: &mut Row<'_>) -> Result<UserRow, StoreError> {
    Ok(UserRow { account: read_account(row)?, email: row.next()?, created_at: row.time()? })
}
