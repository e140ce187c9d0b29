//! Downloads drawn as SVG on the server: a stacked area that starts at zero, with its table. Coordinates only; how it
//! looks stands in the stylesheet.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::words;

/// Width and height of the drawn area, in units of the drawing.
const WIDE: f64 = 640.0;
const HIGH: f64 = 160.0;
/// Lines across.
const LINES: u64 = 4;
/// How far apart labels stand at least.
const LABEL_HIGH: f64 = 16.0;
const DAY_MICROS: i64 = 86_400_000_000;

/// Downloads of one thing by day.
pub(crate) struct Series {
    /// What it is.
    pub(crate) label: String,
    /// Downloads of the days on which there were any; a day is whole days since 1970.
    pub(crate) days: BTreeMap<i32, u64>,
}

/// One band of the drawing.
pub(crate) struct Band {
    pub(crate) label: String,
    /// The outline, as `d` of a path.
    pub(crate) outline: String,
    /// Where the label stands.
    pub(crate) label_y: f64,
    /// Which of the six colours.
    pub(crate) colour: usize,
}

/// A line of the table.
pub(crate) struct Line {
    pub(crate) day: String,
    pub(crate) counts: Vec<String>,
    pub(crate) sum: String,
}

/// A drawing with its table.
pub(crate) struct Chart {
    pub(crate) bands: Vec<Band>,
    /// Lines across: where, and for how many.
    pub(crate) levels: Vec<(f64, String)>,
    /// First and last day.
    pub(crate) ends: (String, String),
    /// The days on which there were downloads, the last first.
    pub(crate) lines: Vec<Line>,
    pub(crate) total: u64,
}

impl Chart {
    /// Draws the days from `first` to `last`; nothing when nothing was downloaded.
    pub(crate) fn draw(series: Vec<Series>, (first, last): (i32, i32)) -> Option<Self> {
        let series: Vec<Series> = series
            .into_iter()
            .filter(|one| one.days.range(first..=last).any(|(_, count)| *count > 0))
            .collect();
        let sum_of =
            |day: i32| series.iter().map(|one| one.days.get(&day).copied().unwrap_or(0)).sum::<u64>();
        let top = (first..=last).map(sum_of).max().filter(|top| *top > 0)?;
        let step = step_of(top);
        let scale = HIGH / (step * LINES) as f64;
        let x = |day: i32| f64::from(day - first) * WIDE / f64::from((last - first).max(1));
        let mut floor: BTreeMap<i32, u64> = (first..=last).map(|day| (day, 0)).collect();
        let mut bands = Vec::new();
        for (colour, one) in series.iter().enumerate() {
            let roof: BTreeMap<i32, u64> = floor
                .iter()
                .map(|(day, low)| (*day, low + one.days.get(day).copied().unwrap_or(0)))
                .collect();
            let mut outline = String::from("M");
            for (day, value) in roof.iter().chain(floor.iter().rev()) {
                let _ = write!(outline, "{:.1} {:.1} ", x(*day), HIGH - *value as f64 * scale);
            }
            outline.push('Z');
            let middle = (roof[&last] + floor[&last]) as f64 / 2.0;
            bands.push(Band {
                label: one.label.clone(),
                outline,
                label_y: HIGH - middle * scale,
                colour: colour + 1,
            });
            floor = roof;
        }
        spread(&mut bands);
        let lines = (first..=last).rev().filter(|day| sum_of(*day) > 0).map(|day| Line {
            day: day_text(day),
            counts: series.iter().map(|one| words::count(one.days.get(&day).copied().unwrap_or(0))).collect(),
            sum: words::count(sum_of(day)),
        });
        Some(Self {
            lines: lines.collect(),
            bands,
            levels: (0..=LINES)
                .map(|line| (HIGH - (line * step) as f64 * scale, words::count(line * step)))
                .collect(),
            ends: (day_text(first), day_text(last)),
            total: (first..=last).map(sum_of).sum(),
        })
    }
}

/// Weeks as a line of `width` by `height` units, for beside a number; empty when nothing was downloaded.
pub(crate) fn spark(
    days: &BTreeMap<i32, u64>,
    (first, last): (i32, i32),
    (width, height): (f64, f64),
) -> String {
    let weeks: Vec<u64> = (0..=(last - first) / 7)
        .map(|week| days.range(first + week * 7..first + week * 7 + 7).map(|(_, count)| count).sum())
        .collect();
    let Some(top) = weeks.iter().max().filter(|top| **top > 0) else { return String::new() };
    let step = width / (weeks.len().max(2) - 1) as f64;
    let y = |value: u64| height - value as f64 * (height - 2.0) / *top as f64 - 1.0;
    let points =
        weeks.iter().enumerate().map(|(place, value)| format!("{:.1},{:.1}", place as f64 * step, y(*value)));
    points.collect::<Vec<_>>().join(" ")
}

/// The smallest of 1, 2, 5, 10, 20 … of which [`LINES`] reach `top`.
fn step_of(top: u64) -> u64 {
    let mut ten = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            let step = ten.saturating_mul(factor);
            if step.saturating_mul(LINES) >= top {
                return step;
            }
        }
        ten = ten.saturating_mul(10);
    }
}

/// Moves labels apart, from the lowest up.
fn spread(bands: &mut [Band]) {
    let mut free = HIGH;
    for band in bands {
        band.label_y = band.label_y.min(free);
        free = band.label_y - LABEL_HIGH;
    }
}

fn day_text(day: i32) -> String {
    words::day(&cratekeep_types::Timestamp(i64::from(day) * DAY_MICROS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(label: &str, days: &[(i32, u64)]) -> Series {
        Series { label: label.to_owned(), days: days.iter().copied().collect() }
    }

    #[test]
    fn bands_stand_on_each_other_and_the_axis_starts_at_zero() {
        let chart =
            Chart::draw(vec![series("1.1.0", &[(10, 3)]), series("1.0.0", &[(9, 4), (10, 1)])], (9, 10));
        let chart = chart.expect("something was downloaded");
        assert_eq!(chart.levels.first(), Some(&(160.0, "0".to_owned())));
        assert_eq!(chart.levels.last(), Some(&(0.0, "4".to_owned())));
        assert_eq!(chart.bands[0].outline, "M0.0 160.0 640.0 40.0 640.0 160.0 0.0 160.0 Z");
        assert_eq!(chart.bands[1].outline, "M0.0 0.0 640.0 0.0 640.0 40.0 0.0 160.0 Z");
        assert_eq!((chart.total, chart.ends.0.as_str()), (8, "1970-01-10"));
        assert_eq!((chart.lines[0].sum.as_str(), chart.lines[0].counts.join("+").as_str()), ("4", "3+1"));
    }

    #[test]
    fn nothing_is_drawn_of_nothing_and_large_numbers_have_round_lines() {
        assert!(Chart::draw(vec![series("1.0.0", &[])], (0, 89)).is_none());
        assert_eq!([1, 4, 5, 41, 1_999].map(step_of), [1, 1, 2, 20, 500]);
        assert_eq!(spark(&BTreeMap::new(), (0, 89), (60.0, 16.0)), "");
        assert_eq!(spark(&[(0, 2), (8, 1)].into(), (0, 13), (60.0, 16.0)), "0.0,1.0 60.0,8.0");
    }
}
