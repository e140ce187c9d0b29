//! The registries of this server, held in memory and replaced whole when one changes.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::registry::{NewRegistry, Rules};
use cratekeep_store::{Store, StoreError};
use cratekeep_types::{Access, Clock, Registry, RegistryKind, RegistryName};
use cratekeep_wire::IndexConfig;

use crate::{App, AppError, Caller, Options};

/// The name of the registry that is made at the first start and answers at the root.
const DEFAULT_REGISTRY: &str = "main";

/// A registry with what its faces need at hand.
#[derive(Clone, Debug)]
pub struct RegistryView {
    /// The registry.
    pub registry: Registry,
    /// The body of its `config.json`.
    pub config_json: Bytes,
    /// Where it answers: the server's address, and `/r/{name}` unless it is the default registry. No final slash.
    pub address: String,
    /// Every index URL it has or had: this one first, then those under earlier base URLs.
    pub(crate) index_urls: Vec<String>,
}

impl RegistryView {
    fn new(registry: Registry, base_url: &str, earlier_base_urls: &[String]) -> Self {
        let place = if registry.is_default { String::new() } else { format!("/r/{}", registry.name) };
        let bases = std::iter::once(base_url).chain(earlier_base_urls.iter().map(String::as_str));
        let index_urls = bases.map(|base| format!("sparse+{base}{place}/index/")).collect();
        let address = format!("{base_url}{place}");
        let config = IndexConfig {
            dl: format!("{address}/crates"),
            api: Some(address.clone()),
            auth_required: registry.access != Access::Open,
        };
        Self { registry, config_json: Bytes::from(config.to_json()), address, index_urls }
    }

    /// The URL that cargo is configured with: the registry's identity in lock files.
    #[must_use]
    pub fn index_url(&self) -> String {
        format!("sparse+{}/index/", self.address)
    }

    /// Whether everybody may read it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.registry.access == Access::Open
    }
}

/// All registries by name.
#[derive(Debug)]
pub(crate) struct Registries {
    by_name: HashMap<RegistryName, Arc<RegistryView>>,
    default: Arc<RegistryView>,
}

/// Reads the registries, and makes the default one when there is none.
pub(crate) async fn load(
    store: &Store,
    options: &Options,
    clock: &dyn Clock,
) -> Result<Registries, AppError> {
    let (mut rows, earlier) = {
        let mut conn = store.read().await?;
        let earlier = crate::base_url::earlier(&mut conn).await?;
        (cratekeep_store::registry::list(&mut conn).await?, earlier)
    };
    if !rows.iter().any(|row| row.is_default) {
        rows.push(make_default(store, options, clock).await?);
    }
    let by_name: HashMap<_, _> = rows
        .into_iter()
        .map(|row| (row.name.clone(), Arc::new(RegistryView::new(row, &options.base_url, &earlier))))
        .collect();
    let default = by_name
        .values()
        .find(|view| view.registry.is_default)
        .cloned()
        .ok_or_else(|| AppError::Internal("the database has no default registry".to_owned()))?;
    Ok(Registries { by_name, default })
}

async fn make_default(store: &Store, options: &Options, clock: &dyn Clock) -> Result<Registry, AppError> {
    let at = clock.now();
    let new = NewRegistry {
        name: DEFAULT_REGISTRY.parse().expect("the default name follows the grammar"),
        kind: RegistryKind::Hosted,
        access: Access::Open,
        rules: Rules {
            stands_for_crates_io: false,
            unknown_dependencies: options.unknown_dependencies,
            upload_rules: options.upload_rules,
        },
        is_default: true,
    };
    let name = new.name.clone();
    let made = store
        .write("default-registry", move |tx| {
            let new = new.clone();
            Box::pin(async move {
                let id = cratekeep_store::registry::insert(tx, &new, at).await?;
                tx.emit(Event { registry: Some(id), ..Event::new(EventKind::RegistryCreated, at) });
                Ok::<_, StoreError>(())
            })
        })
        .await;
    match made {
        // Another node may have made it at the same moment.
        Ok(_) | Err(StoreError::Conflict { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let mut conn = store.read().await?;
    let found = cratekeep_store::registry::find(&mut conn, &name).await?;
    found.ok_or_else(|| AppError::Internal("the default registry could not be made".to_owned()))
}

impl App {
    /// The registry that answers at the root.
    #[must_use]
    pub fn default_registry(&self) -> Arc<RegistryView> {
        Arc::clone(&self.registries.load().default)
    }

    /// A registry by its name.
    #[must_use]
    pub fn registry(&self, name: &str) -> Option<Arc<RegistryView>> {
        let name: RegistryName = name.parse().ok()?;
        self.registries.load().by_name.get(&name).cloned()
    }

    /// A registry by its name, for who names it in a command.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none.
    pub(crate) fn registry_named(&self, name: &str) -> Result<Arc<RegistryView>, AppError> {
        self.registry(name).ok_or_else(|| AppError::NotFound(format!("there is no registry `{name}`")))
    }

    /// A registry by its row.
    pub(crate) fn registry_of(&self, id: cratekeep_types::RegistryId) -> Option<Arc<RegistryView>> {
        self.registries.load().by_name.values().find(|view| view.registry.id == id).cloned()
    }

    /// Every registry, by name.
    #[must_use]
    pub fn all_registries(&self) -> Vec<Arc<RegistryView>> {
        let mut views: Vec<_> = self.registries.load().by_name.values().cloned().collect();
        views.sort_by(|a, b| a.registry.name.cmp(&b.registry.name));
        views
    }

    /// Makes a registry.
    ///
    /// # Errors
    /// [`AppError::Conflict`] when the name is taken.
    pub async fn create_registry(&self, caller: &Caller, new: NewRegistry) -> Result<(), AppError> {
        cratekeep_policy::may_administer(&caller.actor)?;
        let at = self.clock.now();
        let audit = caller.audit_in(&new.name, "registry-create", at);
        let made = self
            .store
            .write("create-registry", move |tx| {
                let (new, audit) = (new.clone(), audit.clone());
                Box::pin(async move {
                    if cratekeep_store::registry::find(tx, &new.name).await?.is_some() {
                        return Err(AppError::Conflict(format!(
                            "there is already a registry `{}`",
                            new.name
                        )));
                    }
                    let id = cratekeep_store::registry::insert(tx, &new, at).await?;
                    tx.emit(Event { registry: Some(id), ..Event::new(EventKind::RegistryCreated, at) });
                    tx.audit(audit);
                    Ok(())
                })
            })
            .await?;
        self.reload_registries().await?;
        self.settle(&made.events).await;
        Ok(())
    }

    pub(crate) async fn reload_registries(&self) -> Result<(), AppError> {
        let fresh = load(&self.store, &self.options, self.clock.as_ref()).await?;
        self.registries.store(Arc::new(fresh));
        self.index.forget_all();
        Ok(())
    }
}
