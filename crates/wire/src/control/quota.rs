//! `admin quota …`

use serde::{Deserialize, Serialize};

/// `admin quota …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum QuotaCommand {
    /// `admin quota set`: what is absent has no limit from then on.
    Set {
        /// `user` or `registry`.
        kind: String,
        /// The name of the user or registry.
        name: String,
        /// Most crates.
        crates: Option<u64>,
        /// Most bytes of all crate files together.
        bytes: Option<u64>,
    },
    /// `admin quota show`
    Show {
        /// `user` or `registry`.
        kind: String,
        /// The name of the user or registry.
        name: String,
    },
}
