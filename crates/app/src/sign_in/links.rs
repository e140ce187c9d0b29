//! The identities that are linked to an account: listed, and taken away unless they are the last way in.

use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::identity::IdentityRow;
use cratekeep_types::Timestamp;

use super::groups::{self, Given};
use crate::sessions::own_account;
use crate::{App, AppError, Caller};

/// An identity as its holder sees it in a list.
#[derive(Clone, Debug)]
pub struct LinkedIdentity {
    /// Its row.
    pub id: i64,
    /// The provider: what its button says, or the place when it is no longer in the settings.
    pub provider: String,
    /// The name there, when it was seen last.
    pub login: String,
    /// The id there.
    pub subject: String,
    /// When it was linked.
    pub created_at: Timestamp,
    /// When it was used last.
    pub seen_at: Timestamp,
}

impl App {
    /// The identities of the account that asks, the oldest first.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] for nobody, [`AppError::Denied`] for a token: only a browser changes the ways in.
    pub async fn linked_identities(&self, caller: &Caller) -> Result<Vec<LinkedIdentity>, AppError> {
        own_account(&caller.actor)?;
        let account = self.who_links(caller)?;
        let mut conn = self.store.read().await?;
        let rows = cratekeep_store::identity::list_by_account(&mut conn, account).await?;
        Ok(rows.into_iter().map(|row| self.linked(row)).collect())
    }

    /// Unlinks one identity of the account that asks. What its groups gave ends with it.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it has no such identity, [`AppError::Conflict`] when it is the last way in.
    pub async fn unlink_identity(&self, caller: &Caller, id: i64) -> Result<(), AppError> {
        own_account(&caller.actor)?;
        let account = self.who_links(caller)?;
        let places: Vec<(String, String)> =
            self.providers.0.iter().map(|known| (known.place.clone(), known.settings.name.clone())).collect();
        let at = self.clock.now();
        let audit = caller.audit("identity-unlink", at);
        let done = self
            .store
            .write("unlink-identity", move |tx| {
                let (audit, places) = (audit.clone(), places.clone());
                Box::pin(async move {
                    let rows = cratekeep_store::identity::list_by_account(tx, account).await?;
                    let Some(row) = rows.into_iter().find(|row| row.id == id) else {
                        return Err(AppError::NotFound(format!("no sign-in {id} is linked to your account")));
                    };
                    if cratekeep_store::identity::count_ways_in(tx, account).await? < 2 {
                        return Err(AppError::Conflict(
                            "this is the only way into your account; set a password or link another one first"
                                .to_owned(),
                        ));
                    }
                    cratekeep_store::identity::delete(tx, account, id).await?;
                    for (_, name) in places.iter().filter(|(place, _)| *place == row.provider) {
                        groups::sync(tx, account, name, &Given::default(), &audit, at).await?;
                    }
                    tx.emit(Event { subject: Some(account.0), ..Event::new(EventKind::UserChanged, at) });
                    let before = format!("user {account}: {} id {}", row.provider, row.subject);
                    tx.audit(NewAudit { before: Some(before), ..audit });
                    Ok(())
                })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(())
    }

    fn linked(&self, row: IdentityRow) -> LinkedIdentity {
        let known = self.providers.0.iter().find(|known| known.place == row.provider);
        LinkedIdentity {
            id: row.id,
            provider: known.map_or(row.provider, |known| known.settings.title.clone()),
            login: row.login,
            subject: row.subject,
            created_at: row.created_at,
            seen_at: row.seen_at,
        }
    }
}
