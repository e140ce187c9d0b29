//! `admin registry …`

use cratekeep_policy::{may_administer, may_administer_registry};
use cratekeep_store::registry::{NewRegistry, Rules};
use cratekeep_types::{Access, NewCrates};
use cratekeep_wire::control::{AdminReply, RegistryCommand, RegistryCreate};

use super::{done, parse, table, yes_no};
use crate::{App, AppError, Caller, RegistryView};

impl App {
    pub(super) async fn run_registry(
        &self,
        caller: &Caller,
        command: RegistryCommand,
    ) -> Result<AdminReply, AppError> {
        match command {
            RegistryCommand::Create(create) => self.registry_create(caller, create).await,
            RegistryCommand::Set { name, access, new_crates, confirm } => {
                let view = self.registry_named(&name)?;
                let access = access.map(|word| parse(&word)).transpose()?;
                let new_crates = new_crates.map(|word| parse(&word)).transpose()?;
                self.registry_set(caller, &view, access, new_crates, confirm).await
            }
            RegistryCommand::List => self.registry_table(caller),
        }
    }

    async fn registry_create(&self, caller: &Caller, create: RegistryCreate) -> Result<AdminReply, AppError> {
        let access = match (create.access.as_deref(), create.closed) {
            (Some(word), is_closed) => {
                let access: Access = parse(word)?;
                if is_closed && access != Access::Closed {
                    return Err(AppError::invalid(format!("the registry cannot be closed and {access}")));
                }
                access
            }
            (None, true) => Access::Closed,
            (None, false) => self.options.access,
        };
        let unknown = create.unknown_dependencies.map(|word| parse(&word)).transpose()?;
        let uploads = create.upload_rules.map(|word| parse(&word)).transpose()?;
        let rules = Rules {
            stands_for_crates_io: create.stands_for_crates_io,
            unknown_dependencies: unknown.unwrap_or(self.options.unknown_dependencies),
            upload_rules: uploads.unwrap_or(self.options.upload_rules),
        };
        let name = create.name;
        let new =
            NewRegistry { name: parse(&name)?, kind: parse(&create.kind)?, access, rules, is_default: false };
        let new_crates: Option<NewCrates> = create.new_crates.map(|word| parse(&word)).transpose()?;
        self.create_registry(caller, new).await?;
        let view = self.registry_named(&name)?;
        if let Some(new_crates) = new_crates {
            self.set_new_crates(caller, &view, new_crates).await?;
        }
        Ok(done(format!("registry {name} created; its index is {}", view.index_url())))
    }

    async fn registry_set(
        &self,
        caller: &Caller,
        view: &RegistryView,
        access: Option<Access>,
        new_crates: Option<NewCrates>,
        confirm: bool,
    ) -> Result<AdminReply, AppError> {
        let mut said = Vec::new();
        if let Some(new_crates) = new_crates {
            self.set_new_crates(caller, view, new_crates).await?;
            said.push(format!("new crates of `{}`: {new_crates}", view.registry.name));
        }
        if let Some(access) = access {
            let effect = self.effect_of_access(caller, view, access).await?;
            if !confirm {
                said.push(format!("{effect}\nNothing was changed yet: say --confirm to do it."));
            } else {
                self.set_access(caller, view, access).await?;
                said.push(format!("done: {effect}"));
            }
        }
        if said.is_empty() {
            return Err(AppError::invalid("say what to set: --access or --new-crates"));
        }
        Ok(done(said.join("\n")))
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
                    registry.new_crates.to_string(),
                    yes_no(registry.stands_for_crates_io),
                    registry.unknown_dependencies.to_string(),
                    registry.upload_rules.to_string(),
                    view.index_url(),
                ]
            })
            .collect();
        let columns = [
            "name",
            "kind",
            "access",
            "new crates",
            "stands for crates.io",
            "unknown dependencies",
            "upload rules",
            "index",
        ];
        Ok(table(&columns, rows))
    }
}
