//! Time and randomness as values that are passed in.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

/// A moment in UTC, in microseconds since 1970. This is also how the database stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// Microseconds in a second.
const MICROS: i64 = 1_000_000;

impl Timestamp {
    /// `YYYY-MM-DDThh:mm:ssZ`: the one form cargo accepts as `pubtime`. Fractions are cut off.
    #[must_use]
    pub fn to_seconds_text(self) -> String {
        self.jiff(self.0.div_euclid(MICROS) * MICROS).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// `YYYY-MM-DDThh:mm:ss.ffffffZ`: the form of the web API, always with a fraction.
    #[must_use]
    pub fn to_micros_text(self) -> String {
        self.jiff(self.0).strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
    }

    /// `Day, DD Mon YYYY hh:mm:ss GMT`, the form of HTTP headers.
    #[must_use]
    pub fn to_http_text(self) -> String {
        self.jiff(self.0).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// The number of whole days since 1970.
    #[must_use]
    pub fn day(self) -> i32 {
        i32::try_from(self.0.div_euclid(86_400 * MICROS)).unwrap_or(i32::MAX)
    }

    /// The beginning of a day, counted from 1970.
    #[must_use]
    pub fn of_day(day: i32) -> Self {
        Self(i64::from(day) * 86_400 * MICROS)
    }

    /// `YYYY-MM-DD`
    #[must_use]
    pub fn to_day_text(self) -> String {
        self.jiff(self.0).strftime("%Y-%m-%d").to_string()
    }

    /// This moment moved by some seconds, forwards or back.
    #[must_use]
    pub fn plus_secs(self, secs: i64) -> Self {
        Self(self.0.saturating_add(secs.saturating_mul(MICROS)))
    }

    /// Seconds from `earlier` to this moment; negative when this is the earlier one.
    #[must_use]
    pub fn secs_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0) / MICROS
    }

    fn jiff(self, micros: i64) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(micros).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl FromStr for Timestamp {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed: jiff::Timestamp =
            text.parse().map_err(|error| format!("`{text}` is not a time: {error}"))?;
        Ok(Self(parsed.as_microsecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.to_micros_text())
    }
}

/// Tells the time. Rooms get one; none asks the system.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The current moment.
    fn now(&self) -> Timestamp;
}

/// Gives random bytes fit for secrets. Rooms get one; none asks the system.
pub trait Entropy: Send + Sync + fmt::Debug {
    /// Thirty-two bytes that nobody can guess.
    fn bytes(&self) -> [u8; 32];
}

/// The system's clock, used by the roof alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// A clock that tests set by hand.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Starts at `at` and stands still.
    #[must_use]
    pub fn new(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.0))
    }

    /// Moves the clock by some seconds.
    pub fn advance_secs(&self, secs: i64) {
        self.0.fetch_add(secs * MICROS, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_form_is_exact() {
        let at: Timestamp = "2026-11-20T08:09:10.000042Z".parse().expect("a good time");
        assert_eq!(at.to_seconds_text(), "2026-11-20T08:09:10Z");
        assert_eq!(at.to_micros_text(), "2026-11-20T08:09:10.000042Z");
        assert_eq!(at.to_http_text(), "Fri, 20 Nov 2026 08:09:10 GMT");
        assert_eq!(at.plus_secs(-10).to_micros_text(), "2026-11-20T08:09:00.000042Z");
        assert_eq!(
            (at.to_day_text().as_str(), Timestamp::of_day(at.day()).to_day_text().as_str()),
            ("2026-11-20", "2026-11-20")
        );
        assert_eq!(Timestamp(0).day(), 0);
        assert_eq!(Timestamp(-1).day(), -1);
    }
}
