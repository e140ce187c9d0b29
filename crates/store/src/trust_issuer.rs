//! Issuers of identities of builds, beside GitHub and GitLab, that an administrator allowed.

use cratekeep_types::Timestamp;

use crate::sql::{Row, sql};
use crate::{Conn, StoreError, Tx};

/// Most issuers of a server.
pub const ISSUERS_MAX: u32 = 200;

/// An issuer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerRow {
    /// What people call it here.
    pub name: String,
    /// What stands in `iss` of its tokens.
    pub url: String,
    /// What must stand in `aud` of its tokens.
    pub audience: String,
    /// What every one of its tokens must claim, as one JSON text.
    pub required: String,
    /// When it was allowed.
    pub created_at: Timestamp,
}

/// Allows an issuer.
///
/// # Errors
/// [`StoreError::Conflict`] when its name or address is taken.
pub async fn insert(tx: &mut Tx, row: &IssuerRow) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO trust_issuer (name, url, audience, required, created_at)
        VALUES ($1, $2, $3, $4, $5)"
    );
    tx.query(sql)
        .bind(row.name.as_str())
        .bind(row.url.as_str())
        .bind(row.audience.as_str())
        .bind(row.required.as_str())
        .bind(row.created_at.0)
        .execute()
        .await?;
    Ok(())
}

/// The issuer of this name.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, name: &str) -> Result<Option<IssuerRow>, StoreError> {
    let sql = sql!(
        "SELECT name, url, audience, required, created_at
        FROM trust_issuer
        WHERE name = $1"
    );
    conn.query(sql).bind(name).optional(read).await
}

/// The issuer at this address.
///
/// # Errors
/// When the database fails.
pub async fn find_by_url(conn: &mut Conn, url: &str) -> Result<Option<IssuerRow>, StoreError> {
    let sql = sql!(
        "SELECT name, url, audience, required, created_at
        FROM trust_issuer
        WHERE url = $1"
    );
    conn.query(sql).bind(url).optional(read).await
}

/// Every issuer, by name.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn) -> Result<Vec<IssuerRow>, StoreError> {
    let sql = sql!(
        "SELECT name, url, audience, required, created_at
        FROM trust_issuer
        ORDER BY name
        LIMIT $1"
    );
    conn.query(sql).bind(i64::from(ISSUERS_MAX)).all(read).await
}

/// Allows an issuer no more; `false` when it was not there.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, name: &str) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM trust_issuer
        WHERE name = $1"
    );
    tx.query(sql).bind(name).changed().await
}

fn read(row: &mut Row<'_>) -> Result<IssuerRow, StoreError> {
    Ok(IssuerRow {
        name: row.next()?,
        url: row.next()?,
        audience: row.next()?,
        required: row.next()?,
        created_at: row.time()?,
    })
}
