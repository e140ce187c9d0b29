//! The event log for those who follow it from outside: each sees what they may see, and may wait for the next.

use std::collections::HashMap;
use std::time::Duration;

use cratekeep_policy::{may_administer, may_administer_registry};
use cratekeep_store::event::{self, EventKind};
use cratekeep_store::event_feed::{self, Audience, FeedRow, Part};
use cratekeep_types::{CrateName, EventNumber, RegistryId, RegistryName, Timestamp};
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

use crate::{App, AppError, Caller, RegistryView};

/// Events that one request looks at, seen or not: a page costs no more, however much is private.
const LOOKED_AT_MAX: i64 = 10_000;
/// Requests that may wait at the same time; one more is answered at once.
const WAITERS_MAX: usize = 256;
/// Who waits looks again at least this often, whether a hint came or not.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Which events are asked for.
#[derive(Clone, Copy, Debug)]
pub struct EventsWish {
    /// Events after this one.
    pub after: EventNumber,
    /// At most so many.
    pub limit: u32,
    /// How long to wait when there is none yet.
    pub wait: Duration,
}

/// An event with the names of what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventEntry {
    /// Its number.
    pub number: EventNumber,
    /// What happened, in a word.
    pub kind: &'static str,
    /// When.
    pub at: Timestamp,
    /// In which registry.
    pub registry: Option<RegistryName>,
    /// To which crate.
    pub krate: Option<CrateName>,
    /// To which version.
    pub version: Option<String>,
    /// About which account.
    pub user: Option<String>,
    /// About which team.
    pub team: Option<String>,
    /// About which token.
    pub token: Option<i64>,
}

/// A page of the feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPage {
    /// The events, oldest first.
    pub events: Vec<EventEntry>,
    /// Where to go on.
    pub next: EventNumber,
    /// Whether there is more behind it.
    pub more: bool,
    /// The number of the last event, for administrators of the server.
    pub head: Option<EventNumber>,
}

/// Who waits for events.
#[derive(Debug)]
pub(crate) struct Waiters {
    places: Semaphore,
    is_over: watch::Sender<bool>,
}

impl Waiters {
    pub(crate) fn new() -> Self {
        Self { places: Semaphore::new(WAITERS_MAX), is_over: watch::Sender::new(false) }
    }
}

/// What somebody sees, and what they are told of it besides.
struct View {
    audience: Audience,
    tells_head: bool,
    names: HashMap<RegistryId, RegistryName>,
}

impl App {
    /// Events of one registry, or of all that the caller may read, as far as the caller sees what they are about. Waits
    /// for the first of them if asked to.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] and [`AppError::Denied`] where there is no registry that the caller may read.
    pub async fn list_events(
        &self,
        caller: &Caller,
        registry: Option<&RegistryView>,
        wish: EventsWish,
    ) -> Result<EventPage, AppError> {
        let deadline = Instant::now() + wish.wait;
        // Before the first look, so that nothing falls between the look and the wait.
        let mut news = self.store.listen().await?;
        let place = self.waiters.places.try_acquire().ok().filter(|_| !wish.wait.is_zero());
        let mut is_over = self.waiters.is_over.subscribe();
        loop {
            // Rights are asked about anew each time: they may have gone while somebody waited.
            let view = self.view_of_events(caller, registry).await?;
            let page = self.page_of_events(&view, wish).await?;
            let left = deadline.saturating_duration_since(Instant::now());
            let goes_on = page.events.is_empty() && page.next == wish.after && place.is_some();
            if !goes_on || left.is_zero() || *is_over.borrow() {
                return Ok(page);
            }
            tokio::select! {
                _ = news.changed(left.min(LOOK_AGAIN)) => {}
                _ = is_over.changed() => {}
            }
        }
    }

    /// Answers everybody who waits for events, and lets nobody wait from now on: the server is about to stop.
    pub fn end_waits(&self) {
        self.waiters.is_over.send_replace(true);
    }

    async fn view_of_events(
        &self,
        caller: &Caller,
        registry: Option<&RegistryView>,
    ) -> Result<View, AppError> {
        let administers = may_administer(&caller.actor).is_ok();
        let mut audience = Audience {
            everything: administers && registry.is_none(),
            all_kinds: administers,
            ..Audience::default()
        };
        let all = self.all_registries();
        let wanted = all.iter().filter(|one| registry.is_none_or(|only| only.registry.id == one.registry.id));
        let mut refusal = None;
        for one in wanted {
            if let Err(error) = self.enter(caller, one) {
                // Who may read none is told why not the default one.
                if registry.is_some() || one.registry.is_default {
                    refusal = Some(error);
                }
                continue;
            }
            let id = one.registry.id;
            if one.is_open() || may_administer_registry(&caller.actor, &one.registry).is_ok() {
                audience.whole.push(id);
            } else {
                audience.partly.push((id, self.seen(caller, one).await?));
            }
        }
        match refusal {
            Some(refusal) if audience.whole.is_empty() && audience.partly.is_empty() => Err(refusal),
            _ => {
                let names = all.iter().map(|one| (one.registry.id, one.registry.name.clone())).collect();
                Ok(View { audience, tells_head: administers, names })
            }
        }
    }

    async fn page_of_events(&self, view: &View, wish: EventsWish) -> Result<EventPage, AppError> {
        let mut conn = self.store.read().await?;
        let head = event::head(&mut conn).await?;
        let until = EventNumber(head.0.min(wish.after.0.saturating_add(LOOKED_AT_MAX)));
        let part = Part { after: wish.after, until, limit: wish.limit };
        let rows = event_feed::page(&mut conn, &view.audience, part).await?;
        let is_full = rows.len() >= wish.limit as usize;
        let last = rows.last().map_or(wish.after, |row| row.number);
        // The cursor stands behind what was seen, so that it tells nothing of what came after; only where the look ended
        // early does it move over what was not seen.
        let next = if !is_full && until < head { until } else { last };
        let more = is_full || until < head;
        let events = rows.into_iter().map(|row| entry(row, &view.names)).collect();
        Ok(EventPage { events, next, more, head: view.tells_head.then_some(head) })
    }
}

fn entry(row: FeedRow, names: &HashMap<RegistryId, RegistryName>) -> EventEntry {
    let is_token = matches!(row.kind, EventKind::TokenCreated | EventKind::TokenRevoked);
    EventEntry {
        number: row.number,
        kind: row.kind.word(),
        at: row.at,
        registry: row.registry.and_then(|id| names.get(&id).cloned()),
        krate: row.krate,
        version: row.version,
        user: row.user,
        team: row.team,
        token: row.subject.filter(|_| is_token),
    }
}
