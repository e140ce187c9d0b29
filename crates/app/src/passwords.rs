//! Passwords: checked at a sign-in, changed, and set anew by a one-time link.
//!
//! What is said and how long it takes is the same whether there is such an account or not.

mod hashing;
mod links;

use cratekeep_policy::may_manage_account;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::{Tx, passkey, password};
use cratekeep_types::{Account, Checksum, Secret, SessionId, Timestamp, UserId, UserName};

use crate::limits::Action;
use crate::sessions::{self, SessionText, SignIn, own_account, session_of};
use crate::{App, AppError, Attempt, Caller};

pub(crate) use hashing::Hasher;
pub use links::LinkHolder;

/// Longest password in bytes; hashing takes no longer for a longer one, but reading it does.
const PASSWORD_BYTES_MAX: usize = 1_024;

/// How far a sign-in came.
#[derive(Clone, Debug)]
pub enum SignedIn {
    /// All the way.
    Session(SessionText),
    /// The account has passkeys: one of them is asked for next, with this ticket.
    SecondStep(Secret<String>),
}

impl App {
    /// Whether this caller may send a password here: over https, or from the server's own machine, unless the settings
    /// allow more.
    #[must_use]
    pub fn takes_passwords_of(&self, caller: &Caller) -> bool {
        let address = caller.address.as_deref().and_then(|text| text.parse::<std::net::IpAddr>().ok());
        self.options.auth.allow_plain_http
            || self.is_https()
            || address.is_some_and(|address| address.to_canonical().is_loopback())
    }

    /// Whether clients reach this server over https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.options.base_url.starts_with("https://")
    }

    /// Signs somebody in by name and password. The answer to a wrong name is the one to a wrong password.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] for a wrong name or password, [`AppError::SlowDown`] after too many tries,
    /// [`AppError::Denied`] over plain http, and to the rightful holder of a locked account.
    pub async fn sign_in_with_password(
        &self,
        caller: &Caller,
        name: &str,
        password: Secret<String>,
        agent: Option<&str>,
    ) -> Result<SignedIn, AppError> {
        let tried = self.try_password(caller, name, password, agent).await;
        if let Err(error @ (AppError::Unauthenticated(_) | AppError::SlowDown { .. })) = &tried {
            // A name that is nobody's may be a password in the wrong field: it is not written down.
            let whose = self.find_account(name).await.ok().flatten();
            let whose = whose.map(|account| format!(" (user `{}`)", account.name)).unwrap_or_default();
            let attempt = Attempt { action: "sign-in".to_owned(), ..Attempt::default() };
            self.note_refusal(caller, attempt, &format!("{error}{whose}"));
        }
        tried
    }

    async fn try_password(
        &self,
        caller: &Caller,
        name: &str,
        password: Secret<String>,
        agent: Option<&str>,
    ) -> Result<SignedIn, AppError> {
        self.check_takes_passwords(caller)?;
        self.spend_try(caller, name).await?;
        let account = self.find_account(name).await?;
        let known = match &account {
            Some(account) => password::find(&mut *self.store.read().await?, account.id).await?,
            None => None,
        };
        let is_right = self.password_is(known, password).await?;
        let Some(account) = account.filter(|_| is_right) else { return Err(wrong()) };
        self.go_on_after_password(caller, account.id, "password", agent).await
    }

    /// Changes the password of the account that asks. Every session of it ends; the browser that asked gets a new one.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a wrong old or a bad new password, [`AppError::SlowDown`] after too many tries.
    pub async fn change_password(
        &self,
        caller: &Caller,
        old: Secret<String>,
        new: Secret<String>,
        agent: Option<&str>,
    ) -> Result<SessionText, AppError> {
        let account = own_account(&caller.actor)?.clone();
        may_manage_account(&caller.actor, account.id)?;
        self.check_takes_passwords(caller)?;
        self.check_password(new.expose(), &account.name)?;
        self.check_own_password(caller, &account, old).await?;
        let hash = self.hash_password(new).await?;
        self.set_password(caller, account.id, hash, session_of(&caller.actor).map(|(_, id)| id)).await?;
        // A new id as well: whoever had the old one before the change is out.
        self.begin_session(caller, account.id, SignIn { method: "password", agent }).await
    }

    /// Takes the password of the account that asks away: from now on a passkey is the only way in.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a wrong password; [`AppError::Conflict`] without a passkey.
    pub async fn remove_password(&self, caller: &Caller, old: Secret<String>) -> Result<(), AppError> {
        let account = own_account(&caller.actor)?.clone();
        may_manage_account(&caller.actor, account.id)?;
        self.check_own_password(caller, &account, old).await?;
        let (at, keep) = (self.clock.now(), session_of(&caller.actor).map(|(_, id)| id));
        let audit = caller.audit("password-remove", at);
        let done = self
            .store
            .write("remove-password", move |tx| {
                let audit = audit.clone();
                Box::pin(async move {
                    if passkey::list(tx, account.id).await?.is_empty() {
                        return Err(AppError::Conflict(
                            "without a passkey there would be no way to sign in; add one first".to_owned(),
                        ));
                    }
                    password::remove(tx, account.id).await?;
                    let event = Event::new(EventKind::UserChanged, at);
                    tx.emit(Event { subject: Some(account.id.0), ..event });
                    tx.audit(audit.clone());
                    let ended = NewAudit { action: "sessions-end".to_owned(), ..audit };
                    sessions::end_all(tx, account.id, keep, ended, at).await.map(drop)
                })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(())
    }

    /// Whether the account that asks has a password.
    ///
    /// # Errors
    /// As for [`App::list_sessions`].
    pub async fn has_password(&self, caller: &Caller) -> Result<bool, AppError> {
        let account = own_account(&caller.actor)?;
        may_manage_account(&caller.actor, account.id)?;
        Ok(password::find(&mut *self.store.read().await?, account.id).await?.is_some())
    }

    /// Sees that the holder of an account knows its password before something that a forgotten browser must not do. An
    /// account without one has nothing to show.
    pub(crate) async fn check_own_password(
        &self,
        caller: &Caller,
        account: &Account,
        old: Secret<String>,
    ) -> Result<(), AppError> {
        let known = password::find(&mut *self.store.read().await?, account.id).await?;
        if known.is_none() {
            return Ok(());
        }
        self.spend_try(caller, account.name.as_str()).await?;
        match self.password_is(known, old).await? {
            true => Ok(()),
            false => Err(AppError::invalid("this is not your present password")),
        }
    }

    /// The password was right; an account with passkeys is asked for one besides.
    async fn go_on_after_password(
        &self,
        caller: &Caller,
        account: UserId,
        method: &str,
        agent: Option<&str>,
    ) -> Result<SignedIn, AppError> {
        let passkeys = passkey::list(&mut *self.store.read().await?, account).await?;
        if !passkeys.is_empty() {
            return Ok(SignedIn::SecondStep(self.begin_second_step(account).await?));
        }
        Ok(SignedIn::Session(self.begin_session(caller, account, SignIn { method, agent }).await?))
    }

    /// One more try to sign in to an account, whether it exists or not, from an address.
    pub(crate) async fn spend_try(&self, caller: &Caller, name: &str) -> Result<(), AppError> {
        let address = caller.address.as_deref().unwrap_or("unknown");
        self.spend_of(&format!("address {address}"), Action::SignInAddress).await?;
        let name = Checksum::of(name.trim().to_lowercase().as_bytes());
        self.spend_of(&format!("sign-in {name}"), Action::SignIn).await
    }

    pub(crate) fn check_takes_passwords(&self, caller: &Caller) -> Result<(), AppError> {
        if self.takes_passwords_of(caller) {
            return Ok(());
        }
        Err(AppError::Denied(
            "this server is reached over plain http, where others could read your password on its way: passwords are \
             taken from the server's own machine only; serve it over https, or set auth.allow_plain_http"
                .to_owned(),
        ))
    }

    /// What a new password has to be: long enough, and not the name of its account.
    pub(crate) fn check_password(&self, text: &str, name: &UserName) -> Result<(), AppError> {
        let chars_min = self.options.auth.password_chars_min;
        let mut problems = Vec::new();
        if text.chars().count() < chars_min || text.len() > PASSWORD_BYTES_MAX {
            problems.push(format!(
                "a password has at least {chars_min} characters and at most {PASSWORD_BYTES_MAX} bytes"
            ));
        }
        if text.to_lowercase().contains(&name.as_str().to_lowercase()) && text.len() < 3 * name.as_str().len()
        {
            problems
                .push("a password that is little more than the user name is the first one tried".to_owned());
        }
        if text.chars().next().is_some_and(|first| text.chars().all(|one| one == first)) {
            problems.push("one character again and again is no password".to_owned());
        }
        if problems.is_empty() { Ok(()) } else { Err(AppError::Invalid(problems)) }
    }

    async fn set_password(
        &self,
        caller: &Caller,
        account: UserId,
        hash: String,
        keep: Option<SessionId>,
    ) -> Result<(), AppError> {
        let at = self.clock.now();
        let audit = caller.audit("password-change", at);
        let done = self
            .store
            .write("set-password", move |tx| {
                let (hash, audit) = (hash.clone(), audit.clone());
                Box::pin(async move { write_password(tx, account, &hash, keep, audit, at).await })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(())
    }

    pub(crate) async fn find_account(&self, name: &str) -> Result<Option<Account>, AppError> {
        let Ok(name) = name.trim().parse::<UserName>() else { return Ok(None) };
        let mut conn = self.store.read().await?;
        Ok(cratekeep_store::user::find_by_name(&mut conn, &name).await?.map(|found| found.account))
    }
}

/// Sets a password inside a write that may have another cause as well; every session but `keep` ends.
pub(crate) async fn write_password(
    tx: &mut Tx,
    account: UserId,
    hash: &str,
    keep: Option<SessionId>,
    audit: NewAudit,
    at: Timestamp,
) -> Result<(), AppError> {
    password::set(tx, account, hash, at).await?;
    tx.emit(Event { subject: Some(account.0), ..Event::new(EventKind::UserChanged, at) });
    tx.audit(NewAudit { after: Some(format!("user {account}")), ..audit.clone() });
    let ended = NewAudit { action: "sessions-end".to_owned(), ..audit };
    sessions::end_all(tx, account, keep, ended, at).await?;
    Ok(())
}

fn wrong() -> AppError {
    AppError::Unauthenticated("the user name or the password is wrong".to_owned())
}
