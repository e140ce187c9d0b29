//! The event log: numbered from 1 without gaps, up to its counter.

use cratekeep_store::event::{self, EVENTS_MAX};
use cratekeep_types::EventNumber;

use super::line::RESTORE;
use super::{Findings, Verifier};
use crate::AppError;

impl Verifier<'_> {
    /// Reads the whole log; returns how many events it has.
    pub(super) async fn check_events(&self, findings: &mut Findings) -> Result<u64, AppError> {
        let counter_before = self.event_counter().await?;
        let (mut last, mut total) = (EventNumber(0), 0);
        loop {
            let page = {
                let mut conn = self.store.read().await?;
                event::after(&mut conn, last, EVENTS_MAX).await?
            };
            for row in &page {
                findings.extend(gap(last, row.number));
                last = row.number;
                total += 1;
            }
            if page.is_empty() {
                break;
            }
        }
        // Events are committed meanwhile: the last one read lies between the counter before and the counter after.
        let counter_after = self.event_counter().await?;
        if last < counter_before || counter_after < last {
            findings.add(format!(
                "the last event has the number {last} and the counter of events stands at {counter_after}; {RESTORE}"
            ));
        }
        Ok(total)
    }

    async fn event_counter(&self) -> Result<EventNumber, AppError> {
        let mut conn = self.store.read().await?;
        Ok(event::head(&mut conn).await?)
    }
}

/// A sentence about the events missing between two that follow each other.
fn gap(last: EventNumber, next: EventNumber) -> Option<String> {
    let (first_missing, last_missing) = (last.0 + 1, next.0 - 1);
    match last_missing - first_missing {
        ..0 => None,
        0 => Some(format!("the event log lacks the event {first_missing}; {RESTORE}")),
        _ => Some(format!("the event log lacks the events {first_missing} to {last_missing}; {RESTORE}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_named_by_its_ends() {
        let found = |last, next| gap(EventNumber(last), EventNumber(next)).unwrap_or_default();
        assert_eq!(found(0, 1), "");
        assert_eq!(found(6, 7), "");
        assert!(found(0, 2).contains("the event 1;"), "{}", found(0, 2));
        assert!(found(3, 9).contains("the events 4 to 8;"), "{}", found(3, 9));
    }
}
