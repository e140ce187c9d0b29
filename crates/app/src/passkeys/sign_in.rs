//! Signing in with a passkey: as the second step after the password, or alone.
//!
//! Whoever asks by a name that has no passkeys gets a challenge too, which nothing answers.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD;
use cratekeep_store::passkey::{self, PasskeyRow};
use cratekeep_store::ticket::Purpose;
use cratekeep_store::{StoreError, user};
use cratekeep_types::{Account, Checksum, Secret, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use webauthn_rs::prelude::{AuthenticationResult, Passkey, PasskeyAuthentication, PublicKeyCredential};

use super::{CEREMONY_SECS, PasskeyOffer, state_of, to_text, to_value};
use crate::sessions::{SessionText, SignIn};
use crate::{App, AppError, Caller, tickets};

/// What is kept while somebody signs in with a passkey.
#[derive(Serialize, Deserialize)]
struct Challenged {
    /// Nothing where the name has no passkeys.
    state: Option<PasskeyAuthentication>,
    /// The ticket of the first step, if the password was right before.
    step: Option<String>,
}

impl App {
    /// The ticket for the second step of a sign-in whose password was right.
    pub(crate) async fn begin_second_step(&self, account: UserId) -> Result<Secret<String>, AppError> {
        self.issue_ticket(Purpose::SecondStep, Some(account), &(), CEREMONY_SECS).await
    }

    /// Begins to sign in with a passkey: by the ticket of the step before, or by name.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when the step before is too long ago, [`AppError::SlowDown`] after too many tries,
    /// [`AppError::Invalid`] where there are no passkeys.
    pub async fn begin_passkey_sign_in(
        &self,
        caller: &Caller,
        step: Option<&str>,
        name: &str,
    ) -> Result<PasskeyOffer, AppError> {
        let account = match step {
            Some(step) => Some(self.account_of_step(step).await?),
            None => self.find_account(name).await?,
        };
        let name = account.as_ref().map_or(name, |account| account.name.as_str()).to_owned();
        self.spend_try(caller, &name).await?;
        let passkeys = match &account {
            Some(account) => self.passkeys_of(account.id).await?,
            None => Vec::new(),
        };
        let (challenged, options) = match passkeys.is_empty() {
            true => (None, self.challenge_for_nobody(&name).await?),
            false => {
                let (options, state) =
                    self.webauthn()?.start_passkey_authentication(&passkeys).map_err(inside)?;
                (Some(state), plain(&to_value(&options)?))
            }
        };
        let account = account.filter(|_| challenged.is_some()).map(|account| account.id);
        let challenged = Challenged { state: challenged, step: step.map(str::to_owned) };
        let ticket = self.issue_ticket(Purpose::PasskeySignIn, account, &challenged, CEREMONY_SECS).await?;
        Ok(PasskeyOffer { ticket, options })
    }

    /// Signs in by the answer of an authenticator.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when it is not good, [`AppError::Denied`] for a locked account.
    pub async fn sign_in_with_passkey(
        &self,
        caller: &Caller,
        ticket: &str,
        answer: &str,
        agent: Option<&str>,
    ) -> Result<SessionText, AppError> {
        let row = self.spend_ticket(Purpose::PasskeySignIn, ticket).await?.ok_or_else(not_known)?;
        let (Some(account), Challenged { state: Some(state), step }) =
            (row.account, tickets::payload_of(&row)?)
        else {
            return Err(not_known());
        };
        let answer: PublicKeyCredential = serde_json::from_str(answer).map_err(|_| not_known())?;
        let result = self.webauthn()?.finish_passkey_authentication(&answer, &state).map_err(|error| {
            tracing::debug!(?error, "a passkey was refused");
            not_known()
        })?;
        let method = match &step {
            Some(step) => {
                let spent = self.spend_ticket(Purpose::SecondStep, step).await?;
                spent.filter(|row| row.account == Some(account)).ok_or_else(not_known)?;
                "password and passkey"
            }
            None => "passkey",
        };
        self.note_passkey_use(account, &result).await?;
        self.begin_session(caller, account, SignIn { method, agent }).await
    }

    async fn account_of_step(&self, step: &str) -> Result<Account, AppError> {
        let again =
            || AppError::Unauthenticated("the password was given too long ago; begin again".to_owned());
        let row = self.find_ticket(Purpose::SecondStep, step).await?;
        let account = row.and_then(|row| row.account).ok_or_else(again)?;
        let found = user::find(&mut *self.store.read().await?, account).await?;
        Ok(found.ok_or_else(again)?.account)
    }

    async fn passkeys_of(&self, account: UserId) -> Result<Vec<Passkey>, AppError> {
        let rows = passkey::list(&mut *self.store.read().await?, account).await?;
        rows.iter().map(state_of).collect()
    }

    /// Keeps the counter of the authenticator. The passkey may have been taken away meanwhile: then it is no way in.
    async fn note_passkey_use(&self, account: UserId, result: &AuthenticationResult) -> Result<(), AppError> {
        let found = passkey::find_by_credential(&mut *self.store.read().await?, result.cred_id()).await?;
        let row: PasskeyRow = found.filter(|row| row.account == account).ok_or_else(not_known)?;
        let mut state = state_of(&row)?;
        let _ = state.update_credential(result);
        let (id, state, at) = (row.id, to_text(&state)?, self.clock.now());
        self.store
            .write::<_, StoreError, _>("use-passkey", move |tx| {
                let state = state.clone();
                Box::pin(async move { passkey::note_use(tx, id, &state, at).await.map(drop) })
            })
            .await?;
        Ok(())
    }

    /// A challenge as an account with one passkey would get, the same credential at each time.
    async fn challenge_for_nobody(&self, name: &str) -> Result<Value, AppError> {
        let base = webauthn_rs::prelude::Url::parse(self.base_url())
            .map_err(|error| AppError::Internal(error.to_string()))?;
        self.webauthn()?;
        let seed = self.vault_seed().await?;
        let mark = Checksum::of(&[&seed[..], name.trim().to_lowercase().as_bytes()].concat());
        let binary = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        Ok(json!({ "publicKey": {
            "challenge": binary(&self.entropy.bytes()),
            "timeout": CEREMONY_SECS * 1_000,
            "rpId": base.domain(),
            "allowCredentials": [{ "type": "public-key", "id": binary(mark.as_bytes()) }],
            "userVerification": "required",
        } }))
    }
}

/// The part of the options that says nothing of the authenticators behind them.
fn plain(options: &Value) -> Value {
    let from = &options["publicKey"];
    let credentials = from["allowCredentials"].as_array().map(Vec::as_slice).unwrap_or_default();
    let credentials: Vec<Value> =
        credentials.iter().map(|one| json!({ "type": "public-key", "id": one["id"] })).collect();
    json!({ "publicKey": {
        "challenge": from["challenge"],
        "timeout": CEREMONY_SECS * 1_000,
        "rpId": from["rpId"],
        "allowCredentials": credentials,
        "userVerification": "required",
    } })
}

fn inside(error: webauthn_rs::prelude::WebauthnError) -> AppError {
    AppError::Internal(format!("passkey: {error:?}"))
}

fn not_known() -> AppError {
    AppError::Unauthenticated(
        "this passkey is not known here, or its answer came too late; try again".to_owned(),
    )
}
