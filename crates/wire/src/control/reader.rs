//! `admin reader …`

use serde::{Deserialize, Serialize};

/// `admin reader …`: who sees a crate of an internal or closed registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum ReaderCommand {
    /// `admin reader limit`: only its owners and these see the crate from then on.
    Limit {
        /// The name of the registry.
        registry: String,
        /// The name of the crate.
        krate: String,
        /// Names of users, and `team:NAME`.
        #[serde(default)]
        to: Vec<String>,
    },
    /// `admin reader open`: whoever may read the registry sees the crate from then on.
    Open {
        /// The name of the registry.
        registry: String,
        /// The name of the crate.
        krate: String,
    },
    /// `admin reader list`
    List {
        /// The name of the registry.
        registry: String,
        /// The name of the crate.
        krate: String,
    },
}
