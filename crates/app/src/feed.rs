//! Feeds: what is new in a registry or in one crate, for readers of RSS and Atom.

use cratekeep_store::feed::{self, NewCrate, NewVersion};

use crate::{App, AppError, Caller, RegistryView};

/// Entries of the feed of new crates.
const CRATES: u32 = 50;
/// Entries of the feed of all new versions.
const UPDATES: u32 = 100;
/// Entries of the feed of one crate.
const VERSIONS: u32 = 30;

impl App {
    /// The crates of a registry that the caller sees, the last begun first.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] and [`AppError::Denied`] where the registry may not be read.
    pub async fn feed_of_crates(
        &self,
        caller: &Caller,
        registry: &RegistryView,
    ) -> Result<Vec<NewCrate>, AppError> {
        self.enter(caller, registry)?;
        let seen = self.seen(caller, registry).await?;
        let mut conn = self.store.read().await?;
        Ok(feed::new_crates(&mut conn, registry.registry.id, &seen, CRATES).await?)
    }

    /// The versions of a registry's crates that the caller sees, the last published first.
    ///
    /// # Errors
    /// As for [`App::feed_of_crates`].
    pub async fn feed_of_updates(
        &self,
        caller: &Caller,
        registry: &RegistryView,
    ) -> Result<Vec<NewVersion>, AppError> {
        self.enter(caller, registry)?;
        let seen = self.seen(caller, registry).await?;
        let mut conn = self.store.read().await?;
        Ok(feed::new_versions(&mut conn, registry.registry.id, &seen, UPDATES).await?)
    }

    /// The name of a crate and its versions, the last published first.
    ///
    /// # Errors
    /// As for [`App::feed_of_crates`]; [`AppError::NotFound`] for a crate that is not there or not for this caller.
    pub async fn feed_of_crate(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
    ) -> Result<(String, Vec<NewVersion>), AppError> {
        let krate = self.visible_crate(caller, registry, name).await?;
        let mut conn = self.store.read().await?;
        Ok((krate.name.to_string(), feed::versions_of(&mut conn, krate.id, VERSIONS).await?))
    }
}
