//! Secrets that are good once and for a while: links in mails, the state of a sign-in under way. Hashes only.

use cratekeep_types::{Timestamp, UserId};

use crate::sql::{Row, sql};
use crate::{Conn, StoreError, Tx};

/// What a ticket is for. One made for one purpose is worth nothing for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To set a password without the one before.
    PasswordLink,
    /// To show that a mail address is one's own.
    ConfirmMail,
    /// A sign-in at a provider under way; bound to the browser by a cookie.
    ProviderSignIn,
    /// The second step of a sign-in: the password was right, a passkey is asked for.
    SecondStep,
    /// The challenge of a sign-in by passkey.
    PasskeySignIn,
    /// The challenge under which a new passkey is registered.
    PasskeyRegister,
    /// A log-in of the credential provider that waits for its browser.
    CredentialLogin,
}

impl Purpose {
    /// The word the database keeps.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::PasswordLink => "password-link",
            Self::ConfirmMail => "confirm-mail",
            Self::ProviderSignIn => "provider-sign-in",
            Self::SecondStep => "second-step",
            Self::PasskeySignIn => "passkey-sign-in",
            Self::PasskeyRegister => "passkey-register",
            Self::CredentialLogin => "credential-login",
        }
    }
}

/// A ticket to be made.
#[derive(Clone, Debug)]
pub struct NewTicket {
    /// SHA-256 of its text.
    pub hash: [u8; 32],
    /// What it is for.
    pub purpose: Purpose,
    /// For which account, if for one.
    pub account: Option<UserId>,
    /// What its use needs to know, as JSON text.
    pub payload: String,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
}

/// A ticket as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketRow {
    /// For which account, if for one.
    pub account: Option<UserId>,
    /// What its use needs to know, as JSON text.
    pub payload: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
}

/// Makes a ticket.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, new: &NewTicket, at: Timestamp) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO ticket (hash, purpose, account_id, payload, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)"
    );
    tx.query(sql)
        .bind(&new.hash[..])
        .bind(new.purpose.word())
        .bind(new.account.map(|id| id.0))
        .bind(new.payload.as_str())
        .bind(at.0)
        .bind(new.expires_at.0)
        .execute()
        .await?;
    Ok(())
}

/// The ticket, if it is good at `now`; it stays.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Conn,
    purpose: Purpose,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<TicketRow>, StoreError> {
    let sql = sql!(
        "SELECT account_id, payload, created_at, expires_at
        FROM ticket
        WHERE hash = $1 AND purpose = $2 AND expires_at > $3"
    );
    conn.query(sql).bind(&hash[..]).bind(purpose.word()).bind(now.0).optional(read).await
}

/// Spends the ticket, if it is good at `now`: it is worth nothing from here on.
///
/// # Errors
/// When the database fails.
pub async fn take(
    tx: &mut Tx,
    purpose: Purpose,
    hash: &[u8; 32],
    now: Timestamp,
) -> Result<Option<TicketRow>, StoreError> {
    let sql = sql!(
        "DELETE FROM ticket
        WHERE hash = $1 AND purpose = $2 AND expires_at > $3
        RETURNING account_id, payload, created_at, expires_at"
    );
    tx.query(sql).bind(&hash[..]).bind(purpose.word()).bind(now.0).optional(read).await
}

/// Changes what a ticket carries, if it is good at `now`; says whether it did.
///
/// # Errors
/// When the database fails.
pub async fn set_payload(
    tx: &mut Tx,
    purpose: Purpose,
    hash: &[u8; 32],
    payload: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE ticket
        SET payload = $3
        WHERE hash = $1 AND purpose = $2 AND expires_at > $4"
    );
    tx.query(sql).bind(&hash[..]).bind(purpose.word()).bind(payload).bind(now.0).changed().await
}

/// Takes every ticket of an account for one purpose away; says how many.
///
/// # Errors
/// When the database fails.
pub async fn drop_all(tx: &mut Tx, account: UserId, purpose: Purpose) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM ticket
        WHERE account_id = $1 AND purpose = $2"
    );
    tx.query(sql).bind(account.0).bind(purpose.word()).execute().await
}

/// Forgets tickets that were good until before `before`; says how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM ticket
        WHERE expires_at < $1"
    );
    tx.query(sql).bind(before.0).execute().await
}

fn read(row: &mut Row<'_>) -> Result<TicketRow, StoreError> {
    Ok(TicketRow {
        account: row.next::<Option<i64>>()?.map(UserId),
        payload: row.next()?,
        created_at: row.time()?,
        expires_at: row.time()?,
    })
}
