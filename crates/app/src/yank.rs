//! Yanking and unyanking: one line of the index changes, the file stays.

use cratekeep_policy::{Standing, may_yank};
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::krate::{KrateRow, NewHead};
use cratekeep_store::version::Yank;
use cratekeep_store::{StoreError, Tx};
use cratekeep_types::{CanonName, Timestamp, VersionNum};
use cratekeep_wire::set_yanked;

use crate::index::{head_of, stored_head};
use crate::limits::{Action, Allowance};
use crate::owners::standing;
use crate::{App, AppError, Caller, RegistryView};

/// What is to change.
#[derive(Clone, Debug)]
struct Change {
    allowance: Option<Allowance>,
    krate: KrateRow,
    num: VersionNum,
    yanked: bool,
    audit: NewAudit,
    at: Timestamp,
}

impl App {
    /// Yanks a version, or takes the yank back. Asking for what is already so succeeds and changes nothing.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown crate or version, [`AppError::Denied`] for all but its owners.
    pub async fn yank(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        num: &str,
        yanked: bool,
    ) -> Result<(), AppError> {
        self.check_durable()?;
        self.enter_crate(caller, registry, name).await?;
        let (krate, standing) = self.crate_and_standing(caller, registry, &CanonName::of(name)).await?;
        let krate = krate.ok_or_else(|| AppError::no_crate(name))?;
        let ask = |standing| may_yank(&caller.actor, &registry.registry, &krate.name, standing);
        self.prove_in_team(caller, Some(krate.id), standing, ask).await?;
        let allowance = self.allowance(caller, Action::Yank.within(registry)).await?;
        let num: VersionNum = num.parse().map_err(|_| AppError::no_version(name, num))?;
        let at = self.clock.now();
        let action = if yanked { "yank" } else { "unyank" };
        let audit = NewAudit {
            krate: Some(krate.name.to_string()),
            version: Some(num.to_string()),
            ..caller.audit_in(&registry.registry.name, action, at)
        };
        let name = krate.name.clone();
        let change = Change { allowance, krate, num, yanked, audit, at };
        let done = self
            .store
            .write("yank", move |tx| {
                let change = change.clone();
                Box::pin(async move { flip(tx, &change).await })
            })
            .await?;
        self.index.forget(registry.registry.id, &name);
        self.settle(&done.events).await;
        Ok(())
    }

    /// A crate with what the caller is to it.
    pub(crate) async fn crate_and_standing(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        canon: &CanonName,
    ) -> Result<(Option<KrateRow>, Standing), AppError> {
        let mut conn = self.store.read().await?;
        let Some(krate) = cratekeep_store::krate::find(&mut conn, registry.registry.id, canon).await? else {
            return Ok((None, Standing::NewCrate));
        };
        let standing = standing(&mut conn, &caller.actor, krate.id).await?;
        Ok((Some(krate), standing))
    }
}

/// Flips the version's line and the crate's head. What is already so stays as it is.
async fn flip(tx: &mut Tx, change: &Change) -> Result<(), AppError> {
    let absent = || AppError::no_version(change.krate.name.as_str(), &change.num.to_string());
    let krate = cratekeep_store::krate::lock_crate(tx, change.krate.registry, &change.krate.name.canon())
        .await?
        .ok_or_else(absent)?;
    let version = cratekeep_store::version::find(tx, krate.id, &change.num).await?.ok_or_else(absent)?;
    if version.num != change.num {
        return Err(absent());
    }
    if version.yanked == change.yanked {
        return Ok(());
    }
    if let Some(allowance) = &change.allowance {
        allowance.spend(tx).await?;
    }
    let line = set_yanked(&version.line, change.yanked)
        .map_err(|error| StoreError::Internal(format!("a stored index line does not parse: {error}")))?;
    let mut head = head_of(&krate);
    head.replace(&version.line, &line);
    let yank = Yank { yanked: change.yanked, message: None, line };
    cratekeep_store::version::set_yanked(tx, version.id, &yank).await?;
    let new = NewHead { head: stored_head(&head), description: None, updated_at: change.at };
    cratekeep_store::krate::set_head(tx, krate.id, &new).await?;
    let kind = if change.yanked { EventKind::VersionYanked } else { EventKind::VersionUnyanked };
    tx.emit(Event {
        registry: Some(krate.registry),
        krate: Some(krate.id),
        version: Some(version.id),
        ..Event::new(kind, change.at)
    });
    tx.audit(change.audit.clone());
    Ok(())
}
