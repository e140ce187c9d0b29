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

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    commands::run(args::Cli::parse())
}
