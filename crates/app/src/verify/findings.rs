//! A list of findings that cannot grow without end.

/// Findings that are kept; the rest is counted.
const FINDINGS_MAX: usize = 1000;

/// What is wrong, in sentences.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    kept: Vec<String>,
    more: u64,
}

impl Findings {
    /// Adds one sentence.
    pub(crate) fn add(&mut self, sentence: impl Into<String>) {
        if self.kept.len() < FINDINGS_MAX {
            self.kept.push(sentence.into());
        } else {
            self.more += 1;
        }
    }

    /// Every sentence kept, and one that counts the others.
    pub(crate) fn into_sentences(mut self) -> Vec<String> {
        if self.more > 0 {
            self.kept.push(format!("{} more findings; these {FINDINGS_MAX} are the first", self.more));
        }
        self.kept
    }
}

impl Extend<String> for Findings {
    fn extend<I: IntoIterator<Item = String>>(&mut self, sentences: I) {
        sentences.into_iter().for_each(|sentence| self.add(sentence));
    }
}

/// A number of bytes for people: `17 bytes`, `3.4 MiB`.
pub(crate) fn size_text(bytes: u64) -> String {
    const STEP: u64 = 1024;
    let Some((unit, name)) = [(STEP.pow(3), "GiB"), (STEP.pow(2), "MiB"), (STEP, "KiB")]
        .into_iter()
        .find(|(unit, _)| bytes >= *unit)
    else {
        return format!("{bytes} bytes");
    };
    let (whole, tenth) = (bytes / unit, bytes % unit * 10 / unit);
    format!("{whole}.{tenth} {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_beyond_the_limit_are_counted() {
        let mut findings = Findings::default();
        findings.extend((0..FINDINGS_MAX + 3).map(|number| number.to_string()));
        let sentences = findings.into_sentences();
        assert_eq!(sentences.len(), FINDINGS_MAX + 1);
        assert!(sentences[FINDINGS_MAX].starts_with("3 more"), "{}", sentences[FINDINGS_MAX]);
        assert_eq!(Findings::default().into_sentences(), Vec::<String>::new());
    }

    #[test]
    fn sizes_are_cut_to_a_tenth() {
        let sizes = [0, 1023, 1024, 1_600_000, 5 << 30];
        assert_eq!(sizes.map(size_text), ["0 bytes", "1023 bytes", "1.0 KiB", "1.5 MiB", "5.0 GiB"]);
    }
}
