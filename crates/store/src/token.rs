//! API tokens. The table holds hashes only.

use std::fmt::Display;
use std::net::IpAddr;
use std::str::FromStr;

use cratekeep_types::{Account, CratePattern, RegistryName, ScopeSet, SessionId, Timestamp, TokenId, UserId};
use ipnet::IpNet;
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
    /// Which registries it is for; empty means every registry.
    pub registries: Vec<RegistryName>,
    /// From which networks it may be used; empty means from everywhere.
    pub addresses: Vec<IpNet>,
    /// Whether it was made without any limit on what it may do.
    pub is_legacy: bool,
    /// The browser session that it belongs to and ends with.
    pub session: Option<SessionId>,
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
    /// Which registries it is for; empty means every registry.
    pub registries: Vec<RegistryName>,
    /// From which networks it may be used; empty means from everywhere.
    pub addresses: Vec<IpNet>,
    /// Whether it was made without any limit on what it may do.
    pub is_legacy: bool,
    /// The browser session that it belongs to and ends with.
    pub session: Option<SessionId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working; `None` means never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, or when the session that it belongs to ended.
    pub revoked_at: Option<Timestamp>,
    /// When it was used last, as far as the bookkeeping knows.
    pub used_at: Option<Timestamp>,
    /// The network address from which it was used last.
    pub used_from: Option<IpAddr>,
}

/// A use of a token, on its way to the bookkeeping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenUse {
    /// Which.
    pub token: TokenId,
    /// When.
    pub at: Timestamp,
    /// From which network address, if that is known.
    pub from: Option<IpAddr>,
}

/// A token that ends soon, with whom to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndingToken {
    /// Its row.
    pub id: TokenId,
    /// What its holder calls it.
    pub label: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// The name of its holder.
    pub holder: String,
    /// The holder's mail address, if it is there and was confirmed.
    pub email: Option<String>,
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
        "INSERT INTO token (account_id, label, hash, scopes, crates, registries, addresses, is_legacy, session_id, created_at,
            expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        RETURNING id"
    );
    tx.query(sql)
        .bind(new.user.0)
        .bind(new.label.as_str())
        .bind(&new.hash[..])
        .bind(new.scopes.to_string())
        .bind(joined(&new.crates))
        .bind(joined(&new.registries))
        .bind(joined(&new.addresses))
        .bind(new.is_legacy)
        .bind(new.session.map(|session| session.0))
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
        "SELECT token.id, token.account_id, token.label, token.scopes, token.crates, token.registries, token.addresses,
            token.is_legacy, token.session_id, token.created_at, token.expires_at,
            COALESCE(token.revoked_at, session.ended_at), token_use.used_at, token_use.address,
            account.id, account.name, account.kind, account.is_admin
        FROM token
        JOIN account ON account.id = token.account_id
        LEFT JOIN session ON session.id = token.session_id
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
        "SELECT token.id, token.account_id, token.label, token.scopes, token.crates, token.registries, token.addresses,
            token.is_legacy, token.session_id, token.created_at, token.expires_at,
            COALESCE(token.revoked_at, session.ended_at), token_use.used_at, token_use.address,
            account.id, account.name, account.kind, account.is_admin
        FROM token
        JOIN account ON account.id = token.account_id
        LEFT JOIN session ON session.id = token.session_id
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
        "SELECT token.id, token.account_id, token.label, token.scopes, token.crates, token.registries, token.addresses,
            token.is_legacy, token.session_id, token.created_at, token.expires_at,
            COALESCE(token.revoked_at, session.ended_at), token_use.used_at, token_use.address
        FROM token
        LEFT JOIN session ON session.id = token.session_id
        LEFT JOIN token_use ON token_use.token_id = token.id
        WHERE token.account_id = $1 AND token.id > $2
        ORDER BY token.id
        LIMIT $3"
    );
    conn.query(sql).bind(user.0).bind(after.0).bind(bounded(limit, PAGE_MAX)).all(read).await
}

/// Tokens of a user that are not revoked and end after `since`, newest first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list_recent(
    conn: &mut Conn,
    user: UserId,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<TokenRow>, StoreError> {
    let sql = sql!(
        "SELECT token.id, token.account_id, token.label, token.scopes, token.crates, token.registries, token.addresses,
            token.is_legacy, token.session_id, token.created_at, token.expires_at,
            COALESCE(token.revoked_at, session.ended_at), token_use.used_at, token_use.address
        FROM token
        LEFT JOIN session ON session.id = token.session_id
        LEFT JOIN token_use ON token_use.token_id = token.id
        WHERE token.account_id = $1 AND token.revoked_at IS NULL AND session.ended_at IS NULL
            AND (token.expires_at IS NULL OR token.expires_at > $2)
        ORDER BY token.id DESC
        LIMIT $3"
    );
    conn.query(sql).bind(user.0).bind(since.0).bind(bounded(limit, PAGE_MAX)).all(read).await
}

/// How many tokens of a user work at `now`.
///
/// # Errors
/// When the database fails.
pub async fn count_live(conn: &mut Conn, user: UserId, now: Timestamp) -> Result<u64, StoreError> {
    let sql = sql!(
        "SELECT COUNT(*)
        FROM token
        LEFT JOIN session ON session.id = token.session_id
        WHERE token.account_id = $1 AND token.revoked_at IS NULL AND session.ended_at IS NULL
            AND (token.expires_at IS NULL OR token.expires_at > $2)"
    );
    conn.query(sql).bind(user.0).bind(now.0).one(|row| row.unsigned()).await
}

/// Tokens that end after `now` and not later than `until`, whose holders were not told yet, by id, at most `limit`. Those
/// that were made for a life of at most `short_secs` are left out: their holders know.
///
/// # Errors
/// When the database fails.
pub async fn ending(
    conn: &mut Conn,
    now: Timestamp,
    until: Timestamp,
    short_secs: i64,
    limit: u32,
) -> Result<Vec<EndingToken>, StoreError> {
    let sql = sql!(
        "SELECT token.id, token.label, token.expires_at, account.name,
            CASE WHEN account.email_verified_at IS NULL THEN NULL ELSE account.email END
        FROM token
        JOIN account ON account.id = token.account_id
        WHERE token.expires_at > $1 AND token.expires_at <= $2 AND token.revoked_at IS NULL AND token.warned_at IS NULL
            AND token.session_id IS NULL AND token.expires_at - token.created_at > $3
        ORDER BY token.id
        LIMIT $4"
    );
    conn.query(sql)
        .bind(now.0)
        .bind(until.0)
        .bind(short_secs.saturating_mul(1_000_000))
        .bind(bounded(limit, PAGE_MAX))
        .all(|row| {
            Ok(EndingToken {
                id: TokenId(row.next()?),
                label: row.next()?,
                expires_at: row.time()?,
                holder: row.next()?,
                email: row.next()?,
            })
        })
        .await
}

/// Tokens of everybody with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, after: TokenId, limit: u32) -> Result<Vec<TokenHolder>, StoreError> {
    let sql = sql!(
        "SELECT token.id, token.account_id, token.label, token.scopes, token.crates, token.registries, token.addresses,
            token.is_legacy, token.session_id, token.created_at, token.expires_at,
            COALESCE(token.revoked_at, session.ended_at), token_use.used_at, token_use.address,
            account.id, account.name, account.kind, account.is_admin
        FROM token
        JOIN account ON account.id = token.account_id
        LEFT JOIN session ON session.id = token.session_id
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

/// Lets a token end at `end`, and notes that its holder need not be told.
///
/// # Errors
/// When the database fails.
pub async fn end_at(tx: &mut Tx, id: TokenId, end: Timestamp, at: Timestamp) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE token
        SET expires_at = $2, warned_at = $3
        WHERE id = $1 AND revoked_at IS NULL"
    );
    tx.query(sql).bind(id.0).bind(end.0).bind(at.0).changed().await
}

/// Notes that the holder was told that the token ends; says whether nobody had noted that before.
///
/// # Errors
/// When the database fails.
pub async fn set_warned(tx: &mut Tx, id: TokenId, at: Timestamp) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE token
        SET warned_at = $2
        WHERE id = $1 AND warned_at IS NULL"
    );
    tx.query(sql).bind(id.0).bind(at.0).changed().await
}

/// Notes when and from where tokens were used, each token once; an earlier time never replaces a later one.
///
/// # Errors
/// When the database fails.
pub async fn touch(tx: &mut CountTx, uses: &[TokenUse]) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO token_use (token_id, used_at, address)
        SELECT CAST(item.value ->> 'token' AS BIGINT), CAST(item.value ->> 'used_at' AS BIGINT), item.value ->> 'address'
        FROM ",
        rows("$1"),
        " WHERE true
        ORDER BY 1
        ON CONFLICT (token_id) DO UPDATE SET used_at = excluded.used_at, address = excluded.address
        WHERE token_use.used_at < excluded.used_at"
    );
    let rows: Vec<_> = uses
        .iter()
        .map(|used| json!({ "token": used.token.0, "used_at": used.at.0, "address": used.from }))
        .collect();
    tx.query(sql).bind(Value::from(rows).to_string()).execute().await?;
    Ok(())
}

fn read(row: &mut Row<'_>) -> Result<TokenRow, StoreError> {
    Ok(TokenRow {
        id: TokenId(row.next()?),
        user: UserId(row.next()?),
        label: row.next()?,
        scopes: row.parse()?,
        crates: read_list(row.next()?)?,
        registries: read_list(row.next()?)?,
        addresses: read_list(row.next()?)?,
        is_legacy: row.next()?,
        session: row.next::<Option<i64>>()?.map(SessionId),
        created_at: row.time()?,
        expires_at: row.optional_time()?,
        revoked_at: row.optional_time()?,
        used_at: row.optional_time()?,
        used_from: read_address(row.next()?),
    })
}

fn read_holder(row: &mut Row<'_>) -> Result<TokenHolder, StoreError> {
    Ok(TokenHolder { token: read(row)?, account: read_account(row)? })
}

/// Lists are stored with commas between their items, which no item can contain.
fn joined(items: &[impl Display]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn read_list<T: FromStr>(text: &str) -> Result<Vec<T>, StoreError> {
    text.split(',')
        .filter(|item| !item.is_empty())
        .map(|item| {
            item.parse()
                .map_err(|_| StoreError::Internal(format!("a stored limit of a token is bad: `{item}`")))
        })
        .collect()
}

/// Bookkeeping is for the eye: what cannot be read is left out.
fn read_address(text: Option<&str>) -> Option<IpAddr> {
    text.and_then(|text| text.parse().ok())
}
