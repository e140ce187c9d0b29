//! Uploads on their way in: a temporary file that is hashed while it is written.
//!
//! Every temporary file is locked by the process that writes it. That is how [`SpoolFolder::sweep`] tells what a dead
//! process left from what a living one needs, without asking a clock.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use cratekeep_types::{Checksum, Steps};
use sha2::{Digest, Sha256};

use crate::BlobError;
use crate::disk::{blocking, remove_if_there};

/// How much is held back before it is written, in bytes.
const HELD_BYTES_MAX: usize = 256 * 1024;
/// How many names are tried for one temporary file.
const NAME_TRIES_MAX: u32 = 1000;

/// The folder that temporary files live in.
#[derive(Clone, Debug)]
pub(crate) struct SpoolFolder {
    path: PathBuf,
    /// Set when the folder is our own and goes away with the last spool in it.
    own: Option<Arc<tempfile::TempDir>>,
    next: Arc<AtomicU64>,
    steps: Steps,
}

impl SpoolFolder {
    /// Temporary files go into the folder `path`, which somebody else makes.
    pub(crate) fn at(path: PathBuf, steps: Steps) -> Self {
        Self { path, own: None, next: Arc::default(), steps }
    }

    /// Temporary files go into `path`, made if it is not there, or into a folder of our own. Not for a local store:
    /// its staging folder must only be made together with the volume.
    pub(crate) fn make(path: Option<PathBuf>, steps: Steps) -> Result<Self, BlobError> {
        let Some(path) = path else {
            let own = tempfile::Builder::new().prefix("cratekeep-spool-").tempdir();
            let own = own.map_err(|error| BlobError::io("making a temporary folder for uploads", error))?;
            let own_path = own.path().to_owned();
            return Ok(Self { own: Some(Arc::new(own)), ..Self::at(own_path, steps) });
        };
        std::fs::create_dir_all(&path)
            .map_err(|error| BlobError::io(format!("making the upload folder {}", path.display()), error))?;
        Ok(Self::at(path, steps))
    }

    /// Makes a new temporary file that this process holds. Blocks.
    pub(crate) fn create(&self) -> Result<(File, SpoolPath), BlobError> {
        for _ in 0..NAME_TRIES_MAX {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let path = self.path.join(format!("{}-{number}.spool", std::process::id()));
            let file = match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(BlobError::Volume(format!(
                        "the folder {} for uploads is not there: is the storage volume mounted?",
                        self.path.display()
                    )));
                }
                Err(error) => {
                    return Err(BlobError::io(format!("making {}", path.display()), error));
                }
            };
            if is_ours(&file) {
                return Ok((file, SpoolPath { path, _own: self.own.clone() }));
            }
        }
        Err(BlobError::Volume(format!(
            "the folder {} is full of temporary files: remove those that end in `.spool` while no server runs",
            self.path.display()
        )))
    }

    /// Begins an upload.
    pub(crate) async fn writer(&self) -> Result<SpoolWriter, BlobError> {
        let folder = self.clone();
        blocking(move || {
            let (file, path) = folder.create()?;
            let work = Some(Work { file, hasher: Sha256::new() });
            Ok(SpoolWriter { work, held: Vec::new(), size: 0, path, steps: folder.steps })
        })
        .await
    }

    /// Removes the temporary files that no living process holds; tells how many. Blocks.
    pub(crate) fn sweep(&self) -> Result<u64, BlobError> {
        let attempted = || format!("sweeping {}", self.path.display());
        let entries = std::fs::read_dir(&self.path).map_err(|error| BlobError::io(attempted(), error))?;
        let mut removed = 0;
        for entry in entries {
            let path = entry.map_err(|error| BlobError::io(attempted(), error))?.path();
            if path.extension().is_some_and(|extension| extension == "spool") && sweep_one(&path)? {
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// Locks a file just made. False when a sweep was quicker and has removed it or is about to.
fn is_ours(file: &File) -> bool {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => false,
        // A file system without locks: there the sweep cannot lock either and leaves everything alone.
        Err(TryLockError::Error(_)) => true,
        Ok(()) => file.metadata().is_ok_and(|seen| seen.nlink() > 0),
    }
}

fn sweep_one(path: &Path) -> Result<bool, BlobError> {
    let Ok(file) = File::open(path) else { return Ok(false) };
    match file.try_lock() {
        Ok(()) => remove_if_there(path),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => {
            tracing::warn!(path = %path.display(), %error, "cannot tell whether a temporary file is in use");
            Ok(false)
        }
    }
}

/// The name of a temporary file. Dropped, the file is removed.
#[derive(Debug)]
pub(crate) struct SpoolPath {
    path: PathBuf,
    _own: Option<Arc<tempfile::TempDir>>,
}

impl SpoolPath {
    pub(crate) fn as_path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SpoolPath {
    fn drop(&mut self) {
        if let Err(error) = remove_if_there(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "a temporary file stays behind until the next start");
        }
    }
}

#[derive(Debug)]
struct Work {
    file: File,
    hasher: Sha256,
}

impl Work {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.file.write_all(bytes)
    }
}

/// A temporary file being written. Dropped, it is removed.
#[derive(Debug)]
pub struct SpoolWriter {
    /// Not there while a write is under way, and after one that failed or was given up.
    work: Option<Work>,
    held: Vec<u8>,
    size: u64,
    path: SpoolPath,
    steps: Steps,
}

impl SpoolWriter {
    /// Adds bytes. At most 256 KiB are held back before they are written, in one buffer of our own: a sender of tiny
    /// chunks cannot make us keep the network buffers that they are slices of.
    ///
    /// # Errors
    /// [`BlobError::Full`], [`BlobError::Io`]. After an error, or when the returned future is dropped half-way, the
    /// spool cannot be written any more.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        self.size += bytes.len() as u64;
        if self.held.len() + bytes.len() > HELD_BYTES_MAX {
            return self.write_through(bytes).await;
        }
        self.held.extend_from_slice(&bytes);
        Ok(())
    }

    /// How many bytes have been taken so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Writes what is held back and closes the file to writing. It is not durable yet: that is what
    /// [`crate::BlobStore::adopt`] does.
    ///
    /// # Errors
    /// Those of [`SpoolWriter::write`].
    pub async fn finish(mut self) -> Result<Spool, BlobError> {
        if !self.held.is_empty() {
            self.write_through(Bytes::new()).await?;
        }
        let work = self.work.ok_or_else(|| given_up(&self.path))?;
        let checksum = Checksum::from_bytes(work.hasher.finalize().into());
        self.steps.pass("blob.spooled");
        let file = SpoolFile { file: work.file, path: self.path, checksum, size: self.size };
        Ok(Spool(Arc::new(file)))
    }

    async fn write_through(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        let mut work = self.work.take().ok_or_else(|| given_up(&self.path))?;
        let mut held = std::mem::take(&mut self.held);
        let path = self.path.as_path().to_owned();
        let (work, held) = blocking(move || {
            work.put(&held)
                .and_then(|()| work.put(&bytes))
                .map_err(|error| BlobError::io(format!("writing {}", path.display()), error))?;
            held.clear();
            Ok((work, held))
        })
        .await?;
        self.work = Some(work);
        self.held = held;
        Ok(())
    }
}

fn given_up(path: &SpoolPath) -> BlobError {
    BlobError::io(
        format!("writing {}", path.as_path().display()),
        io::Error::other("an earlier write to this file failed or was given up"),
    )
}

/// A finished temporary file. When the last clone is dropped, it is removed; an adopted object stays.
#[derive(Clone, Debug)]
pub struct Spool(Arc<SpoolFile>);

#[derive(Debug)]
struct SpoolFile {
    /// Kept open for its lock, and for adopting.
    file: File,
    path: SpoolPath,
    checksum: Checksum,
    size: u64,
}

impl Spool {
    /// SHA-256 of what was written.
    #[must_use]
    pub fn checksum(&self) -> Checksum {
        self.0.checksum
    }

    /// How many bytes were written.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.0.size
    }

    /// The file, opened again for reading from its begin, with a position of its own. Blocks.
    ///
    /// # Errors
    /// [`BlobError::Io`] when the file is gone.
    pub fn open(&self) -> Result<File, BlobError> {
        let path = self.path();
        File::open(path).map_err(|error| BlobError::io(format!("opening {}", path.display()), error))
    }

    pub(crate) fn file(&self) -> &File {
        &self.0.file
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path.as_path()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_disk_is_told_apart_and_ends_the_spool() {
        let folder = SpoolFolder::make(None, Steps::unwatched()).expect("a temporary folder");
        let mut writer = folder.writer().await.expect("a spool");
        let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux has /dev/full");
        writer.work = Some(Work { file: full, hasher: Sha256::new() });

        let error = writer.write(Bytes::from(vec![7; HELD_BYTES_MAX + 1])).await.expect_err("no room");
        assert!(matches!(error, BlobError::Full { .. }), "{error}");
        let error = writer.finish().await.expect_err("the spool has lost bytes");
        assert!(matches!(error, BlobError::Io { .. }), "{error}");
    }

    #[tokio::test]
    async fn tiny_chunks_are_gathered_and_not_kept_apart() {
        let folder = SpoolFolder::make(None, Steps::unwatched()).expect("a temporary folder");
        let mut writer = folder.writer().await.expect("a spool");
        for _ in 0..(HELD_BYTES_MAX + 10) {
            writer.write(Bytes::from_static(b"x")).await.expect("room");
            assert!(writer.held.capacity() <= 2 * HELD_BYTES_MAX);
        }
        let spool = writer.finish().await.expect("room");
        assert_eq!(spool.checksum(), Checksum::of(&vec![b'x'; HELD_BYTES_MAX + 10]));
    }
}
