//! What everybody runs before a commit. Needs nothing but the toolchain.

use anyhow::Result;

use crate::{run, tidy};

/// Runs format, lints, licences, tidy and unit tests, and stops at the first that fails.
///
/// # Errors
/// One of them failed.
pub(crate) fn run(_args: &[String]) -> Result<()> {
    format()?;
    lints()?;
    licences()?;
    tidy::run(&[])?;
    run::run(run::cargo(&["test", "--workspace", "--lib", "--bins"]))
}

/// Compares the format of every file with rustfmt's.
///
/// # Errors
/// A file differs.
pub(crate) fn format() -> Result<()> {
    if !run::works("cargo", &["fmt", "--version"]) {
        println!("skipped: rustfmt is not installed (rustup component add rustfmt)");
        return Ok(());
    }
    run::run(run::cargo(&["fmt", "--all", "--check"]))
}

/// Runs clippy over everything; a warning is a failure.
///
/// # Errors
/// There is a warning.
pub(crate) fn lints() -> Result<()> {
    if !run::works("cargo", &["clippy", "--version"]) {
        println!("skipped: clippy is not installed (rustup component add clippy)");
        return Ok(());
    }
    run::run(run::cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

/// Checks licences and bans of all dependencies by `deny.toml`, if cargo-deny is there.
///
/// # Errors
/// A dependency breaks a rule.
pub(crate) fn licences() -> Result<()> {
    if !run::works("cargo", &["deny", "--version"]) {
        println!("skipped: cargo-deny is not installed (cargo install --locked cargo-deny)");
        return Ok(());
    }
    run::run(run::cargo(&["deny", "check", "bans", "licenses", "sources"]))
}
