//! The one door to every task of the project: `cargo xtask` prints the menu.
//! Nothing here is part of the program; the program never depends on it.

#![expect(clippy::print_stdout, reason = "this is a tool for the terminal")]

mod check;
mod docs;
mod fuzz;
mod needs;
mod run;
mod stream;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

/// A line of the menu.
struct Task {
    word: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const TASKS: &[Task] = &[
    Task { word: "check", about: "before every commit: format, lints, tidy, unit tests", run: check::run },
    Task {
        word: "test",
        about: "everything, on both engines [words: only suites with them]",
        run: test::run,
    },
    Task { word: "ci", about: "what continuous integration runs: check, then test", run: ci },
    Task { word: "tidy", about: "the rules of the house: arrows, sizes, words, documents", run: tidy::run },
    Task { word: "dev", about: "the server on data of its own under target/dev [flags of serve]", run: dev },
    Task { word: "sql-check", about: "prepares every statement on both engines", run: test::sql_check },
    Task { word: "docs", about: "writes the generated references [--check: only compares]", run: docs::run },
    Task { word: "bench", about: "measures a release build against nginx [flags of the bench]", run: bench },
    Task { word: "fuzz", about: "a short run of every fuzz target [seconds for each]", run: fuzz::run },
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<()> {
    let Some((word, rest)) = args.split_first() else {
        print!("{}", menu());
        return Ok(());
    };
    match TASKS.iter().find(|task| task.word == word) {
        Some(task) => (task.run)(rest),
        None => bail!("`{word}` is no task\n\n{}", menu()),
    }
}

fn menu() -> String {
    let lines = TASKS.iter().map(|task| format!("  cargo xtask {:<10} {}\n", task.word, task.about));
    format!("Tasks:\n{}", lines.collect::<String>())
}

fn ci(_args: &[String]) -> Result<()> {
    check::run(&[])?;
    test::run(&[])
}

fn dev(args: &[String]) -> Result<()> {
    let mut command =
        run::cargo(&["run", "--package", "cratekeep", "--", "serve", "--data-dir", "target/dev"]);
    command.args(args);
    run::run(command)
}

fn bench(args: &[String]) -> Result<()> {
    needs::ensure(&[needs::NGINX, needs::WRK, needs::STRACE, needs::POSTGRES])?;
    run::run(run::cargo(&["build", "--release", "--package", "cratekeep"]))?;
    let mut command = run::cargo(&["run", "--release", "--package", "cratekeep-bench", "--"]);
    command.args(args);
    run::run(command).context("the bench did not finish")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_word_shows_the_menu() {
        let error = dispatch(&["tset".to_owned()]).expect_err("no such task").to_string();
        assert!(error.starts_with("`tset` is no task") && error.contains("cargo xtask test"), "{error}");
    }
}
