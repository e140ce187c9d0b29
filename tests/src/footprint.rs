//! What a server keeps, taken in at one moment: a refused request must leave no trace in it.

use std::collections::{BTreeMap, BTreeSet};

use cratekeep_blob::BlobClass;
use cratekeep_store::krate::{self, KrateRow};
use cratekeep_store::version::{self, VersionRow};
use cratekeep_store::{event, owner, registry};
use cratekeep_types::{CrateId, Registry, VersionId};
use futures::TryStreamExt;

use crate::{Engine, TestApp};

/// More rows than any test makes.
const ROWS_MAX: u32 = 1_000;

/// Tables whose rows change without anybody's doing.
const USES: [&str; 4] = ["node", "token_use", "download_day", "download_total"];

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

    /// Every row of the database, but for those that say when something was last used and who runs.
    ///
    /// # Panics
    /// The database cannot be copied.
    pub async fn every_row(&self) -> Vec<u8> {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder");
        self.store().backup_to(folder.path()).await.expect("the database can be copied");
        let read = |name: &str| std::fs::read(folder.path().join(name)).expect("the copy can be read");
        match self.engine() {
            // What may be lost is in a file of its own there.
            Engine::SqliteAndFolder => read("cratekeep.db"),
            Engine::PostgresAndS3 => without_uses(&read("database.jsonl")),
        }
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

/// A dump without the tables of [`USES`], and without its last line, which counts the rows.
fn without_uses(dump: &[u8]) -> Vec<u8> {
    let is_use = |line: &[u8]| USES.iter().any(|name| line == format!("{{\"table\":\"{name}\"}}").as_bytes());
    let (mut kept, mut skips) = (Vec::new(), false);
    for line in dump.split_inclusive(|byte| *byte == b'\n') {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        if bare.starts_with(b"{\"table\":") {
            skips = is_use(bare);
        }
        if !skips && !bare.starts_with(b"{\"end\":") {
            kept.extend_from_slice(line);
        }
    }
    kept
}
