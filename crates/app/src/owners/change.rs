//! The one transaction in which owners of a crate change.

use cratekeep_store::Tx;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::invitation::NewInvitation;
use cratekeep_store::krate::KrateRow;
use cratekeep_store::team::{NewTeam, TeamRow};
use cratekeep_types::{Account, Checksum, TeamId, Timestamp, UserId};

use super::names::Target;
use crate::mail::{Invited, Letter, owner};
use crate::{App, AppError, Caller, RegistryView};

/// How long an invitation can be accepted.
const INVITATION_SECS: i64 = 30 * 86_400;

/// How owners change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Persons are invited, teams own at once.
    Invite,
    /// Whoever it is owns at once.
    Put,
    /// They own no longer.
    Remove,
}

/// A change of the owners of a crate.
pub(super) struct Change<'a> {
    pub(super) krate: KrateRow,
    pub(super) registry: &'a RegistryView,
    pub(super) way: Way,
}

/// A change, ready to be made. The codes of invitations are as many as there are targets.
#[derive(Clone)]
struct Plan {
    krate: KrateRow,
    way: Way,
    targets: Vec<(Target, String)>,
    by: Option<Account>,
    audit: NewAudit,
    at: Timestamp,
}

impl App {
    /// Makes the change and says what was done to each, one sentence for each.
    pub(super) async fn change_owners(
        &self,
        caller: &Caller,
        change: Change<'_>,
        logins: &[String],
    ) -> Result<Vec<String>, AppError> {
        self.check_durable()?;
        let Change { krate, registry, way } = change;
        let targets = self.targets(caller, &registry.registry, logins, way).await?;
        let at = self.clock.now();
        let action = if way == Way::Remove { "owner-remove" } else { "owner-add" };
        let audit = NewAudit {
            krate: Some(krate.name.to_string()),
            ..caller.audit_in(&registry.registry.name, action, at)
        };
        let code = || hex::encode(&self.entropy.bytes()[..16]);
        let targets = targets.into_iter().map(|target| (target, code())).collect();
        let plan = Plan { krate, way, targets, by: caller.actor.account().cloned(), audit, at };
        let app = self.clone();
        let done = self
            .store
            .write("change-owners", move |tx| {
                let (app, plan) = (app.clone(), plan.clone());
                Box::pin(async move { app.apply(tx, &plan).await })
            })
            .await?;
        self.gate.forget_all();
        self.settle(&done.events).await;
        Ok(done.value)
    }

    async fn apply(&self, tx: &mut Tx, plan: &Plan) -> Result<Vec<String>, AppError> {
        cratekeep_store::krate::lock_crate(tx, plan.krate.registry, &plan.krate.name.canon())
            .await?
            .ok_or_else(|| AppError::no_crate(plan.krate.name.as_str()))?;
        let (mut said, mut problems) = (Vec::new(), Vec::new());
        for (target, code) in &plan.targets {
            let done = match (target, plan.way) {
                (Target::User(user), Way::Invite) => self.invite(tx, plan, user, code).await,
                (Target::User(user), Way::Put) => put_user(tx, plan, user).await,
                (Target::User(user), Way::Remove) => remove_user(tx, plan, user).await,
                (Target::Team(team), Way::Remove) => remove_team(tx, plan, team).await,
                (Target::Team(team), _) => add_team(tx, plan, team).await,
                (Target::AtGitHub(new), _) => {
                    let team = team_of_github(tx, plan, new).await?;
                    add_team(tx, plan, &team).await
                }
            };
            match done {
                Ok(sentence) => said.push(sentence),
                Err(AppError::Invalid(more)) => problems.extend(more),
                Err(other) => return Err(other),
            }
        }
        if problems.is_empty() && cratekeep_store::owner::count(tx, plan.krate.id).await? == 0 {
            problems.push(
                "cannot remove all individual owners of a crate. Team member don't have permission to modify owners, so at least one individual owner is required."
                    .to_owned(),
            );
        }
        if problems.is_empty() { Ok(said) } else { Err(AppError::Invalid(problems)) }
    }

    /// Invites a person, unless there is an invitation that still counts. A letter goes to a verified address.
    async fn invite(&self, tx: &mut Tx, plan: &Plan, user: &Account, code: &str) -> Result<String, AppError> {
        let krate = &plan.krate;
        if cratekeep_store::owner::is_owner(tx, krate.id, user.id).await? {
            return Err(already(user.name.as_str()));
        }
        if let Some(pending) = cratekeep_store::invitation::find(tx, krate.id, user.id).await? {
            if pending.is_open(plan.at) {
                return Ok(format!(
                    "user {} already has a pending invitation to be an owner of crate {}",
                    user.name, krate.name
                ));
            }
            cratekeep_store::invitation::remove(tx, pending.id).await?;
        }
        let new = NewInvitation {
            krate: krate.id,
            invitee: user.id,
            inviter: by(plan),
            hash: *Checksum::of(code.as_bytes()).as_bytes(),
            expires_at: plan.at.plus_secs(INVITATION_SECS),
        };
        cratekeep_store::invitation::insert(tx, &new, plan.at).await?;
        if let Some(to) = cratekeep_store::user::verified_email(tx, user.id).await? {
            let letter = self.invitation_letter(plan, user, to, code);
            self.post(tx, &letter, plan.at).await?;
        }
        emit(tx, plan, EventKind::OwnerInvited, user.id.0);
        tx.audit(NewAudit {
            action: "owner-invite".to_owned(),
            after: Some(named("user", user.name.as_str())),
            ..plan.audit.clone()
        });
        Ok(format!("user {} has been invited to be an owner of crate {}", user.name, krate.name))
    }

    fn invitation_letter(&self, plan: &Plan, user: &Account, to: String, code: &str) -> Letter {
        owner::invited(&Invited {
            to,
            invitee: user.name.as_str(),
            inviter: plan.by.as_ref().map(|by| by.name.as_str()),
            krate: plan.krate.name.as_str(),
            base_url: &self.options.base_url,
            code,
            days: INVITATION_SECS / 86_400,
        })
    }
}

async fn put_user(tx: &mut Tx, plan: &Plan, user: &Account) -> Result<String, AppError> {
    let krate = &plan.krate;
    if !cratekeep_store::owner::add(tx, krate.id, user.id, by(plan), plan.at).await? {
        return Err(already(user.name.as_str()));
    }
    if let Some(pending) = cratekeep_store::invitation::find(tx, krate.id, user.id).await? {
        cratekeep_store::invitation::remove(tx, pending.id).await?;
    }
    emit(tx, plan, EventKind::OwnerAdded, user.id.0);
    tx.audit(NewAudit { after: Some(named("user", user.name.as_str())), ..plan.audit.clone() });
    Ok(format!("user {} has been added as an owner of crate {}", user.name, krate.name))
}

/// Takes the ownership of a person away, or the invitation of who is none yet.
async fn remove_user(tx: &mut Tx, plan: &Plan, user: &Account) -> Result<String, AppError> {
    let krate = plan.krate.id;
    if cratekeep_store::owner::remove(tx, krate, user.id).await? {
        emit(tx, plan, EventKind::OwnerRemoved, user.id.0);
        tx.audit(NewAudit { before: Some(named("user", user.name.as_str())), ..plan.audit.clone() });
        return Ok(String::new());
    }
    match cratekeep_store::invitation::find(tx, krate, user.id).await? {
        Some(pending) if pending.is_open(plan.at) => {
            cratekeep_store::invitation::remove(tx, pending.id).await?;
            let before = Some(named("user", user.name.as_str()));
            tx.audit(NewAudit { action: "owner-uninvite".to_owned(), before, ..plan.audit.clone() });
            Ok(String::new())
        }
        _ => Err(unknown(user.name.as_str())),
    }
}

async fn add_team(tx: &mut Tx, plan: &Plan, team: &TeamRow) -> Result<String, AppError> {
    let login = &team.team.login;
    if !cratekeep_store::team_owner::add(tx, plan.krate.id, team.id, by(plan), plan.at).await? {
        return Err(already(login));
    }
    emit(tx, plan, EventKind::TeamOwnerAdded, team.id.0);
    tx.audit(NewAudit { after: Some(named("team", login)), ..plan.audit.clone() });
    Ok(format!("team {login} has been added as an owner of crate {}", plan.krate.name))
}

/// The row of a team of GitHub: it is the same one as long as its number there is, whatever it is called.
async fn team_of_github(tx: &mut Tx, plan: &Plan, new: &NewTeam) -> Result<TeamRow, AppError> {
    let number = new.external_id.as_deref().unwrap_or_default();
    let found = cratekeep_store::team::find_external(tx, &new.kind, number).await?;
    if found.as_ref().is_none_or(|found| found.team.login != new.login) {
        free_login(tx, &new.login).await?;
    }
    let event = |id: TeamId, kind| Event { subject: Some(id.0), ..Event::new(kind, plan.at) };
    let audit = |action: &str| NewAudit {
        action: action.to_owned(),
        after: Some(named("team", &new.login)),
        ..plan.audit.clone()
    };
    let Some(found) = found else {
        let id = cratekeep_store::team::insert(tx, new, plan.at).await?;
        tx.emit(event(id, EventKind::TeamCreated));
        tx.audit(audit("team-create"));
        return Ok(TeamRow { id, team: new.clone(), created_at: plan.at });
    };
    if (&found.team.login, &found.team.name) != (&new.login, &new.name) {
        cratekeep_store::team::rename(tx, found.id, &new.login, &new.name).await?;
        tx.emit(event(found.id, EventKind::TeamChanged));
        let before = Some(named("team", &found.team.login));
        tx.audit(NewAudit { before, ..audit("team-rename") });
    }
    Ok(TeamRow { team: new.clone(), ..found })
}

/// A team that had this name before it went to another one at GitHub is told apart by its number there.
async fn free_login(tx: &mut Tx, login: &str) -> Result<(), AppError> {
    if let Some(old) = cratekeep_store::team::find_by_login(tx, login).await? {
        let number = old.team.external_id.as_deref().unwrap_or_default();
        cratekeep_store::team::rename(tx, old.id, &format!("{login}:{number}"), &old.team.name).await?;
    }
    Ok(())
}

async fn remove_team(tx: &mut Tx, plan: &Plan, team: &TeamRow) -> Result<String, AppError> {
    if !cratekeep_store::team_owner::remove(tx, plan.krate.id, team.id).await? {
        return Err(unknown(&team.team.login));
    }
    emit(tx, plan, EventKind::TeamOwnerRemoved, team.id.0);
    tx.audit(NewAudit { before: Some(named("team", &team.team.login)), ..plan.audit.clone() });
    Ok(String::new())
}

fn by(plan: &Plan) -> Option<UserId> {
    plan.by.as_ref().map(|by| by.id)
}

fn emit(tx: &mut Tx, plan: &Plan, kind: EventKind, subject: i64) {
    tx.emit(Event {
        registry: Some(plan.krate.registry),
        krate: Some(plan.krate.id),
        subject: Some(subject),
        ..Event::new(kind, plan.at)
    });
}

/// `{"user":"ada"}`, for the audit log.
pub(crate) fn named(what: &str, name: &str) -> String {
    serde_json::json!({ what: name }).to_string()
}

fn already(login: &str) -> AppError {
    AppError::invalid(format!("`{login}` is already an owner"))
}

fn unknown(login: &str) -> AppError {
    AppError::invalid(format!("could not find owner with login `{login}`"))
}
