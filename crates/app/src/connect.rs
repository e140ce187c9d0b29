//! Sign-ins of `cargo login` that a browser confirms. The credential provider begins one and shows its code; a person
//! who is signed in confirms it on a page; the provider, which alone has the secret, fetches the token.
//!
//! The token is made when it is fetched, so its text is kept nowhere in between.

use cratekeep_policy::may_manage_account;
use cratekeep_store::Tx;
use cratekeep_store::audit::{NewAudit, Who};
use cratekeep_store::ticket::{NewTicket, Purpose};
use cratekeep_types::{
    Account, Actor, Checksum, Credential, RegistryName, Scope, Secret, SessionId, Timestamp, TokenText,
    UserId,
};
use serde::{Deserialize, Serialize};

use crate::limits::Action;
use crate::tokens::TokenWish;
use crate::{App, AppError, Caller, RegistryView};

/// How long a code waits for its confirmation, in seconds.
const WAIT_SECS: i64 = 600;
/// How long a provider waits between two questions, in seconds.
const POLL_SECS: u32 = 2;
/// Characters of a code: no vowels, so that no words come up, and nothing that is easily mistaken.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const CODE_CHARS: usize = 8;
/// Longest name that a client gives itself, in characters.
const CLIENT_CHARS_MAX: usize = 100;
/// What cargo does with a token; nothing of it concerns the account itself.
const SCOPES: [Scope; 5] =
    [Scope::Read, Scope::PublishNew, Scope::PublishUpdate, Scope::Yank, Scope::ChangeOwners];

/// A sign-in that waits for its browser.
#[derive(Clone, Debug)]
pub struct ConnectBegun {
    /// What the person compares, in two halves.
    pub code: String,
    /// By which the provider fetches the token.
    pub secret: Secret<String>,
    /// The page that confirms it.
    pub page: String,
    /// How long it waits, in seconds.
    pub wait_secs: u32,
    /// How long to wait between two questions, in seconds.
    pub poll_secs: u32,
}

/// What asks to be let in, for the person who decides.
#[derive(Clone, Debug)]
pub struct ConnectAsk {
    /// What the person compares, in two halves.
    pub code: String,
    /// What the client calls itself.
    pub client: String,
    /// From which network address it asks.
    pub address: Option<String>,
    /// For which registry.
    pub registry: String,
    /// When it began.
    pub asked_at: Timestamp,
}

/// What has become of a sign-in.
#[derive(Clone, Debug)]
pub enum ConnectState {
    /// Nobody has decided yet.
    Waiting,
    /// The person said no.
    Refused,
    /// The person said yes.
    Granted {
        /// The token.
        token: TokenText,
        /// How long it lives, in seconds.
        secs: u64,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Payload {
    secret_hash: String,
    client: String,
    address: Option<String>,
    registry: String,
    answer: Option<Answer>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Answer {
    Refused,
    Granted { account: i64, session: i64, secs: u64 },
}

impl App {
    /// Begins a sign-in for whoever asks; nothing comes of it until a person confirms it.
    ///
    /// # Errors
    /// [`AppError::SlowDown`] when this address has begun too many.
    pub async fn begin_connect(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        client: &str,
    ) -> Result<ConnectBegun, AppError> {
        self.spend(caller, Action::CredentialPoll).await?;
        let secret = hex::encode(self.entropy.bytes());
        let code: String = self.entropy.bytes()[..CODE_CHARS]
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
            .collect();
        let payload = Payload {
            secret_hash: Checksum::of(secret.as_bytes()).to_string(),
            client: shortened(client),
            address: caller.address.clone(),
            registry: registry.registry.name.to_string(),
            answer: None,
        };
        let at = self.clock.now();
        let ticket = NewTicket {
            hash: hash_of(&code),
            purpose: Purpose::CredentialLogin,
            account: None,
            payload: text_of(&payload)?,
            expires_at: at.plus_secs(WAIT_SECS),
        };
        self.store
            .write::<_, cratekeep_store::StoreError, _>("begin-connect", move |tx| {
                let ticket = ticket.clone();
                Box::pin(async move { cratekeep_store::ticket::insert(tx, &ticket, at).await })
            })
            .await?;
        let code = shown(&code);
        Ok(ConnectBegun {
            page: format!("{}/connect?code={code}", self.base_url()),
            code,
            secret: Secret::new(secret),
            wait_secs: u32::try_from(WAIT_SECS).unwrap_or(u32::MAX),
            poll_secs: POLL_SECS,
        })
    }

    /// What asks to be let in under a code, for the person who is signed in.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when nothing waits under the code, [`AppError::Denied`] for who is not signed in with a
    /// browser.
    pub async fn connect_ask(&self, caller: &Caller, code: &str) -> Result<ConnectAsk, AppError> {
        signed_in(caller)?;
        let code = read_code(code)?;
        let mut conn = self.store.read().await?;
        let now = self.clock.now();
        let found =
            cratekeep_store::ticket::find(&mut conn, Purpose::CredentialLogin, &hash_of(&code), now).await?;
        let row = found.ok_or_else(|| nothing_waits(&code))?;
        let payload: Payload = crate::tickets::payload_of(&row)?;
        if payload.answer.is_some() {
            return Err(nothing_waits(&code));
        }
        Ok(ConnectAsk {
            code: shown(&code),
            client: payload.client,
            address: payload.address,
            registry: payload.registry,
            asked_at: row.created_at,
        })
    }

    /// Lets in what waits under a code for `secs` seconds, or turns it away with `None`.
    ///
    /// # Errors
    /// As for [`App::connect_ask`]; [`AppError::Invalid`] for a longer time than this server allows.
    pub async fn answer_connect(
        &self,
        caller: &Caller,
        code: &str,
        secs: Option<u64>,
    ) -> Result<(), AppError> {
        let (account, session) = signed_in(caller)?;
        let code = read_code(code)?;
        let longest = self.login_secs_max();
        if secs.is_some_and(|secs| secs == 0 || secs > longest) {
            return Err(AppError::invalid(format!(
                "a sign-in of cargo lasts {longest} seconds at most (tokens.login_secs_max)"
            )));
        }
        let answer = match secs {
            Some(secs) => Answer::Granted { account: account.id.0, session: session.0, secs },
            None => Answer::Refused,
        };
        let at = self.clock.now();
        let action = if secs.is_some() { "cargo-sign-in" } else { "cargo-sign-in-refuse" };
        let audit = caller.audit(action, at);
        self.store
            .write("answer-connect", move |tx| {
                let (code, answer, audit) = (code.clone(), answer.clone(), audit.clone());
                Box::pin(async move { keep_answer(tx, &code, answer, audit, at).await })
            })
            .await?;
        Ok(())
    }

    /// What has become of a sign-in. A token is given once, to who has the secret.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown code, a wrong secret, and when the time is over.
    pub async fn poll_connect(
        &self,
        caller: &Caller,
        code: &str,
        secret: &str,
    ) -> Result<ConnectState, AppError> {
        self.spend(caller, Action::CredentialPoll).await?;
        let code = read_code(code)?;
        let secret_hash = Checksum::of(secret.as_bytes()).to_string();
        let (at, hash) = (self.clock.now(), hash_of(&code));
        let payload: Payload = {
            let mut conn = self.store.read().await?;
            let found = cratekeep_store::ticket::find(&mut conn, Purpose::CredentialLogin, &hash, at).await?;
            crate::tickets::payload_of(&found.ok_or_else(|| nothing_waits(&code))?)?
        };
        if payload.secret_hash != secret_hash {
            return Err(nothing_waits(&code));
        }
        match payload.answer {
            None => Ok(ConnectState::Waiting),
            Some(Answer::Refused) => {
                self.spend_connect(&code).await?;
                Ok(ConnectState::Refused)
            }
            Some(Answer::Granted { account, session, secs }) => {
                self.spend_connect(&code).await?;
                let holder = (UserId(account), SessionId(session));
                let token = self.connect_token(caller, &payload, holder, secs).await?;
                Ok(ConnectState::Granted { token, secs })
            }
        }
    }

    /// Whether the caller is signed in with a browser, as pages about an account ask for.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] for nobody, [`AppError::Denied`] for a token.
    pub fn check_browser(&self, caller: &Caller) -> Result<(), AppError> {
        signed_in(caller).map(drop)
    }

    /// The life of a token that `cargo login` gets, unless the person chooses another one, in seconds.
    #[must_use]
    pub fn login_secs_default(&self) -> u64 {
        self.options.tokens.login_secs_default.min(self.login_secs_max())
    }

    /// The longest life of a token that `cargo login` gets, in seconds.
    #[must_use]
    pub fn login_secs_max(&self) -> u64 {
        let tokens = &self.options.tokens;
        tokens.life_secs_max.map_or(tokens.login_secs_max, |most| most.min(tokens.login_secs_max))
    }

    /// Whoever comes first has it.
    async fn spend_connect(&self, code: &str) -> Result<(), AppError> {
        let (hash, at) = (hash_of(code), self.clock.now());
        let taken = self
            .store
            .write::<_, cratekeep_store::StoreError, _>("spend-connect", move |tx| {
                Box::pin(async move {
                    cratekeep_store::ticket::take(tx, Purpose::CredentialLogin, &hash, at).await
                })
            })
            .await?;
        taken.value.map(drop).ok_or_else(|| nothing_waits(code))
    }

    async fn connect_token(
        &self,
        caller: &Caller,
        payload: &Payload,
        (user, session): (UserId, SessionId),
        secs: u64,
    ) -> Result<TokenText, AppError> {
        let account = {
            let mut conn = self.store.read().await?;
            let found = cratekeep_store::user::find(&mut conn, user).await?;
            found.ok_or_else(|| AppError::Internal("the account of a session is gone".to_owned()))?.account
        };
        let registry: RegistryName = payload
            .registry
            .parse()
            .map_err(|_| AppError::Internal("a registry that was there has no name".to_owned()))?;
        let wish = TokenWish {
            scopes: Some(SCOPES.into_iter().collect()),
            registries: vec![registry],
            session: Some(session),
            expires_at: self.end_in(Some(secs))?,
            ..TokenWish::everything(&format!("cargo login: {}", payload.client))
        };
        let text = TokenText::from_entropy(self.entropy.bytes());
        let audit = NewAudit {
            who: Who::User(user),
            credential: Some(format!("session {session}")),
            ..caller.audit("token-create", self.clock.now())
        };
        self.insert_audited(audit, &account, wish, &text).await?;
        Ok(text)
    }
}

async fn keep_answer(
    tx: &mut Tx,
    code: &str,
    answer: Answer,
    audit: NewAudit,
    at: Timestamp,
) -> Result<(), AppError> {
    let hash = hash_of(code);
    let found = cratekeep_store::ticket::find(tx, Purpose::CredentialLogin, &hash, at).await?;
    let mut payload: Payload = crate::tickets::payload_of(&found.ok_or_else(|| nothing_waits(code))?)?;
    if payload.answer.is_some() {
        return Err(nothing_waits(code));
    }
    let after = format!("{} for {}", payload.client, payload.registry);
    payload.answer = Some(answer);
    let text = text_of(&payload)?;
    cratekeep_store::ticket::set_payload(tx, Purpose::CredentialLogin, &hash, &text, at).await?;
    tx.audit(NewAudit { after: Some(after), registry: Some(payload.registry), ..audit });
    Ok(())
}

/// The account and session of a browser.
fn signed_in(caller: &Caller) -> Result<(&Account, SessionId), AppError> {
    cratekeep_policy::may_send(&caller.actor)?;
    match &caller.actor {
        Actor::Account { account, credential: Credential::Session { id }, .. } => {
            may_manage_account(&caller.actor, account.id)?;
            Ok((account, *id))
        }
        _ => Err(AppError::Denied(
            "this is done on the pages of this server, signed in with a browser".to_owned(),
        )),
    }
}

/// A code as people type it: in any case, with or without the dash.
fn read_code(text: &str) -> Result<String, AppError> {
    let code: String = text
        .chars()
        .filter(|c| !matches!(c, '-' | ' '))
        .take(CODE_CHARS + 1)
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let is_code = code.len() == CODE_CHARS && code.bytes().all(|byte| ALPHABET.contains(&byte));
    if is_code { Ok(code) } else { Err(nothing_waits(&shortened(text))) }
}

fn nothing_waits(code: &str) -> AppError {
    AppError::NotFound(format!(
        "no sign-in waits under the code `{code}`; codes are good for ten minutes and once: run `cargo login` again"
    ))
}

fn hash_of(code: &str) -> [u8; 32] {
    *Checksum::of(format!("connect {code}").as_bytes()).as_bytes()
}

fn shown(code: &str) -> String {
    let (left, right) = code.split_at(CODE_CHARS / 2);
    format!("{left}-{right}")
}

/// What a client says of itself, in one line.
fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(CLIENT_CHARS_MAX).collect()
}

fn text_of(payload: &Payload) -> Result<String, AppError> {
    serde_json::to_string(payload).map_err(|error| AppError::Internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        for text in ["BCDF-GHJK", "bcdfghjk", " bcdf ghjk ", "BCDFGHJK"] {
            assert_eq!(read_code(text).expect(text), "BCDFGHJK");
        }
        for text in ["", "BCDF-GHJ", "BCDF-GHJKL", "BCDF-GHJA", "BCDF-GHJ1", "\u{df}BCDFGHJ", "BCDF-GHJK\0"] {
            assert!(read_code(text).is_err(), "{text}");
        }
        assert_eq!(shown("BCDFGHJK"), "BCDF-GHJK");
    }
}
