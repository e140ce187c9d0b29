//! Deleting a crate, or one version of it. What remains are tombstones, so that a number never comes back with other
//! bytes, and the name, kept for the last owners.

use cratekeep_policy::{may_administer_registry, may_delete};
use cratekeep_store::audit::NewAudit;
use cratekeep_store::deleted_krate::{self, DeletedRow};
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::krate::{KrateRow, NewHead};
use cratekeep_store::version::VersionRow;
use cratekeep_store::{Tx, deletion, download, owner, version};
use cratekeep_types::{CanonName, Timestamp, VersionId, VersionNum};
use cratekeep_wire::IndexHead;

use crate::index::stored_head;
use crate::mail::Letter;
use crate::names::check_reason;
use crate::{App, AppError, Caller, RegistryView};

/// An owner may delete a crate freely while it is at most this old, in hours.
const FREE_HOURS: i64 = 72;
/// An older crate must have fewer downloads than this for each month of its age.
const DOWNLOADS_PER_MONTH_MAX: u64 = 1_000;
/// A month when downloads are counted, in seconds.
const MONTH_SECS: u64 = 30 * 86_400;
/// The last owners may publish the name again after this many hours.
const KEPT_HOURS: i64 = 24;
/// Seconds in an hour.
const HOUR_SECS: i64 = 3_600;
/// Versions read at once when the head of an index file is added up anew.
const VERSIONS_PAGE: u32 = 100;
/// The word for the class of published crates in the table of objects.
const HOSTED: &str = "hosted";

/// What is to be deleted.
#[derive(Clone, Debug)]
struct Deletion {
    krate: KrateRow,
    reason: Option<String>,
    audit: NewAudit,
    at: Timestamp,
}

impl App {
    /// Deletes a crate by the rules for owners.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown crate, [`AppError::Denied`] for all but its owners with a session,
    /// [`AppError::Unprocessable`] when it is too old, too much used, or another crate depends on it.
    pub async fn delete_crate(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        message: Option<String>,
    ) -> Result<(), AppError> {
        self.check_durable()?;
        self.enter_crate(caller, registry, name).await?;
        let (krate, standing) = self.crate_and_standing(caller, registry, &CanonName::of(name)).await?;
        let krate = krate.ok_or_else(|| AppError::no_crate(name))?;
        may_delete(&caller.actor, &registry.registry, &krate.name, standing)?;
        message.as_deref().map_or(Ok(()), check_reason)?;
        self.check_owner_may_delete(&krate).await?;
        self.delete(caller, registry, krate, message).await
    }

    /// Deletes a crate as an administrator: without the rules for owners.
    pub(crate) async fn delete_crate_anyway(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        reason: String,
    ) -> Result<(), AppError> {
        may_administer_registry(&caller.actor, &registry.registry)?;
        check_reason(&reason)?;
        let krate = self.krate_called(registry, name).await?;
        self.delete(caller, registry, krate, Some(reason)).await
    }

    /// Deletes one version as an administrator. The last one goes only with its crate.
    pub(crate) async fn delete_version(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        num: &VersionNum,
        reason: String,
    ) -> Result<(), AppError> {
        self.check_durable()?;
        may_administer_registry(&caller.actor, &registry.registry)?;
        check_reason(&reason)?;
        let krate = self.krate_called(registry, name).await?;
        let deletion = self.deletion(caller, registry, krate, Some(reason), "version-delete");
        let (name, num) = (deletion.krate.name.clone(), num.clone());
        let wanted = num.clone();
        let done = self
            .store
            .write("delete-version", move |tx| {
                let (deletion, num) = (deletion.clone(), wanted.clone());
                Box::pin(async move { remove_version(tx, &deletion, &num).await })
            })
            .await?;
        self.index.forget(registry.registry.id, &name);
        self.files.forget(registry.registry.id, &name, &num);
        self.gate.forget_all();
        self.settle(&done.events).await;
        Ok(())
    }

    /// Lets the name of a deleted crate go: anybody may publish it from now on. Its numbers stay with their bytes.
    pub(crate) async fn release_crate(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
    ) -> Result<(), AppError> {
        may_administer_registry(&caller.actor, &registry.registry)?;
        let (id, canon, at) = (registry.registry.id, CanonName::of(name), self.clock.now());
        let audit = NewAudit {
            krate: Some(name.to_owned()),
            ..caller.audit_in(&registry.registry.name, "crate-release", at)
        };
        let absent = format!("no name of a deleted crate `{name}` is kept");
        let done = self
            .store
            .write("release-crate", move |tx| {
                let (canon, audit, absent) = (canon.clone(), audit.clone(), absent.clone());
                Box::pin(async move {
                    if !deleted_krate::remove(tx, id, &canon).await? {
                        return Err(AppError::NotFound(absent));
                    }
                    tx.emit(Event { registry: Some(id), ..Event::new(EventKind::MembersChanged, at) });
                    tx.audit(audit);
                    Ok(())
                })
            })
            .await?;
        self.gate.forget_all();
        self.settle(&done.events).await;
        Ok(())
    }

    async fn krate_called(&self, registry: &RegistryView, name: &str) -> Result<KrateRow, AppError> {
        let mut conn = self.store.read().await?;
        let found =
            cratekeep_store::krate::find(&mut conn, registry.registry.id, &CanonName::of(name)).await?;
        found.ok_or_else(|| AppError::no_crate(name))
    }

    /// The rules for owners: young, or its owner's alone and little used; and nothing may depend on it.
    async fn check_owner_may_delete(&self, krate: &KrateRow) -> Result<(), AppError> {
        self.flush_counts().await?;
        let age_secs = self.clock.now().secs_since(krate.created_at);
        let mut conn = self.store.read().await?;
        if age_secs > FREE_HOURS * HOUR_SECS {
            let owners = owner::count(&mut conn, krate.id).await?;
            let teams = deletion::owning_teams(&mut conn, krate.id).await?;
            if owners + teams > 1 {
                return Err(AppError::Unprocessable(format!(
                    "only crates with a single owner can be deleted after {FREE_HOURS} hours"
                )));
            }
            let months = u64::try_from(age_secs).unwrap_or(0).div_ceil(MONTH_SECS);
            let downloads = download::by_krate(&mut conn, &[krate.id]).await?;
            if downloads.iter().map(|(_, count)| count).sum::<u64>() >= DOWNLOADS_PER_MONTH_MAX * months {
                return Err(AppError::Unprocessable(format!(
                    "only crates with less than {DOWNLOADS_PER_MONTH_MAX} downloads per month can be deleted after \
                     {FREE_HOURS} hours"
                )));
            }
        }
        match deletion::a_dependent(&mut conn, krate.registry, &krate.name.canon()).await? {
            Some(dependent) => Err(AppError::Unprocessable(format!(
                "only crates without reverse dependencies can be deleted (e.g. {dependent} depends on this crate)"
            ))),
            None => Ok(()),
        }
    }

    fn deletion(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        krate: KrateRow,
        reason: Option<String>,
        action: &str,
    ) -> Deletion {
        let at = self.clock.now();
        let audit = NewAudit {
            krate: Some(krate.name.to_string()),
            after: reason.clone(),
            ..caller.audit_in(&registry.registry.name, action, at)
        };
        Deletion { krate, reason, audit, at }
    }

    async fn delete(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        krate: KrateRow,
        reason: Option<String>,
    ) -> Result<(), AppError> {
        self.check_durable()?;
        let deletion = self.deletion(caller, registry, krate, reason, "crate-delete");
        let (id, name) = (deletion.krate.id, deletion.krate.name.clone());
        let place = registry.registry.name.to_string();
        let app = self.clone();
        let done = self
            .store
            .write("delete-crate", move |tx| {
                let (app, deletion, place) = (app.clone(), deletion.clone(), place.clone());
                Box::pin(async move { app.remove_crate(tx, &deletion, &place).await })
            })
            .await?;
        self.index.forget(registry.registry.id, &name);
        self.files.forget_all();
        self.gate.forget_all();
        self.settle(&done.events).await;
        // Numbers of crates are never given again, so counts that a crash leaves here belong to nobody.
        self.store
            .count("forget-downloads", move |tx| {
                Box::pin(async move { deletion::remove_counts(tx, id).await })
            })
            .await?;
        Ok(())
    }

    async fn remove_crate(&self, tx: &mut Tx, deletion: &Deletion, place: &str) -> Result<(), AppError> {
        let Deletion { krate, reason, audit, at } = deletion;
        let gone = || AppError::no_crate(krate.name.as_str());
        let locked = cratekeep_store::krate::lock_crate(tx, krate.registry, &krate.name.canon()).await?;
        let krate = locked.filter(|found| found.id == krate.id).ok_or_else(gone)?;
        let owners = owner::list(tx, krate.id).await?;
        deletion::bury(tx, krate.id, None, *at, reason.as_deref()).await?;
        deletion::lock_objects(tx, HOSTED, krate.id, None).await?;
        deletion::release_objects(tx, HOSTED, krate.id, None, *at).await?;
        deletion::remove_crate(tx, krate.id).await?;
        let kept = DeletedRow {
            name: krate.name.clone(),
            owners: owners.iter().map(|owner| owner.account.id).collect(),
            message: reason.clone(),
            deleted_at: *at,
            available_at: at.plus_secs(KEPT_HOURS * HOUR_SECS),
        };
        deleted_krate::set(tx, krate.registry, &kept).await?;
        for owner in &owners {
            self.tell_of_deletion(tx, owner.account.id, &krate, place, reason.as_deref(), *at).await?;
        }
        cratekeep_store::registry::add_crates(tx, krate.registry, -1).await?;
        tx.emit(Event {
            registry: Some(krate.registry),
            subject: Some(krate.id.0),
            ..Event::new(EventKind::CrateDeleted, *at)
        });
        let names: Vec<_> = owners.iter().map(|owner| owner.account.name.to_string()).collect();
        let before = format!("{} bytes of index, owned by {}", krate.head.length, names.join(", "));
        tx.audit(NewAudit { before: Some(before), ..audit.clone() });
        Ok(())
    }

    /// A letter to a last owner, if there is a confirmed address.
    async fn tell_of_deletion(
        &self,
        tx: &mut Tx,
        owner: cratekeep_types::UserId,
        krate: &KrateRow,
        place: &str,
        reason: Option<&str>,
        at: Timestamp,
    ) -> Result<(), AppError> {
        let facts = cratekeep_store::user_facts::find(tx, owner).await?;
        let confirmed = facts.filter(|facts| facts.email_verified_at.is_some());
        let Some(to) = confirmed.and_then(|facts| facts.email) else { return Ok(()) };
        let name = &krate.name;
        let reason = reason.map(|reason| format!("\nReason: {reason}\n")).unwrap_or_default();
        let text = format!(
            "The crate {name} of the registry {place} was deleted.\n{reason}\nIts name stays with its last owners: you can \
             publish it again after {KEPT_HOURS} hours. A version number comes back only with the bytes it had.\n"
        );
        let letter = Letter { to, subject: format!("The crate {name} was deleted"), text };
        Ok(self.post(tx, &letter, at).await?)
    }
}

/// Removes one version and writes the head of the index file anew.
async fn remove_version(tx: &mut Tx, deletion: &Deletion, num: &VersionNum) -> Result<(), AppError> {
    let Deletion { krate, reason, audit, at } = deletion;
    let absent = || AppError::no_version(krate.name.as_str(), &num.to_string());
    let locked = cratekeep_store::krate::lock_crate(tx, krate.registry, &krate.name.canon()).await?;
    let krate = locked.filter(|found| found.id == krate.id).ok_or_else(absent)?;
    let found = version::find(tx, krate.id, num).await?;
    let gone = found.filter(|found| found.num == *num).ok_or_else(absent)?;
    if version::count(tx, krate.id).await? == 1 {
        return Err(AppError::invalid(format!(
            "{num} is the only version of `{}`; delete the crate instead",
            krate.name
        )));
    }
    deletion::bury(tx, krate.id, Some(gone.id), *at, reason.as_deref()).await?;
    deletion::lock_objects(tx, HOSTED, krate.id, Some(gone.id)).await?;
    deletion::release_objects(tx, HOSTED, krate.id, Some(gone.id), *at).await?;
    deletion::remove_version(tx, gone.id).await?;
    let head = head_of_what_is_left(tx, &krate).await?;
    let new = NewHead { head: stored_head(&head), description: None, updated_at: *at };
    cratekeep_store::krate::set_head(tx, krate.id, &new).await?;
    tx.emit(Event {
        registry: Some(krate.registry),
        krate: Some(krate.id),
        subject: Some(gone.id.0),
        ..Event::new(EventKind::VersionDeleted, *at)
    });
    let before = format!("checksum {}", gone.checksum);
    tx.audit(NewAudit { version: Some(num.to_string()), before: Some(before), ..audit.clone() });
    Ok(())
}

async fn head_of_what_is_left(tx: &mut Tx, krate: &KrateRow) -> Result<IndexHead, AppError> {
    let (mut head, mut after) = (IndexHead::empty(), VersionId(0));
    loop {
        let page: Vec<VersionRow> = version::list(tx, krate.id, after, VERSIONS_PAGE).await?;
        let Some(last) = page.last() else { return Ok(head) };
        after = last.id;
        page.iter().for_each(|row| head.append(&row.line));
    }
}
