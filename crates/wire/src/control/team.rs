//! What administrators ask about local teams.

use serde::{Deserialize, Serialize};

/// `admin team …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum TeamCommand {
    /// `admin team list`
    List,
    /// `admin team create`
    Create {
        /// The team's name, with or without `team:` before it.
        name: String,
    },
    /// `admin team delete`
    Delete {
        /// The team's name.
        name: String,
    },
    /// `admin team members`
    Members {
        /// The team's name.
        name: String,
    },
    /// `admin team add-member`
    AddMember {
        /// The team's name.
        name: String,
        /// The user's name.
        user: String,
    },
    /// `admin team remove-member`
    RemoveMember {
        /// The team's name.
        name: String,
        /// The user's name.
        user: String,
    },
}
