//! Credentials → who asks: what a request shows, and what it stands for.
//!
//! Each kind of credential has its file; here is what they share.

mod build;
mod session;
mod token;

use std::net::IpAddr;
use std::sync::Arc;

use cratekeep_store::Conn;
use cratekeep_store::user::Lock;
use cratekeep_types::{Account, Actor, Credential, Memberships, Presented, Timestamp};
use quick_cache::UnitWeighter;

pub(crate) use token::without_scheme;

use crate::cache::LoadCache;
use crate::{App, AppError};

/// Hashes of each kind of credential that are kept in memory; a CI farm of this many tokens asks the database nothing.
const KNOWN_MAX: usize = 50_000;

/// What a request shows of who sends it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown<'a> {
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// The text of the session cookie.
    pub session: Option<&'a str>,
    /// The client's network address.
    pub address: Option<IpAddr>,
}

/// Who asks, with what the forms of their pages need.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Who asks.
    pub actor: Actor,
    /// What the forms of this session carry; only a session has one.
    pub form_key: Option<String>,
}

type Cache<V> = LoadCache<[u8; 32], V, UnitWeighter>;

/// What is known of hashes of credentials. Emptied whenever a credential, an account, a team or a registry changes.
pub(crate) struct IdentityCache {
    tokens: Cache<token::Known>,
    builds: Cache<build::Known>,
    sessions: Cache<session::Known>,
}

impl IdentityCache {
    pub(crate) fn new() -> Self {
        Self { tokens: cache(), builds: cache(), sessions: cache() }
    }

    pub(crate) fn forget_all(&self) {
        self.tokens.forget_all();
        self.builds.forget_all();
        self.sessions.forget_all();
    }
}

fn cache<V: Clone>() -> Cache<V> {
    LoadCache::new(KNOWN_MAX, KNOWN_MAX as u64, UnitWeighter)
}

impl App {
    /// Who asks. A credential that is no good makes nobody of the actor, with the reason; it is for `policy` to say
    /// whether that matters. A session that is good wins over the header.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer.
    pub async fn identify(&self, shown: &Shown<'_>) -> Result<Actor, AppError> {
        Ok(self.visit(shown).await?.actor)
    }

    /// As [`App::identify`], with what pages need besides.
    ///
    /// # Errors
    /// As [`App::identify`].
    pub async fn visit(&self, shown: &Shown<'_>) -> Result<Visit, AppError> {
        let visit = match shown.session {
            Some(text) => self.by_session(text, shown.address).await?,
            None => nobody(Presented::Nothing),
        };
        match shown.authorization {
            Some(text) if matches!(visit.actor, Actor::Nobody(_)) => {
                Ok(Visit { actor: self.by_token(text, shown).await?, form_key: None })
            }
            _ => Ok(visit),
        }
    }
}

fn nobody(presented: Presented) -> Visit {
    Visit { actor: Actor::Nobody(presented), form_key: None }
}

/// An account as it stands: who it is, where it belongs, whether it is locked.
#[derive(Clone, Debug)]
struct Standing {
    account: Account,
    memberships: Arc<Memberships>,
    lock: Option<Lock>,
}

impl Standing {
    async fn of(conn: &mut Conn, account: Account) -> Result<Self, AppError> {
        let is_admin = account.is_admin || cratekeep_store::member::is_group_admin(conn, account.id).await?;
        let memberships = cratekeep_store::member::memberships(conn, account.id).await?;
        let lock = cratekeep_store::user::find_lock(conn, account.id).await?;
        Ok(Self { account: Account { is_admin, ..account }, memberships: Arc::new(memberships), lock })
    }

    /// The account as an actor, unless it is locked now.
    fn actor(&self, credential: Credential, now: Timestamp) -> Actor {
        if let Some(sentence) = self.lock.as_ref().and_then(|lock| lock_sentence(lock, now)) {
            return Actor::Nobody(Presented::Locked(sentence));
        }
        let (account, memberships) = (self.account.clone(), Arc::clone(&self.memberships));
        Actor::Account { account, credential, memberships }
    }
}

/// What the holder of a locked account is told, as crates.io words it; `None` when the lock is over.
pub(crate) fn lock_sentence(lock: &Lock, now: Timestamp) -> Option<String> {
    let Lock { until, reason, .. } = lock;
    match until {
        Some(until) if *until <= now => None,
        Some(until) => {
            let text = until.to_seconds_text();
            let (day, time) = text.trim_end_matches('Z').split_once('T')?;
            Some(format!("This account is locked until {day} at {time} UTC. Reason: {reason}"))
        }
        None => Some(format!("This account is indefinitely locked. Reason: {reason}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_says_until_when_and_why() {
        let at: Timestamp = "2026-11-20T08:09:10Z".parse().expect("a time");
        let lock = |until| Lock { at, until, reason: "spam".to_owned() };
        let ever = lock_sentence(&lock(None), at);
        assert_eq!(ever.as_deref(), Some("This account is indefinitely locked. Reason: spam"));
        let soon = lock_sentence(&lock(Some(at.plus_secs(60))), at);
        let text = "This account is locked until 2026-11-20 at 08:10:10 UTC. Reason: spam";
        assert_eq!(soon.as_deref(), Some(text));
        assert_eq!(lock_sentence(&lock(Some(at)), at), None);
    }
}
