//! What administrators ask about owners of crates.

use serde::{Deserialize, Serialize};

/// `admin owner …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum OwnerCommand {
    /// `admin owner list`
    List {
        /// The registry's name.
        registry: String,
        /// The crate's name.
        krate: String,
    },
    /// `admin owner add`
    Add {
        /// The registry's name.
        registry: String,
        /// The crate's name.
        krate: String,
        /// A user's name or a team's login.
        login: String,
    },
    /// `admin owner remove`
    Remove {
        /// The registry's name.
        registry: String,
        /// The crate's name.
        krate: String,
        /// A user's name or a team's login.
        login: String,
    },
}
