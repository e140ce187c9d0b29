//! What the operator asks about mail.

use serde::{Deserialize, Serialize};

/// `admin mail …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum MailCommand {
    /// `admin mail test`
    Test {
        /// The address to write to.
        address: String,
    },
}
