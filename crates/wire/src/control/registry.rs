//! `admin registry …`

use serde::{Deserialize, Serialize};

/// `admin registry …`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "action")]
pub enum RegistryCommand {
    /// `admin registry create`
    Create {
        /// The registry name.
        name: String,
        /// Where its crates come from.
        kind: String,
        /// Whether only holders of a token may read it.
        #[serde(default)]
        closed: bool,
        /// Whether a dependency without `registry-index` means this registry.
        #[serde(default)]
        stands_for_crates_io: bool,
        /// `allow` or `refuse`; absent means the server's default for new registries.
        unknown_dependencies: Option<String>,
        /// `crates-io` or `relaxed`; absent means the server's default for new registries.
        upload_rules: Option<String>,
    },
    /// `admin registry list`
    List,
}
