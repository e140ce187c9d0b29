//! `cratekeep backup DIR`: database and crate files into an empty folder.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use cratekeep_wire::control::AdminCommand;

use super::operator::{Beginning, ask};
use crate::args::Place;
use crate::out::{show_reply, start_logging};

/// Where to.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// A folder that does not exist or is empty
    dir: PathBuf,
}

/// Runs the command. A running server writes the backup itself, so the folder is named from the root.
pub(crate) fn run(place: &Place, args: &BackupArgs) -> Result<ExitCode> {
    let settings = place.settings([])?;
    start_logging(&settings, false);
    let folder = std::path::absolute(&args.dir)
        .with_context(|| format!("could not find out where {} is", args.dir.display()))?;
    let Some(folder) = folder.to_str() else { bail!("the folder {} is not UTF-8", folder.display()) };
    let command = AdminCommand::Backup { folder: folder.to_owned() };
    Ok(show_reply(&ask(&settings, command, Beginning::Refused)?))
}
