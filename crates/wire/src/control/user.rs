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
    /// `admin user link`: a one-time link to set a password.
    Link {
        /// The user name.
        name: String,
        /// Whether the user's passkeys are taken away, because they are lost.
        #[serde(default)]
        drop_passkeys: bool,
    },
    /// `admin user lock`
    Lock {
        /// The user name.
        name: String,
        /// Why, for the holder to read.
        reason: String,
        /// A day or a moment in UTC; absent means until it is unlocked.
        #[serde(default)]
        until: Option<String>,
    },
    /// `admin user unlock`
    Unlock {
        /// The user name.
        name: String,
    },
    /// `admin user admin`
    Admin {
        /// The user name.
        name: String,
        /// Whether that is taken away.
        #[serde(default)]
        off: bool,
    },
    /// `admin user sessions-end`
    SessionsEnd {
        /// The user name.
        name: String,
    },
}
