//! `admin quota …`

use clap::Subcommand;
use cratekeep_wire::control::QuotaCommand;

/// What to do with quotas.
#[derive(Debug, Subcommand)]
pub(crate) enum QuotaArgs {
    /// Limit what a user or a registry may hold; what is left out has no limit
    Set {
        /// Whose quota: user or registry
        kind: String,
        /// The name of the user or registry
        name: String,
        /// Most crates
        #[arg(long, value_name = "N")]
        crates: Option<u64>,
        /// Most bytes of all crate files together
        #[arg(long, value_name = "N")]
        bytes: Option<u64>,
    },
    /// Show a quota and what is used of it
    Show {
        /// Whose quota: user or registry
        kind: String,
        /// The name of the user or registry
        name: String,
    },
}

impl From<QuotaArgs> for QuotaCommand {
    fn from(args: QuotaArgs) -> Self {
        match args {
            QuotaArgs::Set { kind, name, crates, bytes } => Self::Set { kind, name, crates, bytes },
            QuotaArgs::Show { kind, name } => Self::Show { kind, name },
        }
    }
}
