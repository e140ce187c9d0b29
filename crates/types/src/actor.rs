//! Who asks.

use std::sync::Arc;

use crate::registry::words;
use crate::{
    CrateId, CratePattern, RegistryId, RegistryName, Role, ScopeSet, SessionId, TeamId, TokenId,
    TrustTokenId, UserId, UserName, WordError,
};

words! {
    /// What kind of account it is.
    AccountKind, "kind of account", "person, service", {
        /// A person, who can sign in.
        Person = "person",
        /// A service: it has tokens, but cannot sign in.
        Service = "service",
    }
}

/// A person or service with an account here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its row.
    pub id: UserId,
    /// Its name.
    pub name: UserName,
    /// Whether it is a person.
    pub kind: AccountKind,
    /// Whether it administers the server.
    pub is_admin: bool,
}

/// What an account belongs to, as far as rights follow from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memberships {
    /// Local teams.
    pub teams: Vec<TeamId>,
    /// The highest role in each registry it is a member of, itself or by a team.
    pub roles: Vec<(RegistryId, Role)>,
}

impl Memberships {
    /// The role in a registry.
    #[must_use]
    pub fn role_in(&self, registry: RegistryId) -> Option<Role> {
        self.roles.iter().find(|(id, _)| *id == registry).map(|(_, role)| *role)
    }
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
        /// Which registries it is for; empty means every registry.
        registries: Vec<RegistryName>,
        /// Whether it was made without naming scopes: such a token may also manage its holder's own account, as on
        /// crates.io.
        is_legacy: bool,
    },
    /// A browser that signed in.
    Session {
        /// Its row.
        id: SessionId,
    },
}

/// What somebody presented who could not be identified.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// A good credential of an account that is locked, with the sentence that says until when and why.
    Locked(String),
    /// A good token that may not be used from this network address.
    Elsewhere,
}

/// A build job that proved its identity and got a token for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workflow {
    /// The token.
    pub token: TrustTokenId,
    /// The registry it is for.
    pub registry: RegistryId,
    /// The crates it may publish.
    pub krates: Vec<CrateId>,
    /// Who builds (provider, repository, workflow, commit, run) as JSON text, stored with each version it publishes.
    pub build: String,
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
        /// What it belongs to.
        memberships: Arc<Memberships>,
    },
    /// A build job that publishes without a person.
    Workflow(Workflow),
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

    /// The role of the account in a registry, if it has one.
    #[must_use]
    pub fn role_in(&self, registry: RegistryId) -> Option<Role> {
        match self {
            Self::Account { memberships, .. } => memberships.role_in(registry),
            _ => None,
        }
    }

    /// Whether the account is in a local team.
    #[must_use]
    pub fn is_in(&self, team: TeamId) -> bool {
        matches!(self, Self::Account { memberships, .. } if memberships.teams.contains(&team))
    }
}
