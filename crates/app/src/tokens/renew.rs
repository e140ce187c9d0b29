//! A new text for a token: the same limits, the same length of life, and an end for the one before.

use cratekeep_store::Tx;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::token::{NewToken, TokenRow as Row};
use cratekeep_types::{Timestamp, TokenId, TokenText, UserId};

use super::own::own_account_by_session;
use crate::{App, AppError, Caller, TokenRow};

/// How long the text before goes on working when the holder does not say, in seconds: long enough to bring the new one
/// to every place.
const GRACE_SECS: u32 = 86_400;
/// How long it may go on working at most, in seconds.
const GRACE_SECS_MAX: u32 = 7 * 86_400;

/// What to do with the text before.
#[derive(Clone, Copy, Debug, Default)]
pub struct Renewal {
    /// How long it goes on working, in seconds; zero revokes it at once, `None` is a day.
    pub grace_secs: Option<u32>,
}

impl App {
    /// Gives one of the caller's tokens a new text. Label and limits stay; it lives as long from now on as it was made
    /// for. The text before works until the grace is over, but never longer than it would have. Only who is signed in
    /// with a browser may: a token that could renew itself would never end.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a token of somebody else, [`AppError::Conflict`] for a revoked one,
    /// [`AppError::Invalid`] for too long a grace and for a token as the credential.
    pub async fn renew_own_token(
        &self,
        caller: &Caller,
        id: TokenId,
        renewal: Renewal,
    ) -> Result<(TokenRow, TokenText), AppError> {
        let user = own_account_by_session(caller)?.id;
        let grace_secs = renewal.grace_secs.unwrap_or(GRACE_SECS);
        if grace_secs > GRACE_SECS_MAX {
            return Err(AppError::invalid(format!(
                "`grace_secs` is {grace_secs}; the text before works for {GRACE_SECS_MAX} seconds at most"
            )));
        }
        let text = TokenText::from_entropy(self.entropy.bytes());
        let (at, latest_end) = (self.clock.now(), self.latest_end());
        let step = Step { user, id, hash: text.hash(), grace_secs, latest_end, at };
        let audit = caller.audit("token-renew", at);
        let made = self
            .store
            .write("renew-token", move |tx| {
                let (step, audit) = (step.clone(), audit.clone());
                Box::pin(async move { renew(tx, &step, audit).await })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&made.events).await;
        Ok((self.own_token(caller, made.value).await?, text))
    }
}

#[derive(Clone)]
struct Step {
    user: UserId,
    id: TokenId,
    hash: [u8; 32],
    grace_secs: u32,
    latest_end: Option<Timestamp>,
    at: Timestamp,
}

async fn renew(tx: &mut Tx, step: &Step, audit: NewAudit) -> Result<TokenId, AppError> {
    let Step { user, id, grace_secs, at, .. } = *step;
    let found = cratekeep_store::token::find(tx, id).await?.map(|holder| holder.token);
    let old =
        found.filter(|token| token.user == user).ok_or_else(|| AppError::NotFound("Not Found".to_owned()))?;
    if old.revoked_at.is_some() {
        return Err(AppError::Conflict(format!("the token `{}` was revoked; make a new one", old.label)));
    }
    if old.session.is_some() {
        return Err(AppError::Conflict(format!(
            "the token `{}` belongs to a sign-in of `cargo login`; run that again for a new one",
            old.label
        )));
    }
    let made = cratekeep_store::token::insert(tx, &successor(&old, step), at).await?;
    if grace_secs == 0 {
        cratekeep_store::token::revoke(tx, id, at).await?;
    } else {
        let end = at.plus_secs(i64::from(grace_secs));
        let end = old.expires_at.map_or(end, |expires_at| expires_at.min(end));
        cratekeep_store::token::end_at(tx, id, end, at).await?;
    }
    tx.emit(Event { subject: Some(id.0), ..Event::new(EventKind::TokenRevoked, at) });
    tx.emit(Event { subject: Some(made.0), ..Event::new(EventKind::TokenCreated, at) });
    let (before, after) = (
        format!("token {id} of user {user}"),
        format!("token {made}, the one before works for {grace_secs} s"),
    );
    tx.audit(NewAudit { before: Some(before), after: Some(after), ..audit });
    Ok(made)
}

/// The same token once more, for as long as it was made for, within what the server allows.
fn successor(old: &Row, step: &Step) -> NewToken {
    let life = old.expires_at.map(|end| end.secs_since(old.created_at));
    let end = life.map(|secs| step.at.plus_secs(secs));
    NewToken {
        user: old.user,
        label: old.label.clone(),
        hash: step.hash,
        scopes: old.scopes,
        crates: old.crates.clone(),
        registries: old.registries.clone(),
        addresses: old.addresses.clone(),
        is_legacy: old.is_legacy,
        session: None,
        expires_at: match (end, step.latest_end) {
            (Some(end), Some(latest)) => Some(end.min(latest)),
            (end, latest) => end.or(latest),
        },
    }
}
