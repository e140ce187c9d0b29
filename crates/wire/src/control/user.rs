//! `admin user …`

use serde::{Deserialize, Serialize};

/// `admin user …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum UserCommand {
    /// `admin user create`
    Create {
        /// The user name.
        name: String,
        /// A mail address, kept for later use.
        email: Option<String>,
        /// Whether the user administers the server.
        #[serde(default)]
        admin: bool,
    },
    /// `admin user list`
    List,
    /// `admin user show`
    Show {
        /// The user name.
        name: String,
    },
}
