//! What holds for the whole server, as crates.io says it of itself.

use serde::{Deserialize, Serialize};

/// The body of `GET /api/v1/site_metadata`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteMetadata {
    /// crates.io's deployment; nothing here.
    pub deployed_sha: Option<String>,
    /// crates.io's commit; nothing here.
    pub commit: Option<String>,
    /// Where files are served from, if elsewhere.
    pub cdn_base: Option<String>,
    /// Whether changes are refused.
    pub read_only: bool,
    /// What every page says at its top.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub banner_message: Option<String>,
}
