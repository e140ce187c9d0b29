//! Users, as far as the shell manages them.

use cratekeep_policy::may_administer;
use cratekeep_store::Tx;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::user::{NewUser, UserRow};
use cratekeep_types::{Account, AccountKind, Timestamp, UserId, UserName};

use crate::{App, AppError, Caller};

/// Most users or tokens that one list shows.
pub(crate) const LISTED_MAX: u32 = 1_000;

impl App {
    /// Makes a user.
    ///
    /// # Errors
    /// [`AppError::Conflict`] when the name is taken in any spelling, [`AppError::Invalid`] for a bad mail address.
    pub async fn create_user(
        &self,
        caller: &Caller,
        name: UserName,
        email: Option<String>,
        is_admin: bool,
    ) -> Result<UserId, AppError> {
        self.create_account(caller, NewUser { name, kind: AccountKind::Person, email, is_admin }).await
    }

    /// Makes an account that is no person: it has tokens, but nobody signs in to it.
    ///
    /// # Errors
    /// As for [`App::create_user`].
    pub(crate) async fn create_service(
        &self,
        caller: &Caller,
        name: UserName,
        email: Option<String>,
    ) -> Result<UserId, AppError> {
        let new = NewUser { name, kind: AccountKind::Service, email, is_admin: false };
        self.create_account(caller, new).await
    }

    async fn create_account(&self, caller: &Caller, new: NewUser) -> Result<UserId, AppError> {
        may_administer(&caller.actor)?;
        check_email(new.email.as_deref())?;
        let at = self.clock.now();
        let audit = caller.audit("user-create", at);
        let made = self
            .store
            .write("create-user", move |tx| {
                let (new, audit) = (new.clone(), audit.clone());
                Box::pin(async move { insert(tx, &new, audit, at).await })
            })
            .await?;
        self.settle(&made.events).await;
        Ok(made.value)
    }

    /// Every user by name.
    ///
    /// # Errors
    /// [`AppError::Denied`] for all but the operator.
    pub async fn list_users(&self, caller: &Caller) -> Result<Vec<UserRow>, AppError> {
        may_administer(&caller.actor)?;
        let mut conn = self.store.read().await?;
        Ok(cratekeep_store::user::list(&mut conn, UserId(0), LISTED_MAX).await?)
    }
}

impl App {
    /// The account called `name` in any spelling.
    pub(crate) async fn account_called(&self, name: &UserName) -> Result<Account, AppError> {
        let mut conn = self.store.read().await?;
        let found = cratekeep_store::user::find_by_name(&mut conn, name).await?;
        found
            .map(|found| found.account)
            .ok_or_else(|| AppError::NotFound(format!("there is no user `{name}`")))
    }
}

/// Makes the account, its event and its audit row.
pub(crate) async fn insert(
    tx: &mut Tx,
    new: &NewUser,
    audit: NewAudit,
    at: Timestamp,
) -> Result<UserId, AppError> {
    if cratekeep_store::user::find_by_name(tx, &new.name).await?.is_some() {
        return Err(AppError::Conflict(format!("there is already a user `{}`", new.name)));
    }
    let id = cratekeep_store::user::insert(tx, new, at).await?;
    tx.emit(Event { subject: Some(id.0), ..Event::new(EventKind::UserCreated, at) });
    tx.audit(NewAudit { after: Some(format!("user {}", new.name)), ..audit });
    Ok(id)
}

/// Mail addresses are kept for later use; this catches typing errors, no more.
fn check_email(email: Option<&str>) -> Result<(), AppError> {
    match email {
        Some(text) if text.split_once('@').is_none_or(|(user, host)| user.is_empty() || host.is_empty()) => {
            Err(AppError::invalid(format!("`{text}` is no mail address; write it as name@host")))
        }
        _ => Ok(()),
    }
}
