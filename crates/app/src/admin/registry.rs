//! `admin registry …`

use cratekeep_policy::{may_administer, may_administer_registry};
use cratekeep_store::registry::{NewRegistry, Rules};
use cratekeep_types::Access;
use cratekeep_wire::control::{AdminReply, RegistryCommand};

use super::{done, parse, table, yes_no};
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn run_registry(
        &self,
        caller: &Caller,
        command: RegistryCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            RegistryCommand::Create {
                name,
                kind,
                closed,
                stands_for_crates_io,
                unknown_dependencies,
                upload_rules,
            } => {
                let unknown = unknown_dependencies.map(|word| parse(&word)).transpose()?;
                let uploads = upload_rules.map(|word| parse(&word)).transpose()?;
                let rules = Rules {
                    stands_for_crates_io,
                    unknown_dependencies: unknown.unwrap_or(self.options.unknown_dependencies),
                    upload_rules: uploads.unwrap_or(self.options.upload_rules),
                };
                let access = if closed { Access::Internal } else { Access::Open };
                let new = NewRegistry {
                    name: parse(&name)?,
                    kind: parse(&kind)?,
                    access,
                    rules,
                    is_default: false,
                };
                self.create_registry(caller, new).await?;
                let view = self
                    .registry(&name)
                    .ok_or_else(|| AppError::Internal("a new registry is not there".to_owned()))?;
                Ok(done(format!("registry {name} created; its index is {}", view.index_url())))
            }
            RegistryCommand::List => self.registry_table(caller),
        }
    }

    /// The registries that the caller administers.
    fn registry_table(&self, caller: &Caller) -> Result<AdminReply, AppError> {
        let mut views = self.all_registries();
        views.retain(|view| may_administer_registry(&caller.actor, &view.registry).is_ok());
        if views.is_empty() {
            may_administer(&caller.actor)?;
        }
        let rows = views
            .iter()
            .map(|view| {
                let registry = &view.registry;
                vec![
                    registry.name.to_string(),
                    registry.kind.to_string(),
                    registry.access.to_string(),
                    yes_no(registry.stands_for_crates_io),
                    registry.unknown_dependencies.to_string(),
                    registry.upload_rules.to_string(),
                    view.index_url(),
                ]
            })
            .collect();
        Ok(table(
            &[
                "name",
                "kind",
                "access",
                "stands for crates.io",
                "unknown dependencies",
                "upload rules",
                "index",
            ],
            rows,
        ))
    }
}
