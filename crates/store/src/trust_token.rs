//! Tokens that build jobs got for their identity: short-lived, for a few crates.

use cratekeep_types::{CrateId, RegistryId, Timestamp, TrustTokenId, TrustedPublisherId};

use crate::sql::{Row, sql};
use crate::{Conn, StoreError, Tx};

/// Most tokens that one sweep removes.
const SWEPT_MAX: i64 = 10_000;

/// What a token is good for: a crate, by a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The crate.
    pub krate: CrateId,
    /// The rule. When it is gone, so is the right.
    pub by: TrustedPublisherId,
}

/// A token to be kept.
#[derive(Clone, Debug)]
pub struct NewTrustToken {
    /// Hash of its text.
    pub hash: [u8; 32],
    /// The registry it is for.
    pub registry: RegistryId,
    /// What it is good for.
    pub grants: Vec<Grant>,
    /// Who builds, as one JSON text.
    pub build: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A token as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustTokenRow {
    /// Its row.
    pub id: TrustTokenId,
    /// The registry it is for.
    pub registry: RegistryId,
    /// What it is good for.
    pub grants: Vec<Grant>,
    /// Who builds, as one JSON text.
    pub build: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Keeps a token.
///
/// # Errors
/// [`StoreError::Conflict`] when the hash is there.
pub async fn insert(tx: &mut Tx, new: &NewTrustToken, at: Timestamp) -> Result<TrustTokenId, StoreError> {
    let sql = sql!(
        "INSERT INTO trust_token (hash, registry_id, krates, build, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING id"
    );
    tx.query(sql)
        .bind(&new.hash[..])
        .bind(new.registry.0)
        .bind(write_grants(&new.grants))
        .bind(new.build.as_str())
        .bind(at.0)
        .bind(new.expires_at.0)
        .one(|row| row.next().map(TrustTokenId))
        .await
}

/// The token with this hash.
///
/// # Errors
/// When the database fails.
pub async fn find_by_hash(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<TrustTokenRow>, StoreError> {
    let sql = sql!(
        "SELECT id, registry_id, krates, build, expires_at
        FROM trust_token
        WHERE hash = $1"
    );
    conn.query(sql).bind(&hash[..]).optional(read).await
}

/// The token in row `id`.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, id: TrustTokenId) -> Result<Option<TrustTokenRow>, StoreError> {
    let sql = sql!(
        "SELECT id, registry_id, krates, build, expires_at
        FROM trust_token
        WHERE id = $1"
    );
    conn.query(sql).bind(id.0).optional(read).await
}

/// Takes a token back; `false` when it was not there.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, id: TrustTokenId) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM trust_token
        WHERE id = $1"
    );
    tx.query(sql).bind(id.0).changed().await
}

/// Removes tokens that ended before a moment, at most so many as one sweep may; says how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM trust_token
        WHERE id IN (SELECT id FROM trust_token WHERE expires_at < $1 ORDER BY expires_at, id LIMIT $2)"
    );
    tx.query(sql).bind(before.0).bind(SWEPT_MAX).execute().await
}

fn read(row: &mut Row<'_>) -> Result<TrustTokenRow, StoreError> {
    Ok(TrustTokenRow {
        id: TrustTokenId(row.next()?),
        registry: RegistryId(row.next()?),
        grants: read_grants(row.next()?)?,
        build: row.next()?,
        expires_at: row.time()?,
    })
}

/// `CRATE:RULE`, with commas between.
fn write_grants(grants: &[Grant]) -> String {
    let texts: Vec<_> = grants.iter().map(|grant| format!("{}:{}", grant.krate, grant.by)).collect();
    texts.join(",")
}

fn read_grants(text: &str) -> Result<Vec<Grant>, StoreError> {
    let bad = || StoreError::Internal(format!("the crates of a stored token are bad: `{text}`"));
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (krate, by) = part.split_once(':').ok_or_else(bad)?;
            let (krate, by) = (krate.parse().map_err(|_| bad())?, by.parse().map_err(|_| bad())?);
            Ok(Grant { krate: CrateId(krate), by: TrustedPublisherId(by) })
        })
        .collect()
}
