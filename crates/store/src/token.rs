//! API tokens. The table holds hashes only.

use cratekeep_types::{Account, CratePattern, ScopeSet, Timestamp, TokenId, UserId};

use serde_json::{Value, json};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::user::read_account;
use crate::{Conn, CountTx, StoreError, Tx};

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// Whose it is.
    pub user: UserId,
    /// What its holder calls it.
    pub label: String,
    /// SHA-256 of its text.
    pub hash: [u8; 32],
    /// What it may do.
    pub scopes: ScopeSet,
    /// Which crates it is for; empty means every crate.
    pub crates: Vec<CratePattern>,
    /// When it stops working; `None` means never.
    pub expires_at: Option<Timestamp>,
}

/// A token as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// Its row.
    pub id: TokenId,
    /// Whose it is.
    pub user: UserId,
    /// What its holder calls it.
    pub label: String,
    /// What it may do.
    pub scopes: ScopeSet,
    /// Which crates it is for; empty means every crate.
    pub crates: Vec<CratePattern>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working; `None` means never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// When it was used last, as far as the bookkeeping knows.
    pub used_at: Option<Timestamp>,
}

impl TokenRow {
    /// Whether the token works at `now`: not revoked, not expired.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// A token with the account it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenHolder {
    /// The token; may be revoked or expired ([`TokenRow::is_live`]).
    pub token: TokenRow,
    /// Its account.
    pub account: Account,
}

/// Makes a token.
///
/// # Errors
/// [`StoreError::Conflict`] with `token` for a hash that is there already.
pub async fn insert(tx: &mut Tx, new: &NewToken, at: Timestamp) -> Result<TokenId, StoreError> {
    let sql = sql!(
        "INSERT INTO token (account_id, label, hash, scopes, crates, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        RETURNING id"
    );
    let crates: Vec<&str> = new.crates.iter().map(CratePattern::as_str).collect();
    tx.query(sql)
        .bind(new.user.0)
        .bind(new.label.as_str())
        .bind(&new.hash[..])
        .bind(new.scopes.to_string())
        .bind(crates.join(","))
        .bind(at.0)
        .bind(new.expires_at.map(|end| end.0))
        .one(|row| row.next().map(TokenId))
        .await
}

/// The token with this hash and its account, also when it is revoked or expired.
///
/// # Errors
/// When the database fails.
pub async fn find_by_hash(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<TokenHolder>, StoreError> {
    let sql = sql!(
        "SELECT token.id, token.account_id, token.label, token.scopes, token.crates, token.created_at, token.expires_at,
            token.revoked_at, token_use.used_at,
            account.id, account.name, account.kind, account.is_admin
        FROM token
        JOIN account ON account.id = token.account_id
        LEFT JOIN token_use ON token_use.token_id = token.id
        WHERE token.hash = $1"
    );
    conn.query(sql).bind(&hash[..]).optional(read_holder).await
}

/// The token in row `id` and its account.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, id: TokenId) -> Result<Option<TokenHolder>, StoreError> {
    let sql = sql!(
        "SELECT token.id, token.account_id, token.label, token.scopes, token.crates, token.created_at, token.expires_at,
            token.revoked_at, token_use.used_at,
            account.id, account.name, account.kind, account.is_admin
        FROM token
        JOIN account ON account.id = token.account_id
        LEFT JOIN token_use ON token_use.token_id = token.id
        WHERE token.id = $1"
    );
    conn.query(sql).bind(id.0).optional(read_holder).await
}

/// Tokens of a user with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list_by_user(
    conn: &mut Conn,
    user: UserId,
    after: TokenId,
    limit: u32,
) -> Result<Vec<TokenRow>, StoreError> {
    let sql = sql!(
        "SELECT token.id, token.account_id, token.label, token.scopes, token.crates, token.created_at, token.expires_at,
            token.revoked_at, token_use.used_at
        FROM token
        LEFT JOIN token_use ON token_use.token_id = token.id
        WHERE token.account_id = $1 AND token.id > $2
        ORDER BY token.id
        LIMIT $3"
    );
    conn.query(sql).bind(user.0).bind(after.0).bind(bounded(limit, PAGE_MAX)).all(read).await
}

/// Tokens of everybody with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, after: TokenId, limit: u32) -> Result<Vec<TokenHolder>, StoreError> {
    let sql = sql!(
        "SELECT token.id, token.account_id, token.label, token.scopes, token.crates, token.created_at, token.expires_at,
            token.revoked_at, token_use.used_at,
            account.id, account.name, account.kind, account.is_admin
        FROM token
        JOIN account ON account.id = token.account_id
        LEFT JOIN token_use ON token_use.token_id = token.id
        WHERE token.id > $1
        ORDER BY token.id
        LIMIT $2"
    );
    conn.query(sql).bind(after.0).bind(bounded(limit, PAGE_MAX)).all(read_holder).await
}

/// Revokes a token; says whether it was there and not yet revoked.
///
/// # Errors
/// When the database fails.
pub async fn revoke(tx: &mut Tx, id: TokenId, at: Timestamp) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE token
        SET revoked_at = $2
        WHERE id = $1 AND revoked_at IS NULL"
    );
    tx.query(sql).bind(id.0).bind(at.0).changed().await
}

/// Notes when tokens were used; an earlier time never replaces a later one.
///
/// # Errors
/// When the database fails.
pub async fn touch(tx: &mut CountTx, uses: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO token_use (token_id, used_at)
        SELECT CAST(item.value ->> 'token' AS BIGINT), MAX(CAST(item.value ->> 'used_at' AS BIGINT))
        FROM ",
        rows("$1"),
        " GROUP BY 1
        ORDER BY 1
        ON CONFLICT (token_id) DO UPDATE SET used_at = excluded.used_at
        WHERE token_use.used_at < excluded.used_at"
    );
    let rows: Vec<_> = uses.iter().map(|(id, at)| json!({ "token": id.0, "used_at": at.0 })).collect();
    tx.query(sql).bind(Value::from(rows).to_string()).execute().await?;
    Ok(())
}

fn read(row: &mut Row<'_>) -> Result<TokenRow, StoreError> {
    Ok(TokenRow {
        id: TokenId(row.next()?),
        user: UserId(row.next()?),
        label: row.next()?,
        scopes: row.parse()?,
        crates: read_patterns(row.next()?)?,
        created_at: row.time()?,
        expires_at: row.optional_time()?,
        revoked_at: row.optional_time()?,
        used_at: row.optional_time()?,
    })
}

fn read_holder(row: &mut Row<'_>) -> Result<TokenHolder, StoreError> {
    Ok(TokenHolder { token: read(row)?, account: read_account(row)? })
}

/// Patterns are stored with commas between them, which no pattern can contain.
fn read_patterns(text: &str) -> Result<Vec<CratePattern>, StoreError> {
    text.split(',')
        .filter(|pattern| !pattern.is_empty())
        .map(|pattern| {
            pattern
                .parse()
                .map_err(|_| StoreError::Internal(format!("a stored crate pattern is bad: `{pattern}`")))
        })
        .collect()
}
