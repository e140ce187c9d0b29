//! What a version's index line must say for its row. Pure.

use std::collections::BTreeMap;

use cratekeep_store::dependency::DependencyRow;
use cratekeep_store::version::VersionRow;
use cratekeep_types::{CanonName, CrateName};
use cratekeep_wire::IndexEntry;

/// What to do about rows that contradict each other.
pub(super) const RESTORE: &str = "restore the database from a backup made before this";
/// What to do about a line that only misses the yank.
const YANK_AGAIN: &str = "run `cargo yank` and `cargo yank --undo` on it, the one that the row does not say first, which writes the line anew";

/// Compares a version's line with its row. Returns what is wrong, without the name of the version.
pub(super) fn line_problems(
    name: &CrateName,
    row: &VersionRow,
    dependencies: &[DependencyRow],
) -> Vec<String> {
    if row.line.contains(['\n', '\r']) {
        return vec![format!("its index line has a line break in it; {RESTORE}")];
    }
    let entry = match IndexEntry::from_line(&row.line) {
        Ok(entry) => entry,
        Err(error) => return vec![format!("{error}; {RESTORE}")],
    };
    let mut problems = Vec::new();
    let mut compare = |what: &str, line: &str, row: &str, remedy: &str| {
        if line != row {
            problems.push(format!("its index line says {what} `{line}` and its row says `{row}`; {remedy}"));
        }
    };
    compare("name", &entry.name, name.as_str(), RESTORE);
    compare("version", &entry.vers, &row.num.to_string(), RESTORE);
    compare("checksum", &entry.cksum, &row.checksum.to_string(), RESTORE);
    compare("yanked", yes_no(entry.yanked), yes_no(row.yanked), YANK_AGAIN);
    problems.extend(dependency_problem(&entry, dependencies));
    problems
}

/// The dependencies of the line and those of the table, by crate and kind: each must be in both as often.
fn dependency_problem(entry: &IndexEntry, rows: &[DependencyRow]) -> Option<String> {
    let mut balance: BTreeMap<(CanonName, &str), i64> = BTreeMap::new();
    for dep in &entry.deps {
        *balance.entry((CanonName::of(dep.crate_name()), dep.kind.word())).or_default() += 1;
    }
    for row in rows {
        *balance.entry((row.name.canon(), row.kind.as_str())).or_default() -= 1;
    }
    let uneven: Vec<_> = balance
        .iter()
        .filter(|(_, difference)| **difference != 0)
        .map(|((name, kind), difference)| {
            let place = if *difference > 0 { "only in the line" } else { "only in the table" };
            format!("{kind} `{}` {place}", name.as_str())
        })
        .collect();
    (!uneven.is_empty()).then(|| {
        format!("its index line and the table of dependencies differ: {}; {RESTORE}", uneven.join(", "))
    })
}

fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

#[cfg(test)]
mod tests {
    use cratekeep_store::dependency::Source;
    use cratekeep_types::{Checksum, CrateId, RegistryId, Timestamp, VersionId};
    use cratekeep_wire::IndexDep;

    use super::*;

    fn entry() -> IndexEntry {
        let dep = |name: &str, package: Option<&str>| IndexDep {
            name: name.to_owned(),
            req: "^1".to_owned(),
            features: Vec::new(),
            optional: false,
            default_features: true,
            target: None,
            kind: cratekeep_wire::DependencyKind::Normal,
            registry: None,
            package: package.map(str::to_owned),
            public: false,
        };
        IndexEntry {
            name: "demo".to_owned(),
            vers: "1.0.0+b".to_owned(),
            deps: vec![dep("alias", Some("real_one")), dep("real-one", None)],
            cksum: Checksum::of(b"demo").to_string(),
            features: BTreeMap::new(),
            features2: None,
            yanked: false,
            links: None,
            rust_version: None,
            pubtime: None,
            v: None,
        }
    }

    fn row(line: String) -> VersionRow {
        VersionRow {
            id: VersionId(1),
            krate: CrateId(1),
            num: "1.0.0+b".parse().expect("a version"),
            checksum: Checksum::of(b"demo"),
            size: 4,
            line,
            published_at: Timestamp(0),
            published_by: None,
            yanked: false,
            yank_message: None,
            metadata: "{}".to_owned(),
        }
    }

    fn dependency() -> DependencyRow {
        DependencyRow {
            name: "real-one".parse().expect("a name"),
            name_in_toml: "alias".to_owned(),
            req: "^1".to_owned(),
            kind: "normal".to_owned(),
            target: None,
            optional: false,
            default_features: true,
            features: Vec::new(),
            public: false,
            source: Source::Registry(RegistryId(1)),
        }
    }

    fn problems(row: &VersionRow, dependencies: &[DependencyRow]) -> Vec<String> {
        line_problems(&"demo".parse().expect("a name"), row, dependencies)
    }

    #[test]
    fn a_line_that_fits_its_row_has_no_problem() {
        assert_eq!(problems(&row(entry().to_line()), &[dependency(), dependency()]), Vec::<String>::new());
    }

    #[test]
    fn each_fact_is_compared() {
        let both = [dependency(), dependency()];
        type Change = fn(&mut IndexEntry);
        let changes: [(&str, Change); 4] = [
            ("name", |entry| entry.name = "Demo".to_owned()),
            ("version", |entry| entry.vers = "1.0.0".to_owned()),
            ("checksum", |entry| entry.cksum = Checksum::of(b"other").to_string()),
            ("yanked", |entry| entry.yanked = true),
        ];
        for (what, change) in changes {
            let mut changed = entry();
            change(&mut changed);
            let found = problems(&row(changed.to_line()), &both);
            assert!(found.len() == 1 && found[0].contains(&format!("says {what} `")), "{what}: {found:?}");
        }
    }

    #[test]
    fn a_missing_or_added_dependency_is_named() {
        let found = problems(&row(entry().to_line()), &[dependency()]);
        assert!(found.len() == 1 && found[0].contains("normal `real-one` only in the line"), "{found:?}");
        let dev = DependencyRow { kind: "dev".to_owned(), ..dependency() };
        let found = problems(&row(entry().to_line()), &[dependency(), dependency(), dev]);
        assert!(found.len() == 1 && found[0].contains("dev `real-one` only in the table"), "{found:?}");
    }

    #[test]
    fn what_is_no_line_is_one_problem() {
        for line in ["", "{}", "[1]", &format!("{}\n", entry().to_line())] {
            assert_eq!(problems(&row(line.to_owned()), &[]).len(), 1, "{line}");
        }
    }
}
