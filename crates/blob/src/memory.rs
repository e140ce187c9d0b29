//! Objects in the memory of this process, for tests of other rooms.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use cratekeep_types::{Steps, Timestamp};

use crate::disk::{blocking, read_part};
use crate::key::{MARKER, check_marker_text};
use crate::{Adopted, BlobClass, BlobError, BlobStat, Listed, Spool};

/// All objects by key.
#[derive(Debug)]
pub(crate) struct MemoryStore {
    objects: Mutex<BTreeMap<String, Bytes>>,
    steps: Steps,
}

impl MemoryStore {
    pub(crate) fn new(steps: Steps) -> Self {
        Self { objects: Mutex::default(), steps }
    }

    fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Bytes>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves the marker `text` unless there is one; returns the one that is there afterwards.
    pub(crate) fn mark(&self, text: &str) -> Bytes {
        self.objects().entry(MARKER.to_owned()).or_insert_with(|| Bytes::from(text.to_owned())).clone()
    }

    pub(crate) fn check_marker(&self, instance: &str) -> Result<(), BlobError> {
        let Some(found) = self.get(MARKER) else {
            return Err(BlobError::Volume(format!(
                "memory holds no `{MARKER}`: it is empty after each start"
            )));
        };
        check_marker_text(&found, instance, "memory")
    }

    pub(crate) async fn adopt(&self, key: String, spool: &Spool) -> Result<Adopted, BlobError> {
        let len = usize::try_from(spool.size())
            .map_err(|_| BlobError::Options(format!("{} bytes do not fit into memory", spool.size())))?;
        let source = spool.clone();
        let bytes = blocking(move || {
            read_part(source.file(), 0, len).map_err(|error| BlobError::io("reading an upload", error))
        })
        .await?;
        self.steps.pass("blob.file-synced");
        let adopted = self.insert_new(key, bytes)?;
        self.steps.pass("blob.linked");
        self.steps.pass("blob.folders-synced");
        Ok(adopted)
    }

    fn insert_new(&self, key: String, bytes: Bytes) -> Result<Adopted, BlobError> {
        match self.objects().entry(key) {
            Entry::Vacant(place) => {
                place.insert(bytes);
                Ok(Adopted::New)
            }
            Entry::Occupied(there) if there.get().len() == bytes.len() => Ok(Adopted::Present),
            Entry::Occupied(there) => {
                Err(BlobError::wrong_length(there.key(), there.get().len() as u64, bytes.len() as u64))
            }
        }
    }

    pub(crate) fn put(&self, key: String, bytes: Bytes) {
        self.objects().insert(key, bytes);
    }

    pub(crate) fn get(&self, key: &str) -> Option<Bytes> {
        self.objects().get(key).cloned()
    }

    pub(crate) fn delete(&self, key: &str) -> bool {
        self.objects().remove(key).is_some()
    }

    /// All objects of a class.
    pub(crate) fn list(&self, class: BlobClass) -> Vec<Listed> {
        let below = format!("{}/", class.prefix());
        let objects = self.objects();
        let found = objects.range(below.clone()..).take_while(|(key, _)| key.starts_with(&below));
        found
            .filter_map(|(key, bytes)| {
                let checksum = key.rsplit('/').next()?.parse().ok()?;
                let stat = stat_of(bytes);
                Some(Listed { checksum, size: stat.size, modified: stat.modified })
            })
            .collect()
    }
}

/// Size of an object; it has no age, so it counts as written in 1970.
pub(crate) fn stat_of(bytes: &Bytes) -> BlobStat {
    BlobStat { size: bytes.len() as u64, modified: Timestamp(0) }
}
