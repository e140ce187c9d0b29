//! The event feed. This server's own; crates.io has nothing like it.

use serde::Serialize;

/// `GET /api/v1/events`
#[derive(Clone, Debug, Serialize)]
pub struct EventsReply {
    /// The events, oldest first.
    pub events: Vec<EventBody>,
    /// Where to go on.
    pub meta: EventsMeta,
}

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
pub struct EventBody {
    /// Its number: the cursor behind it.
    pub number: i64,
    /// What happened, in a word like `version-published`.
    pub kind: &'static str,
    /// When, in UTC.
    pub at: String,
    /// In which registry.
    pub registry: Option<String>,
    /// To which crate.
    #[serde(rename = "crate")]
    pub krate: Option<String>,
    /// To which version.
    pub version: Option<String>,
    /// About which account.
    pub user: Option<String>,
    /// About which team, by login.
    pub team: Option<String>,
    /// About which token, for administrators.
    pub token: Option<i64>,
}

/// Where to go on in the event feed.
#[derive(Clone, Debug, Serialize)]
pub struct EventsMeta {
    /// What to send as `after` the next time.
    pub next: i64,
    /// Whether there is more behind it at once.
    pub more: bool,
    /// The number of the server's last event, for administrators.
    pub head: Option<i64>,
}
