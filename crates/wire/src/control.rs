//! The protocol of the control socket: one JSON object a line, a command from the shell and a reply from the server.
//!
//! Only the operator reaches the socket (its file is readable by the server's own user alone), so a command carries
//! no credential. The words are those of `cratekeep admin …`.

use serde::{Deserialize, Serialize};

/// Something the operator asks of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "command")]
pub enum AdminCommand {
    /// `admin user create`
    UserCreate {
        /// The user name.
        name: String,
        /// A mail address, kept for later use.
        email: Option<String>,
        /// Whether the user administers the server.
        admin: bool,
    },
    /// `admin user list`
    UserList,
    /// `admin token create`
    TokenCreate {
        /// Whose token.
        user: String,
        /// A label to know it by.
        name: String,
        /// Comma-separated scopes; absent means all.
        scope: Option<String>,
        /// Crate patterns; empty means every crate.
        crates: Vec<String>,
        /// Seconds until the token ends; absent means never.
        expires_secs: Option<u64>,
    },
    /// `admin token list`
    TokenList {
        /// Only this user's tokens.
        user: Option<String>,
    },
    /// `admin token revoke`
    TokenRevoke {
        /// The token's number from the list.
        id: i64,
    },
    /// `admin registry create`
    RegistryCreate {
        /// The registry name.
        name: String,
        /// Where its crates come from.
        kind: String,
        /// Whether only holders of a token may read it.
        closed: bool,
        /// Whether a dependency without `registry-index` means this registry.
        stands_for_crates_io: bool,
        /// `allow` or `refuse`; absent means the server's default for new registries.
        unknown_dependencies: Option<String>,
        /// `crates-io` or `relaxed`; absent means the server's default for new registries.
        upload_rules: Option<String>,
    },
    /// `admin registry list`
    RegistryList,
    /// `admin base-url set`
    BaseUrlSet {
        /// The new base URL; the one before is kept as an alias.
        url: String,
    },
    /// `verify` on a running server.
    Verify,
    /// `backup DIR` of a running server.
    Backup {
        /// The folder to write, which must not exist or be empty.
        folder: String,
    },
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
        let command = AdminCommand::TokenRevoke { id: 7 };
        let line = serde_json::to_string(&command).expect("plain data");
        assert_eq!(line, r#"{"command":"token-revoke","id":7}"#);
        assert_eq!(serde_json::from_str::<AdminCommand>(&line).expect("its own text"), command);
    }
}
