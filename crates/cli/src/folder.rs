//! The data folder: what lies where in it, and the lock that keeps a second process out.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use cratekeep_config::Settings;
use rustix::fs::{FlockOperation, flock};

use crate::wiring::sqlite_file;

/// Longest note in a lock file.
const NOTE_BYTES_MAX: u64 = 64;

/// The data folder of a server.
#[derive(Clone, Debug)]
pub(crate) struct DataFolder(PathBuf);

impl DataFolder {
    /// The folder that the settings name, whether it is there or not.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self(settings.server.data_dir.clone())
    }

    /// Makes the folder, readable by this user alone, if it is not there.
    pub(crate) fn make(&self) -> Result<()> {
        if self.0.is_dir() {
            return Ok(());
        }
        let making = || format!("could not make the data folder {}", self.0.display());
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0).with_context(making)?;
        // The entry of the new folder is durable once the folder above it is.
        if let Some(above) = self.0.parent() {
            File::open(above).and_then(|above| above.sync_all()).with_context(making)?;
        }
        Ok(())
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The socket for commands to a running server.
    pub(crate) fn socket(&self) -> PathBuf {
        self.0.join("control.sock")
    }

    /// Where backups before migrations go.
    pub(crate) fn backups(&self) -> PathBuf {
        self.0.join("backups")
    }

    /// The file of users and registries that is applied at each start if it is there.
    pub(crate) fn bootstrap(&self) -> PathBuf {
        self.0.join("bootstrap.toml")
    }
}

/// Held by the one process that may use the data. Ends with the process, however that ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _files: Vec<File>,
}

/// What became of the wish for the lock.
#[derive(Debug)]
pub(crate) enum Locking {
    /// It is ours.
    Ours(Lock),
    /// Another process has it.
    Held {
        /// The locked file.
        file: PathBuf,
        /// The process, if it left its number.
        pid: Option<u32>,
    },
}

impl Lock {
    /// Locks the data folder, and a SQLite file that lies elsewhere.
    pub(crate) fn attempt(settings: &Settings, folder: &DataFolder) -> Result<Locking> {
        let mut wanted = vec![folder.path().join("lock")];
        if let Some(database) = sqlite_file(settings).filter(|file| !file.starts_with(folder.path())) {
            let mut beside = database.into_os_string();
            beside.push(".lock");
            wanted.push(PathBuf::from(beside));
        }
        let mut files = Vec::new();
        for path in wanted {
            match lock_file(&path)? {
                Ok(file) => files.push(file),
                Err(pid) => return Ok(Locking::Held { file: path, pid }),
            }
        }
        Ok(Locking::Ours(Self { _files: files }))
    }

    /// Locks, or says who is in the way.
    pub(crate) fn take(settings: &Settings, folder: &DataFolder) -> Result<Self> {
        match Self::attempt(settings, folder)? {
            Locking::Ours(lock) => Ok(lock),
            Locking::Held { file, pid } => {
                let holder = pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
                bail!(
                    "the data folder {} is in use by {holder}, which holds {}; stop it, or name another folder with --data-dir",
                    folder.path().display(),
                    file.display()
                )
            }
        }
    }
}

/// Locks a file and leaves our process number in it; gives the holder's number when another process has it.
fn lock_file(path: &Path) -> Result<Result<File, Option<u32>>> {
    let opening = || format!("could not open the lock file {}", path.display());
    let mut options = OpenOptions::new();
    let mut file = options
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .with_context(opening)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {
            file.set_len(0).with_context(opening)?;
            file.rewind().with_context(opening)?;
            writeln!(file, "{}", std::process::id()).with_context(opening)?;
            Ok(Ok(file))
        }
        Err(error) if error == rustix::io::Errno::WOULDBLOCK => {
            let mut note = String::new();
            let _ = file.take(NOTE_BYTES_MAX).read_to_string(&mut note);
            Ok(Err(note.trim().parse().ok()))
        }
        Err(error) => Err(error).with_context(|| format!("could not lock {}", path.display())),
    }
}
