//! Sessions in the cookie.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cratekeep_store::StoreError;
use cratekeep_store::session::{SessionHolder, SessionRow};
use cratekeep_types::{AccountKind, Credential, Presented, SessionId, Timestamp};

use super::{Standing, Visit, nobody};
use crate::sessions::hash_of_session;
use crate::{App, AppError};

/// How old the noted last use of a session may get before it is written anew, in seconds.
const SEEN_SECS: i64 = 300;

/// A session that may still count.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    standing: Standing,
    session: SessionId,
    form_key: String,
    expires_at: Timestamp,
    seen_at: Arc<AtomicI64>,
}

/// `None`: no such session, or it was ended.
pub(super) type Known = Option<Identity>;

impl Identity {
    fn is_over(&self, now: Timestamp, idle_secs: i64) -> bool {
        let seen_at = Timestamp(self.seen_at.load(Ordering::Acquire));
        self.expires_at <= now || seen_at.plus_secs(idle_secs) <= now
    }
}

impl App {
    /// Who a session stands for. One that is unknown, ended or over is as good as none: browsers keep old cookies.
    pub(super) async fn by_session(&self, text: &str, address: Option<IpAddr>) -> Result<Visit, AppError> {
        let Some(hash) = hash_of_session(text) else { return Ok(nobody(Presented::Nothing)) };
        let (now, idle_secs) = (self.clock.now(), self.options.auth.session_idle_secs);
        let known = match self.follower.is_fresh(now) {
            true => match self.identities.sessions.get(&hash) {
                // Another node may have seen it meanwhile.
                Some(Some(known)) if known.is_over(now, idle_secs) => self.look_up_session(hash).await?,
                Some(known) => known,
                None => self.identities.sessions.get_or_load(&hash, || self.look_up_session(hash)).await?,
            },
            false => self.look_up_session(hash).await?,
        };
        let Some(identity) = known.filter(|known| !known.is_over(now, idle_secs)) else {
            return Ok(nobody(Presented::Nothing));
        };
        self.note_session(&identity, address, now).await;
        let actor = identity.standing.actor(Credential::Session { id: identity.session }, now);
        Ok(Visit { actor, form_key: Some(identity.form_key) })
    }

    async fn look_up_session(&self, hash: [u8; 32]) -> Result<Known, AppError> {
        let mut conn = self.store.read().await?;
        let found = cratekeep_store::session::find_by_hash(&mut conn, &hash).await?;
        let Some(SessionHolder { session, account }) = found else { return Ok(None) };
        let SessionRow { id, form_key, expires_at, seen_at, ended_at, .. } = session;
        // A service is no person: a session of one was not made by signing in.
        if ended_at.is_some() || account.kind == AccountKind::Service {
            return Ok(None);
        }
        let standing = Standing::of(&mut conn, account).await?;
        let seen_at = Arc::new(AtomicI64::new(seen_at.0));
        Ok(Some(Identity { standing, session: id, form_key, expires_at, seen_at }))
    }

    /// Writes down now and then that a session is in use. That this fails is no reason to turn anybody away.
    async fn note_session(&self, identity: &Identity, address: Option<IpAddr>, now: Timestamp) {
        let seen_at = identity.seen_at.load(Ordering::Acquire);
        if now < Timestamp(seen_at).plus_secs(SEEN_SECS) {
            return;
        }
        let ours = identity.seen_at.compare_exchange(seen_at, now.0, Ordering::AcqRel, Ordering::Acquire);
        if ours.is_err() {
            return;
        }
        let (id, address) = (identity.session, address.map(|address| address.to_string()));
        let written = self
            .store
            .write_relaxed::<_, StoreError, _>("touch-session", move |tx| {
                let address = address.clone();
                Box::pin(async move {
                    cratekeep_store::session::touch(tx, id, address.as_deref(), now).await.map(drop)
                })
            })
            .await;
        if let Err(error) = written {
            tracing::warn!(%error, "the last use of a session could not be written");
        }
    }
}
