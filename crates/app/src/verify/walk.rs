//! Walking over all crates and their versions a page at a time.

use std::collections::VecDeque;

use cratekeep_store::Store;
use cratekeep_store::krate::{self, KrateRow};
use cratekeep_store::version::{self, VersionRow};
use cratekeep_types::{CrateId, Registry, VersionId};

use crate::AppError;

/// Crates read at once.
const CRATES_PAGE: u32 = 200;
/// Versions read at once. Each brings its index line and its metadata.
const VERSIONS_PAGE: u32 = 100;

/// Every crate of every registry. A crate made meanwhile may or may not be met; none is met twice.
pub(crate) struct CrateWalk<'a> {
    store: &'a Store,
    registries: VecDeque<Registry>,
    page: VecDeque<KrateRow>,
    after: CrateId,
    pub(crate) registries_total: usize,
}

impl<'a> CrateWalk<'a> {
    pub(crate) async fn begin(store: &'a Store) -> Result<Self, AppError> {
        let registries = cratekeep_store::registry::list(&mut *store.read().await?).await?;
        let registries_total = registries.len();
        let (page, after) = (VecDeque::new(), CrateId(0));
        Ok(Self { store, registries: registries.into(), page, after, registries_total })
    }

    /// The next crate, with its name for people: `registry/crate`.
    pub(crate) async fn next(&mut self) -> Result<Option<(String, KrateRow)>, AppError> {
        while let Some(registry) = self.registries.front() {
            if let Some(krate) = self.page.pop_front() {
                self.after = krate.id;
                return Ok(Some((format!("{}/{}", registry.name, krate.name), krate)));
            }
            let mut conn = self.store.read().await?;
            self.page = krate::list(&mut conn, registry.id, self.after, CRATES_PAGE).await?.into();
            if self.page.is_empty() {
                self.registries.pop_front();
                self.after = CrateId(0);
            }
        }
        Ok(None)
    }
}

/// Every version of a crate in publish order.
pub(crate) struct VersionWalk<'a> {
    store: &'a Store,
    krate: CrateId,
    after: VersionId,
}

impl<'a> VersionWalk<'a> {
    pub(crate) fn begin(store: &'a Store, krate: CrateId) -> Self {
        Self { store, krate, after: VersionId(0) }
    }

    /// The next versions; none when all were given.
    pub(crate) async fn next_page(&mut self) -> Result<Vec<VersionRow>, AppError> {
        let mut conn = self.store.read().await?;
        let page = version::list(&mut conn, self.krate, self.after, VERSIONS_PAGE).await?;
        self.after = page.last().map_or(self.after, |row| row.id);
        Ok(page)
    }
}
