//! `admin name …`

use serde::{Deserialize, Serialize};

/// `admin name …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum NameCommand {
    /// `admin name reserve`
    Reserve {
        /// The name of the registry.
        registry: String,
        /// A name, or a prefix with a star.
        pattern: String,
        /// The team whose members may publish under it; absent leaves that to administrators.
        team: Option<String>,
        /// Why, for who is refused.
        reason: String,
    },
    /// `admin name release`
    Release {
        /// The name of the registry.
        registry: String,
        /// The pattern as it was reserved.
        pattern: String,
    },
    /// `admin name list`
    List {
        /// The name of the registry.
        registry: String,
    },
    /// `admin name requests`
    Requests {
        /// The name of the registry.
        registry: String,
    },
    /// `admin name approve`
    Approve {
        /// The request's number from the list.
        id: i64,
    },
    /// `admin name refuse`
    Refuse {
        /// The request's number from the list.
        id: i64,
        /// Why, for who asked.
        reason: String,
    },
}
