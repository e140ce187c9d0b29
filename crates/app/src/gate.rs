//! The one gate to what is inside a registry: may this caller read it, and does it see this crate?
//!
//! Every use case that reads, changes or only mentions a crate asks here first. In an open registry the answer takes
//! neither a wait nor a lock: no crate of it is limited.

use std::sync::Arc;

use cratekeep_policy::{MayRead, Readers, may_read, sees};
use cratekeep_store::krate::Seen;
use cratekeep_types::{Actor, CanonName, RegistryId, Role, UserId};
use quick_cache::UnitWeighter;

use crate::cache::LoadCache;
use crate::{App, AppError, Caller, RegistryView};

/// Crates of internal and closed registries whose readers are kept in memory.
const CRATES_MAX: usize = 50_000;

type Key = (RegistryId, CanonName);

/// The readers of limited crates; nothing for a crate that is not limited or not there.
pub(crate) struct Gate(LoadCache<Key, Option<Arc<Readers>>, UnitWeighter>);

impl Gate {
    pub(crate) fn new() -> Self {
        Self(LoadCache::new(CRATES_MAX, CRATES_MAX as u64, UnitWeighter))
    }

    /// Owners or readers of crates changed.
    pub(crate) fn forget_all(&self) {
        self.0.forget_all();
    }
}

impl App {
    /// May the caller read the registry?
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] and [`AppError::Denied`] when it may not.
    pub(crate) fn enter(&self, caller: &Caller, registry: &RegistryView) -> Result<MayRead, AppError> {
        Ok(may_read(&caller.actor, &registry.registry)?)
    }

    /// May the caller read the registry, and see this crate of it if it is there?
    ///
    /// # Errors
    /// As [`App::enter`]; [`AppError::NotFound`] for a crate that is not for the caller, with the words for a crate that
    /// does not exist.
    pub(crate) async fn enter_crate(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
    ) -> Result<MayRead, AppError> {
        let proof = self.enter(caller, registry)?;
        if !registry.is_open() && !self.sees(caller, registry, &CanonName::of(name)).await? {
            return Err(AppError::no_crate(name));
        }
        Ok(proof)
    }

    /// Whether the caller, who may read the registry, sees this crate of it, or would if it were there.
    pub(crate) async fn sees(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        canon: &CanonName,
    ) -> Result<bool, AppError> {
        if registry.is_open() {
            return Ok(true);
        }
        let key = (registry.registry.id, canon.clone());
        let readers = match self.follower.is_fresh(self.clock.now()) {
            true => match self.gate.0.get(&key) {
                Some(readers) => readers,
                None => self.gate.0.get_or_load(&key, || self.load_readers(&key)).await?,
            },
            false => self.load_readers(&key).await?,
        };
        Ok(readers.is_none_or(|readers| sees(&caller.actor, &registry.registry, &readers)))
    }

    /// Which limited crates of the registry the caller sees, for statements that list or count many.
    pub(crate) async fn seen(&self, caller: &Caller, registry: &RegistryView) -> Result<Seen, AppError> {
        let actor = &caller.actor;
        let all = match actor {
            Actor::Operator | Actor::System => true,
            _ => {
                actor.account().is_some_and(|account| account.is_admin)
                    || actor.role_in(registry.registry.id) == Some(Role::Administrator)
            }
        };
        let limited = match actor.account() {
            Some(account) if !all && !registry.is_open() => self.seen_by(registry, account.id).await?,
            _ => Vec::new(),
        };
        Ok(Seen { all, limited })
    }

    async fn seen_by(
        &self,
        registry: &RegistryView,
        user: UserId,
    ) -> Result<Vec<cratekeep_types::CrateId>, AppError> {
        let mut conn = self.store.read().await?;
        Ok(cratekeep_store::reader::limited_seen_by(&mut conn, registry.registry.id, user).await?)
    }

    async fn load_readers(&self, (registry, canon): &Key) -> Result<Option<Arc<Readers>>, AppError> {
        let mut conn = self.store.read().await?;
        let Some(krate) = cratekeep_store::reader::limited_crate(&mut conn, *registry, canon).await? else {
            return Ok(None);
        };
        let accounts = cratekeep_store::reader::accounts_seeing(&mut conn, krate).await?;
        let teams = cratekeep_store::reader::teams_seeing(&mut conn, krate).await?;
        Ok(Some(Arc::new(Readers { krate: Some(krate), accounts, teams })))
    }
}
