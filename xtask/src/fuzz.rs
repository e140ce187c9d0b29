//! A short run of every fuzz target, enough to see that it builds and that nothing near at hand breaks it.
//! How a target is built and run stands in `fuzz/run`, which is also there for longer runs by hand.

use anyhow::{Context, Result};

use crate::run;

/// How long each target runs when nothing is said.
const SECS: u32 = 15;

/// Builds and runs every target; the first argument is the number of seconds for each.
///
/// # Errors
/// A target does not build, or finds an input that breaks the code; the input stays in `fuzz/artifacts`.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let secs: u32 = match args.first() {
        Some(word) => word.parse().with_context(|| format!("`{word}` is no number of seconds"))?,
        None => SECS,
    };
    if !run::works("rustup", &["run", "nightly", "rustc", "--version"]) {
        println!("skipped: fuzzing needs the nightly toolchain (rustup toolchain install nightly)");
        return Ok(());
    }
    if !run::works("c++", &["--version"]) {
        println!("skipped: fuzzing needs a C++ compiler (apt-get install g++)");
        return Ok(());
    }
    let mut command = run::command("fuzz/run");
    command.args(["all", &secs.to_string()]).env("RUSTUP_AUTO_INSTALL", "0");
    // The nightly builds elsewhere than the toolchain of this run, and with settings of its own.
    for key in ["CARGO", "CARGO_TARGET_DIR", "RUSTC", "RUSTFLAGS", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(key);
    }
    run::run(command).context("a fuzz target does not build, or found something")
}
