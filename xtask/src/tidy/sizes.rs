//! How long a file and a function may be. What is longer stands in `xtask/ratchet.txt` with a reason and its
//! present length; it may shrink, and the line must go when it is no longer needed.

use anyhow::{Context, Result, bail};

use super::{Finding, code, tree::Tree};

/// The name of this rule.
pub(crate) const RULE: &str = "sizes";
/// The most lines of a file.
const FILE_LINES_MAX: usize = 550;
/// The most lines of a function, from its signature to its closing brace.
const FUNCTION_LINES_MAX: usize = 80;

/// One line of the list: `path | function or - | lines | reason`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    path: String,
    function: Option<String>,
    lines: usize,
}

/// What may be longer than the limits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowed(Vec<Entry>);

/// Something that has a length.
struct Measured<'a> {
    path: &'a str,
    function: Option<&'a str>,
    line: usize,
    lines: usize,
}

impl Allowed {
    /// Reads the list; `#` begins a comment.
    ///
    /// # Errors
    /// A line has another form, or no reason.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(entry).collect::<Result<_>>().map(Self)
    }

    fn lines_max(&self, what: &Measured<'_>) -> Option<usize> {
        let same = |entry: &&Entry| entry.path == what.path && entry.function.as_deref() == what.function;
        self.0.iter().find(same).map(|entry| entry.lines)
    }
}

/// Measures every Rust file and function.
pub(crate) fn check(tree: &Tree, allowed: &Allowed) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used = Vec::new();
    for file in tree.rust() {
        let functions =
            code::tokens(&file.text, true).map(|trees| code::functions(&trees)).unwrap_or_default();
        let whole = Measured { path: &file.path, function: None, line: 1, lines: file.text.lines().count() };
        let parts = functions.iter().map(|function| Measured {
            path: &file.path,
            function: Some(&function.name),
            line: function.line,
            lines: function.length,
        });
        for measured in std::iter::once(whole).chain(parts).filter(Measured::is_long) {
            used.push((file.path.clone(), measured.function.map(str::to_owned)));
            findings.extend(measured.judge(allowed));
        }
    }
    let idle = allowed.0.iter().filter(|entry| !used.contains(&(entry.path.clone(), entry.function.clone())));
    findings.extend(idle.map(|entry| Finding {
        place: "xtask/ratchet.txt".to_owned(),
        rule: RULE,
        text: format!("the line for {} is no longer needed: remove it", entry.path),
    }));
    findings
}

impl Measured<'_> {
    fn limit(&self) -> usize {
        if self.function.is_some() { FUNCTION_LINES_MAX } else { FILE_LINES_MAX }
    }

    fn is_long(&self) -> bool {
        self.lines > self.limit()
    }

    fn judge(&self, allowed: &Allowed) -> Option<Finding> {
        let what = self.function.map_or_else(|| "the file".to_owned(), |name| format!("`{name}`"));
        let text = match allowed.lines_max(self) {
            Some(lines) if self.lines <= lines => return None,
            Some(lines) => format!("{what} has grown to {} lines; the list allows {lines}", self.lines),
            None => format!("{what} has {} lines, more than {}: name its halves", self.lines, self.limit()),
        };
        Some(Finding { place: format!("{}:{}", self.path, self.line), rule: RULE, text })
    }
}

fn entry(line: &str) -> Result<Entry> {
    let parts: Vec<_> = line.split('|').map(str::trim).collect();
    let [path, function, lines, reason] = parts[..] else {
        bail!("`{line}` is not `path | function or - | lines | reason`");
    };
    if reason.len() < 10 {
        bail!("`{line}` gives no reason");
    }
    let lines = lines.parse().with_context(|| format!("`{lines}` is no number of lines"))?;
    let function = (function != "-").then(|| function.to_owned());
    Ok(Entry { path: path.to_owned(), function, lines })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(lines: usize, list: &str) -> Vec<String> {
        let code = format!("fn long() {{\n{}}}\n", "    f();\n".repeat(lines - 2));
        let tree = Tree::of(&[("a.rs", &code)]);
        check(&tree, &Allowed::parse(list).expect("a good list")).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_function_over_eighty_lines_fails() {
        assert!(found(80, "").is_empty());
        assert_eq!(found(81, ""), ["a.rs:1: `long` has 81 lines, more than 80: name its halves [sizes]"]);
    }

    #[test]
    fn a_file_over_five_hundred_and_fifty_lines_fails() {
        let tree = |lines: usize| Tree::of(&[("a.rs", &"//\n".repeat(lines))]);
        assert!(check(&tree(550), &Allowed::default()).is_empty());
        assert_eq!(check(&tree(551), &Allowed::default()).len(), 1);
    }

    #[test]
    fn the_list_allows_what_is_there_but_no_growth_and_no_idle_lines() {
        let list = "# why\na.rs | long | 90 | a table in code, one line a row\n";
        assert!(found(90, list).is_empty());
        assert_eq!(found(91, list), ["a.rs:1: `long` has grown to 91 lines; the list allows 90 [sizes]"]);
        let idle = ["xtask/ratchet.txt: the line for a.rs is no longer needed: remove it [sizes]"];
        assert_eq!(found(80, list), idle);
    }

    #[test]
    fn a_line_without_a_reason_is_refused() {
        assert!(Allowed::parse("a.rs | long | 90 | -").is_err());
        assert!(Allowed::parse("a.rs | long | 90").is_err());
        assert!(Allowed::parse("a.rs | long | many | it is a good table").is_err());
    }
}
