//! `admin member …`

use clap::Subcommand;
use cratekeep_wire::control::MemberCommand;

/// What to do with members of registries.
#[derive(Debug, Subcommand)]
pub(crate) enum MemberArgs {
    /// Make a user or a team a member of a registry, or give it another role
    Add {
        /// The name of the registry
        registry: String,
        /// The name of a user, or team:NAME
        who: String,
        /// What it may do: reader, publisher or administrator
        role: String,
    },
    /// Take a membership away
    Remove {
        /// The name of the registry
        registry: String,
        /// The name of a user, or team:NAME
        who: String,
    },
    /// List the members of a registry
    List {
        /// The name of the registry
        registry: String,
    },
}

impl From<MemberArgs> for MemberCommand {
    fn from(args: MemberArgs) -> Self {
        match args {
            MemberArgs::Add { registry, who, role } => Self::Add { registry, who, role },
            MemberArgs::Remove { registry, who } => Self::Remove { registry, who },
            MemberArgs::List { registry } => Self::List { registry },
        }
    }
}
