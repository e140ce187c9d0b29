//! People and services with an account. The table is called `account`, because `user` is a word of SQL.

use cratekeep_types::{Account, Timestamp, UserId, UserName};

use crate::{Conn, StoreError, Tx, unwritten};

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The name; unique without regard to case.
    pub name: UserName,
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

/// Makes a user.
///
/// # Errors
/// [`StoreError::Conflict`] with `user` when the name is taken in any spelling.
pub async fn insert(tx: &mut Tx, new: &NewUser, at: Timestamp) -> Result<UserId, StoreError> {
    unwritten()
}

/// The user in row `id`.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, id: UserId) -> Result<Option<UserRow>, StoreError> {
    unwritten()
}

/// The user called `name` in any spelling.
///
/// # Errors
/// When the database fails.
pub async fn find_by_name(conn: &mut Conn, name: &UserName) -> Result<Option<UserRow>, StoreError> {
    unwritten()
}

/// Users with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, after: UserId, limit: u32) -> Result<Vec<UserRow>, StoreError> {
    unwritten()
}

/// Makes a user an administrator or takes that away; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_admin(tx: &mut Tx, id: UserId, is_admin: bool) -> Result<bool, StoreError> {
    unwritten()
}

/// How many administrators there are.
///
/// # Errors
/// When the database fails.
pub async fn count_admins(conn: &mut Conn) -> Result<u64, StoreError> {
    unwritten()
}
