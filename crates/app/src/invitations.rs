//! Invitations to own a crate: listed, accepted, declined.
//!
//! An invitation is answered by its holder, signed in, or by whoever has the code that was mailed to the holder's
//! verified address. How invitations come about: [`crate::owners`].

use cratekeep_policy::{may_manage_account, may_read};
use cratekeep_store::Tx;
use cratekeep_store::audit::{NewAudit, Who};
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::invitation::InvitationRow;
use cratekeep_types::{
    Account, Actor, Checksum, CrateId, CrateName, RegistryName, Timestamp, UserId, UserName,
};

use crate::identify::lock_sentence;
use crate::owners::{can_read, named};
use crate::{App, AppError, Caller, RegistryView};

/// Most invitations on one page.
pub(crate) const PAGE_MAX: u32 = 100;

/// An invitation as faces show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationEntry {
    /// The place in lists.
    pub id: i64,
    /// The crate.
    pub krate: CrateId,
    /// The crate's name.
    pub krate_name: CrateName,
    /// Where the crate is.
    pub registry: RegistryName,
    /// Who is invited.
    pub invitee: (UserId, UserName),
    /// By whom, if that was an account.
    pub inviter: Option<(UserId, UserName)>,
    /// Since when.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A page of invitations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitations {
    /// Those of the page, oldest first.
    pub entries: Vec<InvitationEntry>,
    /// After which one the next page begins, if there is one.
    pub next: Option<i64>,
}

/// Whose invitations to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvitationFilter {
    /// To own this crate; for its owners.
    Crate(String),
    /// Those of this account; for its holder.
    Invitee(UserId),
}

/// By what somebody answers an invitation.
#[derive(Clone, Debug)]
enum Key {
    /// Signed in, for the crate.
    Account(CrateId, Account),
    /// By the hash of the mailed code.
    Hash([u8; 32]),
}

/// An answer, ready to be recorded.
#[derive(Clone, Debug)]
struct Answer {
    key: Key,
    accepts: bool,
    audit: NewAudit,
    at: Timestamp,
}

impl App {
    /// The open invitations of the caller, a page of at most `limit` after `after`.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] for nobody, [`AppError::Denied`] for a token made for less.
    pub async fn my_invitations(
        &self,
        caller: &Caller,
        after: i64,
        limit: u32,
    ) -> Result<Invitations, AppError> {
        let account = own_account(caller)?;
        let limit = limit.min(PAGE_MAX);
        let mut conn = self.store.read().await?;
        let rows =
            cratekeep_store::invitation::of_account(&mut conn, account.id, self.clock.now(), after, limit)
                .await?;
        Ok(self.page(caller, rows, limit))
    }

    /// The open invitations of a crate or of an account.
    ///
    /// # Errors
    /// [`AppError::Invalid`] without a filter; [`AppError::Denied`] for who is no owner of the crate, or not the account.
    pub async fn list_invitations(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        filter: Option<&InvitationFilter>,
        after: i64,
        limit: u32,
    ) -> Result<Invitations, AppError> {
        let account = own_account(caller)?;
        match filter {
            None => Err(AppError::invalid("missing or invalid filter")),
            Some(InvitationFilter::Invitee(id)) if *id == account.id => {
                self.my_invitations(caller, after, limit).await
            }
            Some(InvitationFilter::Invitee(_)) => {
                Err(AppError::Denied("only the invitee can query their pending invitations".to_owned()))
            }
            Some(InvitationFilter::Crate(name)) => {
                let krate =
                    self.crate_to_change(caller, registry, name).await.map_err(|error| match error {
                        AppError::Denied(_) => AppError::Denied(
                            "only crate owners can query pending invitations for their crate".to_owned(),
                        ),
                        other => other,
                    })?;
                let (now, limit) = (self.clock.now(), limit.min(PAGE_MAX));
                let mut conn = self.store.read().await?;
                let rows =
                    cratekeep_store::invitation::of_crate(&mut conn, krate.id, now, after, limit).await?;
                Ok(self.page(caller, rows, limit))
            }
        }
    }

    /// Accepts or declines an invitation of the caller.
    ///
    /// # Errors
    /// [`AppError::NotFound`] without an invitation, [`AppError::Gone`] for one that has expired, [`AppError::Denied`]
    /// without a verified address where this server sends mail.
    pub async fn answer_invitation(
        &self,
        caller: &Caller,
        krate: CrateId,
        accepts: bool,
    ) -> Result<(), AppError> {
        let account = own_account(caller)?.clone();
        self.answer(caller, Key::Account(krate, account), accepts).await.map(drop)
    }

    /// Accepts an invitation by the code of its letter.
    ///
    /// # Errors
    /// As [`App::answer_invitation`].
    pub async fn accept_by_code(&self, caller: &Caller, code: &str) -> Result<InvitationEntry, AppError> {
        let row = self.answer(caller, Key::Hash(hash_of(code)), true).await?;
        self.entry(row).ok_or_else(no_invitation)
    }

    /// The invitation that a mailed code is for.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a code that was used or never given out, [`AppError::Gone`] when it has expired.
    pub async fn invitation_of_code(&self, code: &str) -> Result<InvitationEntry, AppError> {
        let mut conn = self.store.read().await?;
        let row = cratekeep_store::invitation::find_by_hash(&mut conn, &hash_of(code)).await?;
        let row = row.ok_or_else(no_invitation)?;
        check_open(&row, self.clock.now())?;
        self.entry(row).ok_or_else(no_invitation)
    }

    async fn answer(&self, caller: &Caller, key: Key, accepts: bool) -> Result<InvitationRow, AppError> {
        self.check_durable()?;
        let at = self.clock.now();
        let action = if accepts { "owner-accept" } else { "owner-decline" };
        let answer = Answer { key, accepts, audit: caller.audit(action, at), at };
        let app = self.clone();
        let done = self
            .store
            .write("answer-invitation", move |tx| {
                let (app, answer) = (app.clone(), answer.clone());
                Box::pin(async move { app.record_answer(tx, &answer).await })
            })
            .await?;
        self.gate.forget_all();
        self.settle(&done.events).await;
        Ok(done.value)
    }

    async fn record_answer(&self, tx: &mut Tx, answer: &Answer) -> Result<InvitationRow, AppError> {
        let row = find(tx, &answer.key).await?.ok_or_else(no_invitation)?;
        let krate = CrateName::canon(&row.krate_name);
        cratekeep_store::krate::lock_crate(tx, row.registry, &krate).await?.ok_or_else(no_invitation)?;
        let view = self.view_of(&row).ok_or_else(no_invitation)?;
        if answer.accepts {
            check_open(&row, answer.at)?;
            self.check_may_own(tx, answer, &row, &view).await?;
        }
        if !cratekeep_store::invitation::remove(tx, row.id).await? {
            return Err(no_invitation());
        }
        let who = match &answer.key {
            Key::Account(..) => answer.audit.who,
            Key::Hash(_) => Who::User(row.invitee.id),
        };
        let credential = matches!(answer.key, Key::Hash(_)).then(|| "mailed invitation".to_owned());
        if answer.accepts {
            let inviter = row.inviter.as_ref().map(|by| by.0);
            cratekeep_store::owner::add(tx, row.krate, row.invitee.id, inviter, answer.at).await?;
            tx.emit(Event {
                registry: Some(row.registry),
                krate: Some(row.krate),
                subject: Some(row.invitee.id.0),
                ..Event::new(EventKind::OwnerAdded, answer.at)
            });
        }
        tx.audit(NewAudit {
            who,
            credential: credential.or_else(|| answer.audit.credential.clone()),
            registry: Some(view.registry.name.to_string()),
            krate: Some(row.krate_name.to_string()),
            after: Some(named("user", row.invitee.name.as_str())),
            ..answer.audit.clone()
        });
        Ok(row)
    }

    /// Who lost the registry meanwhile cannot own a crate of it, nor who never proved to read their mail.
    async fn check_may_own(
        &self,
        tx: &mut Tx,
        answer: &Answer,
        row: &InvitationRow,
        view: &RegistryView,
    ) -> Result<(), AppError> {
        if !can_read(tx, &row.invitee, &view.registry).await? {
            return Err(no_invitation());
        }
        let lock = cratekeep_store::user::find_lock(tx, row.invitee.id).await?;
        if let Some(sentence) = lock.and_then(|lock| lock_sentence(&lock, answer.at)) {
            return Err(AppError::Denied(sentence));
        }
        if matches!(answer.key, Key::Account(..))
            && self.options.sends_mail
            && cratekeep_store::user::verified_email(tx, row.invitee.id).await?.is_none()
        {
            return Err(AppError::Denied(format!(
                "You need to verify your email address before you can accept the invitation to become an owner of the {} crate.",
                row.krate_name
            )));
        }
        Ok(())
    }

    fn page(&self, caller: &Caller, rows: Vec<InvitationRow>, limit: u32) -> Invitations {
        let is_full = rows.len() >= limit as usize;
        let next = rows.last().filter(|_| is_full).map(|row| row.id);
        let seen = rows.into_iter().filter(|row| {
            self.view_of(row).is_some_and(|view| may_read(&caller.actor, &view.registry).is_ok())
        });
        Invitations { entries: seen.filter_map(|row| self.entry(row)).collect(), next }
    }

    fn view_of(&self, row: &InvitationRow) -> Option<std::sync::Arc<RegistryView>> {
        self.all_registries().iter().find(|view| view.registry.id == row.registry).cloned()
    }

    fn entry(&self, row: InvitationRow) -> Option<InvitationEntry> {
        let registry = self.view_of(&row)?.registry.name.clone();
        Some(InvitationEntry {
            id: row.id,
            krate: row.krate,
            krate_name: row.krate_name,
            registry,
            invitee: (row.invitee.id, row.invitee.name),
            inviter: row.inviter,
            created_at: row.created_at,
            expires_at: row.expires_at,
        })
    }
}

async fn find(tx: &mut Tx, key: &Key) -> Result<Option<InvitationRow>, AppError> {
    Ok(match key {
        Key::Account(krate, account) => cratekeep_store::invitation::find(tx, *krate, account.id).await?,
        Key::Hash(hash) => cratekeep_store::invitation::find_by_hash(tx, hash).await?,
    })
}

/// The account for which the caller may answer.
fn own_account(caller: &Caller) -> Result<&Account, AppError> {
    cratekeep_policy::may_send(&caller.actor)?;
    let Actor::Account { account, .. } = &caller.actor else {
        return Err(AppError::Denied("this is for accounts; sign in as one".to_owned()));
    };
    may_manage_account(&caller.actor, account.id)?;
    Ok(account)
}

fn check_open(row: &InvitationRow, now: Timestamp) -> Result<(), AppError> {
    if row.is_open(now) {
        return Ok(());
    }
    Err(AppError::Gone(format!(
        "The invitation to become an owner of the {} crate expired. Ask one of its owners for a new one.",
        row.krate_name
    )))
}

fn no_invitation() -> AppError {
    AppError::NotFound("there is no such invitation: it was answered, taken back or never made".to_owned())
}

fn hash_of(code: &str) -> [u8; 32] {
    *Checksum::of(code.as_bytes()).as_bytes()
}
