//! Members of a registry: who they are, and what they may do.

use cratekeep_policy::may_administer_registry;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::member::{self, MemberRow};
use cratekeep_store::{Conn, Tx};
use cratekeep_types::{RegistryId, Role, TeamId, Timestamp, UserId, UserName};

use crate::{App, AppError, Caller, RegistryView};

/// How the login of a local team begins.
const TEAM_PREFIX: &str = "team:";

/// An account or a team, as commands name it: `NAME` or `team:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Party {
    /// An account.
    Account(UserId),
    /// A team.
    Team(TeamId),
}

/// A change of a membership, ready to be made. No role takes it away.
#[derive(Clone)]
struct Change {
    registry: RegistryId,
    party: Party,
    role: Option<Role>,
    by: Option<UserId>,
    audit: NewAudit,
    login: String,
    at: Timestamp,
}

impl App {
    /// The members of a registry, by login.
    ///
    /// # Errors
    /// [`AppError::Denied`] for all but those who administer it.
    pub async fn list_members(
        &self,
        caller: &Caller,
        registry: &RegistryView,
    ) -> Result<Vec<MemberRow>, AppError> {
        may_administer_registry(&caller.actor, &registry.registry)?;
        let mut conn = self.store.read().await?;
        Ok(member::list(&mut conn, registry.registry.id).await?)
    }

    /// Makes an account or the members of a team (`team:NAME`) members of a registry, or gives them another role.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown account or team, [`AppError::Denied`] for all but those who administer the
    /// registry.
    pub async fn set_member(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        login: &str,
        role: Role,
    ) -> Result<(), AppError> {
        self.change_member(caller, registry, login, Some(role)).await
    }

    /// Takes a membership away.
    ///
    /// # Errors
    /// As for [`App::set_member`], and [`AppError::NotFound`] when there is none.
    pub async fn end_membership(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        login: &str,
    ) -> Result<(), AppError> {
        self.change_member(caller, registry, login, None).await
    }

    async fn change_member(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        login: &str,
        role: Option<Role>,
    ) -> Result<(), AppError> {
        may_administer_registry(&caller.actor, &registry.registry)?;
        let party = self.party(login).await?;
        let at = self.clock.now();
        let action = if role.is_some() { "member-set" } else { "member-remove" };
        let change = Change {
            registry: registry.registry.id,
            party,
            role,
            by: caller.actor.account().map(|account| account.id),
            audit: caller.audit_in(&registry.registry.name, action, at),
            login: login.to_owned(),
            at,
        };
        let done = self
            .store
            .write("change-member", move |tx| {
                let change = change.clone();
                Box::pin(async move { apply(tx, &change).await })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(())
    }

    /// The account or team that `login` names.
    pub(crate) async fn party(&self, login: &str) -> Result<Party, AppError> {
        let mut conn = self.store.read().await?;
        if login.starts_with(TEAM_PREFIX) {
            let team = cratekeep_store::team::find_by_login(&mut conn, login).await?;
            return team
                .map(|team| Party::Team(team.id))
                .ok_or_else(|| AppError::NotFound(format!("there is no team `{login}`")));
        }
        let absent = || AppError::NotFound(format!("there is no user `{login}`"));
        let name: UserName = login.parse().map_err(|_| absent())?;
        let user = cratekeep_store::user::find_by_name(&mut conn, &name).await?;
        user.map(|user| Party::Account(user.account.id)).ok_or_else(absent)
    }
}

async fn apply(tx: &mut Tx, change: &Change) -> Result<(), AppError> {
    let before = role_now(tx, change).await?;
    if before == change.role && before.is_some() {
        return Ok(());
    }
    let Change { registry, by, at, .. } = *change;
    match (&change.party, change.role) {
        (Party::Account(user), Some(role)) => member::set_role(tx, registry, *user, role, by, at).await?,
        (Party::Team(team), Some(role)) => member::set_team_role(tx, registry, *team, role, by, at).await?,
        (_, None) if before.is_none() => {
            return Err(AppError::NotFound(format!("`{}` is no member of this registry", change.login)));
        }
        (Party::Account(user), None) => drop(member::remove(tx, registry, *user).await?),
        (Party::Team(team), None) => drop(member::remove_team(tx, registry, *team).await?),
    }
    let subject = match change.party {
        Party::Account(user) => user.0,
        Party::Team(team) => team.0,
    };
    tx.emit(Event {
        registry: Some(registry),
        subject: Some(subject),
        ..Event::new(EventKind::MembersChanged, at)
    });
    let told = |role: Option<Role>| role.map(|role| format!("{} {role}", change.login));
    tx.audit(NewAudit { before: told(before), after: told(change.role), ..change.audit.clone() });
    Ok(())
}

async fn role_now(conn: &mut Conn, change: &Change) -> Result<Option<Role>, AppError> {
    Ok(match &change.party {
        Party::Account(user) => member::find_role(conn, change.registry, *user).await?,
        Party::Team(team) => member::find_team_role(conn, change.registry, *team).await?,
    })
}
