//! Runs everything that proves the project, suite by suite, and says how long each took against its budget.

mod build;
mod postgres;
mod suites;
mod tally;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::stream::{self, End};
use crate::{docs, needs, run};
use build::Built;
use postgres::TestPostgres;
use suites::{SUITES, Suite, Work};
use tally::Tally;

/// A suite that takes this many times its budget is stopped.
const PATIENCE: u32 = 4;
/// The variable that tells every suite where the one PostgreSQL of this run is.
const POSTGRES_URL: &str = "CRATEKEEP_TEST_POSTGRES_URL";

/// How a suite went.
struct Row {
    name: &'static str,
    minutes: f64,
    budget: u32,
    tally: Tally,
}

/// Runs the suites whose name holds one of `words`; without words, all.
///
/// # Errors
/// A test failed, or a suite could not be run.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let wanted =
        |suite: &&Suite| words.is_empty() || words.iter().any(|word| suite.name.contains(word.as_str()));
    let suites: Vec<_> = SUITES.iter().filter(wanted).collect();
    if suites.is_empty() {
        let names: Vec<_> = SUITES.iter().map(|suite| suite.name).collect();
        bail!("no suite has a name with `{}`; there are: {}", words.join("` or `"), names.join(", "));
    }
    let rows = run_suites(&suites).inspect_err(|_| println!("\n0 passed, 1 failed"))?;
    report(&rows)
}

fn run_suites(suites: &[&'static Suite]) -> Result<Vec<Row>> {
    let needed = suites.iter().flat_map(|suite| suite.needs().iter().copied());
    needs::ensure(&std::iter::once(needs::POSTGRES).chain(needed).collect::<Vec<_>>())?;
    let start = Instant::now();
    let built = build::tests().context("the tests do not build")?;
    suites::check(&built.executables)?;
    let mut rows = vec![Row {
        name: "build",
        minutes: minutes(start),
        budget: suites::BUILD_MINUTES,
        tally: Tally::default(),
    }];

    let postgres = TestPostgres::start(&built.executables)?;
    for suite in suites {
        rows.push(run_suite(suite, &built, postgres.url()));
    }
    Ok(rows)
}

/// Prepares every SQL statement on both engines.
///
/// # Errors
/// A statement is refused by one of them.
pub(crate) fn sql_check(_args: &[String]) -> Result<()> {
    needs::ensure(&[needs::POSTGRES])?;
    run::run(run::cargo(&["test", "--package", "cratekeep-store", "--test", "sql_check"]))
}

fn run_suite(suite: &'static Suite, built: &Built, postgres_url: &str) -> Row {
    println!("\n=== {} (budget {} min)", suite.name, suite.minutes);
    let start = Instant::now();
    let tally = match suite.work {
        Work::Task(task) => run_task(suite.name, task),
        Work::References => run_task(suite.name, || docs::check(&built.program)),
        Work::Doctests => {
            let command = run::cargo(&["test", "--workspace", "--doc"]);
            run_counted(suite, command, postgres_url)
        }
        Work::Tests(_) => {
            let mine = built.executables.iter().filter(|executable| suite.claims(executable));
            mine.map(|executable| run_counted(suite, executable.command(), postgres_url)).sum()
        }
    };
    Row { name: suite.name, minutes: minutes(start), budget: suite.minutes, tally }
}

/// A task counts as one test.
fn run_task(name: &str, task: impl FnOnce() -> Result<()>) -> Tally {
    match task() {
        Ok(()) => Tally { passed: 1, failed: 0 },
        Err(error) => {
            println!("{name}: {error:#}");
            Tally { passed: 0, failed: 1 }
        }
    }
}

/// Runs a test program and adds up its summary lines. One that fails or hangs without such a line counts as one
/// failed test, so that nothing can fail unseen.
fn run_counted(suite: &Suite, mut command: std::process::Command, postgres_url: &str) -> Tally {
    command.env(POSTGRES_URL, postgres_url).env("INSTA_UPDATE", "no");
    let shown = run::show(&command);
    println!("--- {shown}");
    let time = Duration::from_secs(u64::from(suite.minutes * PATIENCE) * 60);
    let mut tally = Tally::default();
    let end = stream::run(command, time, |line| tally += Tally::of_line(line));
    match end {
        Ok(End::Success) => {}
        Ok(End::Failure) if tally.failed > 0 => {}
        Ok(End::Failure) => tally.fail(&format!("{shown} failed without naming a test")),
        Ok(End::OutOfTime) => tally.fail(&format!("{shown} was stopped after {PATIENCE} × its budget")),
        Err(error) => tally.fail(&format!("{error:#}")),
    }
    tally
}

fn report(rows: &[Row]) -> Result<()> {
    println!("\n{:<24} {:>8} {:>7} {:>7} {:>7}", "suite", "minutes", "budget", "passed", "failed");
    for row in rows {
        let Row { name, minutes, budget, tally } = row;
        let over = if *minutes > f64::from(*budget) { "  over budget" } else { "" };
        println!("{name:<24} {minutes:>8.1} {budget:>7} {:>7} {:>7}{over}", tally.passed, tally.failed);
    }
    let total: Tally = rows.iter().map(|row| row.tally).sum();
    let (spent, budget) = rows.iter().fold((0.0, 0), |sum, row| (sum.0 + row.minutes, sum.1 + row.budget));
    println!("{:<24} {spent:>8.1} {budget:>7}\n", "together");
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed > 0 {
        bail!("not everything passed");
    }
    Ok(())
}

fn minutes(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() / 60.0
}
