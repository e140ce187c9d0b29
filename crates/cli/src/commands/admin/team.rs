//! `cratekeep admin team …`

use clap::Subcommand;
use cratekeep_wire::control::TeamCommand;

/// What to do with local teams.
#[derive(Debug, Subcommand)]
pub(crate) enum TeamArgs {
    /// List the teams
    List,
    /// Make a team without members
    Create {
        /// The team's name; crates know it as `team:NAME`
        name: String,
    },
    /// Remove a team that owns nothing
    Delete {
        /// The team's name
        name: String,
    },
    /// List the members of a team, and what put them there
    Members {
        /// The team's name
        name: String,
    },
    /// Put a user into a team
    AddMember {
        /// The team's name
        name: String,
        /// The user's name
        user: String,
    },
    /// Take a user out of a team
    RemoveMember {
        /// The team's name
        name: String,
        /// The user's name
        user: String,
    },
}

impl From<TeamArgs> for TeamCommand {
    fn from(args: TeamArgs) -> Self {
        match args {
            TeamArgs::List => Self::List,
            TeamArgs::Create { name } => Self::Create { name },
            TeamArgs::Delete { name } => Self::Delete { name },
            TeamArgs::Members { name } => Self::Members { name },
            TeamArgs::AddMember { name, user } => Self::AddMember { name, user },
            TeamArgs::RemoveMember { name, user } => Self::RemoveMember { name, user },
        }
    }
}
