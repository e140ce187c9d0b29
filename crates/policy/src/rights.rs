//! Who may do what in a registry. Each answer is a proof that the next step asks for, or a denial with its reason.
//!
//! Facts come in as arguments; nothing here looks anything up.

use cratekeep_types::{
    Access, Account, Actor, CrateId, CrateName, Credential, Registry, Role, Scope, TeamId, UserId,
};

mod checks;

use checks::{
    acts_for_itself, administers, check_admin_credential, check_registry, check_scope, check_token,
    for_another_registry, full_owner, is_admin, may_begin, may_publish_here, signed_in, unauthenticated,
};

/// Why something is denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// We do not know who asks; a credential is needed, or the one presented is no good.
    Unauthenticated(String),
    /// We know who asks, and the answer is no.
    Forbidden(String),
}

/// How an account stands to the crate that it wants to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is no such crate yet.
    NewCrate,
    /// The account itself is one of its owners.
    Owner,
    /// A team of the account owns it: may publish and yank, no more.
    TeamOwner,
    /// The crate belongs to others.
    Stranger,
}

/// What is known of a crate that somebody wants to publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// Its registry.
    pub registry: &'a Registry,
    /// Its name.
    pub name: &'a CrateName,
    /// Its row, if it is there.
    pub id: Option<CrateId>,
    /// How the account stands to it.
    pub standing: Standing,
    /// Whether its owners let only build jobs publish it.
    pub trustpub_only: bool,
    /// Whether an administrator approved this new name for this account.
    pub is_approved: bool,
}

/// Who may see a crate whose owners limited that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readers {
    /// Its row.
    pub krate: Option<CrateId>,
    /// Owners and readers named one by one.
    pub accounts: Vec<UserId>,
    /// Local teams that own or may read it.
    pub teams: Vec<TeamId>,
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
    /// Proof that the actor may set up how the crate is published without a person.
    MaySetTrustedPublishing,
    /// Proof that the actor may change who sees the crate, and what else its owners decide.
    MayChangeCrate,
    /// Proof that the actor may delete the crate, within the rules for owners.
    MayDelete,
    /// Proof that the actor may manage the account: its tokens, sessions, mail.
    MayManageAccount,
    /// Proof that the actor administers the server.
    MayAdminister,
    /// Proof that the actor administers the registry.
    MayAdministerRegistry,
}

/// Proof that the actor may publish a version of the crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MayPublish {
    /// Who will stand as the publisher, and as the first owner of a new crate; nobody for a build job.
    pub publisher: Option<Account>,
}

/// May `actor` read `registry`: its index, downloads, search and owner lists?
///
/// # Errors
/// [`Denied::Unauthenticated`] for nobody unless it is open; [`Denied::Forbidden`] for who is no member of a closed one
/// or holds a token for something else. Names of registries are no secret, what is in them is.
pub fn may_read(actor: &Actor, registry: &Registry) -> Result<MayRead, Denied> {
    if registry.access == Access::Open {
        return Ok(MayRead(()));
    }
    match actor {
        Actor::Nobody(presented) => return Err(unauthenticated(presented)),
        Actor::Operator | Actor::System => return Ok(MayRead(())),
        Actor::Workflow(workflow) if workflow.registry == registry.id => return Ok(MayRead(())),
        Actor::Workflow(_) => return Err(for_another_registry(&registry.name)),
        Actor::Account { credential, .. } => check_scope(credential, Scope::Read, &registry.name)?,
    }
    let is_member = actor.role_in(registry.id).is_some() || is_admin(actor);
    if registry.access == Access::Closed && !is_member {
        return Err(Denied::Forbidden(format!(
            "the registry `{}` is for its members; ask one of its administrators to add you",
            registry.name
        )));
    }
    Ok(MayRead(()))
}

/// Whether who may read the registry also sees this crate of it. What one does not see does not exist.
#[must_use]
pub fn sees(actor: &Actor, registry: &Registry, readers: &Readers) -> bool {
    match actor {
        Actor::Operator | Actor::System => true,
        Actor::Nobody(_) => false,
        Actor::Workflow(workflow) => readers.krate.is_some_and(|id| workflow.krates.contains(&id)),
        Actor::Account { account, memberships, .. } => {
            account.is_admin
                || actor.role_in(registry.id) == Some(Role::Administrator)
                || readers.accounts.contains(&account.id)
                || memberships.teams.iter().any(|team| readers.teams.contains(team))
        }
    }
}

/// May `actor` send a change at all? Asked before a body is read.
///
/// # Errors
/// [`Denied::Unauthenticated`] for nobody.
pub fn may_send(actor: &Actor) -> Result<(), Denied> {
    match actor {
        Actor::Nobody(presented) => Err(unauthenticated(presented)),
        _ => Ok(()),
    }
}

/// May somebody publish anything at all? Asked before a byte of the upload is read.
///
/// # Errors
/// [`Denied`] when no upload of this actor could succeed.
pub fn may_publish_something(actor: &Actor, registry: &Registry) -> Result<(), Denied> {
    if let Actor::Workflow(workflow) = actor {
        let is_here = workflow.registry == registry.id;
        return if is_here { Ok(()) } else { Err(for_another_registry(&registry.name)) };
    }
    let (_, credential) = signed_in(actor, "publish")?;
    let new = check_scope(credential, Scope::PublishNew, &registry.name);
    new.or_else(|_| check_scope(credential, Scope::PublishUpdate, &registry.name))?;
    may_publish_here(actor, registry)
}

/// May `actor` publish a version of the crate?
///
/// # Errors
/// [`Denied`] without a token, with one that lacks the scope or does not cover crate or registry, without the role that
/// the registry asks for, as a stranger, or as a person where only build jobs may.
pub fn may_publish(actor: &Actor, target: Target<'_>) -> Result<MayPublish, Denied> {
    let Target { registry, name, id, standing, trustpub_only, is_approved } = target;
    if let Actor::Workflow(workflow) = actor {
        let is_its = workflow.registry == registry.id && id.is_some_and(|id| workflow.krates.contains(&id));
        return match is_its {
            true => Ok(MayPublish { publisher: None }),
            false => Err(Denied::Forbidden(format!(
                "this build may not publish `{name}`: no owner of it has set up trusted publishing for the build"
            ))),
        };
    }
    let (account, credential) = signed_in(actor, "publish")?;
    let scope = if standing == Standing::NewCrate { Scope::PublishNew } else { Scope::PublishUpdate };
    check_token(credential, scope, registry, name)?;
    may_publish_here(actor, registry)?;
    match standing {
        Standing::NewCrate => may_begin(actor, registry, name, is_approved)?,
        Standing::Stranger => {
            return Err(Denied::Forbidden(format!(
                "the crate `{name}` exists and you are not one of its owners; ask an owner to run `cargo owner --add {}`",
                account.name
            )));
        }
        Standing::Owner | Standing::TeamOwner => {}
    }
    if trustpub_only {
        return Err(Denied::Forbidden(format!(
            "`{name}` is published by its trusted builds only; publish from one of them, or let an owner change that"
        )));
    }
    Ok(MayPublish { publisher: Some(account.clone()) })
}

/// May `actor` yank and unyank versions of the crate? Owners, their teams and administrators may.
///
/// # Errors
/// [`Denied`] as for publishing.
pub fn may_yank(
    actor: &Actor,
    registry: &Registry,
    krate: &CrateName,
    standing: Standing,
) -> Result<MayYank, Denied> {
    let (_, credential) = signed_in(actor, "yank")?;
    check_token(credential, Scope::Yank, registry, krate)?;
    let owns = matches!(standing, Standing::Owner | Standing::TeamOwner);
    if owns || administers(actor, registry) {
        return Ok(MayYank(()));
    }
    Err(Denied::Forbidden(format!(
        "you must already be an owner of `{krate}` to yank or unyank its versions"
    )))
}

/// May `actor` change the owners of the crate? Owners and administrators may, teams may not.
///
/// # Errors
/// [`Denied`] as for publishing.
pub fn may_change_owners(
    actor: &Actor,
    registry: &Registry,
    krate: &CrateName,
    standing: Standing,
) -> Result<MayChangeOwners, Denied> {
    let (_, credential) = signed_in(actor, "change owners")?;
    check_token(credential, Scope::ChangeOwners, registry, krate)?;
    full_owner(actor, registry, krate, standing, "modify owners").map(|()| MayChangeOwners(()))
}

/// May `actor` set up trusted publishing for the crate? Owners and administrators may, with a session or the scope.
///
/// # Errors
/// [`Denied`] as for publishing.
pub fn may_set_trusted_publishing(
    actor: &Actor,
    registry: &Registry,
    krate: &CrateName,
    standing: Standing,
) -> Result<MaySetTrustedPublishing, Denied> {
    let (_, credential) = signed_in(actor, "set up trusted publishing")?;
    check_token(credential, Scope::TrustedPublishing, registry, krate)?;
    full_owner(actor, registry, krate, standing, "set up trusted publishing")
        .map(|()| MaySetTrustedPublishing(()))
}

/// May `actor` list how the crates of the account `user` are published without a person? Its holder may, with a session
/// or the scope.
///
/// # Errors
/// [`Denied`] as for publishing, and for the crates of others.
pub fn may_list_trusted_publishing(
    actor: &Actor,
    registry: &Registry,
    user: UserId,
) -> Result<MaySetTrustedPublishing, Denied> {
    let (account, credential) = signed_in(actor, "list trusted publishing")?;
    check_scope(credential, Scope::TrustedPublishing, &registry.name)?;
    if account.id == user {
        return Ok(MaySetTrustedPublishing(()));
    }
    Err(Denied::Forbidden("current user does not match requested user".to_owned()))
}

/// May `actor` change who sees the crate? Owners and administrators may, signed in or with a token without named scopes.
///
/// # Errors
/// [`Denied`] as for publishing.
pub fn may_change_crate(
    actor: &Actor,
    registry: &Registry,
    krate: &CrateName,
    standing: Standing,
) -> Result<MayChangeCrate, Denied> {
    if matches!(actor, Actor::Operator) {
        return Ok(MayChangeCrate(()));
    }
    let (_, credential) = signed_in(actor, "change a crate")?;
    acts_for_itself(credential)?;
    full_owner(actor, registry, krate, standing, "modify crate settings").map(|()| MayChangeCrate(()))
}

/// May `actor` delete the crate? Owners may while signed in with a browser; administrators always may.
///
/// # Errors
/// [`Denied::Forbidden`] for tokens, teams and strangers.
pub fn may_delete(
    actor: &Actor,
    registry: &Registry,
    krate: &CrateName,
    standing: Standing,
) -> Result<MayDelete, Denied> {
    if may_administer_registry(actor, registry).is_ok() {
        return Ok(MayDelete(()));
    }
    let (_, credential) = signed_in(actor, "delete a crate")?;
    if !matches!(credential, Credential::Session { .. }) {
        return Err(Denied::Forbidden(
            "a crate is deleted on the pages of this server, not with a token; sign in there".to_owned(),
        ));
    }
    full_owner(actor, registry, krate, standing, "delete it").map(|()| MayDelete(()))
}

/// May `actor` manage the account `user`: its tokens, sessions, mail, invitations? Its holder may, with a session or a
/// token without named scopes; administrators may.
///
/// # Errors
/// [`Denied`] for nobody, for tokens made for less, and for others.
pub fn may_manage_account(actor: &Actor, user: UserId) -> Result<MayManageAccount, Denied> {
    if may_administer(actor).is_ok() {
        return Ok(MayManageAccount(()));
    }
    let (account, credential) = signed_in(actor, "manage an account")?;
    acts_for_itself(credential)?;
    if account.id == user {
        return Ok(MayManageAccount(()));
    }
    Err(Denied::Forbidden("current user does not match requested user".to_owned()))
}

/// May `actor` administer the server? The operator at the shell may, and administrators with a session or with a token
/// that names the scope `admin`.
///
/// # Errors
/// [`Denied`] for everybody else.
pub fn may_administer(actor: &Actor) -> Result<MayAdminister, Denied> {
    if matches!(actor, Actor::Operator | Actor::System) {
        return Ok(MayAdminister(()));
    }
    let (account, credential) = signed_in(actor, "administer the server")?;
    check_admin_credential(credential)?;
    if let Credential::Token { registries, .. } = credential
        && !registries.is_empty()
    {
        return Err(Denied::Forbidden(
            "this token is for some registries only, so it cannot administer the whole server".to_owned(),
        ));
    }
    if account.is_admin {
        return Ok(MayAdminister(()));
    }
    Err(Denied::Forbidden("only administrators of this server can do this".to_owned()))
}

/// May `actor` administer this registry: its members, names and crates? As for the server, and its own administrators.
///
/// # Errors
/// [`Denied`] for everybody else.
pub fn may_administer_registry(actor: &Actor, registry: &Registry) -> Result<MayAdministerRegistry, Denied> {
    if matches!(actor, Actor::Operator | Actor::System) {
        return Ok(MayAdministerRegistry(()));
    }
    let (_, credential) = signed_in(actor, "administer a registry")?;
    check_admin_credential(credential)?;
    check_registry(credential, &registry.name)?;
    if administers(actor, registry) {
        return Ok(MayAdministerRegistry(()));
    }
    Err(Denied::Forbidden(format!("only administrators of the registry `{}` can do this", registry.name)))
}

#[cfg(test)]
mod tests;
