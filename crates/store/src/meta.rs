//! Facts about the instance: one text per key.

use crate::sql::sql;
use crate::{Conn, StoreError, Tx};

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Random name of this instance, given once.
    InstanceId,
    /// The base URL of the first start.
    BaseUrl,
    /// Earlier base URLs, a JSON array of texts.
    BaseUrlAliases,
    /// Hash of the one-time code that makes the first administrator.
    SetupCodeHash,
    /// Random mark that the blob store carries too, so that a wrong or missing volume is noticed.
    StorageMark,
    /// What every page says at its top, if anything.
    Banner,
    /// Why the server refuses changes; there only while it does.
    ReadOnly,
}

impl Key {
    fn word(self) -> &'static str {
        match self {
            Self::InstanceId => "instance-id",
            Self::BaseUrl => "base-url",
            Self::BaseUrlAliases => "base-url-aliases",
            Self::SetupCodeHash => "setup-code-hash",
            Self::StorageMark => "storage-mark",
            Self::Banner => "banner",
            Self::ReadOnly => "read-only",
        }
    }
}

/// The text under `key`.
///
/// # Errors
/// When the database fails.
pub async fn get(conn: &mut Conn, key: Key) -> Result<Option<String>, StoreError> {
    let sql = sql!(
        "SELECT value
        FROM meta
        WHERE key = $1"
    );
    conn.query(sql).bind(key.word()).optional(|row| row.next()).await
}

/// Sets the text under `key`, whatever was there.
///
/// # Errors
/// When the database fails.
pub async fn set(tx: &mut Tx, key: Key, value: &str) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO meta (key, value)
        VALUES ($1, $2)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    );
    tx.query(sql).bind(key.word()).bind(value).execute().await?;
    Ok(())
}

/// Sets the text under `key` if there is none; says whether it did.
///
/// # Errors
/// When the database fails.
pub async fn set_if_absent(tx: &mut Tx, key: Key, value: &str) -> Result<bool, StoreError> {
    let sql = sql!(
        "INSERT INTO meta (key, value)
        VALUES ($1, $2)
        ON CONFLICT (key) DO NOTHING"
    );
    tx.query(sql).bind(key.word()).bind(value).changed().await
}

/// Removes the text under `key` if it is exactly `expected`; says whether it did. This is how a one-time code is spent.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut Tx, key: Key, expected: &str) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM meta
        WHERE key = $1 AND value = $2"
    );
    tx.query(sql).bind(key.word()).bind(expected).changed().await
}

/// Removes the text under `key`; says whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, key: Key) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM meta
        WHERE key = $1"
    );
    tx.query(sql).bind(key.word()).changed().await
}
