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

/// Who asks for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Nobody we know: no credential was sent, or a public read sent one we do not know.
    Nobody,
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
