//! Waking followers of the event log. A hint only: who follows must poll as well.

use std::time::Duration;

use tokio::sync::watch;

/// Hears that there may be new events.
#[derive(Debug)]
pub struct Listener {
    news: watch::Receiver<u64>,
}

impl Listener {
    /// Returns when something may have been committed since the last call, at the latest after `wait_max`. Says
    /// whether a hint came.
    pub async fn changed(&mut self, wait_max: Duration) -> bool {
        match tokio::time::timeout(wait_max, self.news.changed()).await {
            Ok(Ok(())) => true,
            Ok(Err(_closed)) => {
                tokio::time::sleep(wait_max).await;
                false
            }
            Err(_elapsed) => false,
        }
    }
}

/// Where the engines say that there are new events.
#[derive(Clone, Debug)]
pub(crate) struct News(watch::Sender<u64>);

impl News {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    pub(crate) fn tell(&self) {
        self.0.send_modify(|hints| *hints = hints.wrapping_add(1));
    }

    pub(crate) fn listener(&self) -> Listener {
        Listener { news: self.0.subscribe() }
    }
}
