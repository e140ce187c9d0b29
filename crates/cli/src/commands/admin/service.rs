//! `admin service …`

use clap::Subcommand;
use cratekeep_wire::control::ServiceCommand;

/// What to do with accounts that are no persons.
#[derive(Debug, Subcommand)]
pub(crate) enum ServiceArgs {
    /// Make an account that has tokens but cannot sign in
    Create {
        /// Its name
        name: String,
        /// The mail address of whoever looks after it
        #[arg(long)]
        email: Option<String>,
    },
    /// List the services
    List,
}

impl From<ServiceArgs> for ServiceCommand {
    fn from(args: ServiceArgs) -> Self {
        match args {
            ServiceArgs::Create { name, email } => Self::Create { name, email },
            ServiceArgs::List => Self::List,
        }
    }
}
