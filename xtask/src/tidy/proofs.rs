//! Tests that a page names as its proof are really there.

use super::Finding;
use super::table;
use super::tree::Tree;

/// The name of this rule.
pub(crate) const RULE: &str = "proofs";

/// Looks for every test that a Markdown file names in backquotes as `path.rs: test_function`, or as `…: test_function` for
/// another test in the file named before it.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for page in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        let mut place = None;
        for (number, line) in (1..).zip(page.text.lines()) {
            for quoted in table::quoted(line) {
                let Some((path, test)) = quoted.split_once(": ") else { continue };
                match path {
                    "…" => {}
                    path if path.ends_with(".rs") => place = Some(path.to_owned()),
                    _ => continue,
                }
                let place = place.as_deref().unwrap_or("…");
                if !tree.text(place).is_some_and(|text| text.contains(&format!("fn {test}("))) {
                    let text = format!("there is no test `{test}` in {place}");
                    findings.push(Finding { place: format!("{}:{number}", page.path), rule: RULE, text });
                }
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(page: &str) -> Vec<String> {
        let tree = Tree::of(&[("a.rs", "fn holds() {}\nasync fn too() {}"), ("docs/p.md", page)]);
        check(&tree).into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn named_tests_are_looked_for() {
        assert!(found("| x | `a.rs: holds`, `…: too` |\n`tidy: sizes` and `key: value`").is_empty());
        assert_eq!(found("| x | `a.rs: gone` |"), ["there is no test `gone` in a.rs"]);
        assert_eq!(found("`a.rs: holds`\n`…: gone`"), ["there is no test `gone` in a.rs"]);
        assert_eq!(found("`b.rs: holds`"), ["there is no test `holds` in b.rs"]);
        assert_eq!(found("`…: holds`"), ["there is no test `holds` in …"]);
    }
}
