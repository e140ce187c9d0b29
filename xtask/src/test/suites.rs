//! The one table of suites: what each runs and how many minutes it may take on two cores.

use anyhow::{Result, bail};

use super::build::Executable;
use crate::needs::{self, Need};
use crate::{check, fuzz};

/// How many minutes building everything may take on a machine that has built nothing yet.
pub(crate) const BUILD_MINUTES: u32 = 15;

/// A suite.
pub(crate) struct Suite {
    /// Its name in the report.
    pub(crate) name: &'static str,
    /// Its budget in minutes.
    pub(crate) minutes: u32,
    /// What it runs.
    pub(crate) work: Work,
}

/// What a suite runs.
#[derive(Clone, Copy)]
pub(crate) enum Work {
    /// A task of this tool; it counts as one test.
    Task(fn() -> Result<()>),
    /// The examples in documentation comments.
    Doctests,
    /// The comparison of the generated pages with what the program prints.
    References,
    /// Test programs: `package` (its unit tests and those of no other suite) or `package/target`.
    Tests(&'static [&'static str]),
}

/// Every suite, in the order in which they run: the quick ones first.
pub(crate) const SUITES: &[Suite] = &[
    Suite { name: "format", minutes: 1, work: Work::Task(check::format) },
    Suite {
        name: "ground",
        minutes: 2,
        work: Work::Tests(&[
            "cratekeep-types",
            "cratekeep-wire",
            "cratekeep-package",
            "cratekeep-policy",
            "cratekeep-render",
        ]),
    },
    Suite { name: "yard", minutes: 2, work: Work::Tests(&["xtask", "cratekeep-testkit", "cratekeep-bench"]) },
    Suite { name: "settings", minutes: 1, work: Work::Tests(&["cratekeep-config"]) },
    Suite { name: "sql", minutes: 1, work: Work::Tests(&["cratekeep-store/sql_check"]) },
    Suite { name: "store", minutes: 3, work: Work::Tests(&["cratekeep-store"]) },
    Suite { name: "blob", minutes: 2, work: Work::Tests(&["cratekeep-blob"]) },
    Suite {
        name: "faces",
        minutes: 3,
        work: Work::Tests(&[
            "cratekeep-outbound",
            "cratekeep-app",
            "cratekeep-http",
            "cratekeep-api",
            "cratekeep-web",
            "cratekeep-worker",
        ]),
    },
    Suite { name: "http", minutes: 12, work: Work::Tests(&["cratekeep-tests"]) },
    Suite { name: "program", minutes: 3, work: Work::Tests(&["cratekeep"]) },
    Suite { name: "conformance", minutes: 8, work: Work::Tests(&["cratekeep/conformance"]) },
    Suite { name: "browser", minutes: 4, work: Work::Tests(&["cratekeep/browser"]) },
    Suite { name: "kill", minutes: 8, work: Work::Tests(&["cratekeep/kill"]) },
    Suite { name: "real input", minutes: 5, work: Work::Tests(&["cratekeep/real_input"]) },
    Suite { name: "examples in docs", minutes: 2, work: Work::Doctests },
    Suite { name: "references", minutes: 1, work: Work::References },
    Suite { name: "lints", minutes: 6, work: Work::Task(check::lints) },
    Suite { name: "fuzz", minutes: 6, work: Work::Task(fuzz_smoke) },
];

impl Suite {
    /// The programs of the system without which it cannot run, beside PostgreSQL.
    pub(crate) fn needs(&self) -> &'static [Need] {
        if names(self).any(|name| name == "cratekeep/browser") { needs::BROWSER } else { &[] }
    }

    /// Whether an executable belongs to this suite. One that is named with its target belongs to nobody else.
    pub(crate) fn claims(&self, executable: &Executable) -> bool {
        owner(SUITES, executable).is_some_and(|owner| owner.name == self.name)
    }
}

/// Sees that every test program belongs to a suite, and that every name in the table is one.
///
/// # Errors
/// One does not.
pub(crate) fn check(executables: &[Executable]) -> Result<()> {
    let problems = problems(SUITES, executables);
    if !problems.is_empty() {
        bail!("the table of suites (xtask/src/test/suites.rs) is not right:\n{}", problems.join("\n"));
    }
    Ok(())
}

fn problems(suites: &[Suite], executables: &[Executable]) -> Vec<String> {
    let tests = executables.iter().filter(|executable| !executable.is_example);
    let homeless = tests.filter(|executable| owner(suites, executable).is_none());
    let mut problems: Vec<_> = homeless
        .map(|executable| format!("{}/{} belongs to no suite", executable.package, executable.target))
        .collect();
    for name in suites.iter().flat_map(names) {
        let (package, target) = name.split_once('/').unwrap_or((name, ""));
        let is_it = |e: &Executable| e.package == package && (target.is_empty() || e.target == target);
        if !executables.iter().any(is_it) {
            problems.push(format!("{name} is no test program"));
        }
    }
    problems
}

fn owner<'a>(suites: &'a [Suite], executable: &Executable) -> Option<&'a Suite> {
    if executable.is_example {
        return None;
    }
    let exact = format!("{}/{}", executable.package, executable.target);
    let with = |wanted: &str| suites.iter().find(|suite| names(suite).any(|name| name == wanted));
    with(&exact).or_else(|| with(&executable.package))
}

fn names(suite: &Suite) -> impl Iterator<Item = &'static str> {
    let names: &[&str] = match suite.work {
        Work::Tests(names) => names,
        Work::Task(_) | Work::Doctests | Work::References => &[],
    };
    names.iter().copied()
}

fn fuzz_smoke() -> Result<()> {
    fuzz::run(&[])
}

#[cfg(test)]
mod tests {
    use cargo_metadata::MetadataCommand;

    use super::*;

    const TABLE: &[Suite] = &[
        Suite { name: "all", minutes: 1, work: Work::Tests(&["a", "b"]) },
        Suite { name: "slow", minutes: 9, work: Work::Tests(&["a/kill"]) },
    ];

    fn names_of(executable: &Executable) -> Option<&'static str> {
        owner(TABLE, executable).map(|suite| suite.name)
    }

    #[test]
    fn a_named_target_belongs_to_its_own_suite_and_the_rest_to_the_package() {
        assert_eq!(names_of(&Executable::named("a", "kill")), Some("slow"));
        assert_eq!(names_of(&Executable::named("a", "a")), Some("all"));
        assert_eq!(names_of(&Executable::named("c", "kill")), None);
    }

    #[test]
    fn every_package_has_a_suite() {
        let manifest = crate::run::root().join("Cargo.toml");
        let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("a workspace");
        let named: Vec<_> = SUITES.iter().flat_map(names).collect();
        for package in &metadata.packages {
            assert!(named.contains(&package.name.as_str()), "{} belongs to no suite", package.name);
        }
    }

    #[test]
    fn a_test_without_a_suite_and_a_name_without_a_test_are_told() {
        let some = [Executable::named("a", "a"), Executable::named("a", "kill"), Executable::named("b", "b")];
        assert!(problems(TABLE, &some).is_empty());
        assert_eq!(problems(TABLE, &some[..2]), ["b is no test program"]);
        let more = [some.as_slice(), &[Executable::named("c", "c")]].concat();
        assert_eq!(problems(TABLE, &more), ["c/c belongs to no suite"]);
    }
}
