//! Tokens of builds in the `Authorization` header.

use cratekeep_types::{Actor, Presented, Timestamp, TrustTokenText, TrustedPublisherId, Workflow};

use crate::{App, AppError};

/// A build's token with the moment from which it no longer counts.
#[derive(Clone, Debug)]
pub(super) struct Build {
    workflow: Workflow,
    expires_at: Timestamp,
}

pub(super) type Known = Result<Build, Presented>;

impl App {
    /// `text` is meant to be the token of a build.
    pub(super) async fn by_build_token(&self, text: &str) -> Result<Actor, AppError> {
        let Ok(token) = text.parse::<TrustTokenText>() else {
            return Ok(Actor::Nobody(Presented::Malformed));
        };
        let (hash, now) = (token.hash(), self.clock.now());
        let known = match self.follower.is_fresh(now) {
            true => match self.identities.builds.get(&hash) {
                Some(known) => known,
                None => self.identities.builds.get_or_load(&hash, || self.look_up_build(hash)).await?,
            },
            false => self.look_up_build(hash).await?,
        };
        match known {
            Err(presented) => Ok(Actor::Nobody(presented)),
            Ok(build) if build.expires_at <= now => Ok(Actor::Nobody(Presented::Expired)),
            Ok(build) => Ok(Actor::Workflow(build.workflow)),
        }
    }

    /// A rule that is gone gives no right any more, whatever the token was given for.
    async fn look_up_build(&self, hash: [u8; 32]) -> Result<Known, AppError> {
        let mut conn = self.store.read().await?;
        let found = cratekeep_store::trust_token::find_by_hash(&mut conn, &hash).await?;
        let Some(row) = found else { return Ok(Err(Presented::Unknown)) };
        let rules: Vec<TrustedPublisherId> = row.grants.iter().map(|grant| grant.by).collect();
        let there = cratekeep_store::trusted_publisher::find_all(&mut conn, &rules).await?;
        let still = |by: TrustedPublisherId| there.iter().any(|rule| rule.id == by);
        let krates = row.grants.iter().filter(|grant| still(grant.by)).map(|grant| grant.krate).collect();
        let workflow = Workflow { token: row.id, registry: row.registry, krates, build: row.build };
        Ok(Ok(Build { workflow, expires_at: row.expires_at }))
    }
}
