//! `admin token …`

use clap::{Args, Subcommand};
use cratekeep_wire::control::TokenCommand;

use super::seconds;
/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenArgs {
    /// Make a token and print it, alone on standard output
    Create(TokenCreate),
    /// List the tokens, without their texts
    List {
        /// Only this user's
        #[arg(long)]
        user: Option<String>,
    },
    /// Take a token back
    Revoke {
        /// Its number in the list
        id: i64,
    },
}

/// A token to be made.
#[derive(Debug, Args)]
pub(crate) struct TokenCreate {
    /// Whose token
    #[arg(long)]
    user: String,
    /// A label to know it by
    #[arg(long)]
    name: String,
    /// What it may do: read, publish-new, publish-update, yank, change-owners, trusted-publishing, admin [default: all but
    /// admin]
    #[arg(long, value_name = "SCOPE,…")]
    scope: Option<String>,
    /// Which crates it is for: names, or prefixes with a star [default: all]
    #[arg(long, value_name = "PATTERN,…", value_delimiter = ',')]
    crates: Vec<String>,
    /// Which registries it is for, by name [default: all]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    registries: Vec<String>,
    /// From which networks it may be used: addresses, or networks as in 10.0.0.0/8 [default: all]
    #[arg(long, value_name = "NETWORK,…", value_delimiter = ',')]
    addresses: Vec<String>,
    /// When it ends, as in 90d [default: never]
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    expires: Option<u64>,
}

impl From<TokenArgs> for TokenCommand {
    fn from(args: TokenArgs) -> Self {
        match args {
            TokenArgs::Create(create) => Self::Create {
                user: create.user,
                name: create.name,
                scope: create.scope,
                crates: create.crates,
                registries: create.registries,
                addresses: create.addresses,
                expires_secs: create.expires,
            },
            TokenArgs::List { user } => Self::List { user },
            TokenArgs::Revoke { id } => Self::Revoke { id },
        }
    }
}
