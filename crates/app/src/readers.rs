//! Who sees a crate: everybody who may read its registry, or only its owners and the readers they name.

use cratekeep_policy::may_change_crate;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::krate::KrateRow;
use cratekeep_store::{Conn, Tx, reader};
use cratekeep_types::{CanonName, CrateId, Timestamp};

use crate::members::Party;
use crate::{App, AppError, Caller, RegistryView};

/// Most accounts and teams that may be named as readers of one crate.
const READERS_MAX: usize = 1_000;

/// Who sees a crate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrateReaders {
    /// Whether only owners and readers see it.
    pub limited: bool,
    /// Names of accounts and logins of teams.
    pub readers: Vec<String>,
}

/// A change of who sees a crate, ready to be made.
#[derive(Clone)]
struct Change {
    krate: KrateRow,
    limited: bool,
    parties: Vec<Party>,
    audit: NewAudit,
    at: Timestamp,
}

impl App {
    /// Who sees a crate.
    ///
    /// # Errors
    /// [`AppError::Denied`] for all but its owners and those who administer the registry.
    pub async fn crate_readers(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
    ) -> Result<CrateReaders, AppError> {
        let krate = self.changeable_crate(caller, registry, name).await?;
        let mut conn = self.store.read().await?;
        readers_now(&mut conn, krate.id).await
    }

    /// Says who sees a crate: everybody who may read the registry, or only its owners and these readers.
    ///
    /// # Errors
    /// [`AppError::Conflict`] in an open registry, [`AppError::NotFound`] for unknown readers, [`AppError::Denied`] for
    /// all but the crate's owners and those who administer the registry.
    pub async fn set_crate_readers(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        wish: &CrateReaders,
    ) -> Result<(), AppError> {
        let krate = self.changeable_crate(caller, registry, name).await?;
        if registry.is_open() && wish.limited {
            return Err(AppError::Conflict(format!(
                "`{0}` is an open registry, and what everybody may read cannot be hidden from some: either close it \
                 (`cratekeep admin registry set {0} --access closed`), or publish `{name}` to an internal or closed \
                 registry instead",
                registry.registry.name
            )));
        }
        if wish.readers.len() > READERS_MAX {
            return Err(AppError::invalid(format!("a crate has at most {READERS_MAX} readers; use a team")));
        }
        if !wish.limited && !wish.readers.is_empty() {
            return Err(AppError::invalid("a crate that is not limited has no readers of its own"));
        }
        let mut parties = Vec::new();
        for login in &wish.readers {
            parties.push(self.party(login).await?);
        }
        let at = self.clock.now();
        let audit = NewAudit {
            krate: Some(krate.name.to_string()),
            ..caller.audit_in(&registry.registry.name, "crate-readers", at)
        };
        let change = Change { krate, limited: wish.limited, parties, audit, at };
        let done = self
            .store
            .write("crate-readers", move |tx| {
                let change = change.clone();
                Box::pin(async move { apply(tx, &change).await })
            })
            .await?;
        self.gate.forget_all();
        self.settle(&done.events).await;
        Ok(())
    }

    /// A crate that the caller sees and may change.
    async fn changeable_crate(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
    ) -> Result<KrateRow, AppError> {
        self.enter_crate(caller, registry, name).await?;
        let (krate, standing) = self.crate_and_standing(caller, registry, &CanonName::of(name)).await?;
        let krate = krate.ok_or_else(|| AppError::no_crate(name))?;
        may_change_crate(&caller.actor, &registry.registry, &krate.name, standing)?;
        Ok(krate)
    }
}

async fn apply(tx: &mut Tx, change: &Change) -> Result<(), AppError> {
    let krate = change.krate.id;
    cratekeep_store::krate::lock_crate(tx, change.krate.registry, &change.krate.name.canon()).await?;
    let registry = cratekeep_store::registry::find_by_id(tx, change.krate.registry).await?;
    if change.limited && registry.is_none_or(|registry| registry.access == cratekeep_types::Access::Open) {
        return Err(AppError::Conflict("the registry was opened just now".to_owned()));
    }
    let before = readers_now(tx, krate).await?;
    reader::set_limited(tx, krate, change.limited).await?;
    reader::clear(tx, krate).await?;
    reader::clear_teams(tx, krate).await?;
    for party in &change.parties {
        match party {
            Party::Account(user) => reader::add(tx, krate, *user, change.at).await?,
            Party::Team(team) => reader::add_team(tx, krate, *team, change.at).await?,
        };
    }
    let after = readers_now(tx, krate).await?;
    if before == after {
        return Ok(());
    }
    tx.emit(Event {
        registry: Some(change.krate.registry),
        krate: Some(krate),
        ..Event::new(EventKind::CrateChanged, change.at)
    });
    let told = |readers: &CrateReaders| Some(readers.to_string());
    tx.audit(NewAudit { before: told(&before), after: told(&after), ..change.audit.clone() });
    Ok(())
}

async fn readers_now(conn: &mut Conn, krate: CrateId) -> Result<CrateReaders, AppError> {
    let limited = reader::is_limited(conn, krate).await?;
    let accounts = reader::list(conn, krate).await?;
    let mut readers: Vec<_> = accounts.into_iter().map(|account| account.name.to_string()).collect();
    readers.extend(reader::list_teams(conn, krate).await?);
    Ok(CrateReaders { limited, readers })
}

impl std::fmt::Display for CrateReaders {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.limited, self.readers.is_empty()) {
            (false, _) => out.write_str("seen by everybody who may read the registry"),
            (true, true) => out.write_str("seen by its owners"),
            (true, false) => write!(out, "seen by its owners and {}", self.readers.join(", ")),
        }
    }
}
