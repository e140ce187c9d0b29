//! Names of crates that are not there yet: reserved ones, ones kept for the last owners, ones that need an approval.

use cratekeep_policy::{MayPublish, Standing, Target, may_administer, may_administer_registry, may_publish};
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::name_request::{self, RequestRow, State};
use cratekeep_store::reserved_name::{self, ReservedRow};
use cratekeep_store::{Conn, StoreError, deleted_krate};
use cratekeep_types::{
    Access, Actor, CrateName, CratePattern, NewCrates, Registry, RegistryId, TeamId, Timestamp, UserId,
};

use crate::{App, AppError, Caller, RegistryView};

/// Most patterns or requests that one list shows.
const LISTED_MAX: u32 = 1_000;
/// Longest reason in characters.
const REASON_CHARS_MAX: usize = 500;

/// Who wants to begin a crate, as far as names are concerned.
#[derive(Clone, Debug)]
pub(crate) struct Beginner {
    pub(crate) account: Option<UserId>,
    pub(crate) teams: Vec<TeamId>,
    /// Whether it administers the registry, with whatever credential it publishes.
    pub(crate) administers: bool,
    /// Whether the registry is one that everybody may read: then no name tells of a crate that somebody may not see.
    pub(crate) is_open: bool,
    pub(crate) at: Timestamp,
}

impl Beginner {
    pub(crate) fn of(actor: &Actor, registry: &Registry, at: Timestamp) -> Self {
        let administers = actor.account().is_some_and(|account| account.is_admin)
            || actor.role_in(registry.id) == Some(cratekeep_types::Role::Administrator);
        let teams = match actor {
            Actor::Account { memberships, .. } => memberships.teams.clone(),
            _ => Vec::new(),
        };
        let is_open = registry.access == Access::Open;
        Self { account: actor.account().map(|account| account.id), teams, administers, is_open, at }
    }

    /// The answer for a name that is not free. Where crates can be hidden it is the same for each, whatever keeps it;
    /// elsewhere it says why.
    fn told(&self, name: &CrateName, why: String) -> AppError {
        if self.is_open { AppError::Denied(why) } else { AppError::name_is_kept(name) }
    }
}

/// May this name be begun by this account? Asked before the archive is read, and again by the transaction that records
/// the first version.
pub(crate) async fn check_free(
    conn: &mut Conn,
    registry: RegistryId,
    name: &CrateName,
    who: &Beginner,
) -> Result<(), AppError> {
    check_kept(conn, registry, name, who).await?;
    if who.administers {
        return Ok(());
    }
    let covering = reserved_name::covering(conn, registry, &CratePattern::all_covering(name)).await?;
    let Some(reserved) = covering.first() else { return Ok(()) };
    if reserved.team.is_some_and(|team| who.teams.contains(&team)) {
        return Ok(());
    }
    let why = format!(
        "the name `{name}` is reserved by `{}`: {}; ask an administrator of the registry",
        reserved.pattern, reserved.reason
    );
    Err(who.told(name, why))
}

/// The name of a deleted crate stays with its last owners.
async fn check_kept(
    conn: &mut Conn,
    registry: RegistryId,
    name: &CrateName,
    who: &Beginner,
) -> Result<(), AppError> {
    let Some(kept) = deleted_krate::find(conn, registry, &name.canon()).await? else { return Ok(()) };
    if !who.account.is_some_and(|account| kept.owners.contains(&account)) {
        let why = format!(
            "a crate `{}` was deleted and its name stays with its last owners; an administrator can release it \
             (`admin crate release`)",
            kept.name
        );
        return Err(who.told(name, why));
    }
    if who.at < kept.available_at {
        return Err(AppError::Denied(format!(
            "the crate `{}` was deleted a short time ago; you can publish it again after {}",
            kept.name,
            kept.available_at.to_seconds_text()
        )));
    }
    Ok(())
}

impl App {
    /// May this be published? An approval of the name is looked up, and asked for where nothing else is missing. Gives
    /// the proof, and the team of GitHub that it rests on.
    pub(crate) async fn prove_publish(
        &self,
        caller: &Caller,
        target: Target<'_>,
    ) -> Result<(MayPublish, Option<TeamId>), AppError> {
        let needs_approval =
            target.standing == Standing::NewCrate && target.registry.new_crates == NewCrates::Approval;
        let is_approved =
            needs_approval && self.is_approved(target.registry, target.name, &caller.actor).await?;
        match may_publish(&caller.actor, Target { is_approved, ..target }) {
            Err(_) if needs_approval && !is_approved => {
                // What else is missing comes first: nothing is asked for in vain.
                may_publish(&caller.actor, Target { is_approved: true, ..target })?;
                Err(self.ask_for_name(caller, target).await?)
            }
            Ok(proof) => Ok((proof, None)),
            Err(_) => {
                let ask = |standing| may_publish(&caller.actor, Target { standing, ..target });
                self.prove_in_team(caller, target.id, target.standing, ask).await
            }
        }
    }

    /// Whether an administrator approved the name for the account.
    pub(crate) async fn is_approved(
        &self,
        registry: &Registry,
        name: &CrateName,
        actor: &Actor,
    ) -> Result<bool, AppError> {
        let Some(account) = actor.account() else { return Ok(false) };
        let mut conn = self.store.read().await?;
        let found = name_request::find(&mut conn, registry.id, &name.canon(), account.id).await?;
        Ok(found.is_some_and(|request| request.state == State::Approved))
    }

    /// Asks for the name on behalf of who lacks the approval alone; says what to expect.
    async fn ask_for_name(&self, caller: &Caller, target: Target<'_>) -> Result<AppError, AppError> {
        let (registry, name) = (target.registry.id, target.name.clone());
        let account = caller.actor.account().map(|account| account.id).ok_or_else(|| {
            AppError::Denied(format!(
                "the registry approves new crates; `{name}` is not one that a build can begin"
            ))
        })?;
        let at = self.clock.now();
        let audit = NewAudit {
            krate: Some(name.to_string()),
            ..caller.audit_in(&target.registry.name, "name-request", at)
        };
        let asked = name.clone();
        let done = self
            .store
            .write("ask-for-name", move |tx| {
                let (name, audit) = (asked.clone(), audit.clone());
                Box::pin(async move {
                    if name_request::ask(tx, registry, &name, account, at).await? {
                        tx.emit(Event {
                            registry: Some(registry),
                            ..Event::new(EventKind::MembersChanged, at)
                        });
                        tx.audit(audit);
                    }
                    name_request::find(tx, registry, &name.canon(), account).await
                })
            })
            .await
            .map_err(|error: StoreError| AppError::from(error))?;
        let refused = done.value.filter(|request| request.state == State::Refused);
        Ok(AppError::Denied(match refused {
            Some(request) => {
                format!("the name `{name}` was asked for and refused: {}", request.reason.unwrap_or_default())
            }
            None => format!(
                "new crates of the registry `{}` need an approval; `{name}` has been asked for, publish again once it is given",
                target.registry.name
            ),
        }))
    }

    /// Reserves a name or a prefix, or changes for whom and why.
    pub(crate) async fn reserve_name(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        pattern: &CratePattern,
        team: Option<&str>,
        reason: &str,
    ) -> Result<(), AppError> {
        may_administer_registry(&caller.actor, &registry.registry)?;
        check_reason(reason)?;
        let team = match team {
            Some(login) => Some((self.team_called(login).await?, login.to_owned())),
            None => None,
        };
        let (id, at) = (registry.registry.id, self.clock.now());
        let pattern = pattern.folded().as_str().to_owned();
        let audit = NewAudit {
            after: Some(format!(
                "{pattern} for {}",
                team.as_ref().map_or("administrators", |(_, login)| login.as_str())
            )),
            ..caller.audit_in(&registry.registry.name, "name-reserve", at)
        };
        let (team, login) = team.unzip();
        let row = ReservedRow { pattern, team, login, reason: reason.to_owned(), created_at: at };
        let by = caller.actor.account().map(|account| account.id);
        let done = self
            .store
            .write("reserve-name", move |tx| {
                let (row, audit) = (row.clone(), audit.clone());
                Box::pin(async move {
                    let before = reserved_name::find(tx, id, &row.pattern).await?;
                    reserved_name::set(tx, id, &row, by).await?;
                    tx.emit(Event { registry: Some(id), ..Event::new(EventKind::MembersChanged, at) });
                    tx.audit(NewAudit { before: before.map(|row| row.pattern), ..audit });
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(())
    }

    async fn team_called(&self, login: &str) -> Result<TeamId, AppError> {
        let mut conn = self.store.read().await?;
        let found = cratekeep_store::team::find_by_login(&mut conn, login).await?;
        found
            .map(|team| team.id)
            .ok_or_else(|| AppError::NotFound(format!("there is no team `{login}`; write it as team:NAME")))
    }

    /// Releases a reserved name or prefix.
    pub(crate) async fn release_pattern(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        pattern: &CratePattern,
    ) -> Result<(), AppError> {
        may_administer_registry(&caller.actor, &registry.registry)?;
        let (id, at) = (registry.registry.id, self.clock.now());
        let pattern = pattern.folded().as_str().to_owned();
        let audit = NewAudit {
            before: Some(pattern.clone()),
            ..caller.audit_in(&registry.registry.name, "name-release", at)
        };
        let done = self
            .store
            .write("release-name", move |tx| {
                let (pattern, audit) = (pattern.clone(), audit.clone());
                Box::pin(async move {
                    if !reserved_name::remove(tx, id, &pattern).await? {
                        return Err(AppError::NotFound(format!("`{pattern}` is not reserved")));
                    }
                    tx.emit(Event { registry: Some(id), ..Event::new(EventKind::MembersChanged, at) });
                    tx.audit(audit);
                    Ok(())
                })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(())
    }

    /// The reserved names of a registry.
    pub(crate) async fn reserved_names(
        &self,
        caller: &Caller,
        registry: &RegistryView,
    ) -> Result<Vec<ReservedRow>, AppError> {
        may_administer_registry(&caller.actor, &registry.registry)?;
        let mut conn = self.store.read().await?;
        Ok(reserved_name::list(&mut conn, registry.registry.id, "", LISTED_MAX).await?)
    }

    /// The requests for names of a registry, newest first.
    pub(crate) async fn name_requests(
        &self,
        caller: &Caller,
        registry: &RegistryView,
    ) -> Result<Vec<RequestRow>, AppError> {
        may_administer_registry(&caller.actor, &registry.registry)?;
        let mut conn = self.store.read().await?;
        Ok(name_request::list(&mut conn, registry.registry.id, None, LISTED_MAX).await?)
    }

    /// Decides a request for a name.
    pub(crate) async fn decide_name(
        &self,
        caller: &Caller,
        id: i64,
        state: State,
        reason: Option<String>,
    ) -> Result<RequestRow, AppError> {
        reason.as_deref().map_or(Ok(()), check_reason)?;
        let request = {
            let mut conn = self.store.read().await?;
            name_request::find_by_id(&mut conn, id).await?
        };
        let absent = || AppError::NotFound(format!("there is no request {id} for a name"));
        // Who may not know what a registry was asked for is not told whether there is such a request.
        let view = request.as_ref().and_then(|request| self.registry_of(request.registry));
        let (Some(request), Some(view)) = (request, view) else {
            may_administer(&caller.actor)?;
            return Err(absent());
        };
        may_administer_registry(&caller.actor, &view.registry)?;
        let at = self.clock.now();
        let action = if state == State::Approved { "name-approve" } else { "name-refuse" };
        let audit = NewAudit {
            krate: Some(request.name.to_string()),
            before: Some(request.state.word().to_owned()),
            after: Some(format!("{} for user {}", state.word(), request.login)),
            ..caller.audit_in(&view.registry.name, action, at)
        };
        let registry = request.registry;
        let done = self
            .store
            .write("decide-name", move |tx| {
                let (reason, audit) = (reason.clone(), audit.clone());
                Box::pin(async move {
                    name_request::decide(tx, id, state, reason.as_deref(), at).await?;
                    tx.emit(Event { registry: Some(registry), ..Event::new(EventKind::MembersChanged, at) });
                    tx.audit(audit);
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(request)
    }
}

/// A reason is told to people, so there must be one, and it must not be a book.
pub(crate) fn check_reason(reason: &str) -> Result<(), AppError> {
    let chars = reason.trim().chars().count();
    if (1..=REASON_CHARS_MAX).contains(&chars) {
        return Ok(());
    }
    Err(AppError::invalid(format!("a reason has 1 to {REASON_CHARS_MAX} characters, this one has {chars}")))
}
