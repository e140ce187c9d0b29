//! The event log: what changed, numbered in commit order without gaps. Ids only, never mail or addresses.

use cratekeep_types::{CanonName, CrateId, EventNumber, RegistryId, Timestamp, VersionId};

use serde_json::{Value, json};

use crate::sql::{Row, bounded, sql};
use crate::{Conn, StoreError, Tx};

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
    /// The token of a build was taken back.
    BuildTokenRevoked = "build-token-revoked",
    /// A browser was signed out, or may no longer come back; the subject is its user id.
    SessionEnded = "session-ended",
    /// A team was made; the subject is its team id.
    TeamCreated = "team-created",
    /// A team has other members or another name; the subject is its team id.
    TeamChanged = "team-changed",
    /// A registry has other members, reserved names or quotas.
    MembersChanged = "members-changed",
    /// The banner, read-only mode, or the issuers of build identities changed.
    SiteChanged = "site-changed",
    /// Who may see a crate, its limits, or how it may be published changed.
    CrateChanged = "crate-changed",
    /// A crate was deleted. Its row is gone: the subject is the id it had.
    CrateDeleted = "crate-deleted",
    /// A user was invited to own a crate; the subject is the user id.
    OwnerInvited = "owner-invited",
    /// A team became an owner of a crate; the subject is the team id.
    TeamOwnerAdded = "team-owner-added",
    /// A team is no longer an owner of a crate; the subject is the team id.
    TeamOwnerRemoved = "team-owner-removed",
    /// A version was published.
    VersionPublished = "version-published",
    /// A version was deleted. Its row is gone: the subject is the id it had.
    VersionDeleted = "version-deleted",
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
    /// To which crate. Its head row is stamped with the event's number, so the write should have locked it
    /// ([`crate::krate::lock_crate`]): who takes the lock only at the end may meet another write head on.
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
    let sql = sql!(
        "SELECT event.number, event.kind, event.happened_at, event.registry_id, event.krate_id, event.version_id,
            event.subject, krate.canon
        FROM event
        LEFT JOIN krate ON krate.id = event.krate_id
        WHERE event.number > $1
        ORDER BY event.number
        LIMIT $2"
    );
    conn.query(sql).bind(cursor.0).bind(bounded(limit, EVENTS_MAX)).all(read).await
}

/// The number of the last event; zero when there is none.
///
/// # Errors
/// When the database fails.
pub async fn head(conn: &mut Conn) -> Result<EventNumber, StoreError> {
    let sql = sql!(
        "SELECT last
        FROM event_counter
        WHERE one = 1"
    );
    conn.query(sql).one(|row| row.next().map(EventNumber)).await
}

/// Takes `count` numbers from the counter and returns the one before the first of them. Others wait from here until
/// this write ends.
pub(crate) async fn advance(tx: &mut Tx, count: u64) -> Result<i64, StoreError> {
    let sql = sql!(
        "UPDATE event_counter
        SET last = last + $1
        WHERE one = 1
        RETURNING last - $1"
    );
    tx.query(sql).bind_unsigned(count).one(|row| row.next()).await
}

/// Stores events with the number `base` plus each row's `offset`.
pub(crate) async fn insert(tx: &mut Tx, base: i64, rows: &str) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO event (number, kind, happened_at, registry_id, krate_id, version_id, subject)
        SELECT $2 + CAST(item.value ->> 'offset' AS BIGINT), item.value ->> 'kind',
            CAST(item.value ->> 'happened_at' AS BIGINT), CAST(item.value ->> 'registry_id' AS BIGINT),
            CAST(item.value ->> 'krate_id' AS BIGINT), CAST(item.value ->> 'version_id' AS BIGINT),
            CAST(item.value ->> 'subject' AS BIGINT)
        FROM ",
        rows("$1"),
        " ORDER BY 1"
    );
    tx.query(sql).bind(rows).bind(base).execute().await?;
    Ok(())
}

/// The row form of an event that is the `offset`-th of its write, counted from 1.
pub(crate) fn to_json(offset: usize, event: &Event) -> Value {
    json!({
        "offset": offset,
        "kind": event.kind.word(),
        "happened_at": event.at.0,
        "registry_id": event.registry.map(|id| id.0),
        "krate_id": event.krate.map(|id| id.0),
        "version_id": event.version.map(|id| id.0),
        "subject": event.subject,
    })
}

fn read(row: &mut Row<'_>) -> Result<EventRow, StoreError> {
    Ok(EventRow {
        number: EventNumber(row.next()?),
        event: Event {
            kind: EventKind::of_word(row.next()?),
            at: row.time()?,
            registry: row.next::<Option<i64>>()?.map(RegistryId),
            krate: row.next::<Option<i64>>()?.map(CrateId),
            version: row.next::<Option<i64>>()?.map(VersionId),
            subject: row.next()?,
        },
        canon: row.next::<Option<&str>>()?.map(CanonName::of),
    })
}
