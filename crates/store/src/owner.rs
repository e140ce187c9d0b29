//! Who owns which crate.

use cratekeep_types::{Account, CrateId, RegistryId, Timestamp, UserId};

use crate::followed_krate::limited;
use crate::krate::Seen;
use crate::sql::sql;
use crate::user::read_account;
use crate::{Conn, StoreError, Tx};

/// Most owners that one crate lists.
pub const OWNERS_MAX: u32 = 1000;

/// An owner of a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerRow {
    /// Who.
    pub account: Account,
    /// The person's name, if known.
    pub display_name: Option<String>,
    /// Since when.
    pub added_at: Timestamp,
    /// Made an owner by whom; `None` when not by a user.
    pub added_by: Option<UserId>,
}

/// The owners of a crate, longest first.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, krate: CrateId) -> Result<Vec<OwnerRow>, StoreError> {
    let sql = sql!(
        "SELECT account.id, account.name, account.kind, account.is_admin, account.display_name, owner.added_at, owner.added_by
        FROM owner
        JOIN account ON account.id = owner.account_id
        WHERE owner.krate_id = $1
        ORDER BY owner.added_at, account.id
        LIMIT $2"
    );
    conn.query(sql)
        .bind(krate.0)
        .bind(i64::from(OWNERS_MAX))
        .all(|row| {
            Ok(OwnerRow {
                account: read_account(row)?,
                display_name: row.next()?,
                added_at: row.time()?,
                added_by: row.next::<Option<i64>>()?.map(UserId),
            })
        })
        .await
}

/// Whether a user owns a crate.
///
/// # Errors
/// When the database fails.
pub async fn is_owner(conn: &mut Conn, krate: CrateId, user: UserId) -> Result<bool, StoreError> {
    let sql = sql!(
        "SELECT 1
        FROM owner
        WHERE krate_id = $1 AND account_id = $2"
    );
    Ok(conn.query(sql).bind(krate.0).bind(user.0).optional(|_| Ok(())).await?.is_some())
}

/// Makes a user an owner; `false` when it already was.
///
/// # Errors
/// When the database fails.
pub async fn add(
    tx: &mut Tx,
    krate: CrateId,
    user: UserId,
    by: Option<UserId>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = sql!(
        "INSERT INTO owner (krate_id, account_id, added_at, added_by)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (krate_id, account_id) DO NOTHING"
    );
    tx.query(sql).bind(krate.0).bind(user.0).bind(at.0).bind(by.map(|by| by.0)).changed().await
}

/// Takes ownership away; `false` when there was none.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, krate: CrateId, user: UserId) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM owner
        WHERE krate_id = $1 AND account_id = $2"
    );
    tx.query(sql).bind(krate.0).bind(user.0).changed().await
}

/// The owners of a crate who want to hear of its publishes, each with a verified mail address, by id.
///
/// # Errors
/// When the database fails.
pub async fn told_of_publishes(
    conn: &mut Conn,
    krate: CrateId,
) -> Result<Vec<(Account, String)>, StoreError> {
    let sql = sql!(
        "SELECT account.id, account.name, account.kind, account.is_admin, account.email
        FROM owner
        JOIN account ON account.id = owner.account_id
        WHERE owner.krate_id = $1 AND account.publish_mail AND account.email_verified_at IS NOT NULL
            AND account.email IS NOT NULL
        ORDER BY account.id
        LIMIT $2"
    );
    conn.query(sql)
        .bind(krate.0)
        .bind(i64::from(OWNERS_MAX))
        .all(|row| Ok((read_account(row)?, row.next()?)))
        .await
}

/// The owners of a crate with a verified mail address, by id.
///
/// # Errors
/// When the database fails.
pub async fn with_addresses(conn: &mut Conn, krate: CrateId) -> Result<Vec<(Account, String)>, StoreError> {
    let sql = sql!(
        "SELECT account.id, account.name, account.kind, account.is_admin, account.email
        FROM owner
        JOIN account ON account.id = owner.account_id
        WHERE owner.krate_id = $1 AND account.email_verified_at IS NOT NULL AND account.email IS NOT NULL
        ORDER BY account.id
        LIMIT $2"
    );
    conn.query(sql)
        .bind(krate.0)
        .bind(i64::from(OWNERS_MAX))
        .all(|row| Ok((read_account(row)?, row.next()?)))
        .await
}

/// How often the crates of a registry that an account owns were downloaded; of limited ones those that are seen.
///
/// # Errors
/// When the database fails.
pub async fn downloads(
    conn: &mut Conn,
    registry: RegistryId,
    user: UserId,
    seen: &Seen,
) -> Result<u64, StoreError> {
    let sql = sql!(
        "SELECT CAST(COALESCE(SUM(download_total.downloads), 0) AS BIGINT)
        FROM owner
        JOIN krate ON krate.id = owner.krate_id
        JOIN download_total ON download_total.krate_id = krate.id
        WHERE owner.account_id = $2 AND krate.registry_id = $1
            AND (NOT krate.limited OR $3 OR krate.id IN (SELECT CAST(item.value ->> 'id' AS BIGINT) FROM ",
        rows("$4"),
        "))"
    );
    conn.query(sql)
        .bind(registry.0)
        .bind(user.0)
        .bind(seen.all)
        .bind(limited(seen))
        .one(|row| row.unsigned())
        .await
}

/// How many persons own a crate. A service that owns it does not count: nobody could ask it.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Conn, krate: CrateId) -> Result<u64, StoreError> {
    let sql = sql!(
        "SELECT COUNT(*)
        FROM owner
        JOIN account ON account.id = owner.account_id
        WHERE owner.krate_id = $1 AND account.kind = 'person'"
    );
    conn.query(sql).bind(krate.0).one(|row| row.unsigned()).await
}
