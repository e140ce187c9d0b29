//! Sessions of browsers: begun at a sign-in, listed, ended one by one or all at once.

use cratekeep_policy::{may_administer, may_manage_account};
use cratekeep_store::audit::{NewAudit, Who};
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::session::{NewSession, SessionRow};
use cratekeep_store::{StoreError, Tx};
use cratekeep_types::{
    Account, AccountKind, Actor, Checksum, Credential, Secret, SessionId, Timestamp, UserId, UserName,
};

use crate::identify::lock_sentence;
use crate::{App, AppError, Caller};

/// Most sessions that a list shows.
const LISTED_MAX: u32 = 200;
/// Most sessions of one account that are open at once; a new one ends the oldest.
const OPEN_MAX: u32 = 50;
/// Longest text of a browser about itself that is kept, in characters.
const AGENT_CHARS_MAX: usize = 200;
/// Sessions and tickets are kept for this long after their time is over, in seconds.
const KEPT_SECS: i64 = 7 * 86_400;
/// Characters in the text of a session: 32 random bytes.
const TEXT_CHARS: usize = 64;

/// What a sign-in was done with, and on which browser.
#[derive(Clone, Copy, Debug)]
pub struct SignIn<'a> {
    /// How the person proved who they are, in words like `password` or `password and passkey`.
    pub method: &'a str,
    /// What the browser calls itself.
    pub agent: Option<&'a str>,
}

/// A session that was just begun.
#[derive(Clone, Debug)]
pub struct SessionText {
    /// What the cookie carries.
    pub text: Secret<String>,
    /// When the session ends at the latest, in seconds from now.
    pub secs: i64,
}

/// A session as its holder sees it in a list.
#[derive(Clone, Debug)]
pub struct SessionEntry {
    /// The session.
    pub session: SessionRow,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

impl App {
    /// Begins a session for an account whose identity was just proved, and ends the one that the browser had. Every
    /// kind of sign-in ends here, so a locked account gets no further.
    ///
    /// # Errors
    /// [`AppError::Denied`] for a locked account and for a service.
    pub(crate) async fn begin_session(
        &self,
        caller: &Caller,
        account: UserId,
        sign_in: SignIn<'_>,
    ) -> Result<SessionText, AppError> {
        let text = hex::encode(self.entropy.bytes());
        let at = self.clock.now();
        let secs = self.options.auth.session_max_secs;
        let new = NewSession {
            account,
            hash: *Checksum::of(text.as_bytes()).as_bytes(),
            method: sign_in.method.to_owned(),
            form_key: hex::encode(&self.entropy.bytes()[..16]),
            address: caller.address.clone(),
            agent: sign_in.agent.map(|agent| agent.chars().take(AGENT_CHARS_MAX).collect()),
            expires_at: at.plus_secs(secs),
        };
        let (audit, before) = (caller.audit("sign-in", at), session_of(&caller.actor));
        let done = self
            .store
            .write("begin-session", move |tx| {
                let (new, audit) = (new.clone(), audit.clone());
                Box::pin(async move {
                    check_may_sign_in(tx, account, at).await?;
                    let id = cratekeep_store::session::insert(tx, &new, at).await?;
                    tx.audit(NewAudit {
                        who: Who::User(account),
                        credential: Some(format!("session {id}")),
                        after: Some(format!("session {id} by {}", new.method)),
                        ..audit
                    });
                    if let Some((holder, old)) = before {
                        end_one(tx, holder, old, at).await?;
                    }
                    if cratekeep_store::session::end_oldest(tx, account, OPEN_MAX, at).await? > 0 {
                        tx.emit(Event {
                            subject: Some(account.0),
                            ..Event::new(EventKind::SessionEnded, at)
                        });
                    }
                    Ok::<_, AppError>(())
                })
            })
            .await?;
        if !done.events.is_empty() {
            self.identities.forget_all();
            self.settle(&done.events).await;
        }
        Ok(SessionText { text: Secret::new(text), secs })
    }

    /// Ends the session that asks, if one does.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer.
    pub async fn sign_out(&self, caller: &Caller) -> Result<(), AppError> {
        match session_of(&caller.actor) {
            Some((account, id)) => self.end_session_of(caller, account, id).await.map(drop),
            None => Ok(()),
        }
    }

    /// Open sessions of the account that asks, the newest first.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] for nobody, [`AppError::Denied`] for a token made for less.
    pub async fn list_sessions(&self, caller: &Caller) -> Result<Vec<SessionEntry>, AppError> {
        let account = own_account(&caller.actor)?;
        may_manage_account(&caller.actor, account.id)?;
        let now = self.clock.now();
        let idle_since = now.plus_secs(-self.options.auth.session_idle_secs);
        let current = session_of(&caller.actor).map(|(_, id)| id);
        let mut conn = self.store.read().await?;
        let open = cratekeep_store::session::list_open(&mut conn, account.id, now, LISTED_MAX).await?;
        let entries = open.into_iter().map(|session| {
            let is_current = Some(session.id) == current;
            SessionEntry { session, is_current }
        });
        Ok(entries.filter(|entry| entry.is_current || entry.session.seen_at > idle_since).collect())
    }

    /// Ends one of the sessions of the account that asks.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it has no such open session.
    pub async fn end_session(&self, caller: &Caller, id: SessionId) -> Result<(), AppError> {
        let account = own_account(&caller.actor)?.id;
        may_manage_account(&caller.actor, account)?;
        match self.end_session_of(caller, account, id).await? {
            true => Ok(()),
            false => Err(AppError::NotFound(format!("you have no open session {id}"))),
        }
    }

    /// Ends every session of the account that asks but the one that asks.
    ///
    /// # Errors
    /// As for [`App::list_sessions`].
    pub async fn end_other_sessions(&self, caller: &Caller) -> Result<(), AppError> {
        let account = own_account(&caller.actor)?.id;
        may_manage_account(&caller.actor, account)?;
        let keep = session_of(&caller.actor).map(|(_, id)| id);
        self.end_sessions_of(caller, account, keep).await.map(drop)
    }

    /// Ends every session of a user; says how many there were.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown user.
    pub(crate) async fn end_sessions_by_name(
        &self,
        caller: &Caller,
        name: &UserName,
    ) -> Result<u64, AppError> {
        may_administer(&caller.actor)?;
        let account = self.account_called(name).await?;
        self.end_sessions_of(caller, account.id, None).await
    }

    /// Forgets sessions and tickets whose time has long been over.
    pub(crate) async fn sweep_sign_ins(&self) -> Result<(), AppError> {
        let before = self.clock.now().plus_secs(-KEPT_SECS);
        self.store
            .write_relaxed::<_, StoreError, _>("sweep-sign-ins", move |tx| {
                Box::pin(async move {
                    cratekeep_store::ticket::sweep(tx, before).await?;
                    cratekeep_store::session::sweep(tx, before).await.map(drop)
                })
            })
            .await?;
        Ok(())
    }

    async fn end_session_of(
        &self,
        caller: &Caller,
        account: UserId,
        id: SessionId,
    ) -> Result<bool, AppError> {
        let at = self.clock.now();
        let audit = NewAudit { before: Some(format!("session {id}")), ..caller.audit("session-end", at) };
        let done = self
            .store
            .write("end-session", move |tx| {
                let audit = audit.clone();
                Box::pin(async move {
                    let was_open = cratekeep_store::session::end(tx, account, id, at).await?;
                    if was_open {
                        tx.emit(Event {
                            subject: Some(account.0),
                            ..Event::new(EventKind::SessionEnded, at)
                        });
                        tx.audit(audit);
                    }
                    Ok::<_, AppError>(was_open)
                })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(done.value)
    }

    async fn end_sessions_of(
        &self,
        caller: &Caller,
        account: UserId,
        keep: Option<SessionId>,
    ) -> Result<u64, AppError> {
        let at = self.clock.now();
        let audit = caller.audit("sessions-end", at);
        let done = self
            .store
            .write("end-sessions", move |tx| {
                let audit = audit.clone();
                Box::pin(async move { end_all(tx, account, keep, audit, at).await })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(done.value)
    }
}

/// Ends every session of an account but `keep` inside a write that has another cause as well; says how many.
pub(crate) async fn end_all(
    tx: &mut Tx,
    account: UserId,
    keep: Option<SessionId>,
    audit: NewAudit,
    at: Timestamp,
) -> Result<u64, AppError> {
    let ended = cratekeep_store::session::end_all(tx, account, keep, at).await?;
    if ended > 0 {
        tx.emit(Event { subject: Some(account.0), ..Event::new(EventKind::SessionEnded, at) });
        tx.audit(NewAudit { before: Some(format!("{ended} sessions of user {account}")), ..audit });
    }
    Ok(ended)
}

/// The session that asks, with its account.
pub(crate) fn session_of(actor: &Actor) -> Option<(UserId, SessionId)> {
    match actor {
        Actor::Account { account, credential: Credential::Session { id }, .. } => Some((account.id, *id)),
        _ => None,
    }
}

/// The account that asks.
pub(crate) fn own_account(actor: &Actor) -> Result<&Account, AppError> {
    if let Some(account) = actor.account() {
        return Ok(account);
    }
    cratekeep_policy::may_send(actor)?;
    Err(AppError::Denied("this is about an account of your own; sign in with it".to_owned()))
}

/// The hash of a session's text; `None` for a text that cannot be one.
pub(crate) fn hash_of_session(text: &str) -> Option<[u8; 32]> {
    let is_one = text.len() == TEXT_CHARS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_one.then(|| *Checksum::of(text.as_bytes()).as_bytes())
}

async fn end_one(tx: &mut Tx, account: UserId, id: SessionId, at: Timestamp) -> Result<(), AppError> {
    if cratekeep_store::session::end(tx, account, id, at).await? {
        tx.emit(Event { subject: Some(account.0), ..Event::new(EventKind::SessionEnded, at) });
    }
    Ok(())
}

/// Sees that an account may sign in: a person's, and not locked.
pub(crate) async fn check_may_sign_in(tx: &mut Tx, account: UserId, at: Timestamp) -> Result<(), AppError> {
    let found = cratekeep_store::user::find(tx, account).await?;
    let found = found.ok_or_else(|| AppError::NotFound("this account is no longer there".to_owned()))?;
    if found.account.kind != AccountKind::Person {
        return Err(AppError::Denied("a service account has tokens; it does not sign in".to_owned()));
    }
    let lock = cratekeep_store::user::find_lock(tx, account).await?;
    match lock.and_then(|lock| lock_sentence(&lock, at)) {
        Some(sentence) => Err(AppError::Denied(sentence)),
        None => Ok(()),
    }
}
