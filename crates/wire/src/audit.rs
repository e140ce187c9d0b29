//! Entries of the audit log, as the API gives them and as `admin audit export` prints them, one JSON object a line.

use serde::{Deserialize, Serialize};

/// Which entries to give. What is absent leaves entries as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    /// Not older than this day (`2026-01-31`) or time (`2026-01-31T12:00:00Z`).
    pub since: Option<String>,
    /// Older than this day or time.
    pub until: Option<String>,
    /// Done or tried by this user.
    pub user: Option<String>,
    /// About this crate, in any spelling.
    #[serde(rename = "crate")]
    pub krate: Option<String>,
    /// In this registry.
    pub registry: Option<String>,
    /// With this word for what was done, such as `publish`.
    pub act: Option<String>,
    /// From this network address.
    pub address: Option<String>,
    /// Only what was refused.
    pub refused: bool,
    /// The `next` of the page before.
    pub seek: Option<i64>,
    /// How many entries at most.
    pub limit: Option<u32>,
}

/// Something that was done or refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its number; later entries have higher ones.
    pub id: i64,
    /// When, as RFC 3339 in UTC.
    pub at: String,
    /// What kind of actor: `nobody`, `user`, `operator`, `system` or `workflow`.
    pub who: String,
    /// The name of the user.
    pub user: Option<String>,
    /// The number of the token that was used.
    pub token: Option<i64>,
    /// Another credential that was used, in words.
    pub credential: Option<String>,
    /// The network address it came from.
    pub address: Option<String>,
    /// What was done or tried.
    pub action: String,
    /// In which registry.
    pub registry: Option<String>,
    /// To which crate.
    #[serde(rename = "crate")]
    pub krate: Option<String>,
    /// To which version.
    pub version: Option<String>,
    /// Why it was refused; absent when it was done.
    pub refusal: Option<String>,
    /// What was there before.
    pub before: Option<String>,
    /// What is there since.
    pub after: Option<String>,
    /// The number of the event beside it.
    pub event: Option<i64>,
}

/// A page of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// What to send as `seek` for the next page; absent after the last.
    pub next: Option<i64>,
}
