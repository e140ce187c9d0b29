//! What the operator tells a running server by signals: stop (SIGTERM, SIGINT), stop at once (either again), and
//! read the certificate again (SIGHUP).

use std::sync::Arc;

use anyhow::{Context as _, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// The signals, caught from now on.
#[derive(Debug)]
pub(super) struct Signals {
    stop: CancellationToken,
    second: CancellationToken,
    reload: Arc<Notify>,
}

impl Signals {
    /// Catches them in a task of its own.
    pub(super) fn catch() -> Result<Self> {
        let caught = |kind| signal(kind).context("signals cannot be caught");
        let mut terminate = caught(SignalKind::terminate())?;
        let mut interrupt = caught(SignalKind::interrupt())?;
        let mut hangup = caught(SignalKind::hangup())?;
        let signals =
            Self { stop: CancellationToken::new(), second: CancellationToken::new(), reload: Arc::default() };
        let (stop, second, reload) = (signals.stop.clone(), signals.second.clone(), signals.reload.clone());
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                    _ = hangup.recv() => {
                        reload.notify_one();
                        continue;
                    }
                }
                if stop.is_cancelled() {
                    second.cancel();
                }
                stop.cancel();
            }
        });
        Ok(signals)
    }

    /// Cancelled by the first signal to stop.
    pub(super) fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Waits for the second signal to stop.
    pub(super) async fn second(&self) {
        self.second.cancelled().await;
    }

    /// Notified by each hangup.
    pub(super) fn reload(&self) -> Arc<Notify> {
        self.reload.clone()
    }
}
