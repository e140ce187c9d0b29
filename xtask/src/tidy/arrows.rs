//! Which room may lean on which: the packages of the workspace against the table "Arrows" of ARCHITECTURE.md.

use std::collections::BTreeMap;

use cargo_metadata::{DependencyKind, Metadata, Package};

use super::{Finding, table};

/// The name of this rule.
pub(crate) const RULE: &str = "arrows";
/// The room that every other may use in its tests.
const TESTKIT: &str = "testkit";

/// One row of the table.
#[derive(Debug, Default)]
struct Row {
    always: Vec<String>,
    in_tests: Vec<String>,
}

/// An arrow found in the workspace.
#[derive(Debug)]
struct Arrow {
    from: String,
    to: String,
    only_in_tests: bool,
}

/// Compares every dependency between packages of the workspace with the table.
pub(crate) fn check(metadata: &Metadata, map: &str) -> Vec<Finding> {
    let rooms: Vec<_> = metadata.workspace_packages().into_iter().map(room).collect();
    let arrows: Vec<_> = metadata.workspace_packages().into_iter().flat_map(arrows_of).collect();
    compare(&rooms, &arrows, map)
}

fn compare(rooms: &[String], arrows: &[Arrow], map: &str) -> Vec<Finding> {
    let Some(rows) = table::under(map, "Arrows") else {
        return vec![finding("there is no table under `## Arrows`".to_owned())];
    };
    let table: BTreeMap<String, Row> = rows.iter().filter_map(|cells| row(cells)).collect();
    let unknown = rooms.iter().filter(|room| !table.contains_key(*room));
    let gone = table.keys().filter(|room| !rooms.contains(room));
    let refused = arrows.iter().filter(|arrow| !table.get(&arrow.from).is_some_and(|row| row.allows(arrow)));
    let mut findings: Vec<_> = refused.map(|arrow| finding(arrow.refusal())).collect();
    findings.extend(unknown.map(|room| finding(format!("the room `{room}` has no row under `## Arrows`"))));
    findings.extend(gone.map(|room| finding(format!("the row `{room}` under `## Arrows` is no room"))));
    findings
}

impl Row {
    fn allows(&self, arrow: &Arrow) -> bool {
        let in_tests = arrow.to == TESTKIT || self.in_tests.contains(&arrow.to);
        self.always.contains(&arrow.to) || (arrow.only_in_tests && in_tests)
    }
}

impl Arrow {
    fn refusal(&self) -> String {
        let when = if self.only_in_tests { " in its tests" } else { "" };
        let Self { from, to, .. } = self;
        format!("`{from}` may not lean on `{to}`{when}: move the code down, or change the table by an ADR")
    }
}

fn row(cells: &[String]) -> Option<(String, Row)> {
    let owned = |cell: &String| table::quoted(cell).into_iter().map(str::to_owned).collect();
    let name = table::quoted(cells.first()?).first().map(|name| (*name).to_owned())?;
    let always = cells.get(1).map(owned).unwrap_or_default();
    let in_tests = cells.get(2).map(owned).unwrap_or_default();
    Some((name, Row { always, in_tests }))
}

fn arrows_of(package: &Package) -> Vec<Arrow> {
    let from = room(package);
    let inside = package.dependencies.iter().filter(|dependency| dependency.path.is_some());
    inside
        .map(|dependency| Arrow {
            from: from.clone(),
            to: short(&dependency.name),
            only_in_tests: dependency.kind == DependencyKind::Development,
        })
        .collect()
}

fn room(package: &Package) -> String {
    short(&package.name)
}

/// `types` for `cratekeep-types`; the binary's package is the room `cli`.
fn short(name: &str) -> String {
    match name {
        "cratekeep" => "cli".to_owned(),
        other => other.strip_prefix("cratekeep-").unwrap_or(other).to_owned(),
    }
}

fn finding(text: String) -> Finding {
    Finding { place: "ARCHITECTURE.md".to_owned(), rule: RULE, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "## Arrows\n| Room | May | Tests |\n|---|---|---|\n| `types` | – | |\n\
                       | `app` | `types` | `store` |\n| `store` | `types` | |\n| `testkit` | | |\n";

    fn texts(from: &str, to: &str, only_in_tests: bool) -> Vec<String> {
        let rooms = ["types", "app", "store", "testkit"].map(str::to_owned);
        let arrow = Arrow { from: from.to_owned(), to: to.to_owned(), only_in_tests };
        compare(&rooms, &[arrow], MAP).into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn arrows_in_the_table_pass() {
        assert!(texts("app", "types", false).is_empty());
        assert!(texts("app", "store", true).is_empty());
        assert!(texts("types", "testkit", true).is_empty());
    }

    #[test]
    fn arrows_beside_the_table_fail() {
        let wrong = "`types` may not lean on `app`: move the code down, or change the table by an ADR";
        assert_eq!(texts("types", "app", false), [wrong]);
        assert_eq!(texts("app", "store", false).len(), 1);
        assert_eq!(texts("app", "testkit", false).len(), 1);
        assert_eq!(texts("store", "app", true).len(), 1);
    }

    #[test]
    fn rooms_and_rows_must_match() {
        let found = compare(&["types".to_owned(), "attic".to_owned()], &[], MAP);
        let places: Vec<_> = found.iter().map(|finding| finding.text.as_str()).collect();
        assert!(places.contains(&"the room `attic` has no row under `## Arrows`"));
        assert!(places.contains(&"the row `store` under `## Arrows` is no room"));
        assert_eq!(compare(&[], &[], "no table").len(), 1);
    }

    #[test]
    fn package_names_become_rooms() {
        assert_eq!(["cratekeep", "cratekeep-types", "xtask"].map(short), ["cli", "types", "xtask"]);
    }
}
