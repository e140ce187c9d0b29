//! `admin rate …`

use clap::Subcommand;
use cratekeep_wire::control::RateCommand;

use super::seconds;

/// Accounts that may do something more often, or less, than others.
#[derive(Debug, Subcommand)]
pub(crate) enum RateArgs {
    /// Give a user figures of its own
    Set {
        /// The name of the user
        user: String,
        /// What is limited: publish-new, publish-update, yank, or one of these with -inside
        of: String,
        /// How many times at once
        #[arg(long)]
        burst: u32,
        /// After this time once more, as in 1m [default: as in the settings]
        #[arg(long, value_name = "TIME", value_parser = short_seconds)]
        every: Option<u32>,
        /// For how long, as in 30d [default: for ever]
        #[arg(long = "for", value_name = "TIME", value_parser = seconds)]
        lasting: Option<u64>,
    },
    /// Give a user the figures of the settings again
    Clear {
        /// The name of the user
        user: String,
        /// What is limited
        of: String,
    },
    /// List the users with figures of their own
    List,
}

fn short_seconds(text: &str) -> Result<u32, String> {
    u32::try_from(seconds(text)?).map_err(|_| "the time is too long".to_owned())
}

impl From<RateArgs> for RateCommand {
    fn from(args: RateArgs) -> Self {
        match args {
            RateArgs::Set { user, of, burst, every, lasting } => {
                Self::Set { user, of, burst, every_secs: every, for_secs: lasting }
            }
            RateArgs::Clear { user, of } => Self::Clear { user, of },
            RateArgs::List => Self::List,
        }
    }
}
