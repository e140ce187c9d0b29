//! How many lines of code and of comments a package has, by language.

use std::collections::BTreeMap;

use crate::languages::of_path;
use crate::lexer::{Kind, Lexer};

/// Folders whose files are not what a package is for.
const LEFT_OUT: [&str; 6] = ["benches", "benchmark", "examples", "tests", "test", "testing"];
/// A file with a NUL byte among its first ones is no text.
const LOOKED_AT_BYTES: usize = 8_000;

/// Lines of one language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LanguageLines {
    /// Files of it.
    pub files: u64,
    /// Lines that have code.
    pub code: u64,
    /// Lines that have comments and no code; documentation counts as comments.
    pub comments: u64,
}

/// Lines of a package, by the name of the language.
pub type LineCounts = BTreeMap<&'static str, LanguageLines>;

/// Counts file by file, until it has counted as many bytes as it may.
#[derive(Clone, Debug)]
pub struct LineCounter {
    counts: LineCounts,
    left_bytes: u64,
}

impl LineCounter {
    /// Counts at most `bytes_max` of files; what comes after is left out.
    #[must_use]
    pub fn new(bytes_max: u64) -> Self {
        Self { counts: LineCounts::new(), left_bytes: bytes_max }
    }

    /// Whether a file of this path and length is to be counted.
    #[must_use]
    pub fn wants(&self, path: &str, bytes: u64) -> bool {
        let is_ours = |part: &str| !part.starts_with('.') && !LEFT_OUT.contains(&part);
        bytes <= self.left_bytes && of_path(path).is_some() && path.split('/').all(is_ours)
    }

    /// Counts a file.
    pub fn add(&mut self, path: &str, content: &[u8]) {
        let is_binary = content.iter().take(LOOKED_AT_BYTES).any(|byte| *byte == 0);
        let Some(language) = of_path(path).filter(|_| !is_binary) else { return };
        self.left_bytes = self.left_bytes.saturating_sub(content.len() as u64);
        let lines = self.counts.entry(language.name).or_default();
        lines.files += 1;
        let text = String::from_utf8_lossy(content);
        let (mut has_code, mut has_comment) = (false, false);
        for (kind, piece) in Lexer::new(language, &text) {
            for part in piece.split_inclusive('\n') {
                let is_blank = part.trim().is_empty();
                has_comment |= kind == Kind::Comment && !is_blank;
                has_code |= kind != Kind::Comment && !is_blank;
                if part.ends_with('\n') {
                    lines.end_line(&mut has_code, &mut has_comment);
                }
            }
        }
        lines.end_line(&mut has_code, &mut has_comment);
    }

    /// What was counted.
    #[must_use]
    pub fn finish(self) -> LineCounts {
        self.counts
    }
}

impl LanguageLines {
    fn end_line(&mut self, has_code: &mut bool, has_comment: &mut bool) {
        match (std::mem::take(has_code), std::mem::take(has_comment)) {
            (true, _) => self.code += 1,
            (false, true) => self.comments += 1,
            (false, false) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(files: &[(&str, &str)]) -> LineCounts {
        let mut counter = LineCounter::new(1 << 20);
        for (path, text) in files {
            if counter.wants(path, text.len() as u64) {
                counter.add(path, text.as_bytes());
            }
        }
        counter.finish()
    }

    #[test]
    fn code_comments_and_blanks_are_told_apart() {
        let rust = "//! Docs.\n\nfn f() { // why\n    /* a\n\n    b */ \n    \"// no\n comment\";\n}\n";
        let counts = count(&[("src/lib.rs", rust), ("build.py", "# x\nprint('# y')"), ("src/b.rs", "")]);
        assert_eq!(counts["Rust"], LanguageLines { files: 2, code: 4, comments: 3 });
        assert_eq!(counts["Python"], LanguageLines { files: 1, code: 1, comments: 1 });
    }

    #[test]
    fn tests_data_and_hidden_files_are_left_out_and_the_bound_holds() {
        let left_out =
            ["tests/a.rs", "src/examples/b.rs", "Cargo.toml", "README.md", ".hidden/c.rs", "logo.png"];
        assert!(count(&left_out.map(|path| (path, "fn f() {}\n"))).is_empty());
        let mut counter = LineCounter::new(10);
        assert!(!counter.wants("a.rs", 11) && counter.wants("a.rs", 10));
        counter.add("a.rs", b"0123456789");
        assert!(!counter.wants("b.rs", 1));
        counter.add("c.rs", b"\0\0");
        assert_eq!(counter.finish()["Rust"].files, 1);
    }
}
