//! The event log: what changed, numbered in commit order without gaps. Ids only, never mail or addresses.

use cratekeep_types::{CanonName, CrateId, EventNumber, RegistryId, Timestamp, VersionId};

use crate::{Conn, StoreError, unwritten};

/// Most events that one read returns.
pub const EVENTS_MAX: u32 = 1000;

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum EventKind {
            $($(#[$doc])* $variant,)*
            /// Something that a newer program wrote. Followers treat it as a change of everything it names.
            Unknown,
        }

        impl EventKind {
            /// The word the database keeps.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* Self::Unknown => "unknown" }
            }

            pub(crate) fn of_word(word: &str) -> Self {
                match word { $($word => Self::$variant,)* _ => Self::Unknown }
            }
        }
    };
}

kinds! {
    /// The server was set up.
    ServerInitialized = "server-initialized",
    /// The server's base URL changed.
    BaseUrlChanged = "base-url-changed",
    /// A registry was made.
    RegistryCreated = "registry-created",
    /// Access or rules of a registry changed.
    RegistryChanged = "registry-changed",
    /// An account was made; the subject is its user id.
    UserCreated = "user-created",
    /// An account changed; the subject is its user id.
    UserChanged = "user-changed",
    /// A token was made; the subject is its token id.
    TokenCreated = "token-created",
    /// A token was revoked; the subject is its token id.
    TokenRevoked = "token-revoked",
    /// A version was published.
    VersionPublished = "version-published",
    /// A version was yanked.
    VersionYanked = "version-yanked",
    /// A version was unyanked.
    VersionUnyanked = "version-unyanked",
    /// A user became an owner of a crate; the subject is the user id.
    OwnerAdded = "owner-added",
    /// A user is no longer an owner of a crate; the subject is the user id.
    OwnerRemoved = "owner-removed",
}

/// Something that happened, before it has a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// In which registry.
    pub registry: Option<RegistryId>,
    /// To which crate. Its head row is stamped with the event's number.
    pub krate: Option<CrateId>,
    /// To which version.
    pub version: Option<VersionId>,
    /// The id of the user or token it is about, as the kind says.
    pub subject: Option<i64>,
}

impl Event {
    /// An event that names nothing yet.
    #[must_use]
    pub fn new(kind: EventKind, at: Timestamp) -> Self {
        Self { kind, at, registry: None, krate: None, version: None, subject: None }
    }
}

/// An event as stored, with the name of its crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its number.
    pub number: EventNumber,
    /// What happened.
    pub event: Event,
    /// Canonical name of the crate, if the event has one that is still there.
    pub canon: Option<CanonName>,
}

/// Events after `cursor`, oldest first, at most `limit` (and never more than [`EVENTS_MAX`]).
///
/// # Errors
/// When the database fails.
pub async fn after(conn: &mut Conn, cursor: EventNumber, limit: u32) -> Result<Vec<EventRow>, StoreError> {
    unwritten()
}

/// The number of the last event; zero when there is none.
///
/// # Errors
/// When the database fails.
pub async fn head(conn: &mut Conn) -> Result<EventNumber, StoreError> {
    unwritten()
}
