//! Tokens whose texts turned up where others can read them: reported by anybody, or by GitHub's secret scanning.

mod signature;

use std::sync::{Arc, Mutex, PoisonError};

use cratekeep_outbound::provider::ProviderOptions;
use cratekeep_outbound::{GitHubApi, GitHubKey};
use cratekeep_store::Tx;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_types::{Timestamp, TokenText, TrustTokenText};

use crate::limits::Action;
use crate::mail::token::{About, exposed};
use crate::{App, AppError, Caller};

/// Where GitHub's keys are, unless a provider of the settings says otherwise.
const GITHUB_API: &str = "https://api.github.com";
/// How long GitHub's keys are used before they are asked for again, in seconds.
const KEYS_SECS: i64 = 86_400;
/// After this long an unknown key makes them be asked for again, in seconds.
const KEYS_AGAIN_SECS: i64 = 60;
/// Longest address of a find that is put into a letter, in characters.
const PLACE_CHARS_MAX: usize = 300;
/// Most finds in one alert.
const FINDS_MAX: usize = 1_000;

/// GitHub's keys, and when they were asked for.
#[derive(Debug, Default)]
pub(crate) struct ScanningKeys(Mutex<Option<(Timestamp, Arc<Vec<GitHubKey>>)>>);

/// A text that was found.
#[derive(Clone, Debug)]
pub struct LeakFind {
    /// The text.
    pub text: String,
    /// Where it was found.
    pub place: Option<String>,
}

/// What proves that an alert comes from GitHub.
#[derive(Clone, Copy, Debug)]
pub struct AlertProof<'a> {
    /// The header `GITHUB-PUBLIC-KEY-IDENTIFIER`.
    pub key: &'a str,
    /// The header `GITHUB-PUBLIC-KEY-SIGNATURE`.
    pub signature: &'a str,
    /// The body as it came.
    pub body: &'a [u8],
}

impl App {
    /// Takes a report of an exposed token from anybody. The answer is the same whether it is one of ours: who has the
    /// text could find that out anyway, who guesses learns nothing.
    ///
    /// # Errors
    /// [`AppError::SlowDown`] when this address reports too much.
    pub async fn report_token(&self, caller: &Caller, find: &LeakFind) -> Result<(), AppError> {
        self.spend(caller, Action::TokenReport).await?;
        self.expose(caller, find).await.map(drop)
    }

    /// Checks that an alert comes from GitHub.
    ///
    /// # Errors
    /// [`AppError::Invalid`] in crates.io's words when it does not.
    pub async fn check_alert(&self, proof: AlertProof<'_>) -> Result<(), AppError> {
        let failed = |text: &str| AppError::invalid(format!("failed to verify request signature: {text}"));
        if proof.key.is_empty() || proof.signature.is_empty() {
            return Err(failed("the headers that carry it are missing"));
        }
        let key = self.scanning_key(proof.key).await?.ok_or_else(|| failed("unknown key identifier"))?;
        if !key.is_current {
            return Err(failed("key is not current"));
        }
        signature::check(&key.key, proof.signature, proof.body).map_err(failed)
    }

    /// Takes the finds of an alert; says of each whether it is a token of this server.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for too many at once.
    pub async fn take_alert(&self, caller: &Caller, finds: &[LeakFind]) -> Result<Vec<bool>, AppError> {
        if finds.len() > FINDS_MAX {
            return Err(AppError::invalid(format!("an alert has at most {FINDS_MAX} finds")));
        }
        let mut known = Vec::with_capacity(finds.len());
        for find in finds {
            known.push(self.expose(caller, find).await?);
        }
        Ok(known)
    }

    /// Takes a token back whose text is known; says whether it is one of ours, revoked before or not.
    async fn expose(&self, caller: &Caller, find: &LeakFind) -> Result<bool, AppError> {
        let text = find.text.trim();
        if let Ok(token) = text.parse::<TokenText>() {
            return self.expose_token(caller, token.hash(), find.place.clone()).await;
        }
        match text.parse::<TrustTokenText>() {
            Ok(token) => self.expose_build_token(caller, token.hash()).await,
            Err(_) => Ok(false),
        }
    }

    async fn expose_token(
        &self,
        caller: &Caller,
        hash: [u8; 32],
        place: Option<String>,
    ) -> Result<bool, AppError> {
        let (app, at) = (self.clone(), self.clock.now());
        let audit = caller.audit("token-exposed", at);
        let done = self
            .store
            .write("expose-token", move |tx| {
                let (app, audit, place) = (app.clone(), audit.clone(), place.clone());
                Box::pin(async move { app.revoke_exposed(tx, &hash, place.as_deref(), audit).await })
            })
            .await?;
        if !done.events.is_empty() {
            self.identities.forget_all();
            self.settle(&done.events).await;
        }
        Ok(done.value)
    }

    async fn revoke_exposed(
        &self,
        tx: &mut Tx,
        hash: &[u8; 32],
        place: Option<&str>,
        audit: NewAudit,
    ) -> Result<bool, AppError> {
        let at = audit.at;
        let Some(found) = cratekeep_store::token::find_by_hash(tx, hash).await? else { return Ok(false) };
        let token = found.token;
        if cratekeep_store::token::revoke(tx, token.id, at).await? {
            tx.emit(Event { subject: Some(token.id.0), ..Event::new(EventKind::TokenRevoked, at) });
            tx.audit(NewAudit {
                before: Some(format!("token {} of user {}", token.id, token.user)),
                ..audit
            });
            if let Some(to) = cratekeep_store::user::verified_email(tx, token.user).await? {
                let place = place.map(shortened);
                let about = About { to, label: &token.label, base_url: self.base_url() };
                self.post(tx, &exposed(&about, place.as_deref()), at).await?;
            }
        }
        Ok(true)
    }

    async fn expose_build_token(&self, caller: &Caller, hash: [u8; 32]) -> Result<bool, AppError> {
        let at = self.clock.now();
        let audit = caller.audit("trust-token-exposed", at);
        let done = self
            .store
            .write("expose-build-token", move |tx| {
                let audit = audit.clone();
                Box::pin(async move {
                    let found = cratekeep_store::trust_token::find_by_hash(tx, &hash).await?;
                    let Some(token) = found else { return Ok::<_, AppError>(false) };
                    cratekeep_store::trust_token::remove(tx, token.id).await?;
                    tx.emit(Event::new(EventKind::TokenRevoked, at));
                    let before = format!("trusted publishing token {}", token.id);
                    tx.audit(NewAudit { before: Some(before), ..audit });
                    Ok(true)
                })
            })
            .await?;
        if done.value {
            self.identities.forget_all();
            self.settle(&done.events).await;
        }
        Ok(done.value)
    }

    /// GitHub's key of this name. Keys are kept for a day; an unknown name makes them be asked for again.
    async fn scanning_key(&self, name: &str) -> Result<Option<GitHubKey>, AppError> {
        let now = self.clock.now();
        let kept = self.scanning_keys.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((asked_at, keys)) = kept {
            let age = now.secs_since(asked_at);
            let found = keys.iter().find(|key| key.key_identifier == name);
            if age < KEYS_AGAIN_SECS || (found.is_some() && age < KEYS_SECS) {
                return Ok(found.cloned());
            }
        }
        let api = GitHubApi::new(&self.github_api_url(), self.outbound.client().clone());
        let keys = api.public_keys().await.map_err(|error| {
            tracing::warn!(%error, "the keys of secret scanning cannot be had");
            AppError::Unavailable("the keys of secret scanning cannot be had; try again later".to_owned())
        })?;
        let keys = Arc::new(keys);
        let found = keys.iter().find(|key| key.key_identifier == name).cloned();
        *self.scanning_keys.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, keys));
        Ok(found)
    }

    fn github_api_url(&self) -> String {
        let forges = self.options.providers.iter().filter_map(|provider| match &provider.kind {
            crate::ProviderKind::Asked(ProviderOptions::GitHub(forge)) => Some(forge.api_url.clone()),
            _ => None,
        });
        forges.into_iter().next().unwrap_or_else(|| GITHUB_API.to_owned())
    }
}

/// A foreign text in one line.
fn shortened(place: &str) -> String {
    place.chars().filter(|c| !c.is_control()).take(PLACE_CHARS_MAX).collect()
}
