//! Who did what, with which credential, from where. Has addresses, so it has its own retention.

use cratekeep_types::{EventNumber, Timestamp, TokenId, UserId};

use crate::{Conn, StoreError, Tx, unwritten};

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Nobody we know.
    Nobody,
    /// An account.
    User(UserId),
    /// The operator at the shell.
    Operator,
    /// The server itself.
    System,
}

/// Something done or refused. Names are texts, so that they outlive what they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAudit {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub who: Who,
    /// By which token.
    pub token: Option<TokenId>,
    /// From which network address.
    pub address: Option<String>,
    /// What was done, in words like `publish` or `token-revoke`.
    pub action: String,
    /// In which registry, by name.
    pub registry: Option<String>,
    /// To which crate, by name.
    pub krate: Option<String>,
    /// To which version, by number.
    pub version: Option<String>,
    /// Why it was refused; `None` when it was done.
    pub refusal: Option<String>,
    /// What was there before, as JSON text.
    pub before: Option<String>,
    /// What is there now, as JSON text.
    pub after: Option<String>,
}

impl NewAudit {
    /// A row that names nothing yet.
    #[must_use]
    pub fn new(action: impl Into<String>, who: Who, at: Timestamp) -> Self {
        Self {
            at,
            who,
            token: None,
            address: None,
            action: action.into(),
            registry: None,
            krate: None,
            version: None,
            refusal: None,
            before: None,
            after: None,
        }
    }
}

/// An audit row as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its row.
    pub id: i64,
    /// The event beside it, if there is one.
    pub event: Option<EventNumber>,
    /// What it says.
    pub audit: NewAudit,
}

/// Stores rows that have no event beside them, such as refusals, in one batch.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, rows: &[NewAudit]) -> Result<(), StoreError> {
    unwritten()
}

/// Rows with an id below `before` (`None`: the newest), newest first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, before: Option<i64>, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
    unwritten()
}
