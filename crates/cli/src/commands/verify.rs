//! `cratekeep verify`: rows, index entries and the bytes of every crate file against each other.

use std::process::ExitCode;

use anyhow::Result;
use cratekeep_wire::control::AdminCommand;

use super::operator::{Beginning, ask};
use crate::args::Place;
use crate::out::{show_reply, start_logging};

/// Runs the command; it fails when anything is wrong.
pub(crate) fn run(place: &Place) -> Result<ExitCode> {
    let settings = place.settings([])?;
    start_logging(&settings, false);
    Ok(show_reply(&ask(&settings, AdminCommand::Verify, Beginning::Refused)?))
}
