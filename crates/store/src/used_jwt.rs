//! Identities of builds that were shown once and count no more: a replay is refused as long as they would be good.

use cratekeep_types::Timestamp;

use crate::sql::sql;
use crate::{StoreError, Tx};

/// Most rows that one sweep removes.
const SWEPT_MAX: i64 = 10_000;

/// Notes that an identity was shown; `false` when it was before.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    (issuer, jti): (&str, &str),
    expires_at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = sql!(
        "INSERT INTO used_jwt (issuer, jti, expires_at)
        VALUES ($1, $2, $3)
        ON CONFLICT (issuer, jti) DO NOTHING"
    );
    tx.query(sql).bind(issuer).bind(jti).bind(expires_at.0).changed().await
}

/// Forgets identities that ended before a moment, at most so many as one sweep may; says how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM used_jwt
        WHERE (issuer, jti) IN (
            SELECT issuer, jti FROM used_jwt WHERE expires_at < $1 ORDER BY expires_at, issuer, jti LIMIT $2
        )"
    );
    tx.query(sql).bind(before.0).bind(SWEPT_MAX).execute().await
}
