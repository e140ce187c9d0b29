//! `cratekeep admin …`: users, tokens and registries.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use cratekeep_config::parse_duration;
use cratekeep_wire::control::AdminCommand;

use super::operator::{Beginning, ask};
use crate::args::Place;
use crate::out::{show_reply, start_logging};

/// What to manage.
#[derive(Debug, Subcommand)]
pub(crate) enum AdminArgs {
    /// Users
    #[command(subcommand)]
    User(UserArgs),
    /// API tokens
    #[command(subcommand)]
    Token(TokenArgs),
    /// Registries
    #[command(subcommand)]
    Registry(RegistryArgs),
    /// The address that clients use
    #[command(subcommand)]
    BaseUrl(BaseUrlArgs),
}

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
}

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
    /// What it may do: publish-new, publish-update, yank, change-owners, read [default: all]
    #[arg(long, value_name = "SCOPE,…")]
    scope: Option<String>,
    /// Which crates it is for: names, or prefixes with a star [default: all]
    #[arg(long, value_name = "PATTERN,…", value_delimiter = ',')]
    crates: Vec<String>,
    /// When it ends, as in 90d [default: never]
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    expires: Option<u64>,
}

/// What to do with registries.
#[derive(Debug, Subcommand)]
pub(crate) enum RegistryArgs {
    /// Make a registry
    Create(RegistryCreate),
    /// List the registries
    List,
}

/// A registry to be made.
#[derive(Debug, Args)]
pub(crate) struct RegistryCreate {
    /// The registry name
    name: String,
    /// Where its crates come from
    #[arg(long, default_value = "hosted")]
    kind: String,
    /// Only holders of a token may read it
    #[arg(long)]
    closed: bool,
    /// A dependency without a registry means this registry, not crates.io
    #[arg(long)]
    stands_for_crates_io: bool,
    /// Whether dependencies on crates that it does not have are accepted: allow or refuse
    #[arg(long, value_name = "WORD")]
    unknown_dependencies: Option<String>,
    /// How much metadata an upload must carry: crates-io or relaxed
    #[arg(long, value_name = "WORD")]
    upload_rules: Option<String>,
}

/// What to do with the address that clients use.
#[derive(Debug, Subcommand)]
pub(crate) enum BaseUrlArgs {
    /// Move the server to another address, from its next start on
    Set {
        /// The new address
        url: String,
    },
}

/// Runs the command.
pub(crate) fn run(place: &Place, args: AdminArgs) -> Result<ExitCode> {
    let settings = place.settings([])?;
    start_logging(&settings, false);
    Ok(show_reply(&ask(&settings, command(args), Beginning::Allowed)?))
}

fn command(args: AdminArgs) -> AdminCommand {
    match args {
        AdminArgs::User(UserArgs::Create { name, email, admin }) => {
            AdminCommand::UserCreate { name, email, admin }
        }
        AdminArgs::User(UserArgs::List) => AdminCommand::UserList,
        AdminArgs::Token(TokenArgs::Create(TokenCreate { user, name, scope, crates, expires })) => {
            AdminCommand::TokenCreate { user, name, scope, crates, expires_secs: expires }
        }
        AdminArgs::Token(TokenArgs::List { user }) => AdminCommand::TokenList { user },
        AdminArgs::Token(TokenArgs::Revoke { id }) => AdminCommand::TokenRevoke { id },
        AdminArgs::Registry(RegistryArgs::Create(create)) => AdminCommand::RegistryCreate {
            name: create.name,
            kind: create.kind,
            closed: create.closed,
            stands_for_crates_io: create.stands_for_crates_io,
            unknown_dependencies: create.unknown_dependencies,
            upload_rules: create.upload_rules,
        },
        AdminArgs::Registry(RegistryArgs::List) => AdminCommand::RegistryList,
        AdminArgs::BaseUrl(BaseUrlArgs::Set { url }) => AdminCommand::BaseUrlSet { url },
    }
}

fn seconds(text: &str) -> Result<u64, String> {
    parse_duration(text).map(|span| span.as_secs())
}
