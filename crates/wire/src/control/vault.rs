//! `admin vault …`

use serde::{Deserialize, Serialize};

/// `admin vault …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum VaultCommand {
    /// `admin vault rotate`: seals everything with a new key.
    Rotate,
}
