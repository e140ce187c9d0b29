//! Lengths of time to choose from.

/// Lengths that are offered, in seconds.
const OFFERED: [u64; 10] =
    [3_600, 8 * 3_600, 12 * 3_600, DAY, 7 * DAY, 30 * DAY, 60 * DAY, 90 * DAY, 180 * DAY, 365 * DAY];
const DAY: u64 = 86_400;

/// One length of time.
pub(crate) struct Choice {
    pub(crate) secs: u64,
    pub(crate) text: String,
    /// Whether it is the one that is chosen at first.
    pub(crate) is_first: bool,
}

/// What can be chosen up to `most` seconds; `first` is among it and chosen.
pub(crate) fn choices(first: u64, most: u64) -> Vec<Choice> {
    let first = first.min(most);
    let mut all: Vec<u64> = OFFERED.into_iter().filter(|secs| *secs < most).collect();
    all.extend([first, most].iter().filter(|secs| **secs <= OFFERED[OFFERED.len() - 1] || **secs == first));
    all.sort_unstable();
    all.dedup();
    all.into_iter().map(|secs| Choice { secs, text: text_of(secs), is_first: secs == first }).collect()
}

/// A length of time in the largest unit that is whole.
pub(crate) fn text_of(secs: u64) -> String {
    let units = [(DAY, "day"), (3_600, "hour"), (60, "minute")];
    let unit = units.into_iter().find(|(size, _)| secs >= *size && secs.is_multiple_of(*size));
    let (count, word) = unit.map_or((secs, "second"), |(size, word)| (secs / size, word));
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_the_longest_are_offered() {
        let texts = |first, most| choices(first, most).into_iter().map(|one| one.text).collect::<Vec<_>>();
        assert_eq!(texts(12 * 3_600, DAY), ["1 hour", "8 hours", "12 hours", "1 day"]);
        assert_eq!(texts(5 * 3_600, 6 * 3_600), ["1 hour", "5 hours", "6 hours"]);
        assert_eq!(texts(90, 30), ["30 seconds"]);
        let first: Vec<_> = choices(90 * DAY, u64::MAX).into_iter().filter(|one| one.is_first).collect();
        assert_eq!((first.len(), first[0].text.as_str()), (1, "90 days"));
    }
}
