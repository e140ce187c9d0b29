//! `admin rate …`

use serde::{Deserialize, Serialize};

/// `admin rate …`: accounts that may do something more often, or less, than others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum RateCommand {
    /// `admin rate set`
    Set {
        /// The name of the user.
        user: String,
        /// What is limited: `publish-new`, `publish-update`, `yank`, or one of these with `-inside`.
        of: String,
        /// How many times at once.
        burst: u32,
        /// After this many seconds once more; absent keeps the server's figure.
        every_secs: Option<u32>,
        /// Seconds from now on until the server's figures count again; absent means never.
        for_secs: Option<u64>,
    },
    /// `admin rate clear`
    Clear {
        /// The name of the user.
        user: String,
        /// What is limited.
        of: String,
    },
    /// `admin rate list`
    List,
}
