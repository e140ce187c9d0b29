//! What administrators decide about accounts: locked or not, administrator or not.

use cratekeep_policy::may_administer;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::user::{self, Lock};
use cratekeep_types::{Timestamp, UserName};

use crate::sessions;
use crate::{App, AppError, Caller};

/// Longest reason of a lock in characters.
const REASON_CHARS_MAX: usize = 500;

impl App {
    /// Locks an account: its sessions end, and its tokens count for nothing as long as the lock holds.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown user, [`AppError::Invalid`] for a bad reason or a time that is over,
    /// [`AppError::Conflict`] for one's own account.
    pub(crate) async fn lock_user(
        &self,
        caller: &Caller,
        name: &UserName,
        reason: &str,
        until: Option<Timestamp>,
    ) -> Result<(), AppError> {
        may_administer(&caller.actor)?;
        let (reason, at) = (reason.trim(), self.clock.now());
        if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
            return Err(AppError::invalid(format!(
                "a lock needs a reason of 1 to {REASON_CHARS_MAX} characters; the holder of the account reads it"
            )));
        }
        if let Some(until) = until.filter(|until| *until <= at) {
            return Err(AppError::invalid(format!("{} is over already", until.to_seconds_text())));
        }
        let account = self.account_called(name).await?;
        if caller.actor.account().is_some_and(|own| own.id == account.id) {
            return Err(AppError::Conflict("nobody locks themselves out".to_owned()));
        }
        let lock = Lock { at, until, reason: reason.to_owned() };
        let audit = NewAudit { after: Some(lock_text(name, &lock)), ..caller.audit("user-lock", at) };
        let done = self
            .store
            .write("lock-user", move |tx| {
                let (lock, audit) = (lock.clone(), audit.clone());
                Box::pin(async move {
                    user::set_lock(tx, account.id, Some(&lock)).await?;
                    tx.emit(Event { subject: Some(account.id.0), ..Event::new(EventKind::UserChanged, at) });
                    tx.audit(audit.clone());
                    let ended = NewAudit { action: "sessions-end".to_owned(), after: None, ..audit };
                    sessions::end_all(tx, account.id, None, ended, at).await.map(drop)
                })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(())
    }

    /// Unlocks an account.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown user.
    pub(crate) async fn unlock_user(&self, caller: &Caller, name: &UserName) -> Result<(), AppError> {
        may_administer(&caller.actor)?;
        let (account, at) = (self.account_called(name).await?, self.clock.now());
        let audit = NewAudit { after: Some(format!("user {name}")), ..caller.audit("user-unlock", at) };
        self.change_user(caller, "unlock-user", move |tx| {
            let audit = audit.clone();
            Box::pin(async move {
                user::set_lock(tx, account.id, None).await?;
                tx.emit(Event { subject: Some(account.id.0), ..Event::new(EventKind::UserChanged, at) });
                tx.audit(audit);
                Ok(())
            })
        })
        .await
    }

    /// Makes an account an administrator of the server, or takes that away.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown user, [`AppError::Conflict`] for the last administrator.
    pub(crate) async fn set_admin(
        &self,
        caller: &Caller,
        name: &UserName,
        is_admin: bool,
    ) -> Result<(), AppError> {
        may_administer(&caller.actor)?;
        let (account, at) = (self.account_called(name).await?, self.clock.now());
        let audit = NewAudit {
            before: Some(format!("user {name}, administrator: {}", account.is_admin)),
            after: Some(format!("user {name}, administrator: {is_admin}")),
            ..caller.audit("user-admin", at)
        };
        self.change_user(caller, "set-admin", move |tx| {
            let (audit, account) = (audit.clone(), account.clone());
            Box::pin(async move {
                let is_last = account.is_admin && user::count_admins(tx).await? < 2;
                if is_last && !is_admin {
                    return Err(AppError::Conflict(format!(
                        "`{}` is the last administrator; make somebody else one first",
                        account.name
                    )));
                }
                user::set_admin(tx, account.id, is_admin).await?;
                tx.emit(Event { subject: Some(account.id.0), ..Event::new(EventKind::UserChanged, at) });
                tx.audit(audit);
                Ok(())
            })
        })
        .await
    }

    async fn change_user<F>(&self, caller: &Caller, name: &'static str, work: F) -> Result<(), AppError>
    where
        F: for<'t> Fn(&'t mut cratekeep_store::Tx) -> cratekeep_store::BoxFuture<'t, Result<(), AppError>>
            + Send
            + Sync
            + 'static,
    {
        may_administer(&caller.actor)?;
        let done = self.store.write(name, work).await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(())
    }
}

fn lock_text(name: &UserName, lock: &Lock) -> String {
    let until = lock.until.map_or_else(|| "unlocked".to_owned(), Timestamp::to_seconds_text);
    format!("user {name}, locked until {until}: {}", lock.reason)
}
