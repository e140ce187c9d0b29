//! `cratekeep admin dump …`

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Subcommand;
use cratekeep_wire::control::{AdminCommand, DumpCommand};

/// What to do with the dump of a registry.
#[derive(Debug, Subcommand)]
pub(crate) enum DumpArgs {
    /// Write everything that everybody may read into a file, in crates.io's layout
    Write {
        /// A file that does not exist, ending in .tar.gz
        file: PathBuf,
        /// The name of the registry
        #[arg(long, default_value = "main")]
        registry: String,
    },
    /// Make the dump that is offered at /db-dump.tar.gz anew, without waiting for the next day
    Refresh {
        /// The name of the registry
        #[arg(long, default_value = "main")]
        registry: String,
    },
}

/// Names the file from the root: a running server writes it itself, and it is elsewhere.
pub(super) fn from_the_root(command: AdminCommand) -> Result<AdminCommand> {
    let AdminCommand::Dump(DumpCommand::Write { registry, path }) = command else { return Ok(command) };
    let whole = std::path::absolute(&path).with_context(|| format!("could not find out where {path} is"))?;
    let path = whole.to_string_lossy().into_owned();
    Ok(AdminCommand::Dump(DumpCommand::Write { registry, path }))
}

impl From<DumpArgs> for DumpCommand {
    fn from(args: DumpArgs) -> Self {
        match args {
            DumpArgs::Write { file, registry } => {
                Self::Write { registry, path: file.to_string_lossy().into_owned() }
            }
            DumpArgs::Refresh { registry } => Self::Refresh { registry },
        }
    }
}
