//! `admin registry …`

use serde::{Deserialize, Serialize};

/// `admin registry …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum RegistryCommand {
    /// `admin registry create`
    Create(RegistryCreate),
    /// `admin registry set`
    Set {
        /// The registry name.
        name: String,
        /// `open`, `internal` or `closed`: who may read it.
        access: Option<String>,
        /// `anyone`, `publishers` or `approval`: who may publish crates that are new.
        new_crates: Option<String>,
        /// Whether another access is meant: without this the reply only says what it would do.
        #[serde(default)]
        confirm: bool,
    },
    /// `admin registry list`
    List,
}

/// A registry to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryCreate {
    /// The registry name.
    pub name: String,
    /// Where its crates come from.
    pub kind: String,
    /// `open`, `internal` or `closed`: who may read it; absent means the server's default for new registries.
    #[serde(default)]
    pub access: Option<String>,
    /// The short form of the access `closed`.
    #[serde(default)]
    pub closed: bool,
    /// `anyone`, `publishers` or `approval`: who may publish crates that are new; absent means anyone.
    #[serde(default)]
    pub new_crates: Option<String>,
    /// Whether a dependency without `registry-index` means this registry.
    #[serde(default)]
    pub stands_for_crates_io: bool,
    /// `allow` or `refuse`; absent means the server's default for new registries.
    pub unknown_dependencies: Option<String>,
    /// `crates-io` or `relaxed`; absent means the server's default for new registries.
    pub upload_rules: Option<String>,
}
