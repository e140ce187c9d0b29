//! Pages: relative links lead somewhere, and no page is empty.

use super::Finding;
use super::tree::{SourceFile, Tree};

/// The name of this rule.
pub(crate) const RULE: &str = "documents";
/// Fewer lines than this make no page.
const PAGE_LINES_MIN: usize = 5;

/// Looks at every Markdown file.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let pages = tree.files.iter().filter(|file| file.path.ends_with(".md"));
    pages.flat_map(|page| check_page(tree, page)).collect()
}

fn check_page(tree: &Tree, page: &SourceFile) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |line: usize, text| {
        findings.push(Finding { place: format!("{}:{line}", page.path), rule: RULE, text });
    };
    if page.text.lines().filter(|line| !line.trim().is_empty()).count() < PAGE_LINES_MIN {
        add(1, "an empty page is worse than none: write it or delete it".to_owned());
    }
    let mut in_code = false;
    for (number, line) in (1..).zip(page.text.lines()) {
        in_code ^= line.trim_start().starts_with("```");
        for target in links(line).into_iter().filter(|_| !in_code) {
            let path = resolve(&page.path, target);
            if !tree.paths.contains(&path) {
                add(number, format!("the link `{target}` leads nowhere ({path})"));
            }
        }
    }
    findings
}

/// The targets of a line's links that lie in the project, without their anchors.
fn links(line: &str) -> Vec<&str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let inside = targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:"));
    inside
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|path| !path.is_empty())
        .collect()
}

fn resolve(page: &str, target: &str) -> String {
    let mut parts: Vec<_> = page.split('/').collect();
    parts.pop();
    for part in target.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let page = format!("{text}\n{}", "a line\n".repeat(5));
        let tree =
            Tree::of(&[("docs/guide/a.md", &page), ("docs/b.md", "1\n2\n3\n4\n5"), ("README.md", &page)]);
        let findings = check(&tree).into_iter().filter(|finding| finding.place.starts_with("docs/guide"));
        findings.map(|finding| finding.to_string()).collect()
    }

    #[test]
    fn good_links_pass() {
        let text = "[a](../b.md) [b](../../README.md#top) [c](https://example.org/x) [d](#here) [e](a.md)";
        assert!(found(text).is_empty(), "{:?}", found(text));
        assert!(found("```\n[x](gone.md)\n```").is_empty());
    }

    #[test]
    fn broken_links_fail() {
        let wrong = ["docs/guide/a.md:1: the link `b.md` leads nowhere (docs/guide/b.md) [documents]"];
        assert_eq!(found("[a](b.md)"), wrong);
    }

    #[test]
    fn empty_pages_fail() {
        assert_eq!(check(&Tree::of(&[("docs/a.md", "# Title\n\n...\n")])).len(), 1);
    }
}
