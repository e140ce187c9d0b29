//! Numbers with bounds: counts, sizes in bytes and lengths of time.

use std::marker::PhantomData;
use std::time::Duration;

use cratekeep_types::Rate;

use super::text_of;
use crate::table::{Kind, KindFacts, Preset, Raw};

pub(crate) const KIB: u64 = 1 << 10;
pub(crate) const MIB: u64 = 1 << 20;
pub(crate) const GIB: u64 = 1 << 30;

/// Largest burst of a rate.
const BURST_MAX: u32 = 1_000_000;
/// Longest time until a rate has one more, in milliseconds: a year.
const REFILL_MILLIS_MAX: u64 = 365 * 86_400_000;

const SIZE_UNITS: [(&str, u64); 7] = [
    ("KiB", KIB),
    ("MiB", MIB),
    ("GiB", GIB),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];
const TIME_UNITS: [(&str, u64); 5] =
    [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

/// A whole number between two bounds.
pub(crate) struct Whole<T> {
    pub(crate) default: &'static str,
    pub(crate) min: u64,
    pub(crate) max: u64,
    pub(crate) of: PhantomData<fn() -> T>,
}

impl<T: TryFrom<u64>> Kind for Whole<T> {
    type Value = T;

    fn parse(&self, raw: &Raw) -> Result<T, String> {
        let number: u64 = text_of(raw)?.parse().map_err(|_| "this is no whole number".to_owned())?;
        within(number, self.min, self.max)?;
        T::try_from(number).map_err(|_| "the number is too large".to_owned())
    }
}

impl<T> KindFacts for Whole<T> {
    fn allowed(&self) -> String {
        format!("a whole number from {} to {}", self.min, self.max)
    }

    fn preset(&self) -> Preset {
        Preset::Value(self.default)
    }

    fn is_bare(&self) -> bool {
        true
    }
}

/// A number of bytes between two bounds, plain or with a unit.
pub(crate) struct Size {
    pub(crate) default: &'static str,
    pub(crate) min: u64,
    pub(crate) max: u64,
}

impl Kind for Size {
    type Value = u64;

    fn parse(&self, raw: &Raw) -> Result<u64, String> {
        let bytes = with_unit(text_of(raw)?, &SIZE_UNITS, 1)
            .ok_or_else(|| "this is no size; write bytes or a unit, as in 10MiB".to_owned())?;
        within(bytes, self.min, self.max)?;
        Ok(bytes)
    }
}

impl KindFacts for Size {
    fn allowed(&self) -> String {
        format!("a size from {} to {}", size_text(self.min), size_text(self.max))
    }

    fn preset(&self) -> Preset {
        Preset::Value(self.default)
    }
}

/// A length of time between two bounds in seconds, plain seconds or with a unit.
pub(crate) struct Span {
    pub(crate) default: &'static str,
    pub(crate) min_secs: u64,
    pub(crate) max_secs: u64,
}

impl Kind for Span {
    type Value = Duration;

    fn parse(&self, raw: &Raw) -> Result<Duration, String> {
        let millis = millis_of(text_of(raw)?)?;
        within(millis, self.min_secs * 1_000, self.max_secs.saturating_mul(1_000))?;
        Ok(Duration::from_millis(millis))
    }
}

impl KindFacts for Span {
    fn allowed(&self) -> String {
        format!("a length of time from {} to {}", span_text(self.min_secs), span_text(self.max_secs))
    }

    fn preset(&self) -> Preset {
        Preset::Value(self.default)
    }
}

/// How often something may be done: `30/1m` is thirty times at once and once more for each minute.
pub(crate) struct Often {
    pub(crate) default: &'static str,
}

impl Kind for Often {
    type Value = Option<Rate>;

    fn parse(&self, raw: &Raw) -> Result<Option<Rate>, String> {
        let text = text_of(raw)?;
        if text == "off" {
            return Ok(None);
        }
        let (burst, every) = text.split_once('/').ok_or("this is neither `off` nor as in 30/1m")?;
        let burst: u32 =
            burst.trim().parse().map_err(|_| "before the slash is no whole number".to_owned())?;
        within(burst.into(), 1, u64::from(BURST_MAX))?;
        let millis = millis_of(every.trim())?;
        within(millis, 1, REFILL_MILLIS_MAX)?;
        Ok(Some(Rate {
            burst,
            refill_micros: i64::try_from(millis).unwrap_or(i64::MAX).saturating_mul(1_000),
        }))
    }
}

impl KindFacts for Often {
    fn allowed(&self) -> String {
        "BURST/TIME, as in 30/1m: thirty at once, and one more for each minute; or off".to_owned()
    }

    fn preset(&self) -> Preset {
        Preset::Value(self.default)
    }
}

/// Reads a length of time as settings write it: plain seconds, or a number with one of the units `ms`, `s`, `m`, `h`
/// and `d`. For command-line flags.
///
/// # Errors
/// A sentence that says how a length of time is written.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    millis_of(text.trim()).map(Duration::from_millis)
}

fn millis_of(text: &str) -> Result<u64, String> {
    with_unit(text, &TIME_UNITS, 1_000)
        .ok_or_else(|| "this is no length of time; write seconds or a unit, as in 30s or 90d".to_owned())
}

fn within(number: u64, min: u64, max: u64) -> Result<(), String> {
    if number < min {
        return Err("the value is too small".to_owned());
    }
    if number > max {
        return Err("the value is too large".to_owned());
    }
    Ok(())
}

/// Reads digits and a unit; digits alone are in units of `plain`.
fn with_unit(text: &str, units: &[(&str, u64)], plain: u64) -> Option<u64> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_end);
    let number: u64 = digits.parse().ok()?;
    let unit = unit.trim_start();
    if unit.is_empty() {
        return number.checked_mul(plain);
    }
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.checked_mul(*factor)
}

fn size_text(bytes: u64) -> String {
    let whole = [("GiB", GIB), ("MiB", MIB), ("KiB", KIB)]
        .into_iter()
        .find(|(_, f)| bytes >= *f && bytes.is_multiple_of(*f));
    whole.map_or_else(|| format!("{bytes} bytes"), |(unit, factor)| format!("{}{unit}", bytes / factor))
}

fn span_text(secs: u64) -> String {
    let whole = [("d", 86_400), ("h", 3_600), ("m", 60)]
        .into_iter()
        .find(|(_, f)| secs >= *f && secs.is_multiple_of(*f));
    whole.map_or_else(|| format!("{secs}s"), |(unit, factor)| format!("{}{unit}", secs / factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_take_units_and_keep_bounds() {
        let kind = Size { default: "1KiB", min: 10, max: 4 * GIB };
        let parse = |text: &str| kind.parse(&Raw::Text(text.to_owned()));
        for (text, bytes) in
            [("10", 10), ("1KiB", 1024), ("10 MiB", 10 * MIB), ("4GiB", 4 * GIB), ("3kB", 3_000)]
        {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for bad in [
            "9",
            "4294967297",
            "ten",
            "",
            "1.5MiB",
            "10mib",
            "-1",
            "99999999999999999999",
            "18014398509481984KiB",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert_eq!(kind.allowed(), "a size from 10 bytes to 4GiB");
    }

    #[test]
    fn spans_take_units_and_keep_bounds() {
        let kind = Span { default: "1s", min_secs: 1, max_secs: 86_400 * 365 };
        let parse = |text: &str| kind.parse(&Raw::Text(text.to_owned()));
        for (text, secs) in [("30", 30), ("30s", 30), ("2m", 120), ("90d", 90 * 86_400), ("1500ms", 1)] {
            assert_eq!(parse(text).map(|span| span.as_secs()), Ok(secs), "{text}");
        }
        for bad in ["0", "999ms", "366d", "soon", "5 w"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert_eq!(kind.allowed(), "a length of time from 1s to 365d");
    }

    #[test]
    fn rates_have_a_burst_and_a_time() {
        let parse = |text: &str| Often { default: "off" }.parse(&Raw::Text(text.to_owned()));
        for (text, burst, refill_micros) in
            [("5/10m", 5, 600_000_000), ("30 / 1m", 30, 60_000_000), ("100/2ms", 100, 2_000)]
        {
            assert_eq!(parse(text), Ok(Some(Rate { burst, refill_micros })), "{text}");
        }
        assert_eq!(parse("off"), Ok(None));
        for bad in ["", "5", "5/", "/1m", "0/1m", "5/0", "5/366d", "-1/1m", "2000000/1m", "five/1m"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn whole_numbers_keep_bounds() {
        let kind = Whole::<u32> { default: "1", min: 1, max: 5, of: PhantomData };
        let parse = |text: &str| kind.parse(&Raw::Text(text.to_owned()));
        assert_eq!(parse("5"), Ok(5));
        for bad in ["0", "6", "x", "5.0"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
