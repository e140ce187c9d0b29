//! The one binary. Reads the command line and hands over; each command is a file in `commands`.

mod args;
mod bootstrap;
mod commands;
mod control;
mod data;
mod folder;
mod out;

mod schema;
mod wiring;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    commands::run(args::Cli::parse_from(words(std::env::args_os())))
}

/// The words of the command line. cargo starts a credential provider with `--cargo-plugin` alone and tells further words
/// later, so that one means `credential --cargo-plugin`.
fn words(given: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<_> = given.collect();
    if words.get(1).is_some_and(|word| word == "--cargo-plugin") {
        words.insert(1, "credential".into());
    }
    words
}
