//! Tickets: random texts that are good once, for one purpose and for a while. Only their hashes are kept.

use cratekeep_store::ticket::{NewTicket, Purpose, TicketRow};
use cratekeep_store::{StoreError, Tx};
use cratekeep_types::{Checksum, Secret, Timestamp, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{App, AppError, Inner};

/// Characters in the text of a ticket: 32 random bytes.
const TEXT_CHARS: usize = 64;

/// A ticket that is not in the database yet.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    /// What its holder shows.
    pub(crate) text: Secret<String>,
    /// Its row.
    pub(crate) row: NewTicket,
}

impl Drawn {
    /// Keeps the ticket in a write that has another cause as well.
    pub(crate) async fn keep(&self, tx: &mut Tx, at: Timestamp) -> Result<(), StoreError> {
        cratekeep_store::ticket::insert(tx, &self.row, at).await
    }
}

impl Inner {
    /// Draws a ticket that is good for `secs` from now. It counts once it is kept.
    pub(crate) fn draw_ticket(
        &self,
        purpose: Purpose,
        account: Option<UserId>,
        payload: &impl Serialize,
        secs: i64,
    ) -> Result<Drawn, AppError> {
        let text = hex::encode(self.entropy.bytes());
        let row = NewTicket {
            hash: hash_of(&text),
            purpose,
            account,
            payload: serde_json::to_string(payload).map_err(|error| AppError::Internal(error.to_string()))?,
            expires_at: self.clock.now().plus_secs(secs),
        };
        Ok(Drawn { text: Secret::new(text), row })
    }
}

impl App {
    /// Draws a ticket and keeps it, with nothing else in the same write.
    pub(crate) async fn issue_ticket(
        &self,
        purpose: Purpose,
        account: Option<UserId>,
        payload: &impl Serialize,
        secs: i64,
    ) -> Result<Secret<String>, AppError> {
        let drawn = self.draw_ticket(purpose, account, payload, secs)?;
        let (text, at) = (drawn.text.clone(), self.clock.now());
        self.store
            .write::<_, StoreError, _>("issue-ticket", move |tx| {
                let drawn = drawn.clone();
                Box::pin(async move { drawn.keep(tx, at).await })
            })
            .await?;
        Ok(text)
    }

    /// The ticket, if it is good now; it stays.
    pub(crate) async fn find_ticket(
        &self,
        purpose: Purpose,
        text: &str,
    ) -> Result<Option<TicketRow>, AppError> {
        if !is_ticket(text) {
            return Ok(None);
        }
        let mut conn = self.store.read().await?;
        Ok(cratekeep_store::ticket::find(&mut conn, purpose, &hash_of(text), self.clock.now()).await?)
    }

    /// Spends the ticket, if it is good now, with nothing else in the same write.
    pub(crate) async fn spend_ticket(
        &self,
        purpose: Purpose,
        text: &str,
    ) -> Result<Option<TicketRow>, AppError> {
        if !is_ticket(text) {
            return Ok(None);
        }
        let (hash, at) = (hash_of(text), self.clock.now());
        let done = self
            .store
            .write::<_, StoreError, _>("spend-ticket", move |tx| {
                Box::pin(async move { cratekeep_store::ticket::take(tx, purpose, &hash, at).await })
            })
            .await?;
        Ok(done.value)
    }
}

/// Spends the ticket inside a write: if the write fails, it is good again.
pub(crate) async fn take(
    tx: &mut Tx,
    purpose: Purpose,
    text: &str,
    at: Timestamp,
) -> Result<Option<TicketRow>, StoreError> {
    if !is_ticket(text) {
        return Ok(None);
    }
    cratekeep_store::ticket::take(tx, purpose, &hash_of(text), at).await
}

/// What a ticket carries, as it was given to [`Inner::draw_ticket`].
pub(crate) fn payload_of<T: DeserializeOwned>(row: &TicketRow) -> Result<T, AppError> {
    serde_json::from_str(&row.payload).map_err(|error| AppError::Internal(error.to_string()))
}

fn is_ticket(text: &str) -> bool {
    text.len() == TEXT_CHARS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn hash_of(text: &str) -> [u8; 32] {
    *Checksum::of(text.as_bytes()).as_bytes()
}
