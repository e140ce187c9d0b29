//! Measures a release build against nginx serving the same bytes, in one run, as ratios with their spread.
//!
//! `cargo xtask bench` builds the program and starts this. Nothing here judges: it prints tables.
#![expect(clippy::print_stdout, reason = "a bench talks to its terminal")]
#![expect(clippy::disallowed_methods, reason = "a bench measures time by the system's clock")]

mod arena;
mod crates;
mod growth;
mod load;
mod nginx;
mod publish;
mod reads;
mod resolve;
mod startup;
mod table;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// What one call measures, and how long.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// The release build.
    pub(crate) program: PathBuf,
    /// Seconds of each run of the load generator.
    pub(crate) seconds: u32,
    /// Interleaved rounds; the median counts.
    pub(crate) rounds: usize,
    /// Real crates that are published at most.
    pub(crate) crates_max: usize,
}

type Part = fn(&Plan) -> Result<String>;

/// Every part by its word, in the order of a whole run.
const PARTS: &[(&str, Part)] = &[
    ("startup", startup::run),
    ("reads", reads::run),
    ("publish", publish::run),
    ("growth", growth::run),
    ("resolve", resolve::run),
];

fn main() -> Result<()> {
    let mut words = Vec::new();
    let mut plan = Plan { program: program()?, seconds: 4, rounds: 5, crates_max: 400 };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut number = || -> Result<u32> {
            let text = args.next().with_context(|| format!("`{arg}` needs a number"))?;
            text.parse().with_context(|| format!("`{arg} {text}` is no number"))
        };
        match arg.as_str() {
            "--seconds" => plan.seconds = number()?.clamp(1, 60),
            "--rounds" => plan.rounds = number()?.clamp(1, 20) as usize,
            "--crates" => plan.crates_max = number()? as usize,
            word if PARTS.iter().any(|(part, _)| *part == word) => words.push(word.to_owned()),
            other => bail!(
                "`{other}` is no part of the bench; parts: startup, reads, publish, growth, resolve; flags: --seconds N, --rounds N, --crates N"
            ),
        }
    }
    for (word, part) in PARTS {
        if words.is_empty() || words.iter().any(|wanted| wanted == word) {
            println!("{}", part(&plan).with_context(|| format!("the part `{word}` failed"))?);
        }
    }
    Ok(())
}

/// The program lies beside this one.
fn program() -> Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name("cratekeep");
    if !program.exists() {
        bail!("{} is not there; build it with `cargo build --release -p cratekeep`", program.display());
    }
    Ok(program)
}
