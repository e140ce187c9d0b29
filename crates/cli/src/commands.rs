//! One file per command, and the hand-over from the command line.

pub(crate) mod admin;
pub(crate) mod backup;
pub(crate) mod config;
pub(crate) mod credential;
mod doctor;
mod migrate;
mod operator;
pub(crate) mod restore;
pub(crate) mod serve;
mod verify;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use tokio::runtime::Runtime;

use crate::args::{Cli, Command};
use crate::out::complain;

/// Runs the command; whatever goes wrong is printed.
pub(crate) fn run(Cli { place, command }: Cli) -> ExitCode {
    let done = match command {
        Command::Serve(args) => serve::run(&place, args),
        Command::Admin(args) => admin::run(&place, args),
        Command::Config(args) => config::run(&place, &args),
        Command::Credential(args) => credential::run(&args),
        Command::Backup(args) => backup::run(&place, &args),
        Command::Restore(args) => restore::run(&place, &args),
        Command::Verify => verify::run(&place),
        Command::Migrate => migrate::run(&place),
        Command::Doctor => doctor::run(&place),
    };
    done.unwrap_or_else(|error| {
        complain(&error);
        ExitCode::FAILURE
    })
}

/// The threads that a command works with.
fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("could not start the worker threads")
}
