//! A lane of jobs: one at a time, the next as soon as the last is done, a pause when none is due.

use std::time::Duration;

use cratekeep_app::{App, AppError};
use tokio_util::sync::CancellationToken;

/// How long a lane rests when no job is due.
const REST: Duration = Duration::from_secs(1);
/// How long it rests when the database does not answer.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Runs jobs until `stop` is cancelled. A job under way is finished first; it has a limit of its own.
pub(crate) async fn run(app: App, stop: CancellationToken) {
    let next = || app.run_next_job();
    keep_on(next, &stop).await;
}

/// As [`run`], for jobs that may take hours. One under way is cut off by the stop; its lease brings it back.
pub(crate) async fn run_long(app: App, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => {}
        () = keep_on(|| app.run_next_long_job(), &stop) => {}
    }
}

async fn keep_on<F>(next: impl Fn() -> F, stop: &CancellationToken)
where
    F: Future<Output = Result<bool, AppError>>,
{
    while !stop.is_cancelled() {
        let rest = match next().await {
            Ok(true) => continue,
            Ok(false) => REST,
            Err(error) => {
                tracing::warn!(%error, "jobs cannot be run now");
                REST_AFTER_FAILURE
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(rest) => {}
        }
    }
}
