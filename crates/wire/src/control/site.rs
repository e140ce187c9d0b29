//! `admin site …`

use serde::{Deserialize, Serialize};

/// `admin site …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum SiteCommand {
    /// `admin site show`
    Show,
    /// `admin site banner`
    Banner {
        /// What every page says at its top; absent removes it.
        text: Option<String>,
    },
    /// `admin site read-only`
    ReadOnly {
        /// Whether changes are refused.
        on: bool,
        /// Why, for who is refused.
        reason: Option<String>,
    },
}
