//! What groups of a provider give: worked out at each sign-in, given, and taken away when the group is gone.

use std::collections::BTreeSet;

use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::group_role::{self, ADMIN, GroupRole};
use cratekeep_store::{StoreError, Tx, team, team_member};
use cratekeep_types::{GroupGrant, RegistryId, TeamId, Timestamp, UserId};

use super::ProviderSettings;
use crate::{App, AppError};

/// What somebody's groups give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Given {
    roles: BTreeSet<GroupRole>,
    /// Logins of local teams.
    teams: BTreeSet<String>,
}

impl App {
    /// What these groups give. A registry that is not there gives nothing, and the log says so.
    pub(super) fn given_by(&self, settings: &ProviderSettings, groups: &[String]) -> Given {
        let mut given = Given::default();
        let mine = settings.groups.iter().filter(|(group, _)| groups.contains(group));
        for grant in mine.flat_map(|(_, grants)| grants) {
            match grant {
                GroupGrant::Admin => {
                    given.roles.insert((ADMIN.to_owned(), RegistryId(0)));
                }
                GroupGrant::Team(name) => {
                    given.teams.insert(format!("team:{name}"));
                }
                GroupGrant::Role(role, registry) => match self.registry(registry.as_str()) {
                    Some(view) => {
                        given.roles.insert((role.word().to_owned(), view.registry.id));
                    }
                    None => tracing::warn!(
                        provider = settings.name,
                        registry = registry.as_str(),
                        "a group gives a role in a registry that is not there"
                    ),
                },
            }
        }
        given
    }

    /// Takes away what providers gave that are no longer in the settings. Asked at each start of the server.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer.
    pub async fn forget_gone_providers(&self) -> Result<(), AppError> {
        let sources = group_role::sources(&mut *self.store.read().await?).await?;
        let gone: Vec<String> = sources
            .iter()
            .filter_map(|source| source.strip_prefix("group:"))
            .filter(|name| self.providers.find(name).is_none())
            .map(str::to_owned)
            .collect();
        if gone.is_empty() {
            return Ok(());
        }
        let at = self.clock.now();
        let done = self
            .store
            .write::<_, StoreError, _>("forget-providers", move |tx| {
                let gone = gone.clone();
                Box::pin(async move {
                    for name in &gone {
                        group_role::forget_provider(tx, name).await?;
                        group_role::forget_source(tx, &source_of(name)).await?;
                    }
                    tx.emit(Event::new(EventKind::MembersChanged, at));
                    let audit = NewAudit::new("groups-forget", cratekeep_store::audit::Who::System, at);
                    tx.audit(NewAudit { before: Some(format!("groups of {}", gone.join(", "))), ..audit });
                    Ok(())
                })
            })
            .await?;
        self.identities.forget_all();
        self.settle(&done.events).await;
        Ok(())
    }
}

/// Makes what a provider's groups give to an account exactly `given`.
pub(super) async fn sync(
    tx: &mut Tx,
    account: UserId,
    provider: &str,
    given: &Given,
    audit: &NewAudit,
    at: Timestamp,
) -> Result<(), AppError> {
    let source = source_of(provider);
    let roles = group_role::list(tx, account, provider).await?;
    let teams = group_role::list_teams(tx, account, &source).await?;
    let wanted = find_teams(tx, provider, &given.teams).await?;
    let has_all = given.roles.iter().eq(roles.iter().collect::<BTreeSet<_>>());
    if has_all && wanted.iter().eq(teams.iter().collect::<BTreeSet<_>>()) {
        return Ok(());
    }
    group_role::delete_all(tx, account, provider).await?;
    for role in &given.roles {
        group_role::insert(tx, account, provider, role).await?;
    }
    for team in teams.iter().filter(|team| !wanted.contains(team)) {
        team_member::remove(tx, *team, account, &source).await?;
    }
    for team in &wanted {
        team_member::add(tx, *team, account, &source, None, at).await?;
    }
    tx.emit(Event { subject: Some(account.0), ..Event::new(EventKind::UserChanged, at) });
    tx.audit(NewAudit {
        action: "groups-sync".to_owned(),
        before: Some(told(account, &roles, &teams)),
        after: Some(told(account, &given.roles, &wanted)),
        ..audit.clone()
    });
    Ok(())
}

async fn find_teams(
    tx: &mut Tx,
    provider: &str,
    logins: &BTreeSet<String>,
) -> Result<BTreeSet<TeamId>, AppError> {
    let mut found = BTreeSet::new();
    for login in logins {
        match team::find_by_login(tx, login).await? {
            Some(row) => {
                found.insert(row.id);
            }
            None => tracing::warn!(provider, team = login, "a group gives a team that is not there"),
        }
    }
    Ok(found)
}

fn told<'a>(
    account: UserId,
    roles: impl IntoIterator<Item = &'a GroupRole>,
    teams: impl IntoIterator<Item = &'a TeamId>,
) -> String {
    let roles = roles.into_iter().map(|(role, registry)| format!("{role}@{registry}"));
    let teams = teams.into_iter().map(|team| format!("team {team}"));
    let all: Vec<String> = roles.chain(teams).collect();
    format!("user {account}: {}", all.join(", "))
}

fn source_of(provider: &str) -> String {
    format!("group:{provider}")
}
