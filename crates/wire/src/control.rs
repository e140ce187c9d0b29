//! What administrators ask of the server: the words of `cratekeep admin …` as data, one file per noun.
//!
//! The shell sends them over the control socket, one JSON object a line, a command and a reply: only the operator
//! reaches the socket (its file is readable by the server's own user alone), so a command carries no credential. The
//! web API takes the same objects from administrators.

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
mod vault;

use serde::{Deserialize, Serialize};

use crate::audit::AuditPage;

pub use audit::AuditCommand;
pub use base_url::BaseUrlCommand;
pub use dump::DumpCommand;
pub use job::JobCommand;
pub use krate::CrateCommand;
pub use mail::MailCommand;
pub use member::MemberCommand;
pub use name::NameCommand;
pub use owner::OwnerCommand;
pub use quota::QuotaCommand;
pub use rate::RateCommand;
pub use reader::ReaderCommand;
pub use registry::{RegistryCommand, RegistryCreate};
pub use service::ServiceCommand;
pub use site::SiteCommand;
pub use team::TeamCommand;
pub use token::TokenCommand;
pub use trust::TrustCommand;
pub use user::UserCommand;
pub use vault::VaultCommand;

/// Something an administrator asks of the server. `command` names the noun, `action` the verb.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "command")]
pub enum AdminCommand {
    /// `admin user …`
    User(UserCommand),
    /// `admin service …`
    Service(ServiceCommand),
    /// `admin token …`
    Token(TokenCommand),
    /// `admin registry …`
    Registry(RegistryCommand),
    /// `admin team …`
    Team(TeamCommand),
    /// `admin owner …`
    Owner(OwnerCommand),
    /// `admin member …`
    Member(MemberCommand),
    /// `admin reader …`
    Reader(ReaderCommand),
    /// `admin rate …`
    Rate(RateCommand),
    /// `admin job …`
    Job(JobCommand),
    /// `admin mail …`
    Mail(MailCommand),
    /// `admin crate …`
    Crate(CrateCommand),
    /// `admin name …`
    Name(NameCommand),
    /// `admin quota …`
    Quota(QuotaCommand),
    /// `admin site …`
    Site(SiteCommand),
    /// `admin audit …`
    Audit(AuditCommand),
    /// `admin trust …`
    Trust(TrustCommand),
    /// `admin dump …`
    Dump(DumpCommand),
    /// `admin vault …`
    Vault(VaultCommand),
    /// `admin base-url …`, at the shell only.
    BaseUrl(BaseUrlCommand),
    /// `verify` on a running server, at the shell only.
    Verify,
    /// `backup DIR` of a running server, at the shell only.
    Backup {
        /// The folder to write, which must not exist or be empty.
        folder: String,
    },
}

impl AdminCommand {
    /// Whether it only looks.
    #[must_use]
    pub fn only_looks(&self) -> bool {
        let action = serde_json::to_value(self).ok();
        let action = action.as_ref().and_then(|command| command.get("action")?.as_str());
        matches!(action, Some("list" | "list-dead" | "show" | "requests" | "export"))
    }
}

/// What the server answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "reply")]
pub enum AdminReply {
    /// It is done; a sentence says what.
    Done {
        /// What was done.
        message: String,
    },
    /// A new token, shown this once.
    Token {
        /// The text of the token.
        token: String,
    },
    /// A table.
    Table {
        /// What the columns are called.
        columns: Vec<String>,
        /// The rows.
        rows: Vec<Vec<String>>,
    },
    /// A report with findings; any finding means that something is wrong.
    Report {
        /// What was looked at.
        summary: Vec<String>,
        /// What is wrong.
        findings: Vec<String>,
    },
    /// A page of the audit log.
    Audit(AuditPage),
    /// It could not be done.
    Refused {
        /// What was wrong and what to do, one sentence each.
        problems: Vec<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_one_readable_line() {
        let command = AdminCommand::Token(TokenCommand::Revoke { id: 7 });
        let line = serde_json::to_string(&command).expect("plain data");
        assert_eq!(line, r#"{"command":"token","action":"revoke","id":7}"#);
        assert_eq!(serde_json::from_str::<AdminCommand>(&line).expect("its own text"), command);
    }
}
