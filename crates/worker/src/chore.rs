//! The loop around one chore: wait, do it, and after a failure try again sooner, but not ever sooner.

use std::fmt::Display;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// First wait after a failure; each further one is twice as long, up to the chore's own rhythm.
const RETRY_FIRST: Duration = Duration::from_secs(1);

/// When a chore is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rhythm {
    /// From the start to the first time.
    pub(crate) first: Duration,
    /// From the end of one time to the next.
    pub(crate) every: Duration,
}

/// Does `work` in its rhythm until `stop` is cancelled, which also cuts off work that is under way.
pub(crate) async fn repeat<E: Display, F: Future<Output = Result<(), E>>>(
    name: &'static str,
    rhythm: Rhythm,
    stop: CancellationToken,
    work: impl Fn() -> F,
) {
    let turns = async {
        let mut wait = rhythm.first;
        let mut retry = RETRY_FIRST;
        loop {
            tokio::time::sleep(wait).await;
            match work().await {
                Ok(()) => {
                    wait = rhythm.every;
                    retry = RETRY_FIRST;
                }
                Err(error) => {
                    wait = retry.min(rhythm.every);
                    retry = retry.saturating_mul(2);
                    tracing::warn!(%error, chore = name, wait_ms = wait.as_millis(), "a chore failed and is tried again");
                }
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => (),
        () = turns => (),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    const SOON: Rhythm = Rhythm { first: Duration::from_millis(1), every: Duration::from_millis(1) };

    #[tokio::test]
    async fn a_chore_goes_on_after_failures_until_it_is_stopped() {
        let (count, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let stop = CancellationToken::new();
        let (counted, reached) = (count.clone(), enough.clone());
        let task = tokio::spawn(repeat("test", SOON, stop.clone(), move || {
            let turn = counted.fetch_add(1, Ordering::SeqCst);
            if turn == 5 {
                reached.notify_one();
            }
            async move { if turn.is_multiple_of(2) { Err("every second time") } else { Ok(()) } }
        }));
        enough.notified().await;
        stop.cancel();
        task.await.expect("it ends in peace");
        assert!(count.load(Ordering::SeqCst) >= 6);
    }

    #[tokio::test]
    async fn a_stop_cuts_off_work_under_way() {
        let begun = Arc::new(Notify::new());
        let stop = CancellationToken::new();
        let told = begun.clone();
        let task = tokio::spawn(repeat("test", SOON, stop.clone(), move || {
            told.notify_one();
            std::future::pending::<Result<(), String>>()
        }));
        begun.notified().await;
        stop.cancel();
        task.await.expect("it ends although its work never does");
    }
}
