//! Downloads: (registry, name, version) → the file, from memory or from the blob store, checked against its checksum.
//!
//! Access is decided by registry, crate and version, never by digest.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use cratekeep_blob::{BlobClass, BlobStream, NowRead};
use cratekeep_store::version::FileRow;
use cratekeep_types::{CanonName, Checksum, CrateName, RegistryId, Timestamp, VersionNum};
use quick_cache::sync::Cache;
use quick_cache::{UnitWeighter, Weighter};

use crate::cache::LoadCache;
use crate::options::Verify;
use crate::{App, AppError, Caller, RegistryView};

mod checked;

/// Download facts kept in memory, as a count.
const FACTS_MAX: usize = 50_000;
/// Checksums whose last verification is remembered, as a count.
const VERIFIED_MAX: usize = 200_000;
/// A verification counts for this long, in seconds.
const VERIFIED_SECS: i64 = 86_400;

/// A version as its download needs it.
#[derive(Clone, Debug)]
pub struct Download {
    pub(crate) row: Arc<FileRow>,
}

impl Download {
    /// SHA-256 of the file.
    #[must_use]
    pub fn checksum(&self) -> Checksum {
        self.row.checksum
    }

    /// Size in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.row.size
    }

    /// `name/version` as a path has it: the published spelling, with `+` escaped.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}", self.row.name, self.row.num.to_string().replace('+', "%2B"))
    }

    /// What a client would call the file.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}-{}.crate", self.row.name, self.row.num)
    }
}

/// The bytes of a download.
pub enum DownloadBody {
    /// All that was asked for, in memory.
    Bytes(Bytes),
    /// A stream that breaks off before its end if the bytes are not those of the checksum.
    Stream(BlobStream),
}

/// Which version a path means.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct FileKey {
    registry: RegistryId,
    canon: CanonName,
    num: VersionNum,
}

#[derive(Clone)]
struct BytesWeight;

impl Weighter<Checksum, Bytes> for BytesWeight {
    fn weight(&self, _: &Checksum, bytes: &Bytes) -> u64 {
        bytes.len() as u64 + 128
    }
}

/// What downloads keep in memory.
pub(crate) struct FileCaches {
    facts: LoadCache<FileKey, Option<Arc<FileRow>>, UnitWeighter>,
    bytes: Cache<Checksum, Bytes, BytesWeight>,
    verified: Cache<Checksum, Timestamp>,
}

impl FileCaches {
    pub(crate) fn new(bytes_max: u64) -> Self {
        Self {
            facts: LoadCache::new(FACTS_MAX, FACTS_MAX as u64, UnitWeighter),
            bytes: Cache::with_weighter(1_000, bytes_max, BytesWeight),
            verified: Cache::new(VERIFIED_MAX),
        }
    }

    /// Forgets what is known of a version, because it was just published or changed.
    pub(crate) fn forget(&self, registry: RegistryId, name: &CrateName, num: &VersionNum) {
        self.facts.forget(&FileKey { registry, canon: name.canon(), num: num.clone() });
    }

    /// Forgets what is known of every crate.
    pub(crate) fn forget_all(&self) {
        self.facts.forget_all();
    }
}

impl App {
    /// Finds a version for its download. Yanked versions are found.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] in a closed registry, [`AppError::NotFound`] when it is not there.
    pub async fn find_download(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        name: &str,
        num: &str,
    ) -> Result<Download, AppError> {
        self.enter(caller, registry)?;
        let absent = || AppError::no_version(name, num);
        // Both are checked before they become a key, so that nothing of unbounded length is kept.
        let (Ok(krate), Ok(version)) = (name.parse::<CrateName>(), num.parse::<VersionNum>()) else {
            return Err(absent());
        };
        if !self.sees(caller, registry, &krate.canon()).await? {
            return Err(absent());
        }
        let key = FileKey { registry: registry.registry.id, canon: krate.canon(), num: version };
        let row = if self.follower.is_fresh(self.clock.now()) {
            match self.files.facts.get(&key) {
                Some(row) => row,
                None => self.files.facts.get_or_load(&key, || self.load_file(&key)).await?,
            }
        } else {
            self.load_file(&key).await?
        };
        row.map(|row| Download { row }).ok_or_else(absent)
    }

    /// A whole file of an open registry if everything about it is in memory. `None` means "ask
    /// [`App::find_download`]".
    #[must_use]
    pub fn download_at_hand(
        &self,
        registry: &RegistryView,
        name: &str,
        num: &str,
    ) -> Option<(Download, Bytes)> {
        if !registry.is_open() || !self.follower.is_fresh(self.clock.now()) {
            return None;
        }
        let (krate, version) = (name.parse::<CrateName>().ok()?, num.parse::<VersionNum>().ok()?);
        let key = FileKey { registry: registry.registry.id, canon: krate.canon(), num: version };
        let row = self.files.facts.get(&key)??;
        let bytes = self.files.bytes.get(&row.checksum)?;
        Some((Download { row }, bytes))
    }

    async fn load_file(&self, key: &FileKey) -> Result<Option<Arc<FileRow>>, AppError> {
        let mut conn = self.store.read().await?;
        let row = cratekeep_store::version::find_file(&mut conn, key.registry, &key.canon, &key.num).await?;
        // The statement passes over build metadata, which a path must name as it was published.
        Ok(row.filter(|row| row.num == key.num).map(Arc::new))
    }

    /// The bytes of a download, or a part of them. A whole answer is checked against the checksum as often as the
    /// setting says; a part is sent as it is stored.
    ///
    /// # Errors
    /// [`AppError::Internal`] when the stored object is gone or has other bytes.
    pub async fn download_body(
        &self,
        download: &Download,
        range: Option<Range<u64>>,
    ) -> Result<DownloadBody, AppError> {
        let row = &download.row;
        if let Some(bytes) = self.files.bytes.get(&row.checksum) {
            return Ok(DownloadBody::Bytes(slice(&bytes, range)));
        }
        if row.size <= self.options.file_cache_object_bytes_max {
            let bytes = self.read_small(row).await?;
            self.files.bytes.insert(row.checksum, bytes.clone());
            return Ok(DownloadBody::Bytes(slice(&bytes, range)));
        }
        let reader = self.blobs.open(BlobClass::Hosted, &row.checksum).await?.ok_or_else(|| gone(row))?;
        if range.is_some() || self.is_verified(&row.checksum) {
            return Ok(DownloadBody::Stream(reader.stream(range)));
        }
        let app = self.clone();
        let note = move |checksum| app.files.verified.insert(checksum, app.clock.now());
        Ok(DownloadBody::Stream(checked::checked(reader.stream(None), row.checksum, row.size, note)))
    }

    /// Counts a download: a GET that was answered whole.
    pub fn count_download(&self, download: &Download) {
        self.counts.count_download(download.row.krate, download.row.version, self.clock.now());
    }

    async fn read_small(&self, row: &FileRow) -> Result<Bytes, AppError> {
        let bytes_max = self.options.file_cache_object_bytes_max;
        let most = usize::try_from(bytes_max).unwrap_or(usize::MAX);
        let bytes = match self.blobs.read_now(BlobClass::Hosted, &row.checksum, most)? {
            NowRead::Whole(bytes) => bytes,
            NowRead::Missing => return Err(gone(row)),
            NowRead::Later => {
                let reader =
                    self.blobs.open(BlobClass::Hosted, &row.checksum).await?.ok_or_else(|| gone(row))?;
                reader.read_all(bytes_max).await?
            }
        };
        if Checksum::of(&bytes) != row.checksum {
            return Err(AppError::Internal(format!("stored object {} has other bytes", row.checksum)));
        }
        Ok(bytes)
    }

    fn is_verified(&self, checksum: &Checksum) -> bool {
        let recent = |at: Timestamp| self.clock.now().secs_since(at) < VERIFIED_SECS;
        self.options.verify == Verify::Daily && self.files.verified.get(checksum).is_some_and(recent)
    }
}

fn slice(bytes: &Bytes, range: Option<Range<u64>>) -> Bytes {
    let Some(range) = range else { return bytes.clone() };
    let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    bytes.slice(at(range.start)..at(range.end))
}

fn gone(row: &FileRow) -> AppError {
    AppError::Internal(format!("stored object {} of {} {} is gone", row.checksum, row.name, row.num))
}
