//! Filling an empty database and an empty storage from a backup.
//!
//! Objects first, the database last: until its database is there a target is no server that could be started, and a
//! restore that was cut off can be run again. Objects that an earlier try has put are left as they are.

use std::path::{Path, PathBuf};

use cratekeep_blob::{BlobError, BlobStore};
use cratekeep_store::meta::{Key, get};
use cratekeep_store::{DatabaseUrl, Options, Schema, Store, StoreError};
use cratekeep_types::{Clock, Steps, Timestamp};
use cratekeep_wire::backup::{BACKUP_BLOBS, BACKUP_DATABASE};
use cratekeep_wire::{BackupEngine, BackupManifest};
use futures::TryStreamExt;

use crate::backup::copy::{CLASS, Copy, CopyError, copy};
use crate::backup::folder;
use crate::verify::{Findings, Verifier, size_text};
use crate::{AppError, Report, VerifyDepth};

/// Objects copied side by side.
const AT_ONCE: usize = 4;

/// Where a backup is restored to. Both must be empty.
#[derive(Debug)]
pub struct RestoreTarget {
    /// The database.
    pub database: Options,
    /// The storage; need not be initialised.
    pub blobs: BlobStore,
}

/// Restores the backup in `folder`, verifies every byte of the result, and reports what is wrong with it.
///
/// # Errors
/// [`AppError::Invalid`] for a folder that is no finished backup, one of another engine, and a target that holds
/// something; [`AppError::Unavailable`] when backup or target fail half-way: run it again.
pub async fn restore(target: &RestoreTarget, folder: &Path, clock: &dyn Clock) -> Result<Report, AppError> {
    let backup = Backup::open(folder).await?;
    backup.check_engine(&target.database.url)?;
    backup.check_complete().await?;
    refuse_used_database(&target.database).await?;
    backup.refuse_foreign_objects(&target.blobs).await?;
    let mut findings = Findings::default();
    backup.put_objects(&target.blobs, &mut findings).await?;
    let store = backup.restore_database(&target.database, clock).await?;
    // Objects that were published while the backup was made have no row in it. That is no damage; the sweep takes them.
    let no_orphans = Timestamp(i64::MIN);
    let verifier = Verifier {
        store: &store,
        blobs: &target.blobs,
        depth: VerifyDepth::Blobs,
        orphaned_before: no_orphans,
    };
    let verified = verifier.run().await;
    store.close().await;
    let verified = verified?;
    findings.extend(verified.findings);
    let mut summary = backup.summary();
    summary.extend(verified.summary);
    Ok(Report { summary, findings: findings.into_sentences() })
}

/// A finished backup.
struct Backup {
    folder: PathBuf,
    manifest: BackupManifest,
    objects: BlobStore,
}

impl Backup {
    async fn open(folder: &Path) -> Result<Self, AppError> {
        let manifest = folder::read_manifest(folder.to_owned()).await?;
        let objects = folder::objects(folder).map_err(|error| unreadable(folder, &error))?;
        Ok(Self { folder: folder.to_owned(), manifest, objects })
    }

    fn check_engine(&self, url: &DatabaseUrl) -> Result<(), AppError> {
        let target = match url {
            DatabaseUrl::Sqlite { .. } => BackupEngine::Sqlite,
            DatabaseUrl::Postgres { .. } => BackupEngine::Postgres,
        };
        if self.manifest.engine == target {
            return Ok(());
        }
        let (found, wanted) = (self.manifest.engine.name(), target.name());
        Err(AppError::invalid(format!(
            "the backup is of a {found} database and `database.url` names a {wanted} one; restore it into {found}"
        )))
    }

    /// Compares the files of the backup with its list of contents, before anything is written.
    async fn check_complete(&self) -> Result<(), AppError> {
        let database = folder::list_files(self.folder.join(BACKUP_DATABASE)).await?;
        if self.manifest.database.iter().any(|file| !database.contains(file)) {
            return Err(
                self.incomplete("its database copy is not the one that its list of contents describes")
            );
        }
        let marker = self.objects.check_marker(&self.manifest.instance).await;
        marker.map_err(|error| self.incomplete(&error.to_string()))?;
        let (mut blobs, mut bytes) = (0, 0);
        let mut listed = self.objects.list(CLASS);
        while let Some(object) = listed.try_next().await.map_err(|error| unreadable(&self.folder, &error))? {
            blobs += 1;
            bytes += object.size;
        }
        if (blobs, bytes) == (self.manifest.blobs, self.manifest.blob_bytes) {
            return Ok(());
        }
        Err(self.incomplete(&format!(
            "`{BACKUP_BLOBS}` has {blobs} objects of {bytes} bytes and should have {} of {}",
            self.manifest.blobs, self.manifest.blob_bytes
        )))
    }

    fn incomplete(&self, why: &str) -> AppError {
        AppError::invalid(format!(
            "the backup in `{}` is incomplete or was changed: {why}; use another",
            self.folder.display()
        ))
    }

    /// Objects in the target must be those of this backup, left by a restore that was cut off. Others may be all that
    /// is left of newer versions, and the sweep would take them for orphans.
    async fn refuse_foreign_objects(&self, target: &BlobStore) -> Result<(), AppError> {
        let mut listed = target.list(CLASS);
        loop {
            let object = match listed.try_next().await {
                Ok(Some(object)) => object,
                // A volume that does not exist yet holds nothing.
                Ok(None) | Err(BlobError::Volume(_)) => return Ok(()),
                Err(error) => return Err(not_written(target, &error)),
            };
            let same = self.objects.stat(CLASS, &object.checksum).await;
            if same.map_err(|error| unreadable(&self.folder, &error))?.is_none() {
                return Err(AppError::invalid(format!(
                    "{} is not empty: it holds the object {}, which is not in the backup; restore into an empty storage, or \
                     move its objects away first",
                    target.describe(),
                    object.checksum
                )));
            }
        }
    }

    async fn put_objects(&self, target: &BlobStore, findings: &mut Findings) -> Result<(), AppError> {
        match target.init(&self.manifest.instance).await {
            Ok(()) => {}
            Err(BlobError::Volume(problem)) => {
                return Err(AppError::invalid(format!("{problem}; restore into an empty storage")));
            }
            Err(error) => return Err(not_written(target, &error)),
        }
        let copying = self.objects.list(CLASS).map_err(CopyError::Source).map_ok(|object| async move {
            copy(&self.objects, target, &object.checksum).await.map(|copy| (object.checksum, copy))
        });
        let mut copying = copying.try_buffered(AT_ONCE);
        loop {
            match copying.try_next().await {
                Ok(Some((checksum, Copy::LeftOut(why)))) => {
                    findings.add(format!("the object {checksum} of the backup {why}, so it was left out"));
                }
                Ok(Some(_)) => {}
                Ok(None) => return Ok(()),
                Err(CopyError::Source(error)) => return Err(unreadable(&self.folder, &error)),
                Err(CopyError::Target(error)) => return Err(not_written(target, &error)),
            }
        }
    }

    /// Restores the database and brings it to this program's schema.
    async fn restore_database(&self, options: &Options, clock: &dyn Clock) -> Result<Store, AppError> {
        if let DatabaseUrl::Sqlite { path } = &options.url {
            folder::make(path.parent().unwrap_or(Path::new(".")).to_owned()).await?;
        }
        let copy = self.folder.join(BACKUP_DATABASE);
        Store::restore_from(options.clone(), &copy, clock.now()).await.map_err(refused)?;
        let store = Store::open(options.clone(), Steps::unwatched()).await.map_err(refused)?;
        store.migrate(clock.now()).await.map_err(refused)?;
        let instance = get(&mut *store.read().await?, Key::InstanceId).await?;
        if instance.as_ref() == Some(&self.manifest.instance) {
            return Ok(store);
        }
        store.close().await;
        Err(self.incomplete("its database copy belongs to another server than its list of contents says"))
    }

    fn summary(&self) -> Vec<String> {
        let BackupManifest { made_at, base_url, blobs, blob_bytes, blobs_left_out, .. } = &self.manifest;
        let mut lines = vec![
            format!("restored the backup of {base_url} made at {made_at}"),
            format!("{blobs} objects, {}", size_text(*blob_bytes)),
        ];
        if *blobs_left_out > 0 {
            lines.push(format!(
                "{blobs_left_out} objects were missing or damaged already when the backup was made"
            ));
        }
        lines
    }
}

/// Asked early, so that nobody waits for a copy of everything before hearing it.
async fn refuse_used_database(options: &Options) -> Result<(), AppError> {
    let present = Options { create: false, ..options.clone() };
    let store = match Store::open(present, Steps::unwatched()).await {
        Ok(store) => store,
        // A SQLite file that is not there, or a setting that the restore itself will name.
        Err(StoreError::Setting(_)) => return Ok(()),
        Err(error) => return Err(refused(error)),
    };
    let schema = store.schema().await;
    store.close().await;
    match schema.map_err(refused)? {
        Schema::Empty => Ok(()),
        _ => Err(AppError::invalid("the database is not empty; a backup is restored only into an empty one")),
    }
}

/// The one who restores may read what the database said.
fn refused(error: StoreError) -> AppError {
    match error {
        StoreError::Unavailable { .. } | StoreError::Full | StoreError::Internal(_) => error.into(),
        told => AppError::invalid(told.to_string()),
    }
}

fn unreadable(folder: &Path, error: &BlobError) -> AppError {
    AppError::Unavailable(format!("the backup in {} cannot be read: {error}", folder.display()))
}

fn not_written(target: &BlobStore, error: &BlobError) -> AppError {
    AppError::Unavailable(format!(
        "{} does not take the objects: {error}; nothing can be served from it yet, run the same restore again",
        target.describe()
    ))
}
