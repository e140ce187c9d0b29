//! What the questions of rights have in common.

use cratekeep_types::{
    Access, Account, Actor, CrateName, Credential, NewCrates, Presented, Registry, RegistryName, Role, Scope,
};

use super::{Denied, Standing};

pub(super) fn signed_in<'a>(actor: &'a Actor, what: &str) -> Result<(&'a Account, &'a Credential), Denied> {
    match actor {
        Actor::Account { account, credential, .. } => Ok((account, credential)),
        Actor::Nobody(presented) => Err(unauthenticated(presented)),
        Actor::Workflow(_) => {
            Err(Denied::Forbidden(format!("a trusted publishing token can only publish, not {what}")))
        }
        Actor::Operator | Actor::System => {
            Err(Denied::Forbidden(format!("to {what}, use an account and its token")))
        }
    }
}

pub(super) fn is_admin(actor: &Actor) -> bool {
    actor.account().is_some_and(|account| account.is_admin)
}

/// Whether the account administers the server or this registry; the credential is asked about elsewhere.
pub(super) fn administers(actor: &Actor, registry: &Registry) -> bool {
    is_admin(actor) || actor.role_in(registry.id) == Some(Role::Administrator)
}

/// In a closed registry readers only read.
pub(super) fn may_publish_here(actor: &Actor, registry: &Registry) -> Result<(), Denied> {
    let role = actor.role_in(registry.id);
    if registry.access != Access::Closed || is_admin(actor) || role >= Some(Role::Publisher) {
        return Ok(());
    }
    Err(Denied::Forbidden(format!(
        "you may not publish to the registry `{}`; ask one of its administrators for the role `publisher`",
        registry.name
    )))
}

/// The registry's rule for crates that it does not have yet.
pub(super) fn may_begin(
    actor: &Actor,
    registry: &Registry,
    name: &CrateName,
    approved: bool,
) -> Result<(), Denied> {
    if is_admin(actor) || actor.role_in(registry.id) >= Some(Role::Publisher) {
        return Ok(());
    }
    match registry.new_crates {
        NewCrates::Anyone => Ok(()),
        NewCrates::Approval if approved => Ok(()),
        NewCrates::Approval => Err(Denied::Forbidden(format!(
            "new crates of the registry `{}` need an approval; `{name}` has been asked for, publish again once it is given",
            registry.name
        ))),
        NewCrates::Publishers => Err(Denied::Forbidden(format!(
            "only publishers of the registry `{}` may publish new crates; ask one of its administrators for that role",
            registry.name
        ))),
    }
}

pub(super) fn full_owner(
    actor: &Actor,
    registry: &Registry,
    krate: &CrateName,
    standing: Standing,
    what: &str,
) -> Result<(), Denied> {
    if standing == Standing::Owner || administers(actor, registry) {
        return Ok(());
    }
    Err(Denied::Forbidden(match standing {
        Standing::TeamOwner => {
            format!("team members don't have permission to {what}: `{krate}` needs one of its owners")
        }
        _ => format!("only owners of `{krate}` have permission to {what}"),
    }))
}

pub(super) fn check_token(
    credential: &Credential,
    scope: Scope,
    registry: &Registry,
    krate: &CrateName,
) -> Result<(), Denied> {
    check_scope(credential, scope, &registry.name)?;
    let Credential::Token { crates, .. } = credential else { return Ok(()) };
    if !crates.is_empty() && !crates.iter().any(|pattern| pattern.covers(krate)) {
        let patterns: Vec<_> = crates.iter().map(ToString::to_string).collect();
        return Err(Denied::Forbidden(format!(
            "this token is not for the crate `{krate}`; it is limited to {}",
            patterns.join(", ")
        )));
    }
    Ok(())
}

/// Whether a token has the scope and is for the registry. A session has every scope.
pub(super) fn check_scope(
    credential: &Credential,
    scope: Scope,
    registry: &RegistryName,
) -> Result<(), Denied> {
    if let Credential::Token { scopes, .. } = credential
        && !scopes.allows(scope)
    {
        return Err(lacks(scope));
    }
    check_registry(credential, registry)
}

pub(super) fn check_registry(credential: &Credential, registry: &RegistryName) -> Result<(), Denied> {
    match credential {
        Credential::Token { registries, .. } if !registries.is_empty() && !registries.contains(registry) => {
            Err(for_another_registry(registry))
        }
        _ => Ok(()),
    }
}

pub(super) fn check_admin_credential(credential: &Credential) -> Result<(), Denied> {
    match credential {
        Credential::Token { scopes, .. } if !scopes.allows(Scope::Admin) => Err(lacks(Scope::Admin)),
        _ => Ok(()),
    }
}

/// Whether the credential stands for its whole account, as crates.io's cookie and its tokens without scopes do.
pub(super) fn acts_for_itself(credential: &Credential) -> Result<(), Denied> {
    match credential {
        Credential::Session { .. } | Credential::Token { is_legacy: true, .. } => Ok(()),
        Credential::Token { .. } => Err(Denied::Forbidden(
            "this token does not have the required permissions to perform this action: it was made for named scopes"
                .to_owned(),
        )),
    }
}

pub(super) fn for_another_registry(registry: &RegistryName) -> Denied {
    Denied::Forbidden(format!("this token is not for the registry `{registry}`"))
}

fn lacks(scope: Scope) -> Denied {
    Denied::Forbidden(format!("this token does not have the scope `{}` that this action needs", scope.word()))
}

pub(super) fn unauthenticated(presented: &Presented) -> Denied {
    let text = match presented {
        Presented::Nothing => "this action needs a token; run `cargo login` with a token of this server",
        Presented::Malformed => {
            "the token presented is not one of this server; run `cargo login` with a token of this server"
        }
        Presented::Unknown => {
            "the token presented is unknown to this server; run `cargo login` with a valid token"
        }
        Presented::Expired => {
            "the token presented has expired; create a new one and run `cargo login` with it"
        }
        Presented::Revoked => {
            "the token presented was revoked; create a new one and run `cargo login` with it"
        }
        Presented::Locked(sentence) => return Denied::Forbidden(sentence.clone()),
        Presented::Elsewhere => {
            return Denied::Forbidden("this token may not be used from this network address".to_owned());
        }
    };
    Denied::Unauthenticated(text.to_owned())
}
