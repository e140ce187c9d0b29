//! Every invariant of ARCHITECTURE.md names what holds it, and that test or rule is really there.

use super::{Finding, RULES, table, tree::Tree};

/// The name of this rule.
pub(crate) const RULE: &str = "invariants";

/// Compares the table "Invariants" with the project. What holds one is written in backquotes as `tidy: rule`,
/// as `path.rs: test_function`, or as `path: text` for a file that is no Rust.
pub(crate) fn check(tree: &Tree, map: &str) -> Vec<Finding> {
    let Some(rows) = table::under(map, "Invariants") else {
        return vec![finding("there is no table under `## Invariants`".to_owned())];
    };
    rows.iter().flat_map(|cells| check_row(tree, cells)).map(finding).collect()
}

fn check_row(tree: &Tree, cells: &[String]) -> Vec<String> {
    let [number, invariant, held] = cells else {
        return vec![format!("a row has {} cells, not number, invariant and what holds it", cells.len())];
    };
    let mut wrong = Vec::new();
    if !invariant.starts_with("**") {
        wrong.push(format!("invariant {number} begins with its rule in bold"));
    }
    let holders = table::quoted(held);
    if holders.is_empty() {
        wrong.push(format!("invariant {number} is held by nothing: name a test or a rule"));
    }
    wrong.extend(holders.iter().filter_map(|holder| judge(tree, number, holder)));
    wrong
}

fn judge(tree: &Tree, number: &str, holder: &str) -> Option<String> {
    let Some((place, what)) = holder.split_once(": ") else {
        return Some(format!("invariant {number}: `{holder}` is not `place: test`"));
    };
    if place == "tidy" {
        let known = RULES.contains(&what);
        return (!known).then(|| format!("invariant {number}: tidy has no rule `{what}`"));
    }
    let Some(text) = tree.text(place) else {
        return Some(format!("invariant {number}: there is no file {place}"));
    };
    let sought = if place.ends_with(".rs") { format!("fn {what}(") } else { what.to_owned() };
    (!text.contains(&sought)).then(|| format!("invariant {number}: {place} has no `{what}`"))
}

fn finding(text: String) -> Finding {
    Finding { place: "ARCHITECTURE.md".to_owned(), rule: RULE, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(row: &str) -> Vec<String> {
        let tree = Tree::of(&[("a.rs", "#[test]\nfn holds() {}"), ("clippy.toml", "SystemTime::now")]);
        let map = format!("## Invariants\n| # | I | Held by |\n|---|---|---|\n{row}\n");
        check(&tree, &map).into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn held_invariants_pass() {
        assert!(
            found("| 1 | **So.** Because. | `tidy: arrows`, `a.rs: holds`, `clippy.toml: SystemTime` |")
                .is_empty()
        );
    }

    #[test]
    fn invariants_without_a_holder_fail() {
        assert_eq!(found("| 1 | **So.** | hope |").len(), 1);
        assert_eq!(found("| 1 | **So.** | `a.rs: gone` |"), ["invariant 1: a.rs has no `gone`"]);
        assert_eq!(found("| 1 | **So.** | `b.rs: holds` |"), ["invariant 1: there is no file b.rs"]);
        assert_eq!(found("| 1 | **So.** | `tidy: hope` |"), ["invariant 1: tidy has no rule `hope`"]);
        assert_eq!(found("| 1 | So. | `a.rs: holds` |"), ["invariant 1 begins with its rule in bold"]);
        assert_eq!(found("| 1 | **So.** |").len(), 1);
        assert_eq!(check(&Tree::of(&[]), "").len(), 1);
    }
}
