//! Things that must come together: a migration for both engines, the shared lints in every package.

use super::{Finding, tree::Tree};

/// The name of this rule.
pub(crate) const RULE: &str = "pairs";
/// Where the migrations of the two engines lie.
const MIGRATIONS: [&str; 2] = ["crates/store/migrations/sqlite/", "crates/store/migrations/postgres/"];
/// The ending of migrations of SQLite's second file, which PostgreSQL does not need.
const COUNTS: &str = ".counts.sql";

/// Looks for one without the other.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = check_migrations(tree);
    let manifests = tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml"));
    let packages = manifests.filter(|file| file.text.starts_with("[package]") && file.room() != "fuzz");
    for package in packages.filter(|file| !file.text.contains("[lints]\nworkspace = true")) {
        let text = "no `[lints]` with `workspace = true`: the house's lints would not hold here".to_owned();
        findings.push(Finding { place: package.path.clone(), rule: RULE, text });
    }
    findings
}

fn check_migrations(tree: &Tree) -> Vec<Finding> {
    let names = |folder: &str| -> Vec<&str> {
        let names = tree.paths.iter().filter_map(|path| path.strip_prefix(folder));
        names.filter(|name| !name.ends_with(COUNTS)).collect()
    };
    let [ours, theirs] = MIGRATIONS.map(names);
    let mut findings = Vec::new();
    for (here, there, folder) in [(&ours, &theirs, MIGRATIONS[1]), (&theirs, &ours, MIGRATIONS[0])] {
        for name in here.iter().filter(|name| !there.contains(name)) {
            let text = "is missing: a migration exists for both engines under one name".to_owned();
            findings.push(Finding { place: format!("{folder}{name}"), rule: RULE, text });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_for_one_engine_fails() {
        let both = [
            ("crates/store/migrations/sqlite/0001_a.sql", ""),
            ("crates/store/migrations/postgres/0001_a.sql", ""),
        ];
        assert!(check(&Tree::of(&both)).is_empty());
        assert!(
            check(&Tree::of(&[both[0], both[1], ("crates/store/migrations/sqlite/1.counts.sql", "")]))
                .is_empty()
        );
        let found = check(&Tree::of(&[both[0], ("crates/store/migrations/postgres/0002_b.sql", "")]));
        let places: Vec<_> = found.iter().map(|finding| finding.place.as_str()).collect();
        let wanted =
            ["crates/store/migrations/postgres/0001_a.sql", "crates/store/migrations/sqlite/0002_b.sql"];
        assert_eq!(places, wanted);
    }

    #[test]
    fn a_package_without_the_shared_lints_fails() {
        let with = "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n";
        assert!(check(&Tree::of(&[("crates/a/Cargo.toml", with)])).is_empty());
        assert_eq!(check(&Tree::of(&[("crates/a/Cargo.toml", "[package]\nname = \"a\"\n")])).len(), 1);
    }
}
