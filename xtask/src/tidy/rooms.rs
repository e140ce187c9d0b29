//! What only some rooms may name: the code against the table "Kept apart" of ARCHITECTURE.md.
//! Test code is left out: it may look behind any door.

use super::{Finding, code, table, tree::Tree};

/// The name of this rule.
pub(crate) const RULE: &str = "rooms";

/// One row: names, and the rooms that may or may not use them.
#[derive(Debug)]
struct Row {
    names: Vec<String>,
    only_in: Vec<String>,
    never_in: Vec<String>,
    instead: String,
}

/// Looks for names where they may not be.
pub(crate) fn check(tree: &Tree, map: &str) -> Vec<Finding> {
    let Some(rows) = table::under(map, "Kept apart") else {
        let text = "there is no table under `## Kept apart`".to_owned();
        return vec![Finding { place: "ARCHITECTURE.md".to_owned(), rule: RULE, text }];
    };
    let rows: Vec<_> = rows.iter().map(|cells| row(cells)).collect();
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| !file.is_test()) {
        match code::tokens(&file.text, false) {
            Ok(trees) => {
                for named in code::paths(&trees) {
                    findings.extend(judge(&rows, file.room(), &file.path, &named));
                }
            }
            Err(error) => {
                let text = error.to_string();
                findings.push(Finding { place: file.path.clone(), rule: RULE, text });
            }
        }
    }
    findings
}

fn judge(rows: &[Row], room: &str, path: &str, named: &code::NamedPath) -> Option<Finding> {
    let row =
        rows.iter().find(|row| row.refuses(room) && row.names.iter().any(|name| names(&named.text, name)))?;
    let text = format!("`{}` has no place in `{room}`; {}", named.text, row.instead);
    Some(Finding { place: format!("{path}:{}", named.line), rule: RULE, text })
}

impl Row {
    fn refuses(&self, room: &str) -> bool {
        let inside = |rooms: &[String]| rooms.iter().any(|name| name == room);
        inside(&self.never_in) || (!self.only_in.is_empty() && !inside(&self.only_in))
    }
}

/// Whether the parts of `name` stand one after another in `path`.
fn names(path: &str, name: &str) -> bool {
    format!("::{path}::").contains(&format!("::{name}::"))
}

fn row(cells: &[String]) -> Row {
    let cell = |at: usize| cells.get(at).map(String::as_str).unwrap_or_default();
    let words = |at: usize| table::quoted(cell(at)).into_iter().map(str::to_owned).collect();
    Row { names: words(0), only_in: words(1), never_in: words(2), instead: cell(3).to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "## Kept apart\n| Names | Only in | Never in | Instead |\n|---|---|---|---|\n\
        | `sqlx` | `store` | | ask `store` |\n| `tokio` `std::fs` | | `types` | pass bytes in |\n\
        | `Instant::now` | `api` | | take a clock |\n| `store.write` | `app` | | call a use case |\n";

    fn found(path: &str, code: &str) -> Vec<String> {
        check(&Tree::of(&[(path, code)]), MAP).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_in_their_rooms_pass() {
        assert!(found("crates/store/src/a.rs", "use sqlx::query;").is_empty());
        assert!(found("crates/api/src/a.rs", "fn f() { std::time::Instant::now(); }").is_empty());
        assert!(found("crates/app/src/a.rs", "use std::fs; fn f() { app.store.write(1) }").is_empty());
        assert!(found("crates/types/src/tests.rs", "use std::fs::File;").is_empty());
        assert!(found("crates/types/src/a.rs", "#[cfg(test)] mod tests { use std::fs::File; }").is_empty());
    }

    #[test]
    fn names_in_other_rooms_fail() {
        let wrong = ["crates/app/src/a.rs:2: `sqlx::query` has no place in `app`; ask `store` [rooms]"];
        assert_eq!(found("crates/app/src/a.rs", "\nuse sqlx::{query};"), wrong);
        assert_eq!(found("crates/types/src/a.rs", "use std::{fs::File, io};").len(), 1);
        assert_eq!(found("crates/types/src/a.rs", "fn f() { tokio::spawn(x); }").len(), 1);
        assert_eq!(found("crates/app/src/a.rs", "fn f() { log!(tokio::time::Instant::now()); }").len(), 1);
        assert_eq!(found("crates/cli/src/a.rs", "fn f() { self.store.write(\"x\"); }").len(), 1);
        assert_eq!(found("crates/cli/src/a.rs", "fn f() { app.store().write(\"x\"); }").len(), 1);
    }

    #[test]
    fn a_missing_table_is_told() {
        assert_eq!(check(&Tree::of(&[]), "").len(), 1);
    }
}
