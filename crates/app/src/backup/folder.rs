//! The folder of a backup: taking it, listing it, finishing it. Files here are few and large, or small; the objects
//! are the blob store's business.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use cratekeep_blob::{BlobError, BlobStore, Options};
use cratekeep_types::{Checksum, Steps};
use cratekeep_wire::backup::{BACKUP_BLOBS, BACKUP_DATABASE, BACKUP_MANIFEST};
use cratekeep_wire::{BackupFile, BackupManifest};
use sha2::{Digest, Sha256};

use crate::AppError;

/// Longest list of contents that is read, in bytes.
const MANIFEST_BYTES_MAX: u64 = 1 << 20;
/// Bytes hashed at once.
const PIECE_BYTES: usize = 256 << 10;
/// Who may enter a folder that we make: a database copy has mail addresses and hashes of tokens in it.
const OWNER_ONLY: u32 = 0o700;

/// The store of the objects in a backup.
pub(crate) fn objects(folder: &Path) -> Result<BlobStore, BlobError> {
    // The steps of a publish are not those of a backup, so nobody watches them here.
    BlobStore::new(Options::local(folder.join(BACKUP_BLOBS)), Steps::unwatched())
}

/// Makes the folder, or takes it if it is empty, and makes the folder of the database copy in it.
pub(crate) async fn prepare(folder: PathBuf) -> Result<(), AppError> {
    blocking(move || {
        refuse_unless_empty(&folder)?;
        make_all(&folder)?;
        // The first of two backups into one folder makes this; the second fails.
        let database = folder.join(BACKUP_DATABASE);
        let made = DirBuilder::new().mode(OWNER_ONLY).create(&database);
        made.map_err(|error| problem("making the folder", &database, &error))
    })
    .await
}

/// Makes a folder and those above it that are missing, and makes their names durable.
pub(crate) async fn make(folder: PathBuf) -> Result<(), AppError> {
    blocking(move || make_all(&folder)).await
}

fn make_all(folder: &Path) -> Result<(), AppError> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|above| !above.exists()).collect();
    let made = DirBuilder::new().recursive(true).mode(OWNER_ONLY).create(folder);
    made.map_err(|error| problem("making the folder", folder, &error))?;
    missing.into_iter().try_for_each(|new| sync_folder(parent_of(new)))
}

fn refuse_unless_empty(folder: &Path) -> Result<(), AppError> {
    let refused = |why: &str| {
        let folder = folder.display();
        Err(AppError::invalid(format!(
            "no backup can be written into `{folder}`: {why}; name a new or an empty folder"
        )))
    };
    let mut entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return refused(&error.to_string()),
    };
    match entries.next() {
        None => Ok(()),
        Some(_) if folder.join(BACKUP_MANIFEST).exists() => refused("there is a backup in it"),
        Some(_) if folder.join(BACKUP_DATABASE).exists() => refused("there is an unfinished backup in it"),
        Some(_) => refused("it is not empty"),
    }
}

/// Every file in `folder`, by name, with its length and checksum.
pub(crate) async fn list_files(folder: PathBuf) -> Result<Vec<BackupFile>, AppError> {
    blocking(move || {
        let failed = |error| problem("reading the folder", &folder, &error);
        let mut files = Vec::new();
        for entry in fs::read_dir(&folder).map_err(failed)? {
            files.push(describe(&entry.map_err(failed)?.path())?);
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    })
    .await
}

fn describe(path: &Path) -> Result<BackupFile, AppError> {
    let failed = |error| problem("reading", path, &error);
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    let mut file = File::open(path).map_err(failed)?;
    let (mut hasher, mut piece, mut size) = (Sha256::new(), vec![0; PIECE_BYTES], 0);
    loop {
        let len = file.read(&mut piece).map_err(failed)?;
        if len == 0 {
            break;
        }
        hasher.update(&piece[..len]);
        size += len as u64;
    }
    let sha256 = Checksum::from_bytes(hasher.finalize().into()).to_string();
    Ok(BackupFile { name, size, sha256 })
}

/// Writes the list of contents: under another name first, so that there is never half of one.
pub(crate) async fn finish(folder: PathBuf, manifest: String) -> Result<(), AppError> {
    blocking(move || {
        let part = folder.join(format!("{BACKUP_MANIFEST}.part"));
        let failed = |error| problem("writing", &part, &error);
        let mut file = File::create_new(&part).map_err(failed)?;
        file.write_all(manifest.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        // Whatever the list names is durable under its name before the list is.
        sync_folder(&folder)?;
        fs::rename(&part, folder.join(BACKUP_MANIFEST)).map_err(failed)?;
        sync_folder(&folder)
    })
    .await
}

/// Reads the list of contents of a finished backup.
pub(crate) async fn read_manifest(folder: PathBuf) -> Result<BackupManifest, AppError> {
    blocking(move || {
        let path = folder.join(BACKUP_MANIFEST);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(no_manifest(&folder)),
            Err(error) => return Err(problem("reading", &path, &error)),
        };
        let mut text = String::new();
        let read = file.take(MANIFEST_BYTES_MAX).read_to_string(&mut text);
        read.map_err(|error| problem("reading", &path, &error))?;
        BackupManifest::from_json(&text).map_err(|error| AppError::invalid(error.to_string()))
    })
    .await
}

fn no_manifest(folder: &Path) -> AppError {
    let shown = folder.display();
    AppError::invalid(if folder.join(BACKUP_DATABASE).exists() {
        format!(
            "the backup in `{shown}` is incomplete: it has no `{BACKUP_MANIFEST}`, which is written last; use another"
        )
    } else {
        format!("`{shown}` is no backup: it has no `{BACKUP_MANIFEST}`")
    })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, AppError> + Send + 'static,
) -> Result<T, AppError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| AppError::Internal(format!("work on the files of a backup failed: {error}")))?
}

fn sync_folder(folder: &Path) -> Result<(), AppError> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|error| problem("syncing the folder", folder, &error))
}

/// The folder above; for a bare name the one we are in.
fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn problem(attempted: &str, path: &Path, error: &io::Error) -> AppError {
    AppError::Unavailable(format!("{attempted} {} failed: {error}", path.display()))
}
