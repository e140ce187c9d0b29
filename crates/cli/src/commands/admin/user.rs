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
    /// Print a one-time link with which a user sets a password; it is good for a day
    Link {
        /// The user name
        name: String,
        /// Take the user's passkeys away, because they are lost
        #[arg(long)]
        drop_passkeys: bool,
    },
    /// Lock a user out: sessions end, tokens count for nothing
    Lock {
        /// The user name
        name: String,
        /// Why; the user reads it
        #[arg(long)]
        reason: String,
        /// When the lock ends, in UTC, as in 2027-01-31 [default: never]
        #[arg(long, value_name = "DATE")]
        until: Option<String>,
    },
    /// Unlock a user
    Unlock {
        /// The user name
        name: String,
    },
    /// Make a user an administrator of the server, or take that away
    Admin {
        /// The user name
        name: String,
        /// Take it away
        #[arg(long)]
        off: bool,
    },
    /// End every session of a user
    SessionsEnd {
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
            UserArgs::Link { name, drop_passkeys } => Self::Link { name, drop_passkeys },
            UserArgs::Lock { name, reason, until } => Self::Lock { name, reason, until },
            UserArgs::Unlock { name } => Self::Unlock { name },
            UserArgs::Admin { name, off } => Self::Admin { name, off },
            UserArgs::SessionsEnd { name } => Self::SessionsEnd { name },
        }
    }
}
