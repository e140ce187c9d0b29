//! `admin token …`

use serde::{Deserialize, Serialize};

/// `admin token …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum TokenCommand {
    /// `admin token create`
    Create {
        /// Whose token.
        user: String,
        /// A label to know it by.
        name: String,
        /// Comma-separated scopes; absent means all.
        scope: Option<String>,
        /// Crate patterns; empty means every crate.
        #[serde(default)]
        crates: Vec<String>,
        /// Names of registries; empty means every registry.
        #[serde(default)]
        registries: Vec<String>,
        /// Networks from which it may be used; empty means from everywhere.
        #[serde(default)]
        addresses: Vec<String>,
        /// Seconds until the token ends; absent means never.
        expires_secs: Option<u64>,
    },
    /// `admin token list`
    List {
        /// Only this user's tokens.
        user: Option<String>,
    },
    /// `admin token revoke`
    Revoke {
        /// The token's number from the list.
        id: i64,
    },
}
