//! `admin base-url …`

use clap::Subcommand;
use cratekeep_wire::control::BaseUrlCommand;

/// What to do with the address that clients use.
#[derive(Debug, Subcommand)]
pub(crate) enum BaseUrlArgs {
    /// Move the server to another address, from its next start on
    Set {
        /// The new address
        url: String,
    },
}

impl From<BaseUrlArgs> for BaseUrlCommand {
    fn from(args: BaseUrlArgs) -> Self {
        match args {
            BaseUrlArgs::Set { url } => Self::Set { url },
        }
    }
}
