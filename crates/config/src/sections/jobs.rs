//! `[jobs]`: how background jobs are run.

use std::marker::PhantomData;
use std::time::Duration;

use crate::kinds::{Span, Whole};
use crate::table::{Reader, section};

section! {
    /// Background jobs, such as the sending of a letter: how many at once, and how often and fast a failed one is tried
    /// again.
    shown struct Jobs in "jobs" {
        /// Jobs run at once by each process.
        at_once: usize = Whole { default: "2", min: 1, max: 64, of: PhantomData },
        /// Tries before a job is set aside; `cratekeep admin job list-dead` shows it then.
        tries_max: u32 = Whole { default: "24", min: 1, max: 1_000, of: PhantomData },
        /// Wait after the first failed try; each later one is twice as long.
        wait_secs_min: Duration = Span { default: "10s", min_secs: 1, max_secs: 86_400 },
        /// Longest wait between two tries.
        wait_secs_max: Duration = Span { default: "1h", min_secs: 1, max_secs: 604_800 },
        /// A try that takes longer has failed.
        run_secs_max: Duration = Span { default: "60s", min_secs: 1, max_secs: 3_600 },
    }
}

impl Jobs {
    /// Reads and checks the section.
    pub(crate) fn validate(reader: &mut Reader<'_>) -> Option<Self> {
        Self::read(reader)
    }
}
