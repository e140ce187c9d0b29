//! `admin base-url …`

use serde::{Deserialize, Serialize};

/// `admin base-url …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum BaseUrlCommand {
    /// `admin base-url set`
    Set {
        /// The new base URL; the one before is kept as an alias.
        url: String,
    },
}
