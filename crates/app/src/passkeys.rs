//! Passkeys: registered, listed and taken away by the holder of an account, and used to sign in, after the password or
//! instead of it.
//!
//! An account with a password and passkeys needs both, or a passkey alone: the authenticator has then checked its holder
//! by a PIN or a finger. Without a password a passkey is the only way in.

mod sign_in;

use std::sync::Arc;

use cratekeep_policy::may_manage_account;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::passkey::{self, PasskeyRow};
use cratekeep_store::password;
use cratekeep_store::ticket::Purpose;
use cratekeep_types::{Checksum, Secret, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    CredentialID, Passkey, PasskeyRegistration, RegisterPublicKeyCredential, Url, Uuid,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::sessions::own_account;
use crate::{App, AppError, Caller, tickets};

/// How long somebody may take to touch an authenticator, in seconds.
pub(crate) const CEREMONY_SECS: i64 = 300;
/// Most passkeys of an account.
const PASSKEYS_MAX: usize = 20;
/// Longest name of a passkey in characters.
const LABEL_CHARS_MAX: usize = 60;

/// The protocol for this server's address; none where browsers offer no passkeys.
pub(crate) struct Passkeys(Option<Arc<Webauthn>>);

impl Passkeys {
    /// Browsers offer passkeys over https with a host name, and on `http://localhost`.
    pub(crate) fn new(base_url: &str) -> Self {
        let Ok(url) = Url::parse(base_url) else { return Self(None) };
        let Some(host) = url.domain() else { return Self(None) };
        if url.scheme() != "https" && host != "localhost" {
            return Self(None);
        }
        let built = WebauthnBuilder::new(host, &url).and_then(|builder| builder.rp_name("Cratekeep").build());
        Self(built.ok().map(Arc::new))
    }
}

/// What a browser needs to ask an authenticator.
#[derive(Clone, Debug)]
pub struct PasskeyOffer {
    ticket: Secret<String>,
    options: Value,
}

impl PasskeyOffer {
    /// As JSON for the script of the page: `ticket` to come back with, and `options` for the authenticator.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({ "ticket": self.ticket.expose(), "options": self.options })
    }
}

/// What is kept while somebody registers a passkey.
#[derive(Serialize, Deserialize)]
struct Registering {
    label: String,
    state: PasskeyRegistration,
}

impl App {
    /// Whether passkeys work at this server's address.
    #[must_use]
    pub fn has_passkeys(&self) -> bool {
        self.passkeys.0.is_some()
    }

    /// The passkeys of the account that asks, by number.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] for nobody, [`AppError::Denied`] for a token made for less.
    pub async fn list_passkeys(&self, caller: &Caller) -> Result<Vec<PasskeyRow>, AppError> {
        let account = own_account(&caller.actor)?.id;
        may_manage_account(&caller.actor, account)?;
        Ok(passkey::list(&mut *self.store.read().await?, account).await?)
    }

    /// Begins the registration of a passkey, after the password was shown once more.
    ///
    /// # Errors
    /// As for [`App::list_passkeys`]; [`AppError::Invalid`] for a bad label or password, or too many passkeys.
    pub async fn begin_passkey(
        &self,
        caller: &Caller,
        label: &str,
        old: Secret<String>,
    ) -> Result<PasskeyOffer, AppError> {
        let known = self.list_passkeys(caller).await?;
        let account = own_account(&caller.actor)?.clone();
        let label = label.trim();
        if label.is_empty() || label.chars().count() > LABEL_CHARS_MAX {
            return Err(AppError::invalid(format!("a passkey's name has 1 to {LABEL_CHARS_MAX} characters")));
        }
        if known.len() >= PASSKEYS_MAX {
            return Err(AppError::invalid(format!("an account has at most {PASSKEYS_MAX} passkeys")));
        }
        self.check_own_password(caller, &account, old).await?;
        let exclude: Vec<CredentialID> =
            known.iter().map(|row| Ok(state_of(row)?.cred_id().clone())).collect::<Result<_, AppError>>()?;
        let name = account.name.as_str();
        let started =
            self.webauthn()?.start_passkey_registration(handle_of(account.id), name, name, Some(exclude));
        let (options, state) = started.map_err(|error| AppError::Internal(format!("passkey: {error:?}")))?;
        let registering = Registering { label: label.to_owned(), state };
        let ticket = self
            .issue_ticket(Purpose::PasskeyRegister, Some(account.id), &registering, CEREMONY_SECS)
            .await?;
        Ok(PasskeyOffer { ticket, options: to_value(&options)? })
    }

    /// Keeps the passkey that an authenticator made.
    ///
    /// # Errors
    /// As for [`App::list_passkeys`]; [`AppError::Invalid`] when the answer is not good, came too late, or was used.
    pub async fn add_passkey(&self, caller: &Caller, ticket: &str, answer: &str) -> Result<(), AppError> {
        let account = own_account(&caller.actor)?.id;
        may_manage_account(&caller.actor, account)?;
        let row = self.spend_ticket(Purpose::PasskeyRegister, ticket).await?;
        let row = row.filter(|row| row.account == Some(account)).ok_or_else(too_late)?;
        let Registering { label, state } = tickets::payload_of(&row)?;
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| not_good())?;
        let made = self.webauthn()?.finish_passkey_registration(&answer, &state).map_err(|error| {
            tracing::debug!(?error, "a passkey was not registered");
            not_good()
        })?;
        let (credential, state) = (made.cred_id().to_vec(), to_text(&made)?);
        let at = self.clock.now();
        let audit = NewAudit { after: Some(format!("passkey {label}")), ..caller.audit("passkey-add", at) };
        let done = self
            .store
            .write("add-passkey", move |tx| {
                let (credential, state, label) = (credential.clone(), state.clone(), label.clone());
                let audit = audit.clone();
                Box::pin(async move {
                    passkey::insert(tx, account, &credential, &label, &state, at).await?;
                    tx.emit(Event { subject: Some(account.0), ..Event::new(EventKind::UserChanged, at) });
                    tx.audit(audit);
                    Ok::<_, AppError>(())
                })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(())
    }

    /// Takes a passkey of the account that asks away, after the password was shown once more.
    ///
    /// # Errors
    /// As for [`App::list_passkeys`]; [`AppError::NotFound`] for none of its own, [`AppError::Conflict`] for the last way
    /// in.
    pub async fn remove_passkey(
        &self,
        caller: &Caller,
        id: i64,
        old: Secret<String>,
    ) -> Result<(), AppError> {
        let account = own_account(&caller.actor)?.clone();
        may_manage_account(&caller.actor, account.id)?;
        self.check_own_password(caller, &account, old).await?;
        let at = self.clock.now();
        let audit = NewAudit { before: Some(format!("passkey {id}")), ..caller.audit("passkey-remove", at) };
        let done = self
            .store
            .write("remove-passkey", move |tx| {
                let audit = audit.clone();
                Box::pin(async move {
                    if !passkey::remove(tx, account.id, id).await? {
                        return Err(AppError::NotFound(format!("you have no passkey {id}")));
                    }
                    let is_last = passkey::list(tx, account.id).await?.is_empty();
                    if is_last && password::find(tx, account.id).await?.is_none() {
                        return Err(AppError::Conflict(
                            "this passkey is the only way to sign in; set a password first".to_owned(),
                        ));
                    }
                    let event = Event::new(EventKind::UserChanged, at);
                    tx.emit(Event { subject: Some(account.id.0), ..event });
                    tx.audit(audit);
                    Ok(())
                })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(())
    }

    fn webauthn(&self) -> Result<Arc<Webauthn>, AppError> {
        self.passkeys.0.clone().ok_or_else(|| {
            AppError::invalid("passkeys need https and a host name; this server's address has not both")
        })
    }
}

/// How authenticators know an account; it says nothing to others.
fn handle_of(account: UserId) -> Uuid {
    let digest = Checksum::of(format!("cratekeep account {account}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.as_bytes()[..16]);
    Uuid::from_bytes(bytes)
}

fn state_of(row: &PasskeyRow) -> Result<Passkey, AppError> {
    serde_json::from_str(&row.state)
        .map_err(|error| AppError::Internal(format!("a stored passkey is bad: {error}")))
}

fn to_text(made: &impl Serialize) -> Result<String, AppError> {
    serde_json::to_string(made).map_err(|error| AppError::Internal(error.to_string()))
}

fn to_value(made: &impl Serialize) -> Result<Value, AppError> {
    serde_json::to_value(made).map_err(|error| AppError::Internal(error.to_string()))
}

fn too_late() -> AppError {
    AppError::invalid("this took too long, or was done already; begin again")
}

fn not_good() -> AppError {
    AppError::invalid("the answer of the authenticator is not good; try again")
}
