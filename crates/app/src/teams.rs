//! Teams: local ones are made here and have their members here; teams of a forge come with the crates they own.

use cratekeep_policy::{may_administer, may_read};
use cratekeep_store::Tx;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::team::{NewTeam, TeamRow};
use cratekeep_store::team_member::MemberRow;
use cratekeep_types::{Account, TeamId, TeamLogin, Timestamp, UserId, UserName};

use crate::owners::named;
use crate::{App, AppError, Caller, OwnerEntry, RegistryView};

/// What the store calls a team whose members are kept here.
const LOCAL: &str = "local";
/// Why somebody is in a team who was put there by hand.
const DIRECT: &str = "direct";
/// Most teams that one list shows.
const LISTED_MAX: u32 = 1_000;

/// A user as everybody who may read sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownUser {
    /// The account.
    pub id: UserId,
    /// Its name.
    pub name: UserName,
    /// What the person wants to be called.
    pub display_name: Option<String>,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// A team with what its page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamPage {
    /// The team.
    pub team: OwnerEntry,
    /// The names of its members, for who is one of them or administers the server.
    pub members: Option<Vec<UserName>>,
}

impl App {
    /// A team by its login, as owners of crates are shown.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown one; [`AppError::Unauthenticated`] and [`AppError::Denied`] where the
    /// registry may not be read.
    pub async fn show_team(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        login: &str,
    ) -> Result<TeamPage, AppError> {
        may_read(&caller.actor, &registry.registry)?;
        let mut conn = self.store.read().await?;
        let row = cratekeep_store::team::find_by_login(&mut conn, login).await?;
        let row = row.ok_or_else(|| AppError::NotFound(format!("there is no team `{login}`")))?;
        let is_inside = caller.actor.is_in(row.id) || may_administer(&caller.actor).is_ok();
        let members = match is_inside && row.team.kind == LOCAL {
            true => {
                let mut names: Vec<_> = cratekeep_store::team_member::list(&mut conn, row.id)
                    .await?
                    .into_iter()
                    .map(|member| member.account.name)
                    .collect();
                names.dedup();
                Some(names)
            }
            false => None,
        };
        Ok(TeamPage { team: OwnerEntry::of_team(row), members })
    }

    /// An account by its name in any spelling.
    ///
    /// # Errors
    /// As [`App::show_team`].
    pub async fn show_user(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        login: &str,
    ) -> Result<ShownUser, AppError> {
        may_read(&caller.actor, &registry.registry)?;
        let unknown = || AppError::NotFound(format!("there is no user `{login}`"));
        let name: UserName = login.parse().map_err(|_| unknown())?;
        let mut conn = self.store.read().await?;
        let row = cratekeep_store::user::find_by_name(&mut conn, &name).await?.ok_or_else(unknown)?;
        let profile = cratekeep_store::profile::find(&mut conn, row.account.id).await?;
        Ok(ShownUser {
            id: row.account.id,
            name: row.account.name,
            display_name: profile.and_then(|profile| profile.display_name),
            created_at: row.created_at,
        })
    }

    /// How often the crates of a registry that an account owns itself were downloaded, as far as the caller sees them;
    /// zero for an account that is not there.
    ///
    /// # Errors
    /// As for [`App::show_team`].
    pub async fn downloads_of_user(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        user: UserId,
    ) -> Result<u64, AppError> {
        self.enter(caller, registry)?;
        let seen = self.seen(caller, registry).await?;
        let mut conn = self.store.read().await?;
        Ok(cratekeep_store::owner::downloads(&mut conn, registry.registry.id, user, &seen).await?)
    }

    /// Makes a local team without members.
    pub(crate) async fn create_team(&self, caller: &Caller, name: &str) -> Result<String, AppError> {
        may_administer(&caller.actor)?;
        let login = local_login(name)?;
        let new = NewTeam {
            login: login.clone(),
            kind: LOCAL.to_owned(),
            name: bare(name).to_owned(),
            external_id: None,
            organization_id: None,
            avatar: None,
        };
        let at = self.clock.now();
        let audit = NewAudit { after: Some(named("team", &login)), ..caller.audit("team-create", at) };
        let done = self
            .store
            .write("create-team", move |tx| {
                let (new, audit) = (new.clone(), audit.clone());
                Box::pin(async move {
                    if cratekeep_store::team::find_by_login(tx, &new.login).await?.is_some() {
                        return Err(AppError::Conflict(format!("there is already a team `{}`", new.login)));
                    }
                    let id = cratekeep_store::team::insert(tx, &new, at).await?;
                    tx.emit(Event { subject: Some(id.0), ..Event::new(EventKind::TeamCreated, at) });
                    tx.audit(audit);
                    Ok(())
                })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(login)
    }

    /// Removes a local team with its members. One that owns crates or is otherwise needed stays.
    pub(crate) async fn delete_team(&self, caller: &Caller, name: &str) -> Result<String, AppError> {
        may_administer(&caller.actor)?;
        let row = self.local_team(name).await?;
        let (login, at) = (row.team.login.clone(), self.clock.now());
        let audit = NewAudit { before: Some(named("team", &login)), ..caller.audit("team-delete", at) };
        let done = self
            .store
            .write("delete-team", move |tx| {
                let (row, audit) = (row.clone(), audit.clone());
                Box::pin(async move { delete(tx, &row, audit, at).await })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(login)
    }

    /// Puts an account into a local team by hand, or takes it out again. Says whether anything changed.
    pub(crate) async fn set_team_member(
        &self,
        caller: &Caller,
        team: &str,
        user: &UserName,
        is_member: bool,
    ) -> Result<bool, AppError> {
        may_administer(&caller.actor)?;
        let team = self.local_team(team).await?;
        let account = self.account_named(user).await?;
        let at = self.clock.now();
        let action = if is_member { "team-add-member" } else { "team-remove-member" };
        let text = serde_json::json!({ "team": team.team.login, "user": account.name.as_str() }).to_string();
        let (before, after) = if is_member { (None, Some(text)) } else { (Some(text), None) };
        let audit = NewAudit { before, after, ..caller.audit(action, at) };
        let by = caller.actor.account().map(|by| by.id);
        let done = self
            .store
            .write("set-team-member", move |tx| {
                let (team, user, audit) = (team.id, account.id, audit.clone());
                Box::pin(async move {
                    let changed = match is_member {
                        true => cratekeep_store::team_member::add(tx, team, user, DIRECT, by, at).await?,
                        false => cratekeep_store::team_member::remove(tx, team, user, DIRECT).await?,
                    };
                    if changed {
                        tx.emit(Event { subject: Some(team.0), ..Event::new(EventKind::TeamChanged, at) });
                        tx.audit(audit);
                    }
                    Ok::<_, AppError>(changed)
                })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(done.value)
    }

    /// Every team.
    pub(crate) async fn list_teams(&self, caller: &Caller) -> Result<Vec<TeamRow>, AppError> {
        may_administer(&caller.actor)?;
        let mut conn = self.store.read().await?;
        Ok(cratekeep_store::team::list(&mut conn, TeamId(0), LISTED_MAX).await?)
    }

    /// The members of a local team, each as often as there are reasons for it.
    pub(crate) async fn team_members(&self, caller: &Caller, team: &str) -> Result<Vec<MemberRow>, AppError> {
        may_administer(&caller.actor)?;
        let team = self.local_team(team).await?;
        let mut conn = self.store.read().await?;
        Ok(cratekeep_store::team_member::list(&mut conn, team.id).await?)
    }

    /// A local team by `NAME` or `team:NAME`.
    pub(crate) async fn local_team(&self, name: &str) -> Result<TeamRow, AppError> {
        let login = local_login(name)?;
        let mut conn = self.store.read().await?;
        let found = cratekeep_store::team::find_by_login(&mut conn, &login).await?;
        found.ok_or_else(|| AppError::NotFound(format!("there is no team `{login}`")))
    }

    async fn account_named(&self, name: &UserName) -> Result<Account, AppError> {
        let mut conn = self.store.read().await?;
        let found = cratekeep_store::user::find_by_name(&mut conn, name).await?;
        Ok(found.ok_or_else(|| AppError::NotFound(format!("there is no user `{name}`")))?.account)
    }
}

async fn delete(tx: &mut Tx, row: &TeamRow, audit: NewAudit, at: Timestamp) -> Result<(), AppError> {
    let login = &row.team.login;
    if cratekeep_store::team::count_uses(tx, row.id).await? > 0 {
        return Err(AppError::Conflict(format!(
            "`{login}` owns crates, is in a registry or has names reserved for it; take these away first"
        )));
    }
    cratekeep_store::team_member::clear(tx, row.id).await?;
    if !cratekeep_store::team::delete(tx, row.id).await? {
        return Err(AppError::NotFound(format!("there is no team `{login}`")));
    }
    tx.emit(Event { subject: Some(row.id.0), ..Event::new(EventKind::TeamChanged, at) });
    tx.audit(audit);
    Ok(())
}

fn bare(name: &str) -> &str {
    name.strip_prefix("team:").unwrap_or(name)
}

fn local_login(name: &str) -> Result<String, AppError> {
    let login: TeamLogin = format!("team:{}", bare(name))
        .parse()
        .map_err(|_| AppError::invalid(format!("`{name}` is no name of a team; write it as a user name")))?;
    Ok(login.to_string())
}
