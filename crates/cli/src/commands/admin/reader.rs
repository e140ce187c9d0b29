//! `admin reader …`

use clap::Subcommand;
use cratekeep_wire::control::ReaderCommand;

/// Who sees a crate of an internal or closed registry.
#[derive(Debug, Subcommand)]
pub(crate) enum ReaderArgs {
    /// Show a crate to its owners and these readers only
    Limit {
        /// The name of the registry
        registry: String,
        /// The name of the crate
        krate: String,
        /// A reader: the name of a user, or team:NAME; may be said more than once
        #[arg(long, value_name = "WHO")]
        to: Vec<String>,
    },
    /// Show a crate to whoever may read the registry
    Open {
        /// The name of the registry
        registry: String,
        /// The name of the crate
        krate: String,
    },
    /// List the readers of a crate
    List {
        /// The name of the registry
        registry: String,
        /// The name of the crate
        krate: String,
    },
}

impl From<ReaderArgs> for ReaderCommand {
    fn from(args: ReaderArgs) -> Self {
        match args {
            ReaderArgs::Limit { registry, krate, to } => Self::Limit { registry, krate, to },
            ReaderArgs::Open { registry, krate } => Self::Open { registry, krate },
            ReaderArgs::List { registry, krate } => Self::List { registry, krate },
        }
    }
}
