//! Waking followers of the event log. A hint only: who follows must poll as well.

use std::time::Duration;

/// Hears that there may be new events.
#[derive(Debug)]
pub struct Listener {}

impl Listener {
    /// Returns when something may have been committed, at the latest after `wait_max`. Says whether a hint came.
    pub async fn changed(&mut self, wait_max: Duration) -> bool {
        false
    }
}
