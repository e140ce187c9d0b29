//! Objects as files in a local folder. Every function here blocks.
//!
//! A file gets its final name by a hard link, after its bytes are on disk: so a name either stands for all of its
//! bytes or does not exist, and nothing is ever overwritten. The folders above it are made once and synced.

mod adopt;
mod fan_out;
mod list;
mod volume;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use bytes::Bytes;
use cratekeep_types::{Checksum, Steps, Timestamp};
use sha2::{Digest, Sha256};

use crate::disk::{open_if_there, read_part, remove_if_there, sync_folder};
use crate::reader::{Body, CHUNK_BYTES_MAX, broken};
use crate::spool::SpoolFolder;
use crate::{BlobClass, BlobError, BlobReader, BlobStat, DerivedKey, NowRead, Verdict};

/// Folder of the volume that uploads are kept in.
const STAGING: &str = "staging";
/// Objects up to this size are read together with their opening, in bytes.
const READ_AHEAD_BYTES_MAX: u64 = 64 * 1024;

/// Objects as files below `root`.
#[derive(Debug)]
pub(crate) struct LocalStore {
    root: PathBuf,
    spool: SpoolFolder,
    fan_out: fan_out::FanOut,
    /// Set by the first write that the disk did not confirm, and never cleared.
    stopped: AtomicBool,
    steps: Steps,
}

impl LocalStore {
    pub(crate) fn new(root: PathBuf, steps: Steps) -> Self {
        let spool = SpoolFolder::at(root.join(STAGING), steps.clone());
        let fan_out = fan_out::FanOut::default();
        Self { root, spool, fan_out, stopped: AtomicBool::new(false), steps }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn spool(&self) -> &SpoolFolder {
        &self.spool
    }

    pub(crate) fn writes_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    pub(crate) fn open(
        &self,
        class: BlobClass,
        checksum: &Checksum,
    ) -> Result<Option<BlobReader>, BlobError> {
        let Some((file, size)) = self.find(class, checksum)? else { return Ok(None) };
        let key = class.key(checksum);
        let body = if size <= READ_AHEAD_BYTES_MAX {
            Body::Whole(read_whole(&file, size, &key)?)
        } else {
            Body::File(Arc::new(file))
        };
        Ok(Some(BlobReader::new(key, size, body)))
    }

    pub(crate) fn read_now(
        &self,
        class: BlobClass,
        checksum: &Checksum,
        bytes_max: usize,
    ) -> Result<NowRead, BlobError> {
        match self.find(class, checksum)? {
            None => Ok(NowRead::Missing),
            Some((_, size)) if size > bytes_max as u64 => Ok(NowRead::Later),
            Some((file, size)) => read_whole(&file, size, &class.key(checksum)).map(NowRead::Whole),
        }
    }

    pub(crate) fn stat(&self, class: BlobClass, checksum: &Checksum) -> Result<Option<BlobStat>, BlobError> {
        let path = self.path(&class.key(checksum));
        match std::fs::metadata(&path) {
            Ok(seen) => Ok(Some(stat_of(&seen))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.refuse_without_folder(class, checksum)?;
                Ok(None)
            }
            Err(error) => Err(BlobError::io(format!("looking at {}", path.display()), error)),
        }
    }

    pub(crate) fn delete(&self, class: BlobClass, checksum: &Checksum) -> Result<bool, BlobError> {
        let key = class.key(checksum);
        let there = remove_if_there(&self.path(&key))?;
        if there {
            self.confirmed(sync_folder(&self.path(folder_of(&key))))?;
        } else {
            self.refuse_without_folder(class, checksum)?;
        }
        Ok(there)
    }

    pub(crate) fn verify(&self, class: BlobClass, checksum: &Checksum) -> Result<Verdict, BlobError> {
        let Some((file, size)) = self.find(class, checksum)? else { return Ok(Verdict::Missing) };
        let key = class.key(checksum);
        let mut hasher = Sha256::new();
        let mut start = 0;
        while start < size {
            let len = usize::try_from(size - start).unwrap_or(usize::MAX).min(CHUNK_BYTES_MAX);
            hasher.update(read_part(&file, start, len).map_err(|error| broken(&key, error))?);
            start += len as u64;
        }
        let found = Checksum::from_bytes(hasher.finalize().into());
        Ok(Verdict::of(checksum, found, size))
    }

    pub(crate) fn get_derived(&self, key: &DerivedKey, bytes_max: u64) -> Result<Option<Bytes>, BlobError> {
        let key = key.key();
        let Some((file, size)) = self.open_sized(&key)? else { return Ok(None) };
        if size > bytes_max {
            return Err(BlobError::TooLarge { key, size, bytes_max });
        }
        read_whole(&file, size, &key).map(Some)
    }

    pub(crate) fn delete_derived(&self, key: &DerivedKey) -> Result<bool, BlobError> {
        remove_if_there(&self.path(&key.key()))
    }

    pub(crate) fn disk_free(&self) -> Result<u64, BlobError> {
        let seen = rustix::fs::statvfs(&self.root).map_err(|error| {
            BlobError::io(format!("asking for free space in {}", self.root.display()), error.into())
        })?;
        Ok(seen.f_bavail.saturating_mul(seen.f_frsize))
    }

    fn path(&self, key: &str) -> PathBuf {
        self.root.join(key)
    }

    /// Opens an object. That one is missing is believed only while its folder is there.
    fn find(&self, class: BlobClass, checksum: &Checksum) -> Result<Option<(File, u64)>, BlobError> {
        let found = self.open_sized(&class.key(checksum))?;
        if found.is_none() {
            self.refuse_without_folder(class, checksum)?;
        }
        Ok(found)
    }

    fn open_sized(&self, key: &str) -> Result<Option<(File, u64)>, BlobError> {
        let path = self.path(key);
        let Some(file) = open_if_there(&path)? else { return Ok(None) };
        let seen = file
            .metadata()
            .map_err(|error| BlobError::io(format!("looking at {}", path.display()), error))?;
        Ok(Some((file, seen.len())))
    }

    /// A volume that has been unmounted would look like one without objects. Its first level of folders was made
    /// with it, so their absence gives it away.
    fn refuse_without_folder(&self, class: BlobClass, checksum: &Checksum) -> Result<(), BlobError> {
        let folder = self.path(&fan_out::first_level(class, checksum));
        match std::fs::metadata(&folder) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(self.vanished(&folder)),
            Err(error) => Err(BlobError::io(format!("looking at {}", folder.display()), error)),
        }
    }

    fn vanished(&self, missing: &Path) -> BlobError {
        BlobError::Volume(format!(
            "the storage volume {} is not there any more ({} is missing): mount it again",
            self.root.display(),
            missing.display()
        ))
    }

    /// Passes a result on. A write that the disk did not confirm stops all later ones.
    fn confirmed<T>(&self, result: Result<T, BlobError>) -> Result<T, BlobError> {
        if let Err(error @ BlobError::Durability { .. }) = &result {
            tracing::error!(%error, "the blob store takes no more writes");
            self.stopped.store(true, Ordering::SeqCst);
        }
        result
    }

    fn refuse_when_stopped(&self) -> Result<(), BlobError> {
        if self.writes_stopped() {
            let before = std::io::Error::other("an earlier write was not confirmed");
            return Err(BlobError::durability("a new write", before));
        }
        Ok(())
    }
}

/// The key without its last part.
fn folder_of(key: &str) -> &str {
    key.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn read_whole(file: &File, size: u64, key: &str) -> Result<Bytes, BlobError> {
    let len = usize::try_from(size).expect("callers bound the size");
    read_part(file, 0, len).map_err(|error| broken(key, error))
}

fn stat_of(seen: &std::fs::Metadata) -> BlobStat {
    let since = seen.modified().ok().and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    let micros = since.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
    BlobStat { size: seen.len(), modified: Timestamp(micros) }
}
