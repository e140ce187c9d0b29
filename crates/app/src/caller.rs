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
        let row = |who| NewAudit { address: self.address.clone(), ..NewAudit::new(action, who, at) };
        match &self.actor {
            Actor::Nobody(_) => row(Who::Nobody),
            Actor::Account { account, credential, .. } => match credential {
                Credential::Token { id, .. } => NewAudit { token: Some(*id), ..row(Who::User(account.id)) },
                Credential::Session { id } => {
                    NewAudit { credential: Some(format!("session {id}")), ..row(Who::User(account.id)) }
                }
            },
            Actor::Workflow(workflow) => NewAudit {
                credential: Some(format!("trusted publishing token {}", workflow.token)),
                ..row(Who::Workflow)
            },
            Actor::Operator => row(Who::Operator),
            Actor::System => row(Who::System),
        }
    }

    /// As [`Caller::audit`], for something in a registry.
    pub(crate) fn audit_in(&self, registry: &RegistryName, action: &str, at: Timestamp) -> NewAudit {
        NewAudit { registry: Some(registry.to_string()), ..self.audit(action, at) }
    }
}
