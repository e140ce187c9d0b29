//! `admin user …`

use clap::Subcommand;
use cratekeep_wire::control::UserCommand;

/// What to do with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UserArgs {
    /// Make a user
    Create {
        /// The user name
        name: String,
        /// A mail address
        #[arg(long)]
        email: Option<String>,
        /// Let the user administer the server
        #[arg(long)]
        admin: bool,
    },
    /// List the users
    List,
    /// Show one user
    Show {
        /// The user name
        name: String,
    },
}

impl From<UserArgs> for UserCommand {
    fn from(args: UserArgs) -> Self {
        match args {
            UserArgs::Create { name, email, admin } => Self::Create { name, email, admin },
            UserArgs::List => Self::List,
            UserArgs::Show { name } => Self::Show { name },
        }
    }
}
