//! Buckets of rate limits, and accounts with figures of their own.

use cratekeep_types::{Account, Bucket, Timestamp, UserId};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::user::read_account;
use crate::{Conn, StoreError, Tx};

/// Figures of one account for one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Tokens of a full bucket.
    pub burst: u32,
    /// After this long there is one token more, in seconds; `None` keeps the server's figure.
    pub refill_secs: Option<u32>,
    /// From when it no longer counts.
    pub expires_at: Option<Timestamp>,
}

/// An override with whose and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideRow {
    /// Whose.
    pub account: Account,
    /// For which action.
    pub action: String,
    /// The figures.
    pub figures: Override,
}

/// The bucket of a subject for an action.
///
/// # Errors
/// When the database fails.
pub async fn find_bucket(conn: &mut Conn, subject: &str, action: &str) -> Result<Option<Bucket>, StoreError> {
    let sql = sql!(
        "SELECT tokens, refilled_at
        FROM rate_bucket
        WHERE subject = $1 AND action = $2"
    );
    conn.query(sql).bind(subject).bind(action).optional(read_bucket).await
}

/// As [`find_bucket`], kept from changing until the write ends.
///
/// # Errors
/// When the database fails.
pub async fn lock_bucket(tx: &mut Tx, subject: &str, action: &str) -> Result<Option<Bucket>, StoreError> {
    // SQLite has no row locks and needs none: its one writer runs alone.
    let sql = sql!(
        sqlite: "SELECT tokens, refilled_at
        FROM rate_bucket
        WHERE subject = $1 AND action = $2",
        postgres: "SELECT tokens, refilled_at
        FROM rate_bucket
        WHERE subject = $1 AND action = $2
        FOR UPDATE"
    );
    tx.query(sql).bind(subject).bind(action).optional(read_bucket).await
}

/// Keeps the bucket of a subject for an action.
///
/// # Errors
/// When the database fails.
pub async fn put_bucket(tx: &mut Tx, subject: &str, action: &str, bucket: Bucket) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO rate_bucket (subject, action, tokens, refilled_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (subject, action) DO UPDATE
        SET tokens = excluded.tokens, refilled_at = excluded.refilled_at"
    );
    tx.query(sql)
        .bind(subject)
        .bind(action)
        .bind(i64::from(bucket.tokens))
        .bind(bucket.refilled_at.0)
        .execute()
        .await?;
    Ok(())
}

/// Forgets buckets that nobody used since `before`; says how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep_buckets(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM rate_bucket
        WHERE refilled_at < $1"
    );
    tx.query(sql).bind(before.0).execute().await
}

/// The figures of an account for an action, as long as they count.
///
/// # Errors
/// When the database fails.
pub async fn find_override(
    conn: &mut Conn,
    account: UserId,
    action: &str,
    now: Timestamp,
) -> Result<Option<Override>, StoreError> {
    let sql = sql!(
        "SELECT burst, refill_secs, expires_at
        FROM rate_override
        WHERE account_id = $1 AND action = $2 AND (expires_at IS NULL OR expires_at > $3)"
    );
    conn.query(sql).bind(account.0).bind(action).bind(now.0).optional(read_override).await
}

/// Gives an account figures of its own for an action.
///
/// # Errors
/// When the database fails.
pub async fn set_override(
    tx: &mut Tx,
    account: UserId,
    action: &str,
    figures: &Override,
) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO rate_override (account_id, action, burst, refill_secs, expires_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (account_id, action) DO UPDATE
        SET burst = excluded.burst, refill_secs = excluded.refill_secs, expires_at = excluded.expires_at"
    );
    tx.query(sql)
        .bind(account.0)
        .bind(action)
        .bind(i64::from(figures.burst))
        .bind(figures.refill_secs.map(i64::from))
        .bind(figures.expires_at.map(|at| at.0))
        .execute()
        .await?;
    Ok(())
}

/// Takes the figures of an account for an action away; `false` when there were none.
///
/// # Errors
/// When the database fails.
pub async fn clear_override(tx: &mut Tx, account: UserId, action: &str) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM rate_override
        WHERE account_id = $1 AND action = $2"
    );
    tx.query(sql).bind(account.0).bind(action).changed().await
}

/// Figures of accounts with an id above `after`, by account and action, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list_overrides(
    conn: &mut Conn,
    after: UserId,
    limit: u32,
) -> Result<Vec<OverrideRow>, StoreError> {
    let sql = sql!(
        "SELECT account.id, account.name, account.kind, account.is_admin, rate_override.action,
            rate_override.burst, rate_override.refill_secs, rate_override.expires_at
        FROM rate_override
        JOIN account ON account.id = rate_override.account_id
        WHERE account.id > $1
        ORDER BY account.id, rate_override.action
        LIMIT $2"
    );
    conn.query(sql)
        .bind(after.0)
        .bind(bounded(limit, PAGE_MAX))
        .all(|row| {
            Ok(OverrideRow { account: read_account(row)?, action: row.next()?, figures: read_override(row)? })
        })
        .await
}

fn read_bucket(row: &mut Row<'_>) -> Result<Bucket, StoreError> {
    let tokens = u32::try_from(row.unsigned()?).unwrap_or(u32::MAX);
    Ok(Bucket { tokens, refilled_at: row.time()? })
}

fn read_override(row: &mut Row<'_>) -> Result<Override, StoreError> {
    let small = |number: i64| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(Override {
        burst: small(row.next()?),
        refill_secs: row.next::<Option<i64>>()?.map(small),
        expires_at: row.next::<Option<i64>>()?.map(Timestamp),
    })
}
