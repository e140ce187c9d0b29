//! What administrators want to know of accounts beside their names: kind, lock, quota.

use cratekeep_types::{Account, Timestamp, UserId};

use crate::limits::Quota;
use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::user::read_account;
use crate::{Conn, StoreError};

/// An account with all that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactsRow {
    /// Id, name, kind and whether it is an administrator.
    pub account: Account,
    /// Mail address, if known.
    pub email: Option<String>,
    /// Since when that is confirmed.
    pub email_verified_at: Option<Timestamp>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// Since when it is locked.
    pub locked_at: Option<Timestamp>,
    /// Until when; `None` means until it is unlocked.
    pub locked_until: Option<Timestamp>,
    /// Why.
    pub lock_reason: Option<String>,
    /// How much it may hold.
    pub quota: Quota,
}

/// Accounts with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, after: UserId, limit: u32) -> Result<Vec<FactsRow>, StoreError> {
    let sql = sql!(
        "SELECT id, name, kind, is_admin, email, email_verified_at, created_at, locked_at, locked_until,
            lock_reason, crates_max, bytes_max
        FROM account
        WHERE id > $1
        ORDER BY id
        LIMIT $2"
    );
    conn.query(sql).bind(after.0).bind(bounded(limit, PAGE_MAX)).all(read).await
}

/// The account in row `id`.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, id: UserId) -> Result<Option<FactsRow>, StoreError> {
    let sql = sql!(
        "SELECT id, name, kind, is_admin, email, email_verified_at, created_at, locked_at, locked_until,
            lock_reason, crates_max, bytes_max
        FROM account
        WHERE id = $1"
    );
    conn.query(sql).bind(id.0).optional(read).await
}

fn read(row: &mut Row<'_>) -> Result<FactsRow, StoreError> {
    Ok(FactsRow {
        account: read_account(row)?,
        email: row.next()?,
        email_verified_at: row.next::<Option<i64>>()?.map(Timestamp),
        created_at: row.time()?,
        locked_at: row.next::<Option<i64>>()?.map(Timestamp),
        locked_until: row.next::<Option<i64>>()?.map(Timestamp),
        lock_reason: row.next()?,
        quota: Quota { crates_max: number(row)?, bytes_max: number(row)? },
    })
}

fn number(row: &mut Row<'_>) -> Result<Option<u64>, StoreError> {
    Ok(row.next::<Option<i64>>()?.and_then(|number| u64::try_from(number).ok()))
}
