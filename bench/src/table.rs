//! Figures and tables.

use std::fmt::Write as _;

/// The middle of some figures, with the smallest and the largest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl Spread {
    /// Of at least one figure.
    pub(crate) fn of(figures: &[f64]) -> Self {
        let mut sorted = figures.to_vec();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let median = if sorted.len() % 2 == 1 {
            sorted[middle]
        } else {
            f64::midpoint(sorted[middle - 1], sorted[middle])
        };
        Self { low: sorted[0], median, high: sorted[sorted.len() - 1] }
    }

    /// `median (low–high)` with so many decimals.
    pub(crate) fn show(&self, decimals: usize) -> String {
        format!("{:.decimals$} ({:.decimals$}–{:.decimals$})", self.median, self.low, self.high)
    }
}

/// A heading, a note and a table in Markdown.
pub(crate) fn markdown(title: &str, note: &str, columns: &[&str], rows: &[Vec<String>]) -> String {
    let mut out =
        format!("## {title}\n\n{note}\n\n| {} |\n|{}\n", columns.join(" | "), "---|".repeat(columns.len()));
    for row in rows {
        writeln!(out, "| {} |", row.join(" | ")).expect("a string takes text");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_shown_with_its_ends() {
        assert_eq!(Spread::of(&[3.0, 1.0, 2.0]).show(1), "2.0 (1.0–3.0)");
        assert_eq!(Spread::of(&[1.0, 2.0]).show(2), "1.50 (1.00–2.00)");
    }
}
