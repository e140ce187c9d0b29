//! `admin crate …`

use clap::Subcommand;
use cratekeep_wire::control::CrateCommand;

/// What to do with crates.
#[derive(Debug, Subcommand)]
pub(crate) enum CrateArgs {
    /// Give a crate limits of its own; what is left out is the server's limit
    Set {
        /// The name of the registry
        registry: String,
        /// The name of the crate
        #[arg(value_name = "CRATE")]
        krate: String,
        /// Longest upload in bytes
        #[arg(long, value_name = "N")]
        upload_bytes: Option<u64>,
        /// Most features
        #[arg(long, value_name = "N")]
        features: Option<u64>,
    },
    /// Delete a crate, or one version of it; numbers never come back with other bytes
    Delete {
        /// The name of the registry
        registry: String,
        /// The name of the crate; NAME@VERSION for one version
        #[arg(value_name = "CRATE")]
        krate: String,
        /// Why
        #[arg(long)]
        reason: String,
    },
    /// Let anybody publish the name of a deleted crate
    Release {
        /// The name of the registry
        registry: String,
        /// The name that the crate had
        #[arg(value_name = "CRATE")]
        krate: String,
    },
}

impl From<CrateArgs> for CrateCommand {
    fn from(args: CrateArgs) -> Self {
        match args {
            CrateArgs::Set { registry, krate, upload_bytes, features } => {
                Self::Set { registry, krate, upload_bytes, features }
            }
            CrateArgs::Delete { registry, krate, reason } => Self::Delete { registry, krate, reason },
            CrateArgs::Release { registry, krate } => Self::Release { registry, krate },
        }
    }
}
