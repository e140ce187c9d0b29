//! What a server keeps, taken in at one moment: a refused request must leave no trace in it.

use std::collections::{BTreeMap, BTreeSet};

use cratekeep_blob::BlobClass;
use cratekeep_store::krate::{self, KrateRow};
use cratekeep_store::version::{self, VersionRow};
use cratekeep_store::{event, owner, registry};
use cratekeep_types::{CrateId, Registry, VersionId};
use futures::TryStreamExt;

use crate::TestApp;

/// More rows than any test makes.
const ROWS_MAX: u32 = 1_000;

/// Everything of which a refused request must leave nothing behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// The number of the last event.
    pub events: i64,
    /// The lines of each crate's index file, by `registry/name`.
    pub lines: BTreeMap<String, Vec<String>>,
    /// The owners of each crate, by `registry/name`.
    pub owners: BTreeMap<String, Vec<String>>,
    /// Checksums of stored crates.
    pub objects: BTreeSet<String>,
}

/// A crate with its registry and all its versions, in publish order.
pub(crate) struct Kept {
    pub(crate) registry: Registry,
    pub(crate) krate: KrateRow,
    pub(crate) versions: Vec<VersionRow>,
}

impl TestApp {
    /// Takes in what is kept now.
    ///
    /// # Panics
    /// The database or the storage does not answer.
    pub async fn footprint(&self) -> Footprint {
        let mut print = Footprint {
            events: 0,
            lines: BTreeMap::new(),
            owners: BTreeMap::new(),
            objects: self.objects().await,
        };
        for kept in self.everything_kept().await {
            let name = format!("{}/{}", kept.registry.name, kept.krate.name);
            let mut conn = self.node.store().read().await.expect("a connection");
            let owners = owner::list(&mut conn, kept.krate.id).await.expect("the owners");
            let owners = owners.into_iter().map(|owner| owner.account.name.to_string()).collect();
            print.owners.insert(name.clone(), owners);
            print.lines.insert(name, kept.versions.into_iter().map(|version| version.line).collect());
        }
        let mut conn = self.node.store().read().await.expect("a connection");
        print.events = event::head(&mut conn).await.expect("the number of the last event").0;
        print
    }

    /// Every crate of every registry, straight from the database.
    pub(crate) async fn everything_kept(&self) -> Vec<Kept> {
        let mut conn = self.node.store().read().await.expect("a connection");
        let mut all = Vec::new();
        for registry in registry::list(&mut conn).await.expect("the registries") {
            let crates = krate::list(&mut conn, registry.id, CrateId(0), ROWS_MAX).await.expect("the crates");
            for krate in crates {
                let versions =
                    version::list(&mut conn, krate.id, VersionId(0), ROWS_MAX).await.expect("versions");
                all.push(Kept { registry: registry.clone(), krate, versions });
            }
        }
        all
    }

    /// The checksums of every stored crate.
    pub(crate) async fn objects(&self) -> BTreeSet<String> {
        let listed = self.node.blobs().list(BlobClass::Hosted);
        listed
            .map_ok(|object| object.checksum.to_string())
            .try_collect()
            .await
            .expect("the objects are listed")
    }
}
