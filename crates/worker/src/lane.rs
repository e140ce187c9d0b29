//! A lane of jobs: one at a time, the next as soon as the last is done, a pause when none is due.

use std::time::Duration;

use cratekeep_app::App;
use tokio_util::sync::CancellationToken;

/// How long a lane rests when no job is due.
const REST: Duration = Duration::from_secs(1);
/// How long it rests when the database does not answer.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Runs jobs until `stop` is cancelled. A job under way is finished first; it has a limit of its own.
pub(crate) async fn run(app: App, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let rest = match app.run_next_job().await {
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
