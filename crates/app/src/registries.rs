//! The registries of this server, held in memory and replaced whole when one changes.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use cratekeep_policy::{may_administer, may_administer_registry};
use cratekeep_store::audit::NewAudit;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_store::registry::{NewRegistry, Rules};
use cratekeep_store::{Store, StoreError};
use cratekeep_types::{Access, Clock, NewCrates, Registry, RegistryKind, RegistryName};
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
        access: options.access,
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

    /// Every registry, by name.
    pub(crate) fn every_registry(&self) -> Vec<Arc<RegistryView>> {
        self.registries.load().by_name.values().cloned().collect()
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

    /// What another access would mean for those who read the registry now, in sentences for whoever decides it.
    ///
    /// # Errors
    /// [`AppError::Denied`] for all but administrators of the server; [`AppError::Conflict`] when limited crates stand
    /// in the way.
    pub async fn effect_of_access(
        &self,
        caller: &Caller,
        view: &RegistryView,
        access: Access,
    ) -> Result<String, AppError> {
        may_administer(&caller.actor)?;
        let (name, now) = (&view.registry.name, view.registry.access);
        let mut conn = self.store.read().await?;
        let crates = cratekeep_store::krate::count(&mut conn, view.registry.id).await?;
        let members = cratekeep_store::member::count(&mut conn, view.registry.id).await?;
        let limited = cratekeep_store::reader::count_limited(&mut conn, view.registry.id).await?;
        if access == Access::Open && limited > 0 {
            return Err(limited_in_the_way(name, limited));
        }
        let readers = match access {
            Access::Open => "everybody reads it, without a token".to_owned(),
            Access::Internal => "whoever has an account on this server reads it".to_owned(),
            Access::Closed => format!("its {members} members (users and teams) and administrators read it"),
        };
        let cargo = match (now == Access::Open, access == Access::Open) {
            (true, false) => {
                "; for cargo `auth-required` becomes true: whoever has no token of this server gets 401 from the next \
                 request on, lock files stay as they are, and copies that caches hold stay where they are"
            }
            (false, true) => {
                "; for cargo `auth-required` becomes false: names, descriptions and files of all its crates are public \
                 from then on, and what was seen once cannot be taken back"
            }
            _ => "; for cargo nothing changes, a token is needed before and after",
        };
        Ok(format!("`{name}` with its {crates} crates: {now} becomes {access}: {readers}{cargo}"))
    }

    /// Changes who may read a registry; on every node it holds when this returns.
    ///
    /// # Errors
    /// As for [`App::effect_of_access`].
    pub async fn set_access(
        &self,
        caller: &Caller,
        view: &RegistryView,
        access: Access,
    ) -> Result<(), AppError> {
        may_administer(&caller.actor)?;
        let (id, name, at) = (view.registry.id, view.registry.name.clone(), self.clock.now());
        let audit = caller.audit_in(&name, "registry-access", at);
        let done = self
            .store
            .write("set-access", move |tx| {
                let (name, audit) = (name.clone(), audit.clone());
                Box::pin(async move {
                    let limited = cratekeep_store::reader::count_limited(tx, id).await?;
                    if access == Access::Open && limited > 0 {
                        return Err(limited_in_the_way(&name, limited));
                    }
                    let before = cratekeep_store::registry::find_by_id(tx, id).await?;
                    cratekeep_store::registry::set_access(tx, id, access).await?;
                    tx.emit(Event { registry: Some(id), ..Event::new(EventKind::RegistryChanged, at) });
                    let before = before.map(|registry| registry.access.to_string());
                    tx.audit(NewAudit { before, after: Some(access.to_string()), ..audit });
                    Ok(())
                })
            })
            .await?;
        self.reload_registries().await?;
        self.settle(&done.events).await;
        Ok(())
    }

    /// Changes who may publish crates that are new.
    ///
    /// # Errors
    /// [`AppError::Denied`] for all but those who administer the registry.
    pub async fn set_new_crates(
        &self,
        caller: &Caller,
        view: &RegistryView,
        new_crates: NewCrates,
    ) -> Result<(), AppError> {
        may_administer_registry(&caller.actor, &view.registry)?;
        let (id, at) = (view.registry.id, self.clock.now());
        let audit = NewAudit {
            before: Some(view.registry.new_crates.to_string()),
            after: Some(new_crates.to_string()),
            ..caller.audit_in(&view.registry.name, "registry-new-crates", at)
        };
        let done = self
            .store
            .write("set-new-crates", move |tx| {
                let audit = audit.clone();
                Box::pin(async move {
                    cratekeep_store::registry::set_new_crates(tx, id, new_crates).await?;
                    tx.emit(Event { registry: Some(id), ..Event::new(EventKind::RegistryChanged, at) });
                    tx.audit(audit);
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        self.reload_registries().await?;
        self.settle(&done.events).await;
        Ok(())
    }

    pub(crate) async fn reload_registries(&self) -> Result<(), AppError> {
        let _turn = self.reloading.lock().await;
        let fresh = load(&self.store, &self.options, self.clock.as_ref()).await?;
        self.registries.store(Arc::new(fresh));
        self.index.forget_all();
        self.gate.forget_all();
        Ok(())
    }
}

fn limited_in_the_way(name: &RegistryName, limited: u64) -> AppError {
    AppError::Conflict(format!(
        "`{name}` has {limited} crates that are limited to some readers, which everybody would see in an open registry; \
         open each of them first with `cratekeep admin reader open {name} CRATE`, or move them"
    ))
}
