//! Whether only builds publish a crate.

use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};

use super::notice::Notice;
use crate::mail::trust::Change;
use crate::{App, AppError, Caller, RegistryView};

impl App {
    /// Lets only builds publish a crate, or people too.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown crate, [`AppError::Denied`] for all but owners.
    pub async fn set_trustpub_only(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        only: bool,
    ) -> Result<(), AppError> {
        self.check_durable()?;
        let krate = self.crate_to_set_up(caller, registry, name).await?;
        let at = self.clock.now();
        let audit = NewAudit {
            krate: Some(krate.name.to_string()),
            after: Some(serde_json::json!({ "trustpub_only": only }).to_string()),
            ..caller.audit_in(&registry.registry.name, "crate-trustpub-only", at)
        };
        let (app, notice) = (self.clone(), Notice::of(caller, &registry.registry.name, at));
        let done = self
            .store
            .write("set-trustpub-only", move |tx| {
                let (krate, audit) = (krate.clone(), audit.clone());
                let (app, notice) = (app.clone(), notice.clone());
                Box::pin(async move {
                    let canon = krate.name.canon();
                    let now = cratekeep_store::krate::lock_crate(tx, krate.registry, &canon).await?;
                    let now = now.ok_or_else(|| AppError::no_crate(krate.name.as_str()))?;
                    if now.trustpub_only == only {
                        return Ok(());
                    }
                    cratekeep_store::krate::set_trustpub_only(tx, now.id, only).await?;
                    tx.emit(Event {
                        registry: Some(now.registry),
                        krate: Some(now.id),
                        ..Event::new(EventKind::CrateChanged, at)
                    });
                    let before = serde_json::json!({ "trustpub_only": now.trustpub_only }).to_string();
                    tx.audit(NewAudit { before: Some(before), ..audit });
                    app.tell_of_trust(tx, &now, &notice, &Change::Only(only)).await?;
                    Ok::<_, AppError>(())
                })
            })
            .await?;
        self.settle(&done.events).await;
        Ok(())
    }
}
