//! Index files: path → file, from memory or by one statement.
//!
//! A file is its lines in publish order. The cache holds the identity form and, once somebody asked, the gzip form.

use std::hash::{Hash, Hasher};
use std::io::Write;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use cratekeep_store::krate::{Head, KrateRow};
use cratekeep_types::{CrateName, RegistryId};
use cratekeep_wire::IndexHead;
use flate2::Compression;
use flate2::write::GzEncoder;
use quick_cache::Weighter;

use crate::cache::LoadCache;
use crate::{App, AppError, Caller, RegistryView};

/// Files shorter than this are not worth compressing: one network packet holds them.
const GZIP_BYTES_MIN: usize = 400;
/// What an entry weighs besides its bytes.
const ENTRY_BYTES: u64 = 256;

/// An index file as it is served.
#[derive(Debug)]
pub struct IndexFile {
    /// The strong ETag with its quotes.
    pub etag: String,
    /// The lines, each with its newline.
    pub identity: Bytes,
    gzip: OnceLock<Option<Bytes>>,
}

impl IndexFile {
    pub(crate) fn new(etag: String, identity: Bytes) -> Self {
        Self { etag, identity, gzip: OnceLock::new() }
    }

    /// The gzip form, made at the first call; `None` when the file is too small to gain.
    pub fn gzip(&self) -> Option<&Bytes> {
        self.gzip
            .get_or_init(|| (self.identity.len() >= GZIP_BYTES_MIN).then(|| compress(&self.identity)))
            .as_ref()
    }
}

fn compress(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::new(4));
    encoder.write_all(bytes).expect("a vector takes every byte");
    Bytes::from(encoder.finish().expect("a vector takes every byte"))
}

/// Which index file: the registry and the published name in lower case, as the path has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexKey {
    registry: RegistryId,
    name: Box<str>,
}

impl IndexKey {
    pub(crate) fn of(registry: RegistryId, name: &CrateName) -> Self {
        Self { registry, name: name.as_str().to_ascii_lowercase().into() }
    }
}

impl Hash for IndexKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        IndexPath(self.registry, &self.name).hash(state);
    }
}

/// An [`IndexKey`] that is not owned yet, so that a hit allocates nothing.
#[derive(Hash)]
struct IndexPath<'a>(RegistryId, &'a str);

impl quick_cache::Equivalent<IndexKey> for IndexPath<'_> {
    fn equivalent(&self, key: &IndexKey) -> bool {
        self.0 == key.registry && *self.1 == *key.name
    }
}

#[derive(Clone)]
pub(crate) struct IndexWeight;

impl Weighter<IndexKey, Option<Arc<IndexFile>>> for IndexWeight {
    fn weight(&self, key: &IndexKey, file: &Option<Arc<IndexFile>>) -> u64 {
        // The gzip form may come later; a quarter of the lines is a generous guess for it.
        let bytes = file.as_ref().map_or(0, |file| file.identity.len() + file.identity.len() / 4);
        ENTRY_BYTES + key.name.len() as u64 + bytes as u64
    }
}

/// Index files in memory, absent ones too.
pub(crate) struct IndexCache(LoadCache<IndexKey, Option<Arc<IndexFile>>, IndexWeight>);

impl IndexCache {
    pub(crate) fn new(bytes_max: u64) -> Self {
        Self(LoadCache::new(10_000, bytes_max, IndexWeight))
    }

    pub(crate) fn forget(&self, registry: RegistryId, name: &CrateName) {
        self.0.forget(&IndexKey::of(registry, name));
    }

    pub(crate) fn forget_all(&self) {
        self.0.forget_all();
    }
}

impl App {
    /// The body of a registry's `config.json`.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] in a closed registry: this is where cargo learns that it needs a token.
    pub fn index_config(&self, caller: &Caller, registry: &RegistryView) -> Result<Bytes, AppError> {
        self.enter(caller, registry)?;
        Ok(registry.config_json.clone())
    }

    /// The index file of a crate if it is in memory and the answer needs nothing else: the path of nearly every
    /// request to an open registry, without a wait. `None` means "ask [`App::index_file`]".
    #[must_use]
    pub fn index_file_at_hand(
        &self,
        registry: &RegistryView,
        lower_name: &str,
    ) -> Option<Option<Arc<IndexFile>>> {
        if !registry.is_open() || !self.follower.is_fresh(self.clock.now()) {
            return None;
        }
        self.index.0.get(&IndexPath(registry.registry.id, lower_name))
    }

    /// The index file of the crate whose published name is `lower_name` in lower case.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] in a closed registry, [`AppError::NotFound`] when there is no such crate,
    /// [`AppError::Unavailable`] when the database does not answer.
    pub async fn index_file(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        lower_name: &str,
    ) -> Result<Arc<IndexFile>, AppError> {
        self.enter_crate(caller, registry, lower_name).await?;
        let absent = || AppError::no_crate(lower_name);
        let Ok(name) = lower_name.parse::<CrateName>() else { return Err(absent()) };
        let key = IndexKey::of(registry.registry.id, &name);
        let file = if self.follower.is_fresh(self.clock.now()) {
            match self.index.0.get(&key) {
                Some(file) => file,
                None => self.index.0.get_or_load(&key, || self.load_index_file(&key)).await?,
            }
        } else {
            self.load_index_file(&key).await?
        };
        file.ok_or_else(absent)
    }

    async fn load_index_file(&self, key: &IndexKey) -> Result<Option<Arc<IndexFile>>, AppError> {
        let mut conn = self.store.read().await?;
        let Some(row) = cratekeep_store::version::index_file(&mut conn, key.registry, &key.name).await?
        else {
            return Ok(None);
        };
        if row.text.is_empty() {
            return Ok(None);
        }
        Ok(Some(Arc::new(IndexFile::new(row.etag, Bytes::from(row.text)))))
    }
}

/// The head of a crate's file as `wire` computes with it.
pub(crate) fn head_of(krate: &KrateRow) -> IndexHead {
    IndexHead { fold: krate.head.fold, length: krate.head.length }
}

/// The head as the database keeps it.
pub(crate) fn stored_head(head: &IndexHead) -> Head {
    Head { fold: head.fold, length: head.length, etag: head.etag() }
}
