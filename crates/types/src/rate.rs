//! How often somebody may do something: a bucket of tokens that fills up again, by the arithmetic of crates.io.

use crate::Timestamp;

/// How many times at once, and how soon again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Tokens of a full bucket; at least one.
    pub burst: u32,
    /// After this long there is one token more, in microseconds; at least one.
    pub refill_micros: i64,
}

/// A bucket as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Tokens left; the last spending passed when there is at least one.
    pub tokens: u32,
    /// Up to when tokens were added.
    pub refilled_at: Timestamp,
}

impl Bucket {
    /// The bucket after one more spending, `known` being the one before. The first spending begins with a full one.
    #[must_use]
    pub fn after(known: Option<Self>, rate: Rate, now: Timestamp) -> Self {
        let Some(known) = known else { return Self { tokens: rate.burst.max(1), refilled_at: now } };
        let refill_micros = rate.refill_micros.max(1);
        // A clock that was set back must not take tokens away.
        let periods = now.0.saturating_sub(known.refilled_at.0).max(0) / refill_micros;
        let left = i64::from(known.tokens).saturating_sub(1).saturating_add(periods);
        let tokens = u32::try_from(left.clamp(0, i64::from(rate.burst.max(1)))).unwrap_or(rate.burst);
        let refilled_at =
            Timestamp(known.refilled_at.0.saturating_add(periods.saturating_mul(refill_micros)));
        Self { tokens, refilled_at: if refilled_at > now { now } else { refilled_at } }
    }

    /// Whether the spending that left the bucket so passes.
    #[must_use]
    pub fn passes(self) -> bool {
        self.tokens > 0
    }

    /// When a spending passes again after one that did not.
    #[must_use]
    pub fn next_at(self, rate: Rate) -> Timestamp {
        Timestamp(self.refilled_at.0.saturating_add(rate.refill_micros.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 3, refill_micros: 10_000_000 };
    const START: Timestamp = Timestamp(1_000_000_000);

    /// Spends at each of these seconds and tells which pass.
    fn passing(seconds: &[i64]) -> Vec<bool> {
        let mut bucket = None;
        let spend = |second: &i64| {
            let after = Bucket::after(bucket, RATE, START.plus_secs(*second));
            bucket = Some(after);
            after.passes()
        };
        seconds.iter().map(spend).collect()
    }

    #[test]
    fn a_burst_passes_and_then_one_in_each_period() {
        assert_eq!(passing(&[0, 0, 0, 0, 0]), [true, true, true, false, false]);
        assert_eq!(passing(&[0, 0, 0, 0, 9, 20, 20]), [true, true, true, false, false, true, false]);
        // A long time fills the bucket, and no more than that.
        assert_eq!(
            passing(&[0, 0, 0, 9_000, 9_000, 9_000, 9_000]),
            [true, true, true, true, true, true, false]
        );
    }

    #[test]
    fn parts_of_a_period_are_not_lost() {
        let first = Bucket::after(None, RATE, START);
        let later = Bucket::after(Some(first), RATE, START.plus_secs(15));
        assert_eq!(later.refilled_at, START.plus_secs(10));
        assert_eq!(later.next_at(RATE), START.plus_secs(20));
    }

    #[test]
    fn a_clock_that_goes_back_takes_nothing_away() {
        let first = Bucket::after(None, RATE, START);
        let back = Bucket::after(Some(first), RATE, START.plus_secs(-500));
        assert_eq!((back.tokens, back.passes()), (2, true));
        assert_eq!(back.refilled_at, START.plus_secs(-500));
    }
}
