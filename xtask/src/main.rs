//! The one door to every task of the project: `cargo xtask` prints the menu.
//! Nothing here is part of the program; the program never depends on it.

#![expect(clippy::print_stdout, reason = "this is a tool for the terminal")]

mod run;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

/// A line of the menu.
struct Task {
    word: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const TASKS: &[Task] = &[Task {
    word: "tidy",
    about: "the rules of the house: arrows, sizes, words, documents",
    run: tidy::run,
}];

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
        println!("{}", menu());
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
