//! `admin crate …`

use serde::{Deserialize, Serialize};

/// `admin crate …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum CrateCommand {
    /// `admin crate set`: what is absent is the server's own limit from then on.
    Set {
        /// The name of the registry.
        registry: String,
        /// The name of the crate.
        krate: String,
        /// Longest upload in bytes.
        upload_bytes: Option<u64>,
        /// Most features.
        features: Option<u64>,
    },
    /// `admin crate delete`
    Delete {
        /// The name of the registry.
        registry: String,
        /// The name of the crate; `NAME@VERSION` deletes one version.
        krate: String,
        /// Why.
        reason: String,
    },
    /// `admin crate release`
    Release {
        /// The name of the registry.
        registry: String,
        /// The name that a deleted crate had.
        krate: String,
    },
}
