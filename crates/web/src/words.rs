//! Numbers, sizes and times in words, as pages show them.

use cratekeep_types::Timestamp;

const DAY_SECS: u64 = 86_400;
/// From how many of a unit on the next smaller one is not said any more; a month counts as 30.4 days.
const UNITS: [(u64, &str); 6] = [
    (2 * 31_557_600, "year"),
    (2 * 2_629_800, "month"),
    (DAY_SECS, "day"),
    (3_600, "hour"),
    (60, "minute"),
    (1, "second"),
];

/// `1,234,567`
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 version`, `2 versions`.
pub(crate) fn counted(number: u64, one: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{} {one}{end}", count(number))
}

/// `12.3 KiB`
pub(crate) fn size(bytes: u64) -> String {
    let mut unit = ("B", bytes as f64);
    for name in ["KiB", "MiB", "GiB"] {
        if unit.1 < 1_024.0 {
            break;
        }
        unit = (name, unit.1 / 1_024.0);
    }
    match unit {
        ("B", _) => format!("{bytes} B"),
        (name, value) if value >= 100.0 => format!("{value:.0} {name}"),
        (name, value) => format!("{value:.1} {name}"),
    }
}

/// `3 days ago`, with years and months from two of them on.
pub(crate) fn ago(at: &Timestamp, now: &Timestamp) -> String {
    let secs = u64::try_from(now.secs_since(*at)).unwrap_or(0);
    let (from, name) = UNITS.into_iter().find(|(from, _)| secs >= *from).unwrap_or((1, "second"));
    let unit = match name {
        "year" | "month" => from / 2,
        _ => from,
    };
    match secs / unit {
        0 => "just now".to_owned(),
        number => format!("{} ago", counted(number, name)),
    }
}

/// `2026-01-31`, in UTC.
pub(crate) fn day(at: &Timestamp) -> String {
    at.to_seconds_text().chars().take("2026-01-31".len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sizes_and_times_read_well() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([counted(1, "file"), counted(0, "file")], ["1 file", "0 files"]);
        assert_eq!([0, 1_023, 1_536, 200 << 20].map(size), ["0 B", "1023 B", "1.5 KiB", "200 MiB"]);
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let after = |secs| ago(&start, &start.plus_secs(secs));
        assert_eq!([0, 1, 61, 7_200].map(after), ["just now", "1 second ago", "1 minute ago", "2 hours ago"]);
        assert_eq!(
            [45, 70, 800].map(|days| after(days * 86_400)),
            ["45 days ago", "2 months ago", "2 years ago"]
        );
        assert_eq!(day(&start), "2026-01-01");
    }
}
