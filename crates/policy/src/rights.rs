//! Who may do what in a registry. Each answer is a proof that the next step asks for, or a denial with its reason.
//!
//! Facts come in as arguments; nothing here looks anything up.

use cratekeep_types::{Access, Account, Actor, CrateName, Credential, Presented, Registry, Scope};

/// Why something is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// We do not know who asks; a credential is needed, or the one presented is no good.
    Unauthenticated(String),
    /// We know who asks, and the answer is no.
    Forbidden(String),
}

/// What is known of the crate that somebody wants to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is no such crate yet.
    NewCrate,
    /// The crate exists and the account is one of its owners.
    Owner,
    /// The crate exists and belongs to others.
    Stranger,
}

macro_rules! proofs {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(());
    )*};
}

proofs! {
    /// Proof that the actor may read the registry.
    MayRead,
    /// Proof that the actor may yank and unyank versions of the crate.
    MayYank,
    /// Proof that the actor may add and remove owners of the crate.
    MayChangeOwners,
    /// Proof that the actor administers the server.
    MayAdminister,
}

/// Proof that the account may publish a version of the crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MayPublish {
    /// Who will stand as the publisher, and as the first owner of a new crate.
    pub publisher: Account,
}

/// May `actor` read `registry`: its index, downloads, search and owner lists?
///
/// # Errors
/// [`Denied::Unauthenticated`] for nobody in a closed registry.
pub fn may_read(actor: &Actor, registry: &Registry) -> Result<MayRead, Denied> {
    if registry.access == Access::Open {
        return Ok(MayRead(()));
    }
    match actor {
        Actor::Nobody(presented) => Err(unauthenticated(*presented)),
        Actor::Account { credential: Credential::Token { scopes, .. }, .. }
            if !scopes.allows(Scope::Read) =>
        {
            Err(lacks(Scope::Read))
        }
        Actor::Account { .. } | Actor::Operator | Actor::System => Ok(MayRead(())),
    }
}

/// May `actor` send a change at all? Asked before a body is read.
///
/// # Errors
/// [`Denied::Unauthenticated`] for nobody.
pub fn may_send(actor: &Actor) -> Result<(), Denied> {
    signed_in(actor, "change something").map(|_| ())
}

/// May somebody publish anything at all? Asked before a byte of the upload is read.
///
/// # Errors
/// [`Denied`] when no upload of this actor could succeed.
pub fn may_publish_something(actor: &Actor) -> Result<&Account, Denied> {
    let (account, credential) = signed_in(actor, "publish")?;
    let Credential::Token { scopes, .. } = credential;
    if !scopes.allows(Scope::PublishNew) && !scopes.allows(Scope::PublishUpdate) {
        return Err(lacks(Scope::PublishUpdate));
    }
    Ok(account)
}

/// May `actor` publish a version of `krate`?
///
/// # Errors
/// [`Denied`] without a token, with one that lacks the scope or does not cover the crate, or as a stranger.
pub fn may_publish(actor: &Actor, krate: &CrateName, standing: Standing) -> Result<MayPublish, Denied> {
    let (account, credential) = signed_in(actor, "publish")?;
    let scope = if standing == Standing::NewCrate { Scope::PublishNew } else { Scope::PublishUpdate };
    check_token(credential, scope, krate)?;
    if standing == Standing::Stranger {
        return Err(Denied::Forbidden(format!(
            "the crate `{krate}` exists and you are not one of its owners; ask an owner to run `cargo owner --add {}`",
            account.name
        )));
    }
    Ok(MayPublish { publisher: account.clone() })
}

/// May `actor` yank and unyank versions of `krate`? Owners and administrators may.
///
/// # Errors
/// [`Denied`] as for publishing.
pub fn may_yank(actor: &Actor, krate: &CrateName, standing: Standing) -> Result<MayYank, Denied> {
    let (account, credential) = signed_in(actor, "yank")?;
    check_token(credential, Scope::Yank, krate)?;
    if standing == Standing::Owner || account.is_admin {
        return Ok(MayYank(()));
    }
    Err(Denied::Forbidden(format!(
        "you must already be an owner of `{krate}` to yank or unyank its versions"
    )))
}

/// May `actor` change the owners of `krate`? Owners and administrators may.
///
/// # Errors
/// [`Denied`] as for publishing.
pub fn may_change_owners(
    actor: &Actor,
    krate: &CrateName,
    standing: Standing,
) -> Result<MayChangeOwners, Denied> {
    let (account, credential) = signed_in(actor, "change owners")?;
    check_token(credential, Scope::ChangeOwners, krate)?;
    if standing == Standing::Owner || account.is_admin {
        return Ok(MayChangeOwners(()));
    }
    Err(Denied::Forbidden(format!("only owners of `{krate}` have permission to modify its owners")))
}

/// May `actor` administer the server? Only the operator at the shell may, until there are pages for it.
///
/// # Errors
/// [`Denied::Forbidden`] for everybody else.
pub fn may_administer(actor: &Actor) -> Result<MayAdminister, Denied> {
    match actor {
        Actor::Operator | Actor::System => Ok(MayAdminister(())),
        Actor::Nobody(presented) => Err(unauthenticated(*presented)),
        Actor::Account { .. } => {
            Err(Denied::Forbidden("only the operator at the shell can do this".to_owned()))
        }
    }
}

fn signed_in<'a>(actor: &'a Actor, what: &str) -> Result<(&'a Account, &'a Credential), Denied> {
    match actor {
        Actor::Account { account, credential } => Ok((account, credential)),
        Actor::Nobody(presented) => Err(unauthenticated(*presented)),
        Actor::Operator | Actor::System => {
            Err(Denied::Forbidden(format!("to {what}, use an account and its token")))
        }
    }
}

fn check_token(credential: &Credential, scope: Scope, krate: &CrateName) -> Result<(), Denied> {
    let Credential::Token { scopes, crates, .. } = credential;
    if !scopes.allows(scope) {
        return Err(lacks(scope));
    }
    if !crates.is_empty() && !crates.iter().any(|pattern| pattern.covers(krate)) {
        let patterns: Vec<_> = crates.iter().map(ToString::to_string).collect();
        return Err(Denied::Forbidden(format!(
            "this token is not for the crate `{krate}`; it is limited to {}",
            patterns.join(", ")
        )));
    }
    Ok(())
}

fn lacks(scope: Scope) -> Denied {
    Denied::Forbidden(format!("this token does not have the scope `{}` that this action needs", scope.word()))
}

fn unauthenticated(presented: Presented) -> Denied {
    Denied::Unauthenticated(
        match presented {
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
        }
        .to_owned(),
    )
}

#[cfg(test)]
mod tests;
