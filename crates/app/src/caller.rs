//! Who calls a use case, and from where.

use cratekeep_store::audit::{NewAudit, Who};
use cratekeep_types::{Actor, Credential, RegistryName, Timestamp};

/// Who calls, with what the audit log wants to know of it.
#[derive(Clone, Debug)]
pub struct Caller {
    /// Who asks.
    pub actor: Actor,
    /// The network address of the client, if there is one.
    pub address: Option<String>,
}

impl Caller {
    /// The operator at the shell.
    #[must_use]
    pub fn operator() -> Self {
        Self { actor: Actor::Operator, address: None }
    }

    /// The audit row of `action`, with who did it and from where; the caller adds to what.
    pub(crate) fn audit(&self, action: &str, at: Timestamp) -> NewAudit {
        let (who, token) = match &self.actor {
            Actor::Nobody(_) => (Who::Nobody, None),
            Actor::Account { account, credential: Credential::Token { id, .. } } => {
                (Who::User(account.id), Some(*id))
            }
            Actor::Operator => (Who::Operator, None),
            Actor::System => (Who::System, None),
        };
        NewAudit { token, address: self.address.clone(), ..NewAudit::new(action, who, at) }
    }

    /// As [`Caller::audit`], for something in a registry.
    pub(crate) fn audit_in(&self, registry: &RegistryName, action: &str, at: Timestamp) -> NewAudit {
        NewAudit { registry: Some(registry.to_string()), ..self.audit(action, at) }
    }
}
