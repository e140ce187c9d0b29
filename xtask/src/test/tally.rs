//! Counts of tests, read from the summary lines of the test harness.

use std::iter::Sum;
use std::ops::AddAssign;

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests that passed.
    pub(crate) passed: u32,
    /// Tests that failed, and programs that failed without naming a test.
    pub(crate) failed: u32,
}

impl Tally {
    /// What a line adds: nothing, unless it is `test result: …`.
    pub(crate) fn of_line(line: &str) -> Self {
        let Some(rest) = line.strip_prefix("test result: ") else { return Self::default() };
        let count = |word: &str| {
            let part = rest.split([';', '.']).map(str::trim).find_map(|part| part.strip_suffix(word));
            part.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
        };
        Self { passed: count("passed"), failed: count("failed") }
    }

    /// Counts a failure that no test names, and says why.
    pub(crate) fn fail(&mut self, why: &str) {
        println!("{why}");
        self.failed += 1;
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        let mut total = Self::default();
        tallies.for_each(|tally| total += tally);
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_lines_are_counted_and_others_are_not() {
        let lines = [
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.15s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s",
            "test passes ... ok",
            "    test result: 9 passed",
        ];
        let total: Tally = lines.into_iter().map(Tally::of_line).sum();
        assert_eq!(total, Tally { passed: 15, failed: 2 });
    }
}
