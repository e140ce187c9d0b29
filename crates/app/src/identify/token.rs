//! API tokens in the `Authorization` header.

use std::net::IpAddr;

use cratekeep_store::token::{TokenHolder, TokenUse};
use cratekeep_types::{Actor, Credential, Presented, Timestamp, TokenId, TokenText, TrustTokenText};
use ipnet::IpNet;

use super::{Shown, Standing};
use crate::{App, AppError};

/// A token that was given out, with its holder and the moment from which it no longer counts.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    standing: Standing,
    credential: Credential,
    token: TokenId,
    addresses: Vec<IpNet>,
    expires_at: Option<Timestamp>,
}

pub(super) type Known = Result<Identity, Presented>;

impl App {
    pub(super) async fn by_token(&self, authorization: &str, shown: &Shown<'_>) -> Result<Actor, AppError> {
        let text = without_scheme(authorization);
        if TrustTokenText::is_meant(text) {
            return self.by_build_token(text).await;
        }
        let Ok(token) = text.parse::<TokenText>() else {
            return Ok(Actor::Nobody(Presented::Malformed));
        };
        let hash = token.hash();
        let now = self.clock.now();
        let known = match self.follower.is_fresh(now) {
            true => match self.identities.tokens.get(&hash) {
                Some(known) => known,
                None => self.identities.tokens.get_or_load(&hash, || self.look_up_token(hash)).await?,
            },
            false => self.look_up_token(hash).await?,
        };
        let identity = match known {
            Ok(identity) => identity,
            Err(presented) => return Ok(Actor::Nobody(presented)),
        };
        if identity.expires_at.is_some_and(|end| end <= now) {
            return Ok(Actor::Nobody(Presented::Expired));
        }
        // An IPv4 client of a socket for both comes in the form of IPv6; ranges are written for what it is.
        let from = shown.address.map(|address| address.to_canonical());
        if !may_come_from(&identity.addresses, from) {
            return Ok(Actor::Nobody(Presented::Elsewhere));
        }
        self.counts.note_token_use(TokenUse { token: identity.token, at: now, from });
        Ok(identity.standing.actor(identity.credential, now))
    }

    async fn look_up_token(&self, hash: [u8; 32]) -> Result<Known, AppError> {
        let mut conn = self.store.read().await?;
        let found = cratekeep_store::token::find_by_hash(&mut conn, &hash).await?;
        let Some(TokenHolder { token, account }) = found else { return Ok(Err(Presented::Unknown)) };
        if token.revoked_at.is_some() {
            return Ok(Err(Presented::Revoked));
        }
        let credential = Credential::Token {
            id: token.id,
            scopes: token.scopes,
            crates: token.crates,
            registries: token.registries,
            is_legacy: token.is_legacy,
        };
        let standing = Standing::of(&mut conn, account).await?;
        Ok(Ok(Identity {
            standing,
            credential,
            token: token.id,
            addresses: token.addresses,
            expires_at: token.expires_at,
        }))
    }
}

/// Whether a token limited to `networks` may be used from an address; an unknown one is in no network.
fn may_come_from(networks: &[IpNet], from: Option<IpAddr>) -> bool {
    networks.is_empty() || from.is_some_and(|from| networks.iter().any(|network| network.contains(&from)))
}

/// cargo sends the bare token, other clients `Bearer TOKEN` or `Token TOKEN`; the scheme says nothing more.
pub(crate) fn without_scheme(text: &str) -> &str {
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
