//! Invitations to own a crate: at most one for each crate and account. One that has expired stays until it is
//! answered or replaced, so that its holder can be told.

use cratekeep_types::{Account, CrateId, CrateName, RegistryId, Timestamp, UserId, UserName};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::user::read_account;
use crate::{Conn, StoreError, Tx};

/// An invitation to be made.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// To own this crate.
    pub krate: CrateId,
    /// Who is invited.
    pub invitee: UserId,
    /// By whom; `None` when not by an account.
    pub inviter: Option<UserId>,
    /// SHA-256 of the code that is mailed.
    pub hash: [u8; 32],
    /// When it ends.
    pub expires_at: Timestamp,
}

/// An invitation as stored, with the names that go with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationRow {
    /// Its row.
    pub id: i64,
    /// To own this crate.
    pub krate: CrateId,
    /// The crate's name.
    pub krate_name: CrateName,
    /// Where the crate is.
    pub registry: RegistryId,
    /// Who is invited.
    pub invitee: Account,
    /// By whom, if that was an account.
    pub inviter: Option<(UserId, UserName)>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl InvitationRow {
    /// Whether it can still be accepted.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// Invites an account.
///
/// # Errors
/// [`StoreError::Conflict`] with `invitation` when there is one for this crate and account.
pub async fn insert(tx: &mut Tx, new: &NewInvitation, at: Timestamp) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO invitation (krate_id, account_id, invited_by, hash, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)"
    );
    tx.query(sql)
        .bind(new.krate.0)
        .bind(new.invitee.0)
        .bind(new.inviter.map(|by| by.0))
        .bind(&new.hash[..])
        .bind(at.0)
        .bind(new.expires_at.0)
        .execute()
        .await
        .map(drop)
}

/// The invitation of an account to own a crate.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Conn,
    krate: CrateId,
    invitee: UserId,
) -> Result<Option<InvitationRow>, StoreError> {
    let sql = sql!(
        "SELECT invitation.id, invitation.krate_id, krate.name, krate.registry_id, account.id, account.name,
            account.kind, account.is_admin, invitation.invited_by, inviter.name, invitation.created_at,
            invitation.expires_at
        FROM invitation
        JOIN krate ON krate.id = invitation.krate_id
        JOIN account ON account.id = invitation.account_id
        LEFT JOIN account AS inviter ON inviter.id = invitation.invited_by
        WHERE invitation.krate_id = $1 AND invitation.account_id = $2"
    );
    conn.query(sql).bind(krate.0).bind(invitee.0).optional(read).await
}

/// The invitation whose mailed code has this hash.
///
/// # Errors
/// When the database fails.
pub async fn find_by_hash(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<InvitationRow>, StoreError> {
    let sql = sql!(
        "SELECT invitation.id, invitation.krate_id, krate.name, krate.registry_id, account.id, account.name,
            account.kind, account.is_admin, invitation.invited_by, inviter.name, invitation.created_at,
            invitation.expires_at
        FROM invitation
        JOIN krate ON krate.id = invitation.krate_id
        JOIN account ON account.id = invitation.account_id
        LEFT JOIN account AS inviter ON inviter.id = invitation.invited_by
        WHERE invitation.hash = $1"
    );
    conn.query(sql).bind(&hash[..]).optional(read).await
}

/// The invitations of an account that are open at `now`, with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn of_account(
    conn: &mut Conn,
    invitee: UserId,
    now: Timestamp,
    after: i64,
    limit: u32,
) -> Result<Vec<InvitationRow>, StoreError> {
    let sql = sql!(
        "SELECT invitation.id, invitation.krate_id, krate.name, krate.registry_id, account.id, account.name,
            account.kind, account.is_admin, invitation.invited_by, inviter.name, invitation.created_at,
            invitation.expires_at
        FROM invitation
        JOIN krate ON krate.id = invitation.krate_id
        JOIN account ON account.id = invitation.account_id
        LEFT JOIN account AS inviter ON inviter.id = invitation.invited_by
        WHERE invitation.account_id = $1 AND invitation.expires_at > $2 AND invitation.id > $3
        ORDER BY invitation.id
        LIMIT $4"
    );
    conn.query(sql).bind(invitee.0).bind(now.0).bind(after).bind(bounded(limit, PAGE_MAX)).all(read).await
}

/// The invitations to own a crate that are open at `now`, with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn of_crate(
    conn: &mut Conn,
    krate: CrateId,
    now: Timestamp,
    after: i64,
    limit: u32,
) -> Result<Vec<InvitationRow>, StoreError> {
    let sql = sql!(
        "SELECT invitation.id, invitation.krate_id, krate.name, krate.registry_id, account.id, account.name,
            account.kind, account.is_admin, invitation.invited_by, inviter.name, invitation.created_at,
            invitation.expires_at
        FROM invitation
        JOIN krate ON krate.id = invitation.krate_id
        JOIN account ON account.id = invitation.account_id
        LEFT JOIN account AS inviter ON inviter.id = invitation.invited_by
        WHERE invitation.krate_id = $1 AND invitation.expires_at > $2 AND invitation.id > $3
        ORDER BY invitation.id
        LIMIT $4"
    );
    conn.query(sql).bind(krate.0).bind(now.0).bind(after).bind(bounded(limit, PAGE_MAX)).all(read).await
}

/// Removes an invitation; `false` when somebody else has by now.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, id: i64) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM invitation
        WHERE id = $1"
    );
    tx.query(sql).bind(id).changed().await
}

fn read(row: &mut Row<'_>) -> Result<InvitationRow, StoreError> {
    let (id, krate, krate_name) = (row.next()?, CrateId(row.next()?), row.parse()?);
    let (registry, invitee) = (RegistryId(row.next()?), read_account(row)?);
    let inviter_id = row.next::<Option<i64>>()?;
    let inviter_name = row.next::<Option<String>>()?;
    let inviter = match (inviter_id, inviter_name.map(|name| name.parse())) {
        (Some(id), Some(Ok(name))) => Some((UserId(id), name)),
        _ => None,
    };
    Ok(InvitationRow {
        id,
        krate,
        krate_name,
        registry,
        invitee,
        inviter,
        created_at: row.time()?,
        expires_at: row.time()?,
    })
}
