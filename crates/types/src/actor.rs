//! Who asks.

use crate::{CratePattern, ScopeSet, TokenId, UserId, UserName};

/// A person or service with an account here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its row.
    pub id: UserId,
    /// Its name.
    pub name: UserName,
    /// Whether it administers the server.
    pub is_admin: bool,
}

/// By what an account proved itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// An API token with what it is limited to.
    Token {
        /// Its row.
        id: TokenId,
        /// What it may do.
        scopes: ScopeSet,
        /// Which crates it is for; empty means every crate.
        crates: Vec<CratePattern>,
    },
}

/// What somebody presented who could not be identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presented {
    /// No credential at all.
    Nothing,
    /// Text that is not shaped like a credential of this server.
    Malformed,
    /// A well-formed token that this server never gave out.
    Unknown,
    /// A token whose time is over.
    Expired,
    /// A token that was taken back.
    Revoked,
}

/// Who asks for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody we know, with what was presented as proof.
    Nobody(Presented),
    /// An account.
    Account {
        /// Which.
        account: Account,
        /// By what it proved itself.
        credential: Credential,
    },
    /// The operator at the shell.
    Operator,
    /// The server itself, in a background job.
    System,
}

impl Actor {
    /// The account behind the actor, if there is one.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        match self {
            Self::Account { account, .. } => Some(account),
            _ => None,
        }
    }
}
