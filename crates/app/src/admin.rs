//! What administrators do: one function that runs a command, from the shell (on a running server through its control
//! socket or in a process of its own) or from the web API, with the same result. One file per noun.

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
mod registry;
mod service;
mod site;
mod team;
mod token;
mod trust;
mod user;
mod user_facts;
mod vault;

use std::path::Path;

use cratekeep_policy::may_administer;
use cratekeep_types::Actor;
use cratekeep_wire::control::{AdminCommand, AdminReply};

use crate::verify::VerifyDepth;
use crate::{App, AppError, Caller, Report};

impl App {
    /// Runs a command of the operator. Failures come back as a reply too: the shell prints them.
    pub async fn run_at_shell(&self, command: AdminCommand) -> AdminReply {
        let done = self.run_admin(&Caller::operator(), command).await;
        done.unwrap_or_else(|error| match error {
            AppError::Invalid(problems) => AdminReply::Refused { problems },
            other => AdminReply::Refused { problems: vec![other.to_string()] },
        })
    }

    /// Runs a command for whoever may: each use case asks for the right it needs.
    ///
    /// # Errors
    /// Those of the use case; [`AppError::Invalid`] for a command that runs at the shell only.
    pub async fn run_admin(&self, caller: &Caller, command: AdminCommand) -> Result<AdminReply, AppError> {
        self.check_writable(caller, &command)?;
        match command {
            AdminCommand::User(command) => self.run_user(caller, command).await,
            AdminCommand::Service(command) => self.run_service(caller, command).await,
            AdminCommand::Token(command) => self.run_token(caller, command).await,
            AdminCommand::Registry(command) => self.run_registry(caller, command).await,
            AdminCommand::Team(command) => self.run_team(caller, command).await,
            AdminCommand::Owner(command) => self.run_owner(caller, command).await,
            AdminCommand::Member(command) => self.run_member(caller, command).await,
            AdminCommand::Reader(command) => self.run_reader(caller, command).await,
            AdminCommand::Rate(command) => self.run_rate(caller, command).await,
            AdminCommand::Job(command) => self.run_job_command(caller, command).await,
            AdminCommand::Mail(command) => self.run_mail(caller, command).await,
            AdminCommand::Crate(command) => self.run_crate(caller, command).await,
            AdminCommand::Name(command) => self.run_name(caller, command).await,
            AdminCommand::Quota(command) => self.run_quota(caller, command).await,
            AdminCommand::Site(command) => self.run_site(caller, command).await,
            AdminCommand::Audit(command) => self.run_audit(caller, command).await,
            AdminCommand::Trust(command) => self.run_trust(caller, command).await,
            AdminCommand::Dump(command) => self.run_dump(caller, command).await,
            AdminCommand::Vault(command) => self.run_vault(caller, command).await,
            AdminCommand::BaseUrl(command) => self.run_base_url(caller, command).await,
            AdminCommand::Verify => {
                at_shell_only(caller, "verify")?;
                Ok(report(self.verify(VerifyDepth::Blobs).await?))
            }
            AdminCommand::Backup { folder } => {
                at_shell_only(caller, "backup")?;
                Ok(report(self.backup(Path::new(&folder)).await?))
            }
        }
    }
}

impl App {
    /// While the server is in read-only mode, administrators can look, and end it. The operator at the shell can do
    /// everything.
    fn check_writable(&self, caller: &Caller, command: &AdminCommand) -> Result<(), AppError> {
        let is_free = matches!(caller.actor, Actor::Operator) || matches!(command, AdminCommand::Site(_));
        match self.site().refusal() {
            Some(refusal) if !is_free && !command.only_looks() => Err(refusal),
            _ => Ok(()),
        }
    }
}

/// Refuses what makes no sense over the network: it names files of the server's machine, or takes very long.
pub(crate) fn at_shell_only(caller: &Caller, command: &str) -> Result<(), AppError> {
    may_administer(&caller.actor)?;
    match caller.actor {
        Actor::Operator => Ok(()),
        _ => Err(AppError::invalid(format!(
            "`{command}` runs at the server's shell only: `cratekeep {command}` there"
        ))),
    }
}

/// Reads a word of a command into its type.
pub(crate) fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, AppError> {
    text.parse().map_err(|error: T::Err| AppError::invalid(error.to_string()))
}

/// The reply that something is done.
pub(crate) fn done(message: String) -> AdminReply {
    AdminReply::Done { message }
}

fn report(report: Report) -> AdminReply {
    AdminReply::Report { summary: report.summary, findings: report.findings }
}

/// The reply with rows under titles.
pub(crate) fn table(columns: &[&str], rows: Vec<Vec<String>>) -> AdminReply {
    AdminReply::Table { columns: columns.iter().map(|&column| column.to_owned()).collect(), rows }
}

/// How a table says whether something is so.
pub(crate) fn yes_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}
