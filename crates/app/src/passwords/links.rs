//! One-time links with which a person sets a password: printed for an administrator, or sent to a confirmed address.

use cratekeep_policy::may_administer;
use cratekeep_store::audit::{NewAudit, Who};
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::ticket::{self, Purpose};
use cratekeep_store::{StoreError, passkey, profile, user};
use cratekeep_types::{Account, AccountKind, Checksum, Secret, UserId, UserName};

use super::{SignedIn, write_password};
use crate::limits::Action;
use crate::mail::account as letters;
use crate::sessions::check_may_sign_in;
use crate::tickets::{self, Drawn};
use crate::{App, AppError, Caller};

/// How long a link is good, in seconds.
const LINK_SECS: i64 = 24 * 3_600;
/// Most accounts with one address that get a letter.
const HOLDERS_MAX: u32 = 5;

/// Whose password a link sets.
#[derive(Clone, Debug)]
pub struct LinkHolder {
    /// The account.
    pub name: UserName,
}

impl App {
    /// Makes a link with which a person sets their first or a new password; earlier ones no longer count. With
    /// `drop_passkeys` the passkeys of the account are taken away: its holder has lost them.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown user, [`AppError::Invalid`] for a service account.
    pub(crate) async fn make_password_link(
        &self,
        caller: &Caller,
        name: &UserName,
        drop_passkeys: bool,
    ) -> Result<Secret<String>, AppError> {
        may_administer(&caller.actor)?;
        let account = self.account_called(name).await?;
        if account.kind != AccountKind::Person {
            return Err(AppError::invalid(format!(
                "`{name}` is a service account: it has tokens and no password"
            )));
        }
        let drawn = self.draw_link(account.id)?;
        let (text, at) = (drawn.text.clone(), self.clock.now());
        let audit = NewAudit { after: Some(format!("user {name}")), ..caller.audit("user-link", at) };
        let done = self
            .store
            .write("make-link", move |tx| {
                let (drawn, audit) = (drawn.clone(), audit.clone());
                Box::pin(async move {
                    ticket::drop_all(tx, account.id, Purpose::PasswordLink).await?;
                    drawn.keep(tx, at).await?;
                    if drop_passkeys && passkey::remove_all(tx, account.id).await? > 0 {
                        let event = Event::new(EventKind::UserChanged, at);
                        tx.emit(Event { subject: Some(account.id.0), ..event });
                    }
                    tx.audit(audit);
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(self.link_of(&text))
    }

    /// Sends a link to every account whose confirmed address this is. Says nothing about whether there is one.
    ///
    /// # Errors
    /// [`AppError::SlowDown`] after too many tries.
    pub async fn mail_password_link(&self, caller: &Caller, email: &str) -> Result<(), AppError> {
        let address = caller.address.as_deref().unwrap_or("unknown");
        self.spend_of(&format!("address {address}"), Action::SignInAddress).await?;
        let mark = Checksum::of(email.trim().to_lowercase().as_bytes());
        self.spend_of(&format!("link {mark}"), Action::SignIn).await?;
        if !self.options.sends_mail {
            return Ok(());
        }
        let holders = profile::holders(&mut *self.store.read().await?, email.trim(), HOLDERS_MAX).await?;
        for account in holders.into_iter().filter(|account| account.kind == AccountKind::Person) {
            self.mail_link_to(caller, account, email.trim()).await?;
        }
        Ok(())
    }

    /// Whose password the link sets; `None` for a link that is used up or was never good.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer.
    pub async fn password_link(&self, text: &str) -> Result<Option<LinkHolder>, AppError> {
        let Some(account) = self.find_ticket(Purpose::PasswordLink, text).await?.and_then(|row| row.account)
        else {
            return Ok(None);
        };
        let found = user::find(&mut *self.store.read().await?, account).await?;
        Ok(found.map(|found| LinkHolder { name: found.account.name }))
    }

    /// Sets the password by a link, which is used up by it, and signs in. Every other session of the account ends.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a link that is no longer good, [`AppError::Invalid`] for a bad password (the link
    /// stays good), [`AppError::Denied`] for a locked account and over plain http.
    pub async fn use_password_link(
        &self,
        caller: &Caller,
        text: &str,
        password: Secret<String>,
        agent: Option<&str>,
    ) -> Result<SignedIn, AppError> {
        self.check_takes_passwords(caller)?;
        let holder = self.password_link(text).await?.ok_or_else(no_link)?;
        self.check_password(password.expose(), &holder.name)?;
        let hash = self.hash_password(password).await?;
        let (text, at) = (text.to_owned(), self.clock.now());
        let audit = caller.audit("password-set", at);
        let done = self
            .store
            .write("use-link", move |tx| {
                let (text, hash, audit) = (text.clone(), hash.clone(), audit.clone());
                Box::pin(async move {
                    let taken = tickets::take(tx, Purpose::PasswordLink, &text, at).await?;
                    let account = taken.and_then(|row| row.account).ok_or_else(no_link)?;
                    check_may_sign_in(tx, account, at).await?;
                    ticket::drop_all(tx, account, Purpose::PasswordLink).await?;
                    let audit = NewAudit { who: Who::User(account), ..audit };
                    write_password(tx, account, &hash, None, audit, at).await?;
                    Ok::<_, AppError>(account)
                })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        self.go_on_after_password(caller, done.value, "link", agent).await
    }

    async fn mail_link_to(&self, caller: &Caller, account: Account, email: &str) -> Result<(), AppError> {
        let drawn = self.draw_link(account.id)?;
        let link = self.link_of(&drawn.text);
        let letter = letters::password_link(email, &account.name, self.base_url(), link.expose());
        let at = self.clock.now();
        let audit =
            NewAudit { after: Some(format!("user {}", account.name)), ..caller.audit("user-link", at) };
        let app = self.clone();
        self.store
            .write::<_, StoreError, _>("mail-link", move |tx| {
                let (app, drawn, letter, audit) = (app.clone(), drawn.clone(), letter.clone(), audit.clone());
                Box::pin(async move {
                    drawn.keep(tx, at).await?;
                    app.post(tx, &letter, at).await?;
                    tx.audit(audit);
                    Ok(())
                })
            })
            .await?;
        Ok(())
    }

    fn draw_link(&self, account: UserId) -> Result<Drawn, AppError> {
        self.draw_ticket(Purpose::PasswordLink, Some(account), &(), LINK_SECS)
    }

    fn link_of(&self, text: &Secret<String>) -> Secret<String> {
        Secret::new(format!("{}/link/{}", self.base_url(), text.expose()))
    }
}

fn no_link() -> AppError {
    AppError::NotFound(
        "this link was used already, is older than a day, or was replaced by a newer one".to_owned(),
    )
}
