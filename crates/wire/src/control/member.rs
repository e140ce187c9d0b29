//! `admin member …`

use serde::{Deserialize, Serialize};

/// `admin member …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum MemberCommand {
    /// `admin member add`; who is a member already gets the role.
    Add {
        /// The name of the registry.
        registry: String,
        /// The name of a user, or `team:NAME`.
        who: String,
        /// `reader`, `publisher` or `administrator`.
        role: String,
    },
    /// `admin member remove`
    Remove {
        /// The name of the registry.
        registry: String,
        /// The name of a user, or `team:NAME`.
        who: String,
    },
    /// `admin member list`
    List {
        /// The name of the registry.
        registry: String,
    },
}
