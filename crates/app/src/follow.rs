//! Following the event log: what other nodes commit empties our caches, and who commits waits for the others.
//!
//! On SQLite there is one process, so nothing is polled. On PostgreSQL every node polls the head of the log; a cache
//! counts only while the last good poll is young.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use cratekeep_store::event::{EVENTS_MAX, EventKind, EventRow};
use cratekeep_types::{EventNumber, Timestamp};

use crate::{App, AppError};

/// How often the head of the log is polled.
pub(crate) const POLL: Duration = Duration::from_millis(200);
/// A cache is trusted while the last good poll is at most this old, in microseconds.
const FRESH_MICROS: i64 = 400_000;
/// How often a waiting write asks how far the nodes are.
const SETTLE_POLL: Duration = Duration::from_millis(20);
/// A node counts as live when it polled at most this long ago, in seconds.
const LIVE_SECS: i64 = 2;

/// Where this node stands in the event log.
#[derive(Debug)]
pub(crate) struct Follower {
    polls: bool,
    seen: AtomicI64,
    polled_at: AtomicI64,
}

impl Follower {
    pub(crate) fn start_at(polls: bool, head: EventNumber) -> Self {
        Self { polls, seen: AtomicI64::new(head.0), polled_at: AtomicI64::new(i64::MIN) }
    }

    /// Whether what is in memory may be served as current.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        !self.polls || now.0.saturating_sub(self.polled_at.load(Ordering::Acquire)) <= FRESH_MICROS
    }
}

impl App {
    /// Polls the log once and forgets what others changed. Does nothing where there is one process only.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer; caches then stop counting as current.
    pub async fn follow_once(&self) -> Result<(), AppError> {
        if !self.follower.polls {
            return Ok(());
        }
        let began = self.clock.now();
        let mut seen = EventNumber(self.follower.seen.load(Ordering::Acquire));
        loop {
            let events = self.store.poll_events(seen, EVENTS_MAX).await?;
            for event in &events {
                self.forget_what_changed(event).await?;
                seen = event.number;
            }
            if events.len() < EVENTS_MAX as usize {
                break;
            }
        }
        self.follower.seen.store(seen.0, Ordering::Release);
        self.follower.polled_at.store(began.0, Ordering::Release);
        let (node, now) = (self.options.node.clone(), self.store.now().await?);
        self.store
            .count("beat", move |tx| {
                let node = node.clone();
                Box::pin(async move { cratekeep_store::node::beat(tx, &node, seen, now).await })
            })
            .await?;
        Ok(())
    }

    /// Runs [`App::follow_once`] until `stop` is done.
    pub async fn follow(&self, stop: impl Future<Output = ()>) {
        if !self.follower.polls {
            return stop.await;
        }
        let poll = async {
            // A closed database has nothing to follow any more.
            let Ok(mut listener) = self.store.listen().await else { return };
            loop {
                if let Err(error) = self.follow_once().await {
                    tracing::warn!(%error, "the event log could not be read; caches are passed over until it can");
                }
                listener.changed(POLL).await;
            }
        };
        tokio::select! { () = stop => (), () = poll => () }
    }

    async fn forget_what_changed(&self, row: &EventRow) -> Result<(), AppError> {
        match row.event.kind {
            EventKind::VersionPublished | EventKind::VersionYanked | EventKind::VersionUnyanked => {}
            EventKind::OwnerAdded
            | EventKind::OwnerRemoved
            | EventKind::OwnerInvited
            | EventKind::TeamOwnerAdded
            | EventKind::TeamOwnerRemoved => {
                self.gate.forget_all();
                return Ok(());
            }
            EventKind::UserCreated
            | EventKind::UserChanged
            | EventKind::SessionEnded
            | EventKind::TokenCreated
            | EventKind::TokenRevoked => {
                self.identities.forget_all();
                return Ok(());
            }
            _ => {
                self.identities.forget_all();
                self.vault.forget();
                self.gate.forget_all();
                self.files.forget_all();
                self.reload_site().await?;
                return self.reload_registries().await;
            }
        }
        let (Some(registry), Some(krate)) = (row.event.registry, row.event.krate) else { return Ok(()) };
        self.files.forget_all();
        let mut conn = self.store.read().await?;
        if let Some(krate) = cratekeep_store::krate::find_by_id(&mut conn, krate).await? {
            self.index.forget(registry, &krate.name);
        }
        Ok(())
    }

    /// Waits until every other live node has passed the last of `events`, at the latest until the named limit. Where one
    /// process serves alone there is nothing to wait for.
    pub(crate) async fn settle(&self, events: &[EventNumber]) {
        let Some(last) = events.iter().max().filter(|_| self.follower.polls) else { return };
        let wait = async {
            loop {
                match self.slowest_other_node().await {
                    Ok(Some(slowest)) if slowest < *last => tokio::time::sleep(SETTLE_POLL).await,
                    Ok(_) => break,
                    Err(error) => {
                        tracing::warn!(%error, "the nodes could not be asked how far they are");
                        break;
                    }
                }
            }
        };
        let _ = tokio::time::timeout(Duration::from_millis(self.options.settle_ms_max), wait).await;
    }

    async fn slowest_other_node(&self) -> Result<Option<EventNumber>, AppError> {
        let since = self.store.now().await?.plus_secs(-LIVE_SECS);
        let mut conn = self.store.read().await?;
        let nodes = cratekeep_store::node::live(&mut conn, since).await?;
        let others = nodes.iter().filter(|node| node.id != self.options.node);
        Ok(others.map(|node| node.seen).min())
    }
}
