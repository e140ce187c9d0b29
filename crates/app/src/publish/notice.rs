//! Telling the owners of a crate that a version of it was published.

use cratekeep_store::Tx;

use super::record::Plan;
use crate::mail::publish::{Published, published};
use crate::{App, AppError};

impl App {
    /// Enqueues a letter to each owner who has a verified address and wants to know.
    pub(super) async fn tell_owners(&self, tx: &mut Tx, plan: &Plan) -> Result<(), AppError> {
        if !self.options.sends_mail {
            return Ok(());
        }
        let Some(krate) = cratekeep_store::krate::find(tx, plan.registry, &plan.name.canon()).await? else {
            return Ok(());
        };
        let num = plan.num.to_string();
        let told = Published {
            krate: krate.name.as_str(),
            num: &num,
            registry: plan.audit.registry.as_deref().unwrap_or_default(),
            publisher: plan.publisher.as_ref().map_or("A trusted build", |by| by.name.as_str()),
            at: plan.published_at.to_seconds_text(),
            base_url: &self.options.base_url,
        };
        for (owner, to) in cratekeep_store::owner::told_of_publishes(tx, krate.id).await? {
            self.post(tx, &published(to, owner.name.as_str(), &told), plan.published_at).await?;
        }
        Ok(())
    }
}
