//! `cratekeep admin …`: one file per noun, each with its words and the command they make.

mod audit;
mod base_url;
mod dump;
mod job;
mod krate;
mod mail;
mod member;
mod name;
mod owner;
mod quota;
mod rate;
mod reader;
mod reference;
mod registry;
mod service;
mod site;
mod team;
mod token;
mod trust;
mod user;
mod vault;

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use cratekeep_config::parse_duration;
use cratekeep_wire::control::{AdminCommand, AuditCommand};

use super::operator::{Beginning, ask};
use crate::args::Place;
use crate::out::{say, show_reply, start_logging};

/// What to manage.
#[derive(Debug, Subcommand)]
pub(crate) enum AdminArgs {
    /// Users
    #[command(subcommand)]
    User(user::UserArgs),
    /// Accounts that are no persons
    #[command(subcommand)]
    Service(service::ServiceArgs),
    /// API tokens
    #[command(subcommand)]
    Token(token::TokenArgs),
    /// Registries
    #[command(subcommand)]
    Registry(registry::RegistryArgs),
    /// Local teams
    #[command(subcommand)]
    Team(team::TeamArgs),
    /// Owners of crates
    #[command(subcommand)]
    Owner(owner::OwnerArgs),
    /// Members of registries
    #[command(subcommand)]
    Member(member::MemberArgs),
    /// Who sees a crate of an internal or closed registry
    #[command(subcommand)]
    Reader(reader::ReaderArgs),
    /// Users with rate limits of their own
    #[command(subcommand)]
    Rate(rate::RateArgs),
    /// Background jobs that were set aside
    #[command(subcommand)]
    Job(job::JobArgs),
    /// Mail
    #[command(subcommand)]
    Mail(mail::MailArgs),
    /// Crates: limits of their own, deletion
    #[command(subcommand)]
    Crate(krate::CrateArgs),
    /// Reserved names, and names that were asked for
    #[command(subcommand)]
    Name(name::NameArgs),
    /// How much users and registries may hold
    #[command(subcommand)]
    Quota(quota::QuotaArgs),
    /// Banner and read-only mode
    #[command(subcommand)]
    Site(site::SiteArgs),
    /// Who did what
    #[command(subcommand)]
    Audit(audit::AuditArgs),
    /// Whose word on builds is taken
    #[command(subcommand)]
    Trust(trust::TrustArgs),
    /// Dumps of what everybody may read
    #[command(subcommand)]
    Dump(dump::DumpArgs),
    /// The key that seals secrets in the database
    #[command(subcommand)]
    Vault(vault::VaultArgs),
    /// The address that clients use
    #[command(subcommand)]
    BaseUrl(base_url::BaseUrlArgs),
    /// Print the reference of all these commands in Markdown
    #[command(hide = true)]
    Reference,
}

/// Runs the command.
pub(crate) fn run(place: &Place, args: AdminArgs) -> Result<ExitCode> {
    let Some(command) = command(args) else {
        say(reference::reference()?.trim_end());
        return Ok(ExitCode::SUCCESS);
    };
    let settings = place.settings([])?;
    start_logging(&settings, false);
    if let AdminCommand::Audit(AuditCommand::Export(query)) = command {
        return audit::export(&settings, query);
    }
    let command = dump::from_the_root(command)?;
    Ok(show_reply(&ask(&settings, command, Beginning::Allowed)?))
}

/// The command that the words make; none for those that never reach a server.
fn command(args: AdminArgs) -> Option<AdminCommand> {
    Some(match args {
        AdminArgs::User(args) => AdminCommand::User(args.into()),
        AdminArgs::Service(args) => AdminCommand::Service(args.into()),
        AdminArgs::Token(args) => AdminCommand::Token(args.into()),
        AdminArgs::Registry(args) => AdminCommand::Registry(args.into()),
        AdminArgs::Team(args) => AdminCommand::Team(args.into()),
        AdminArgs::Owner(args) => AdminCommand::Owner(args.into()),
        AdminArgs::Member(args) => AdminCommand::Member(args.into()),
        AdminArgs::Reader(args) => AdminCommand::Reader(args.into()),
        AdminArgs::Rate(args) => AdminCommand::Rate(args.into()),
        AdminArgs::Job(args) => AdminCommand::Job(args.into()),
        AdminArgs::Mail(args) => AdminCommand::Mail(args.into()),
        AdminArgs::Crate(args) => AdminCommand::Crate(args.into()),
        AdminArgs::Name(args) => AdminCommand::Name(args.into()),
        AdminArgs::Quota(args) => AdminCommand::Quota(args.into()),
        AdminArgs::Site(args) => AdminCommand::Site(args.into()),
        AdminArgs::Audit(args) => AdminCommand::Audit(args.into()),
        AdminArgs::Trust(args) => AdminCommand::Trust(args.into()),
        AdminArgs::Dump(args) => AdminCommand::Dump(args.into()),
        AdminArgs::Vault(args) => AdminCommand::Vault(args.into()),
        AdminArgs::BaseUrl(args) => AdminCommand::BaseUrl(args.into()),
        AdminArgs::Reference => return None,
    })
}

/// Reads a time as in `90d`.
fn seconds(text: &str) -> Result<u64, String> {
    parse_duration(text).map(|span| span.as_secs())
}
