//! Owners of a crate: persons, who may do everything with it, and teams, whose members publish and yank.
//!
//! Here they are listed and changed. Persons are invited ([`crate::invitations`]); teams own at once.

mod change;
mod github;
mod names;
mod standing;

pub(crate) use change::named;
pub(crate) use github::Words;
pub(crate) use names::can_read;
pub(crate) use standing::standing;

use cratekeep_policy::{may_administer_registry, may_change_owners};
use cratekeep_store::krate::KrateRow;
use cratekeep_store::team::TeamRow;
use cratekeep_types::{AccountKind, CanonName};

use crate::{App, AppError, Caller, RegistryView};
use change::{Change, Way};

/// Whether an owner is a person or a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerKind {
    /// An account.
    User,
    /// A team.
    Team,
}

/// One owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerEntry {
    /// Its row among accounts, or among teams.
    pub id: i64,
    /// Its name, or the team's login.
    pub login: String,
    /// Which of the two it is.
    pub kind: OwnerKind,
    /// What people call it.
    pub name: Option<String>,
    /// Its page at the forge that knows who is in it.
    pub url: Option<String>,
    /// The address of a picture.
    pub avatar: Option<String>,
}

impl OwnerEntry {
    pub(crate) fn of_team(row: TeamRow) -> Self {
        let place = row.team.kind.strip_prefix("github ");
        let organization = row.team.login.split(':').nth(1);
        Self {
            url: place.zip(organization).map(|(place, organization)| format!("{place}/{organization}")),
            id: row.id.0,
            login: row.team.login,
            kind: OwnerKind::Team,
            name: Some(row.team.name),
            avatar: row.team.avatar,
        }
    }
}

impl App {
    /// The owners of a crate: persons, the first one first, then teams.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] in a closed registry, [`AppError::NotFound`] for an unknown crate.
    pub async fn list_owners(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
    ) -> Result<Vec<OwnerEntry>, AppError> {
        let krate = self.visible_crate(caller, registry, name).await?;
        let mut conn = self.store.read().await?;
        let users = cratekeep_store::owner::list(&mut conn, krate.id).await?;
        let teams = cratekeep_store::team_owner::list(&mut conn, krate.id).await?;
        let users = users.into_iter().map(|owner| OwnerEntry {
            id: owner.account.id.0,
            login: owner.account.name.to_string(),
            kind: OwnerKind::User,
            name: match owner.account.kind {
                AccountKind::Person => owner.display_name,
                AccountKind::Service => Some("service".to_owned()),
            },
            url: None,
            avatar: None,
        });
        Ok(users.chain(teams.into_iter().map(OwnerEntry::of_team)).collect())
    }

    /// Whether it is worth reading what `caller` sends: it has to be somebody.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] for nobody.
    pub fn may_send(&self, caller: &Caller) -> Result<(), AppError> {
        Ok(cratekeep_policy::may_send(&caller.actor)?)
    }

    /// Invites persons to own a crate, makes teams owners of it, and says what was done. All or none of them.
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
        let krate = self.crate_to_change(caller, registry, name).await?;
        let change = Change { krate, registry, way: Way::Invite };
        Ok(self.change_owners(caller, change, logins).await?.join(","))
    }

    /// Takes the ownership of a crate away, or an invitation to own it back. At least one person stays.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for names that are no owners or when no person would be left.
    pub async fn remove_owners(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        logins: &[String],
    ) -> Result<String, AppError> {
        let krate = self.crate_to_change(caller, registry, name).await?;
        self.change_owners(caller, Change { krate, registry, way: Way::Remove }, logins).await?;
        Ok("owners successfully removed".to_owned())
    }

    /// Makes somebody an owner without asking them: for administrators, where an owner is gone or mail is off.
    ///
    /// # Errors
    /// As [`App::add_owners`]; [`AppError::Denied`] for all but administrators of the registry.
    pub(crate) async fn put_owner(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        login: &str,
    ) -> Result<String, AppError> {
        may_administer_registry(&caller.actor, &registry.registry)?;
        let krate = self.visible_crate(caller, registry, name).await?;
        let change = Change { krate, registry, way: Way::Put };
        Ok(self.change_owners(caller, change, &[login.to_owned()]).await?.join(","))
    }

    /// Takes an owner away by an administrator's word. At least one person stays.
    ///
    /// # Errors
    /// As [`App::remove_owners`]; [`AppError::Denied`] for all but administrators of the registry.
    pub(crate) async fn take_owner(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        login: &str,
    ) -> Result<(), AppError> {
        may_administer_registry(&caller.actor, &registry.registry)?;
        let krate = self.visible_crate(caller, registry, name).await?;
        self.change_owners(caller, Change { krate, registry, way: Way::Remove }, &[login.to_owned()]).await?;
        Ok(())
    }

    /// A crate whose owners `caller` may change.
    pub(crate) async fn crate_to_change(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
    ) -> Result<KrateRow, AppError> {
        self.enter_crate(caller, registry, name).await?;
        let (krate, standing) = self.crate_and_standing(caller, registry, &CanonName::of(name)).await?;
        let krate = krate.ok_or_else(|| AppError::no_crate(name))?;
        may_change_owners(&caller.actor, &registry.registry, &krate.name, standing)?;
        Ok(krate)
    }
}
