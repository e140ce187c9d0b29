//! API tokens. The table holds hashes only.

use cratekeep_types::{Account, CratePattern, ScopeSet, Timestamp, TokenId, UserId};

use crate::{Conn, CountTx, StoreError, Tx, unwritten};

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
    unwritten()
}

/// The token with this hash and its account, also when it is revoked or expired.
///
/// # Errors
/// When the database fails.
pub async fn find_by_hash(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<TokenHolder>, StoreError> {
    unwritten()
}

/// The token in row `id` and its account.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, id: TokenId) -> Result<Option<TokenHolder>, StoreError> {
    unwritten()
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
    unwritten()
}

/// Tokens of everybody with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, after: TokenId, limit: u32) -> Result<Vec<TokenHolder>, StoreError> {
    unwritten()
}

/// Revokes a token; says whether it was there and not yet revoked.
///
/// # Errors
/// When the database fails.
pub async fn revoke(tx: &mut Tx, id: TokenId, at: Timestamp) -> Result<bool, StoreError> {
    unwritten()
}

/// Notes when tokens were used; an earlier time never replaces a later one.
///
/// # Errors
/// When the database fails.
pub async fn touch(tx: &mut CountTx, uses: &[(TokenId, Timestamp)]) -> Result<(), StoreError> {
    unwritten()
}
