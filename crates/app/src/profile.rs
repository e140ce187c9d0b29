//! What the holder of an account says of themselves: the name shown, the mail address with its confirmation, letters.

use cratekeep_policy::may_manage_account;
use cratekeep_store::Tx;
use cratekeep_store::audit::{NewAudit, Who};
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::profile::{self, Profile};
use cratekeep_store::ticket::{self, Purpose};
use cratekeep_types::{Account, Secret, Timestamp, UserId};

use crate::mail::account as letters;
use crate::sessions::own_account;
use crate::tickets::{self, Drawn};
use crate::{App, AppError, Caller};

/// Longest name shown, in characters.
const DISPLAY_CHARS_MAX: usize = 100;
/// Longest mail address in bytes, by RFC 5321.
const EMAIL_BYTES_MAX: usize = 254;
/// Most crates that a list of one's own shows.
const OWNED_MAX: u32 = 1_000;
/// How long a link to confirm an address is good, in seconds.
const CONFIRM_SECS: i64 = 24 * 3_600;

/// An account with what it says of itself.
#[derive(Clone, Debug)]
pub struct OwnProfile {
    /// The account.
    pub account: Account,
    /// What it says of itself.
    pub profile: Profile,
    /// Whether this server sends mail at all.
    pub sends_mail: bool,
}

/// A change of a profile; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct ProfileChange {
    /// The name shown; empty takes it away.
    pub display_name: Option<String>,
    /// Whether letters about publishes are wanted.
    pub publish_mail: Option<bool>,
}

impl App {
    /// What the account that asks says of itself.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] for nobody, [`AppError::Denied`] for a token made for less.
    pub async fn own_profile(&self, caller: &Caller) -> Result<OwnProfile, AppError> {
        let account = own_account(&caller.actor)?.clone();
        may_manage_account(&caller.actor, account.id)?;
        let found = profile::find(&mut *self.store.read().await?, account.id).await?;
        let profile = found.ok_or_else(gone)?;
        Ok(OwnProfile { account, profile, sends_mail: self.options.sends_mail })
    }

    /// The crates that the account that asks owns itself, with their numbers, by number.
    ///
    /// # Errors
    /// As for [`App::own_profile`].
    pub async fn own_crates(&self, caller: &Caller) -> Result<Vec<(i64, String)>, AppError> {
        let account = own_account(&caller.actor)?.id;
        may_manage_account(&caller.actor, account)?;
        Ok(profile::owned(&mut *self.store.read().await?, account, OWNED_MAX).await?)
    }

    /// Changes what the account that asks says of itself.
    ///
    /// # Errors
    /// As for [`App::own_profile`]; [`AppError::Invalid`] for a name that is too long.
    pub async fn change_profile(&self, caller: &Caller, change: ProfileChange) -> Result<(), AppError> {
        let account = own_account(&caller.actor)?.id;
        may_manage_account(&caller.actor, account)?;
        if change.display_name.as_ref().is_some_and(|name| name.chars().count() > DISPLAY_CHARS_MAX) {
            return Err(AppError::invalid(format!("a name has at most {DISPLAY_CHARS_MAX} characters")));
        }
        let at = self.clock.now();
        let audit = caller.audit("profile-change", at);
        let done = self
            .store
            .write("change-profile", move |tx| {
                let (change, audit) = (change.clone(), audit.clone());
                Box::pin(async move { write_profile(tx, account, change, audit, at).await })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(())
    }

    /// Gives the account that asks another mail address, and sends a link to confirm it. The same address again sends
    /// a new link while it is not confirmed.
    ///
    /// # Errors
    /// As for [`App::own_profile`]; [`AppError::Invalid`] for what is no address.
    pub async fn change_email(&self, caller: &Caller, email: &str) -> Result<(), AppError> {
        let OwnProfile { account, profile, .. } = self.own_profile(caller).await?;
        let email = email.trim().to_owned();
        check_email(&email)?;
        if profile.email.as_ref() == Some(&email) && profile.email_verified_at.is_some() {
            return Ok(());
        }
        let drawn = self.draw_ticket(Purpose::ConfirmMail, Some(account.id), &email, CONFIRM_SECS)?;
        let at = self.clock.now();
        let audit = caller.audit("email-change", at);
        let app = self.clone();
        let done = self
            .store
            .write("change-email", move |tx| {
                let (app, account, email) = (app.clone(), account.clone(), email.clone());
                let (drawn, audit) = (drawn.clone(), audit.clone());
                Box::pin(async move { app.write_email(tx, &account, &email, &drawn, audit, at).await })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(())
    }

    /// Sends the link to confirm the present address once more.
    ///
    /// # Errors
    /// As for [`App::own_profile`]; [`AppError::Invalid`] without an address.
    pub async fn resend_confirmation(&self, caller: &Caller) -> Result<(), AppError> {
        match self.own_profile(caller).await?.profile.email {
            Some(email) => self.change_email(caller, &email).await,
            None => Err(AppError::invalid("Email could not be found")),
        }
    }

    /// Whether a link to confirm an address is good now.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer.
    pub async fn can_confirm(&self, text: &str) -> Result<bool, AppError> {
        Ok(self.find_ticket(Purpose::ConfirmMail, text).await?.is_some())
    }

    /// Confirms a mail address by the text of its link.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a link that is used up, too old, or about an address that was changed since.
    pub async fn confirm_email(&self, caller: &Caller, text: &str) -> Result<(), AppError> {
        let (text, at) = (Secret::new(text.to_owned()), self.clock.now());
        let audit = caller.audit("email-confirm", at);
        let done = self
            .store
            .write("confirm-email", move |tx| {
                let (text, audit) = (text.clone(), audit.clone());
                Box::pin(async move {
                    let row = tickets::take(tx, Purpose::ConfirmMail, text.expose(), at).await?;
                    let row = row.ok_or_else(no_confirmation)?;
                    let account = row.account.ok_or_else(no_confirmation)?;
                    let email: String = tickets::payload_of(&row)?;
                    if !profile::confirm_email(tx, account, &email, at).await? {
                        return Err(no_confirmation());
                    }
                    tx.emit(Event { subject: Some(account.0), ..Event::new(EventKind::UserChanged, at) });
                    tx.audit(NewAudit { who: Who::User(account), ..audit });
                    Ok(())
                })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(())
    }

    async fn write_email(
        &self,
        tx: &mut Tx,
        account: &Account,
        email: &str,
        drawn: &Drawn,
        audit: NewAudit,
        at: Timestamp,
    ) -> Result<(), AppError> {
        ticket::drop_all(tx, account.id, Purpose::ConfirmMail).await?;
        profile::set_email(tx, account.id, email, None).await?;
        // Without mail the link would reach nobody.
        if self.options.sends_mail {
            drawn.keep(tx, at).await?;
            let link = format!("{}/confirm/{}", self.base_url(), drawn.text.expose());
            self.post(tx, &letters::confirm_mail(email, &account.name, self.base_url(), &link), at).await?;
        }
        tx.emit(Event { subject: Some(account.id.0), ..Event::new(EventKind::UserChanged, at) });
        tx.audit(audit);
        Ok(())
    }
}

async fn write_profile(
    tx: &mut Tx,
    account: UserId,
    change: ProfileChange,
    audit: NewAudit,
    at: Timestamp,
) -> Result<(), AppError> {
    let before = profile::find(tx, account).await?.ok_or_else(gone)?;
    let name = match &change.display_name {
        Some(name) => Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
        None => before.display_name,
    };
    let publish_mail = change.publish_mail.unwrap_or(before.publish_mail);
    profile::set(tx, account, name.as_deref(), publish_mail).await?;
    tx.emit(Event { subject: Some(account.0), ..Event::new(EventKind::UserChanged, at) });
    tx.audit(audit);
    Ok(())
}

/// Catches typing errors; whether letters arrive shows the confirmation.
fn check_email(email: &str) -> Result<(), AppError> {
    if email.is_empty() {
        return Err(AppError::invalid("empty email rejected"));
    }
    let parts = email.split_once('@');
    let is_one = email.len() <= EMAIL_BYTES_MAX
        && !email.chars().any(|one| one.is_whitespace() || one.is_control())
        && parts.is_some_and(|(user, host)| !user.is_empty() && host.contains('.') && !host.contains('@'));
    match is_one {
        true => Ok(()),
        false => Err(AppError::invalid("invalid email address")),
    }
}

fn gone() -> AppError {
    AppError::NotFound("this account is no longer there".to_owned())
}

fn no_confirmation() -> AppError {
    AppError::invalid("Email belonging to token not found.")
}
