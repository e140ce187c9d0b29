//! Credentials → who asks.

use std::sync::Arc;

use cratekeep_store::token::{TokenHolder, TokenUse};
use cratekeep_types::{Actor, Credential, Memberships, Presented, Timestamp, TokenId, TokenText};
use quick_cache::UnitWeighter;

use crate::cache::LoadCache;
use crate::{App, AppError};

/// Token hashes kept in memory; a CI farm of this many tokens asks the database nothing.
const TOKENS_MAX: usize = 50_000;

/// A token that was given out, with its holder and the moment from which it no longer counts.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    actor: Actor,
    token: TokenId,
    expires_at: Option<Timestamp>,
}

type Known = Result<Identity, Presented>;

/// What is known of token hashes. Emptied whenever a token, a user or a registry changes.
pub(crate) struct IdentityCache(LoadCache<[u8; 32], Known, UnitWeighter>);

impl IdentityCache {
    pub(crate) fn new() -> Self {
        Self(LoadCache::new(TOKENS_MAX, TOKENS_MAX as u64, UnitWeighter))
    }

    pub(crate) fn forget_all(&self) {
        self.0.forget_all();
    }
}

impl App {
    /// Who asks, by the text of the `Authorization` header. A credential that is no good makes nobody of the actor,
    /// with the reason; it is for `policy` to say whether that matters.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer.
    pub async fn identify(&self, authorization: Option<&str>) -> Result<Actor, AppError> {
        let Some(text) = authorization else { return Ok(Actor::Nobody(Presented::Nothing)) };
        let Ok(token) = without_scheme(text).parse::<TokenText>() else {
            return Ok(Actor::Nobody(Presented::Malformed));
        };
        let hash = token.hash();
        let now = self.clock.now();
        let known = match self.follower.is_fresh(now) {
            true => match self.identities.0.get(&hash) {
                Some(known) => known,
                None => self.identities.0.get_or_load(&hash, || self.look_up(hash)).await?,
            },
            false => self.look_up(hash).await?,
        };
        let identity = match known {
            Ok(identity) => identity,
            Err(presented) => return Ok(Actor::Nobody(presented)),
        };
        if identity.expires_at.is_some_and(|end| end <= now) {
            return Ok(Actor::Nobody(Presented::Expired));
        }
        self.counts.note_token_use(TokenUse { token: identity.token, at: now, from: None });
        Ok(identity.actor)
    }

    async fn look_up(&self, hash: [u8; 32]) -> Result<Known, AppError> {
        let mut conn = self.store.read().await?;
        let found = cratekeep_store::token::find_by_hash(&mut conn, &hash).await?;
        let Some(holder) = found else { return Ok(Err(Presented::Unknown)) };
        let memberships = cratekeep_store::member::memberships(&mut conn, holder.account.id).await?;
        Ok(identity_of(holder, memberships))
    }
}

fn identity_of(holder: TokenHolder, memberships: Memberships) -> Known {
    let TokenHolder { token, account } = holder;
    if token.revoked_at.is_some() {
        return Err(Presented::Revoked);
    }
    let credential = Credential::Token {
        id: token.id,
        scopes: token.scopes,
        crates: token.crates,
        registries: token.registries,
        is_legacy: token.is_legacy,
    };
    Ok(Identity {
        token: token.id,
        expires_at: token.expires_at,
        actor: Actor::Account { account, credential, memberships: Arc::new(memberships) },
    })
}

/// cargo sends the bare token, other clients `Bearer TOKEN` or `Token TOKEN`; the scheme says nothing more.
fn without_scheme(text: &str) -> &str {
    let text = text.trim();
    match text.split_once(' ') {
        Some((scheme, rest)) if ["bearer", "token"].contains(&scheme.to_ascii_lowercase().as_str()) => {
            rest.trim()
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_word_changes_nothing() {
        for text in ["ckp_x", "Bearer ckp_x", "bearer  ckp_x", " Token ckp_x "] {
            assert_eq!(without_scheme(text), "ckp_x", "{text}");
        }
        assert_eq!(without_scheme("Basic abc"), "Basic abc");
    }
}
