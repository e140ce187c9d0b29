//! Telling the owners of a crate that it is published in another way from now on.

use cratekeep_store::krate::KrateRow;
use cratekeep_store::{StoreError, Tx};
use cratekeep_types::{AccountKind, RegistryName, Timestamp};

use crate::mail::trust::{Change, Changed, changed};
use crate::{App, AppError, Caller};

/// Who changes what, for the letters about it.
#[derive(Clone)]
pub(super) struct Notice {
    registry: RegistryName,
    by: String,
    at: Timestamp,
}

impl Notice {
    pub(super) fn of(caller: &Caller, registry: &RegistryName, at: Timestamp) -> Self {
        let by = caller.actor.account().map_or("The operator", |account| account.name.as_str()).to_owned();
        Self { registry: registry.clone(), by, at }
    }
}

impl App {
    /// Enqueues a letter to each owner with a verified address, as crates.io does.
    pub(super) async fn tell_of_trust(
        &self,
        tx: &mut Tx,
        krate: &KrateRow,
        notice: &Notice,
        change: &Change,
    ) -> Result<(), StoreError> {
        if !self.options.sends_mail {
            return Ok(());
        }
        let told = Changed {
            krate: krate.name.as_str(),
            registry: notice.registry.as_str(),
            by: &notice.by,
            at: notice.at.to_seconds_text(),
            base_url: self.base_url(),
        };
        for (owner, to) in cratekeep_store::owner::with_addresses(tx, krate.id).await? {
            self.post(tx, &changed(to, owner.name.as_str(), &told, change), notice.at).await?;
        }
        Ok(())
    }

    /// Where this server sends mail, who lets builds publish has to be reachable by it, as on crates.io.
    pub(super) async fn check_reachable(&self, caller: &Caller) -> Result<(), AppError> {
        let person = caller.actor.account().filter(|account| account.kind == AccountKind::Person);
        let Some(person) = person.filter(|_| self.options.sends_mail) else { return Ok(()) };
        let mut conn = self.store.read().await?;
        match cratekeep_store::user::verified_email(&mut conn, person.id).await? {
            Some(_) => Ok(()),
            None => Err(AppError::Denied(format!(
                "You must verify your email address to create a Trusted Publishing config; do so at {}/settings/profile",
                self.base_url()
            ))),
        }
    }
}

/// What a rule says, a line for each part, as its owner wrote it.
pub(super) fn lines_of(fields: &str) -> String {
    let parts: serde_json::Map<String, serde_json::Value> = serde_json::from_str(fields).unwrap_or_default();
    let line = |(name, value): (&String, &serde_json::Value)| match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => format!("    {name}: {text}\n"),
        other => format!("    {name}: {other}\n"),
    };
    parts.iter().map(line).collect()
}
