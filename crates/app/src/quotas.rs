//! How much accounts and registries may hold, and what single crates may do beyond or below the server's limits.

use cratekeep_policy::{may_administer, may_administer_registry};
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::limits::{self, KrateLimits, Quota, Used};
use cratekeep_store::{Conn, StoreError};
use cratekeep_types::{CanonName, RegistryId, UserId, UserName};

use crate::{App, AppError, Caller, RegistryView};

/// What an upload adds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Added {
    /// Who publishes; nobody for a build.
    pub(crate) publisher: Option<UserId>,
    /// Where.
    pub(crate) registry: RegistryId,
    /// Whether the crate is new.
    pub(crate) is_new_crate: bool,
    /// Length of the crate file; zero as long as it is not known.
    pub(crate) bytes: u64,
}

/// Is there room for an upload? Asked before the archive is read, and again by the transaction that records it.
pub(crate) async fn check_room(conn: &mut Conn, added: Added) -> Result<(), AppError> {
    let Added { publisher, registry, .. } = added;
    if let Some(user) = publisher {
        let quota = limits::of_user(conn, user).await?;
        if quota != Quota::default() {
            let used = limits::used_by(conn, user).await?;
            check(quota, used, added, "you have", "your quota")?;
        }
    }
    let quota = limits::of_registry(conn, registry).await?;
    if quota != Quota::default() {
        let used = limits::used_in(conn, registry).await?;
        check(quota, used, added, "the registry has", "its quota")?;
    }
    Ok(())
}

fn check(quota: Quota, used: Used, added: Added, whose: &str, limit: &str) -> Result<(), AppError> {
    let ask = "ask an administrator of this server for more (`admin quota set`)";
    if let Some(max) = quota.crates_max.filter(|max| added.is_new_crate && used.crates >= *max) {
        let crates = used.crates;
        return Err(AppError::Denied(format!("{whose} {crates} crates and {limit} is {max} crates; {ask}")));
    }
    let bytes = used.bytes.saturating_add(added.bytes.max(1));
    if let Some(max) = quota.bytes_max.filter(|max| bytes > *max) {
        let (used, more) = (used.bytes, added.bytes);
        return Err(AppError::Denied(format!(
            "{whose} {used} bytes of crate files, this upload has {more} and {limit} is {max} bytes; {ask}"
        )));
    }
    Ok(())
}

/// Whose quota.
#[derive(Clone, Debug)]
pub(crate) enum Holder {
    User(UserName),
    Registry(String),
}

impl Holder {
    pub(crate) fn of(kind: &str, name: String) -> Result<Self, AppError> {
        match kind {
            "user" => Ok(Self::User(crate::admin::parse(&name)?)),
            "registry" => Ok(Self::Registry(name)),
            other => {
                Err(AppError::invalid(format!("a quota is that of a `user` or a `registry`, not `{other}`")))
            }
        }
    }
}

/// A holder that was found.
#[derive(Clone, Copy, Debug)]
enum Row {
    User(UserId),
    Registry(RegistryId),
}

impl Row {
    async fn quota(self, conn: &mut Conn) -> Result<Quota, StoreError> {
        match self {
            Self::User(id) => limits::of_user(conn, id).await,
            Self::Registry(id) => limits::of_registry(conn, id).await,
        }
    }
}

impl App {
    /// A quota with what is used of it.
    pub(crate) async fn show_quota(
        &self,
        caller: &Caller,
        holder: &Holder,
    ) -> Result<(Quota, Used), AppError> {
        may_administer(&caller.actor)?;
        let row = self.quota_row(holder).await?;
        let mut conn = self.store.read().await?;
        let used = match row {
            Row::User(id) => limits::used_by(&mut conn, id).await?,
            Row::Registry(id) => limits::used_in(&mut conn, id).await?,
        };
        Ok((row.quota(&mut conn).await?, used))
    }

    /// Sets a quota. What is there already stays, also above it.
    pub(crate) async fn set_quota(
        &self,
        caller: &Caller,
        holder: &Holder,
        quota: Quota,
    ) -> Result<(), AppError> {
        may_administer(&caller.actor)?;
        let row = self.quota_row(holder).await?;
        let at = self.clock.now();
        let audit =
            NewAudit { after: Some(format!("{holder:?}: {quota:?}")), ..caller.audit("quota-set", at) };
        let event = match row {
            Row::User(id) => Event { subject: Some(id.0), ..Event::new(EventKind::UserChanged, at) },
            Row::Registry(id) => Event { registry: Some(id), ..Event::new(EventKind::MembersChanged, at) },
        };
        let done = self
            .store
            .write("set-quota", move |tx| {
                let (audit, event) = (audit.clone(), event.clone());
                Box::pin(async move {
                    let before = row.quota(tx).await?;
                    match row {
                        Row::User(id) => limits::set_user(tx, id, quota).await?,
                        Row::Registry(id) => limits::set_registry(tx, id, quota).await?,
                    };
                    tx.emit(event);
                    tx.audit(NewAudit { before: Some(format!("{before:?}")), ..audit });
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(())
    }

    async fn quota_row(&self, holder: &Holder) -> Result<Row, AppError> {
        match holder {
            Holder::User(name) => {
                let mut conn = self.store.read().await?;
                let found = cratekeep_store::user::find_by_name(&mut conn, name).await?;
                found
                    .map(|user| Row::User(user.account.id))
                    .ok_or_else(|| AppError::NotFound(format!("there is no user `{name}`")))
            }
            Holder::Registry(name) => Ok(Row::Registry(self.registry_named(name)?.registry.id)),
        }
    }

    /// Sets the limits of a crate.
    pub(crate) async fn set_krate_limits(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        wanted: KrateLimits,
    ) -> Result<(), AppError> {
        may_administer(&caller.actor)
            .map(drop)
            .or_else(|_| may_administer_registry(&caller.actor, &registry.registry).map(drop))?;
        let at = self.clock.now();
        let (id, canon) = (registry.registry.id, CanonName::of(name));
        let audit = NewAudit {
            krate: Some(name.to_owned()),
            after: Some(format!("{wanted:?}")),
            ..caller.audit_in(&registry.registry.name, "crate-limits", at)
        };
        let absent = AppError::no_crate(name).to_string();
        let done = self
            .store
            .write("set-crate-limits", move |tx| {
                let (canon, audit, absent) = (canon.clone(), audit.clone(), absent.clone());
                Box::pin(async move {
                    let krate = cratekeep_store::krate::lock_crate(tx, id, &canon).await?;
                    let krate = krate.ok_or(AppError::NotFound(absent))?;
                    let before = limits::of_krate(tx, krate.id).await?;
                    limits::set_krate(tx, krate.id, wanted).await?;
                    tx.emit(Event {
                        registry: Some(id),
                        krate: Some(krate.id),
                        ..Event::new(EventKind::CrateChanged, at)
                    });
                    tx.audit(NewAudit { before: Some(format!("{before:?}")), ..audit });
                    Ok::<_, AppError>(())
                })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(())
    }
}
