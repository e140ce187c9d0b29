//! `cratekeep admin job …`

use clap::Subcommand;
use cratekeep_wire::control::JobCommand;

/// What to do with background jobs.
#[derive(Debug, Subcommand)]
pub(crate) enum JobArgs {
    /// List the jobs that failed too often and were set aside
    ListDead,
    /// Let one of them run again
    Retry {
        /// Its number in the list
        id: i64,
    },
    /// Forget one of them
    Drop {
        /// Its number in the list
        id: i64,
    },
}

impl From<JobArgs> for JobCommand {
    fn from(args: JobArgs) -> Self {
        match args {
            JobArgs::ListDead => Self::ListDead,
            JobArgs::Retry { id } => Self::Retry { id },
            JobArgs::Drop { id } => Self::Drop { id },
        }
    }
}
