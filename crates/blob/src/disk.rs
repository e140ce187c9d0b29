//! Small steps on files and folders, each with its error worded. All of them block; [`blocking`] carries them off the
//! threads that serve requests.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use bytes::Bytes;
use rustix::buffer::spare_capacity;

use crate::BlobError;

/// Runs blocking work on the pool made for it. The work goes on to its end even when nobody waits any more.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BlobError> + Send + 'static,
) -> Result<T, BlobError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(BlobError::io("running work on files", io::Error::other(error))),
    }
}

/// Waits until the bytes of a file are on disk.
pub(crate) fn sync_file(file: &File, path: &Path) -> Result<(), BlobError> {
    #[cfg(test)]
    synced::note(path);
    file.sync_all().map_err(|error| BlobError::durability(format!("file {}", path.display()), error))
}

/// Waits until the names in a folder are on disk.
pub(crate) fn sync_folder(path: &Path) -> Result<(), BlobError> {
    #[cfg(test)]
    synced::note(path);
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| BlobError::durability(format!("folder {}", path.display()), error))
}

/// Syncs a file and a folder at the same time: most disks flush both for the price of one.
pub(crate) fn sync_both(file: &File, path: &Path, folder: &Path) -> Result<(), BlobError> {
    std::thread::scope(|scope| {
        let beside = std::thread::Builder::new().spawn_scoped(scope, || sync_folder(folder));
        let file_synced = sync_file(file, path);
        let folder_synced = match beside {
            Ok(thread) => thread.join().unwrap_or_else(|_| {
                Err(BlobError::durability(
                    format!("folder {}", folder.display()),
                    io::Error::other("the thread that waited for it died"),
                ))
            }),
            Err(_) => sync_folder(folder),
        };
        file_synced.and(folder_synced)
    })
}

/// Makes one folder, not those above it; tells whether it was made. Its name is not yet durable.
pub(crate) fn make_folder(path: &Path) -> io::Result<bool> {
    match fs::create_dir(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads `len` bytes from `start` on, without moving the file's own position. Less than `len` is an error.
pub(crate) fn read_part(file: &File, start: u64, len: usize) -> io::Result<Bytes> {
    let mut bytes = Vec::with_capacity(len);
    while bytes.len() < len {
        let at = start + bytes.len() as u64;
        let missing = len - bytes.len();
        bytes.reserve_exact(missing);
        match rustix::io::pread(file, spare_capacity(&mut bytes), at) {
            Ok(0) => {
                let problem = format!("the file ends at {at}, {missing} bytes early");
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, problem));
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    bytes.truncate(len);
    Ok(bytes.into())
}

/// Opens a file for reading; `None` when there is none.
pub(crate) fn open_if_there(path: &Path) -> Result<Option<File>, BlobError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(BlobError::io(format!("opening {}", path.display()), error)),
    }
}

/// Removes a file; tells whether it was there.
pub(crate) fn remove_if_there(path: &Path) -> Result<bool, BlobError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(BlobError::io(format!("removing {}", path.display()), error)),
    }
}

/// What has been synced, for tests of the order: a crash of the process alone does not lose what the system holds, so
/// no test that kills the process could miss a sync.
#[cfg(test)]
pub(crate) mod synced {
    use std::path::{Path, PathBuf};
    use std::sync::{Mutex, PoisonError};

    static PATHS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

    pub(super) fn note(path: &Path) {
        PATHS.lock().unwrap_or_else(PoisonError::into_inner).push(path.to_owned());
    }

    /// Everything below `root` that was synced since this was called last.
    pub(crate) fn take(root: &Path) -> Vec<PathBuf> {
        let mut paths = PATHS.lock().unwrap_or_else(PoisonError::into_inner);
        paths.extract_if(.., |path| path.starts_with(root)).collect()
    }
}
