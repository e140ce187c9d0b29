//! Owners of a crate: listed, added, removed.

use cratekeep_policy::{may_change_owners, may_read};
use cratekeep_store::Tx;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::krate::KrateRow;
use cratekeep_types::{Account, CanonName, Timestamp, UserId, UserName};

use crate::{App, AppError, Caller, RegistryView};

/// One owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerEntry {
    /// The account.
    pub id: UserId,
    /// Its name.
    pub name: UserName,
}

/// Which way owners change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Add,
    Remove,
}

impl Change {
    fn action(self) -> &'static str {
        match self {
            Self::Add => "owner-add",
            Self::Remove => "owner-remove",
        }
    }
}

impl App {
    /// The owners of a crate, the first one first.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] in a closed registry, [`AppError::NotFound`] for an unknown crate.
    pub async fn list_owners(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
    ) -> Result<Vec<OwnerEntry>, AppError> {
        may_read(&caller.actor, &registry.registry)?;
        let mut conn = self.store.read().await?;
        let krate = cratekeep_store::krate::find(&mut conn, registry.registry.id, &CanonName::of(name))
            .await?
            .ok_or_else(|| AppError::no_crate(name))?;
        let owners = cratekeep_store::owner::list(&mut conn, krate.id).await?;
        Ok(owners
            .into_iter()
            .map(|owner| OwnerEntry { id: owner.account.id, name: owner.account.name })
            .collect())
    }

    /// Whether it is worth reading what `caller` sends: it has to be somebody.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] for nobody.
    pub fn may_send(&self, caller: &Caller) -> Result<(), AppError> {
        Ok(cratekeep_policy::may_send(&caller.actor)?)
    }

    /// Makes accounts owners of a crate and says what was done. All or none of them.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for unknown names or owners already, [`AppError::Denied`] for all but owners.
    pub async fn add_owners(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        logins: &[String],
    ) -> Result<String, AppError> {
        self.change_owners(caller, registry, name, logins, Change::Add).await?;
        let sentences: Vec<_> = logins
            .iter()
            .map(|login| format!("user {login} has been added as an owner of crate {name}"))
            .collect();
        Ok(sentences.join(", "))
    }

    /// Takes the ownership of a crate away from accounts. At least one owner stays.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for names that are no owners or when nobody would be left.
    pub async fn remove_owners(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        logins: &[String],
    ) -> Result<String, AppError> {
        self.change_owners(caller, registry, name, logins, Change::Remove).await?;
        Ok("owners successfully removed".to_owned())
    }

    async fn change_owners(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        logins: &[String],
        change: Change,
    ) -> Result<(), AppError> {
        self.check_durable()?;
        may_read(&caller.actor, &registry.registry)?;
        let (krate, standing) = self.crate_and_standing(caller, registry, &CanonName::of(name)).await?;
        let krate = krate.ok_or_else(|| AppError::no_crate(name))?;
        may_change_owners(&caller.actor, &registry.registry, &krate.name, standing)?;
        let users = self.users_named(logins).await?;
        let at = self.clock.now();
        let audit = NewAudit {
            krate: Some(krate.name.to_string()),
            ..caller.audit_in(&registry.registry.name, change.action(), at)
        };
        let plan = Plan { krate, users, change, by: caller.actor.account().map(|by| by.id), audit, at };
        let done = self
            .store
            .write("change-owners", move |tx| {
                let plan = plan.clone();
                Box::pin(async move { apply(tx, &plan).await })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(())
    }

    /// The accounts behind some names; every name that is none is a problem of its own.
    async fn users_named(&self, logins: &[String]) -> Result<Vec<Account>, AppError> {
        let most = self.options.owners_per_request_max;
        if logins.is_empty() || logins.len() > most {
            return Err(AppError::invalid(format!(
                "name 1 to {most} users in one request, found {}",
                logins.len()
            )));
        }
        let mut conn = self.store.read().await?;
        let (mut users, mut problems) = (Vec::new(), Vec::new());
        for login in logins {
            let found = match login.parse::<UserName>() {
                Ok(name) => {
                    cratekeep_store::user::find_by_name(&mut conn, &name).await?.map(|user| user.account)
                }
                Err(_) => None,
            };
            match found {
                Some(user) if users.iter().any(|known: &Account| known.id == user.id) => {}
                Some(user) => users.push(user),
                None => problems.push(format!("could not find user with login `{login}`")),
            }
        }
        if problems.is_empty() { Ok(users) } else { Err(AppError::Invalid(problems)) }
    }
}

/// A change of owners, ready to be made.
#[derive(Clone)]
struct Plan {
    krate: KrateRow,
    users: Vec<Account>,
    change: Change,
    by: Option<UserId>,
    audit: NewAudit,
    at: Timestamp,
}

async fn apply(tx: &mut Tx, plan: &Plan) -> Result<(), AppError> {
    let krate = plan.krate.id;
    cratekeep_store::krate::lock_crate(tx, plan.krate.registry, &plan.krate.name.canon()).await?;
    let mut problems = Vec::new();
    for user in &plan.users {
        let done = match plan.change {
            Change::Add => cratekeep_store::owner::add(tx, krate, user.id, plan.by, plan.at).await?,
            Change::Remove => cratekeep_store::owner::remove(tx, krate, user.id).await?,
        };
        match (plan.change, done) {
            (Change::Add, false) => problems.push(format!("`{}` is already an owner", user.name)),
            (Change::Remove, false) => {
                problems.push(format!("could not find owner with login `{}`", user.name))
            }
            (_, true) => note(tx, plan, user),
        }
    }
    if problems.is_empty() && cratekeep_store::owner::count(tx, krate).await? == 0 {
        problems.push("cannot remove all owners of a crate; add another owner first".to_owned());
    }
    if problems.is_empty() { Ok(()) } else { Err(AppError::Invalid(problems)) }
}

fn note(tx: &mut Tx, plan: &Plan, user: &Account) {
    let kind = if plan.change == Change::Add { EventKind::OwnerAdded } else { EventKind::OwnerRemoved };
    tx.emit(Event {
        registry: Some(plan.krate.registry),
        krate: Some(plan.krate.id),
        subject: Some(user.id.0),
        ..Event::new(kind, plan.at)
    });
    tx.audit(NewAudit { after: Some(format!("owner {}", user.name)), ..plan.audit.clone() });
}
