//! `admin name …`

use clap::Subcommand;
use cratekeep_wire::control::NameCommand;

/// What to do with names of crates that are not there yet.
#[derive(Debug, Subcommand)]
pub(crate) enum NameArgs {
    /// Reserve a name or a prefix
    Reserve {
        /// The name of the registry
        registry: String,
        /// A name, or a prefix and a star as in acme-*
        pattern: String,
        /// Whose members may publish under it, as in team:acme [default: administrators only]
        #[arg(long)]
        team: Option<String>,
        /// Why, for who is refused
        #[arg(long)]
        reason: String,
    },
    /// Release a reserved name or prefix
    Release {
        /// The name of the registry
        registry: String,
        /// The pattern as it was reserved
        pattern: String,
    },
    /// List the reserved names of a registry
    List {
        /// The name of the registry
        registry: String,
    },
    /// List who asked for which name, where new crates need an approval
    Requests {
        /// The name of the registry
        registry: String,
    },
    /// Let who asked publish the name
    Approve {
        /// The request's number in the list
        id: i64,
    },
    /// Do not let who asked publish the name
    Refuse {
        /// The request's number in the list
        id: i64,
        /// Why, for who asked
        #[arg(long)]
        reason: String,
    },
}

impl From<NameArgs> for NameCommand {
    fn from(args: NameArgs) -> Self {
        match args {
            NameArgs::Reserve { registry, pattern, team, reason } => {
                Self::Reserve { registry, pattern, team, reason }
            }
            NameArgs::Release { registry, pattern } => Self::Release { registry, pattern },
            NameArgs::List { registry } => Self::List { registry },
            NameArgs::Requests { registry } => Self::Requests { registry },
            NameArgs::Approve { id } => Self::Approve { id },
            NameArgs::Refuse { id, reason } => Self::Refuse { id, reason },
        }
    }
}
