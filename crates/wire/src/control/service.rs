//! `admin service …`

use serde::{Deserialize, Serialize};

/// `admin service …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum ServiceCommand {
    /// `admin service create`
    Create {
        /// Its name, which no user has.
        name: String,
        /// The mail address of whoever looks after it.
        email: Option<String>,
    },
    /// `admin service list`
    List,
}
