//! `admin owner …`: owners by an administrator's word, without asking them.

use std::sync::Arc;

use cratekeep_wire::control::{AdminReply, OwnerCommand};

use super::{done, table};
use crate::{App, AppError, Caller, OwnerKind, RegistryView};

impl App {
    pub(super) async fn run_owner(
        &self,
        caller: &Caller,
        command: OwnerCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            OwnerCommand::List { registry, krate } => {
                let view = self.named_registry(&registry)?;
                let owners = self.list_owners(caller, &view, &krate).await?;
                let kind = |kind| if kind == OwnerKind::Team { "team" } else { "user" }.to_owned();
                let rows = owners.into_iter().map(|owner| vec![owner.login, kind(owner.kind)]).collect();
                Ok(table(&["owner", "kind"], rows))
            }
            OwnerCommand::Add { registry, krate, login } => {
                let view = self.named_registry(&registry)?;
                Ok(done(self.put_owner(caller, &view, &krate, &login).await?))
            }
            OwnerCommand::Remove { registry, krate, login } => {
                let view = self.named_registry(&registry)?;
                self.take_owner(caller, &view, &krate, &login).await?;
                Ok(done(format!("{login} no longer owns {krate}")))
            }
        }
    }

    fn named_registry(&self, name: &str) -> Result<Arc<RegistryView>, AppError> {
        self.registry(name).ok_or_else(|| AppError::NotFound(format!("there is no registry `{name}`")))
    }
}
