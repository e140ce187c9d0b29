//! What the operator asks about background jobs.

use serde::{Deserialize, Serialize};

/// `admin job …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum JobCommand {
    /// `admin job list-dead`
    ListDead,
    /// `admin job retry`
    Retry {
        /// The job's number from the list.
        id: i64,
    },
    /// `admin job drop`
    Drop {
        /// The job's number from the list.
        id: i64,
    },
}
