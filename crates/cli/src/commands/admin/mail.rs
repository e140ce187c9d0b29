//! `cratekeep admin mail …`

use clap::Subcommand;
use cratekeep_wire::control::MailCommand;

/// What to do with mail.
#[derive(Debug, Subcommand)]
pub(crate) enum MailArgs {
    /// Send a letter now, to try the settings out
    Test {
        /// The address to write to
        address: String,
    },
}

impl From<MailArgs> for MailCommand {
    fn from(args: MailArgs) -> Self {
        match args {
            MailArgs::Test { address } => Self::Test { address },
        }
    }
}
