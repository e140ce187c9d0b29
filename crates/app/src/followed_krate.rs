//! Following crates: a list of one's own, and what is new in them.

use cratekeep_policy::may_manage_account;
use cratekeep_store::audit::NewAudit;
use cratekeep_store::followed_krate;
use cratekeep_types::UserId;

use crate::sessions::own_account;
use crate::{App, AppError, Caller, RegistryView, Version};

/// Most crates that one account follows.
const FOLLOWED_MAX: u64 = 10_000;

impl App {
    /// Begins to follow a crate, or stops to.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a crate that is not there or not for this caller; [`AppError::Unauthenticated`] and
    /// [`AppError::Denied`] without an account that may do this; [`AppError::Conflict`] past the most that one follows.
    pub async fn set_followed(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        follows: bool,
    ) -> Result<(), AppError> {
        let user = self.follower_of(caller)?;
        self.check_durable()?;
        let krate = self.visible_crate(caller, registry, name).await?;
        let at = self.clock.now();
        let action = if follows { "follow" } else { "unfollow" };
        let audit = NewAudit {
            krate: Some(krate.name.to_string()),
            ..caller.audit_in(&registry.registry.name, action, at)
        };
        self.store
            .write("set-followed", move |tx| {
                let audit = audit.clone();
                Box::pin(async move {
                    let changed = match follows {
                        true if followed_krate::count(tx, user).await? >= FOLLOWED_MAX => {
                            return Err(AppError::Conflict(format!(
                                "an account follows at most {FOLLOWED_MAX} crates; stop following some first"
                            )));
                        }
                        true => followed_krate::insert(tx, user, krate.id, at).await?,
                        false => followed_krate::remove(tx, user, krate.id).await?,
                    };
                    if changed {
                        tx.audit(audit);
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(())
    }

    /// Whether the caller follows a crate.
    ///
    /// # Errors
    /// As for [`App::set_followed`].
    pub async fn is_followed(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
    ) -> Result<bool, AppError> {
        let user = self.follower_of(caller)?;
        let krate = self.visible_crate(caller, registry, name).await?;
        Ok(followed_krate::is_followed(&mut *self.store.read().await?, user, krate.id).await?)
    }

    /// A page of the versions of crates that the caller follows in a registry, the last first, and whether there are
    /// more.
    ///
    /// # Errors
    /// As for [`App::set_followed`].
    pub async fn followed_updates(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        (offset, limit): (u32, u32),
    ) -> Result<(Vec<Version>, bool), AppError> {
        let user = self.follower_of(caller)?;
        self.enter(caller, registry)?;
        let seen = self.seen(caller, registry).await?;
        let mut conn = self.store.read().await?;
        let place = (offset, limit.saturating_add(1));
        let mut rows = followed_krate::updates(&mut conn, registry.registry.id, user, &seen, place).await?;
        let is_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let mut versions = Vec::new();
        for row in rows {
            versions.push(self.with_act(&mut conn, registry, row).await?);
        }
        Ok((versions, is_more))
    }

    fn follower_of(&self, caller: &Caller) -> Result<UserId, AppError> {
        let account = own_account(&caller.actor)?;
        may_manage_account(&caller.actor, account.id)?;
        Ok(account.id)
    }
}
