//! `admin dump …`

use serde::{Deserialize, Serialize};

/// `admin dump …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum DumpCommand {
    /// `admin dump write`, at the shell only.
    Write {
        /// The name of the registry.
        registry: String,
        /// The file to write, which must not exist.
        path: String,
    },
    /// `admin dump refresh`
    Refresh {
        /// The name of the registry.
        registry: String,
    },
}
