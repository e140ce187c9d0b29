//! Rules that look at lines and words: what a file begins with, what it may not say, how it is cut.

use super::tree::{SourceFile, Tree};
use super::{Finding, code};

/// Every Rust file begins by saying what belongs in it.
pub(crate) const HEAD: &str = "head";
/// Words, attributes and paths that do not belong into the project.
pub(crate) const WORDS: &str = "words";
/// No comments that only draw a line: make a module.
pub(crate) const DIVIDERS: &str = "dividers";

/// Folders of one machine or another; in two pieces, so that this list does not find itself.
const MACHINE_FOLDERS: &[[&str; 2]] = &[["/wo", "rk/"], ["/ro", "ot/"], ["/tmp/", "t/"]];
/// Macros that mark unfinished work.
const UNFINISHED: &[&str] = &["todo", "unimplemented", "dbg"];
/// Words that mark unfinished work in comments; in pieces, for the same reason.
const MARKS: &[[&str; 2]] = &[["TO", "DO"], ["FIX", "ME"], ["XX", "X"]];
/// Characters that dividers are drawn with.
const STROKES: &str = "-=*#~_─━═+";

/// Looks at every file.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<_> = tree.files.iter().flat_map(check_text).collect();
    findings.extend(tree.rust().flat_map(check_rust));
    let old_style = tree.paths.iter().filter(|path| path.ends_with("/mod.rs"));
    findings.extend(old_style.map(|path| {
        let text = "a module lies in `foo.rs` with its parts in `foo/`, never in `mod.rs`".to_owned();
        Finding { place: path.clone(), rule: HEAD, text }
    }));
    findings
}

fn check_text(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(file.text.lines()) {
        let mut add =
            |rule, text| findings.push(Finding { place: format!("{}:{number}", file.path), rule, text });
        for folder in MACHINE_FOLDERS.iter().map(|parts| parts.concat()).filter(|f| holds_path(line, f)) {
            add(WORDS, format!("`{folder}` is a folder of one machine: use a relative path"));
        }
        let marks = MARKS.iter().map(|parts| parts.concat());
        for mark in marks.filter(|mark| file.is_rust() && holds_word(line, mark)) {
            add(WORDS, format!("`{mark}`: do it, or say the doubt in a sentence and link the issue"));
        }
        if is_divider(file, line) {
            add(DIVIDERS, "a divider: a part that needs one is a module of its own".to_owned());
        }
    }
    findings
}

fn check_rust(file: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |line: usize, rule, text| {
        findings.push(Finding { place: format!("{}:{line}", file.path), rule, text });
    };
    if !file.text.starts_with("//! ") || file.text.lines().next().is_some_and(|line| line.len() < 12) {
        add(1, HEAD, "the first line is `//!` and a sentence on what belongs here and what not".to_owned());
    }
    let Ok(trees) = code::tokens(&file.text, true) else { return findings };
    for attribute in code::attributes(&trees) {
        let word = attribute.text.split(['(', '=']).next().unwrap_or_default();
        match word {
            "allow" => add(attribute.line, WORDS, "`allow`: write `#[expect(…, reason = \"…\")]`".to_owned()),
            "ignore" => {
                add(attribute.line, WORDS, "an ignored test proves nothing: run it or remove it".to_owned())
            }
            _ => {}
        }
    }
    for (name, line) in
        code::macros(&trees).into_iter().filter(|(name, _)| UNFINISHED.contains(&name.as_str()))
    {
        add(line, WORDS, format!("`{name}!` marks unfinished work: finish it"));
    }
    findings
}

/// Whether `line` holds `folder` as the beginning of a path, not as a part of a longer one.
fn holds_path(line: &str, folder: &str) -> bool {
    let before = |at: usize| line[..at].chars().next_back();
    let inside = |c: char| c.is_alphanumeric() || "_.-/}~$".contains(c);
    line.match_indices(folder).any(|(at, _)| !before(at).is_some_and(inside))
}

fn holds_word(line: &str, word: &str) -> bool {
    line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word)
}

fn is_divider(file: &SourceFile, line: &str) -> bool {
    let line = line.trim();
    let comment = match file.path.rsplit(['.', '/']).next() {
        Some("rs") => line.strip_prefix("//").map(|rest| rest.trim_start_matches(['/', '!'])),
        Some("toml" | "sh" | "run" | "yml") => line.strip_prefix('#'),
        Some("sql") => line.strip_prefix("--"),
        _ => None,
    };
    let Some(comment) = comment.map(str::trim) else { return false };
    let stroke = comment.chars().next().filter(|first| STROKES.contains(*first));
    stroke.is_some_and(|stroke| comment.chars().take_while(|c| *c == stroke).count() >= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD_LINE: &str = "//! A file with a first line that says enough.\n";

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        check(&Tree::of(&[(path, text)])).into_iter().map(|finding| finding.rule).collect()
    }

    fn rust(text: &str) -> Vec<&'static str> {
        rules("crates/a/src/a.rs", &format!("{HEAD_LINE}{text}"))
    }

    #[test]
    fn a_plain_file_passes() {
        assert!(rust("// A sentence - with a dash.\n/// | a | b |\nfn f() { expect!(\"a\"); }\n").is_empty());
        assert!(rules("README.md", "---\n## Title\n").is_empty());
    }

    #[test]
    fn a_file_begins_with_a_sentence() {
        assert_eq!(rules("a.rs", "fn f() {}\n"), [HEAD]);
        assert_eq!(rules("a.rs", "//! x\nfn f() {}\n"), [HEAD]);
        assert_eq!(rules("crates/a/src/b/mod.rs", HEAD_LINE), [HEAD]);
    }

    #[test]
    fn unfinished_work_is_found() {
        for macro_name in UNFINISHED {
            assert_eq!(rust(&format!("fn f() {{ {macro_name}!() }}")), [WORDS], "{macro_name}");
        }
        for mark in MARKS {
            assert_eq!(rust(&format!("// {}: later", mark.concat())), [WORDS]);
        }
        assert!(rust("fn todo() {}").is_empty());
    }

    #[test]
    fn silent_attributes_are_found() {
        assert_eq!(rust("#[allow(dead_code)]\nfn f() {}"), [WORDS]);
        assert_eq!(rust("#[test]\n#[ignore = \"slow\"]\nfn f() {}"), [WORDS]);
        assert!(rust("#[expect(dead_code, reason = \"r\")]\nfn f() {}").is_empty());
    }

    #[test]
    fn folders_of_a_machine_are_found_but_routes_are_not() {
        for folder in MACHINE_FOLDERS.iter().map(|parts| parts.concat()) {
            assert_eq!(rules("a.md", &format!("see {folder}x")), [WORDS], "{folder}");
            assert!(rules("a.md", &format!("https://example.org{folder}x")).is_empty());
            assert!(rules("a.md", &format!("$HOME{folder}x ./a{folder}x")).is_empty());
        }
    }

    #[test]
    fn dividers_are_found() {
        assert_eq!(rust("// ----- helpers -----\n"), [DIVIDERS]);
        assert_eq!(rust("    //==============\n"), [DIVIDERS]);
        assert_eq!(rules("a.toml", "# --- one ---\n"), [DIVIDERS]);
        assert_eq!(rules("a.sql", "-- ======\n"), [DIVIDERS]);
        assert!(rules("a.sql", "-- A sentence.\n").is_empty());
    }
}
