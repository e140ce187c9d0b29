//! `cratekeep admin owner …`

use clap::Subcommand;
use cratekeep_wire::control::OwnerCommand;

/// What to do with owners of crates.
#[derive(Debug, Subcommand)]
pub(crate) enum OwnerArgs {
    /// List the owners of a crate
    List {
        /// The registry's name
        registry: String,
        /// The crate's name
        krate: String,
    },
    /// Make a user or a team an owner at once, without an invitation
    Add {
        /// The registry's name
        registry: String,
        /// The crate's name
        krate: String,
        /// The user's name, or a team as `team:NAME`
        login: String,
    },
    /// Take an owner away; at least one user stays
    Remove {
        /// The registry's name
        registry: String,
        /// The crate's name
        krate: String,
        /// The user's name, or a team as `team:NAME`
        login: String,
    },
}

impl From<OwnerArgs> for OwnerCommand {
    fn from(args: OwnerArgs) -> Self {
        match args {
            OwnerArgs::List { registry, krate } => Self::List { registry, krate },
            OwnerArgs::Add { registry, krate, login } => Self::Add { registry, krate, login },
            OwnerArgs::Remove { registry, krate, login } => Self::Remove { registry, krate, login },
        }
    }
}
