//! Copying the database and every stored object into a folder while the server runs.
//!
//! The database first, the objects second: an object is durable before the row that names it is committed, so whatever
//! the copy of the database names is stored by the time the objects are copied. Objects that came meanwhile do no harm.
//! The sweep deletes only what no row names. The list of contents comes last; a folder without it is no backup.

use std::path::Path;

use cratekeep_blob::{BlobError, BlobStore};
use cratekeep_store::Conn;
use cratekeep_store::meta::{Key, get};
use cratekeep_store::version::VersionRow;
use cratekeep_wire::backup::{BACKUP_DATABASE, BACKUP_FORMAT};
use cratekeep_wire::{BackupEngine, BackupManifest};
use futures::{StreamExt, TryStreamExt, stream};

use crate::verify::{CrateWalk, Findings, VersionWalk, size_text};
use crate::{App, AppError, Report};

pub(crate) mod copy;
pub(crate) mod folder;

use copy::{Copy, CopyError, copy};

/// Objects copied side by side.
const AT_ONCE: usize = 4;

impl App {
    /// Writes a backup into `folder`, which is made if it does not exist and must be empty if it does. Objects that
    /// are missing or damaged are findings; the backup is made without them.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a folder that cannot take a backup, [`AppError::Unavailable`] when database, storage
    /// or folder fail half-way: the folder then holds an unfinished backup, which `restore` refuses.
    pub async fn backup(&self, folder: &Path) -> Result<Report, AppError> {
        let made_at = self.clock.now();
        self.flush_counts().await?;
        let (instance, engine) = self.instance_and_engine().await?;
        let database = folder.join(BACKUP_DATABASE);
        folder::prepare(folder.to_owned()).await?;
        self.store.backup_to(&database).await.map_err(|error| unfinished(folder, error))?;
        self.steps.pass("backup.database-copied");
        let copies = self.copies(folder, &instance).await?;
        let mut findings = Findings::default();
        let copied = self.copy_objects(folder, &copies, &mut findings).await?;
        self.steps.pass("backup.objects-copied");
        let manifest = BackupManifest {
            format: BACKUP_FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            engine,
            instance,
            base_url: self.base_url().to_owned(),
            made_at: made_at.to_seconds_text(),
            database: folder::list_files(database).await?,
            crates: copied.crates,
            versions: copied.versions,
            blobs: copied.objects,
            blob_bytes: copied.bytes,
            blobs_left_out: copied.left_out,
        };
        folder::finish(folder.to_owned(), manifest.to_json()).await?;
        Ok(Report { summary: summary(folder, &manifest), findings: findings.into_sentences() })
    }

    async fn instance_and_engine(&self) -> Result<(String, BackupEngine), AppError> {
        let mut conn = self.store.read().await?;
        let instance = get(&mut conn, Key::InstanceId).await?;
        let instance = instance.ok_or_else(|| {
            AppError::invalid(
                "the database has no instance id yet; start the server once before the first backup",
            )
        })?;
        let engine = match &*conn {
            Conn::Sqlite(_) => BackupEngine::Sqlite,
            Conn::Postgres(_) => BackupEngine::Postgres,
        };
        Ok((instance, engine))
    }

    /// The objects of a backup are a volume like any other, with the same care for what is on disk.
    async fn copies(&self, folder: &Path, instance: &str) -> Result<BlobStore, AppError> {
        let failed = |error: BlobError| unfinished(folder, error);
        let copies = folder::objects(folder).map_err(failed)?;
        copies.init(instance).await.map_err(failed)?;
        Ok(copies)
    }

    /// Copies the file of every version. Those of the copied database are among them.
    async fn copy_objects(
        &self,
        folder: &Path,
        copies: &BlobStore,
        findings: &mut Findings,
    ) -> Result<Copied, AppError> {
        let mut copied = Copied::default();
        let mut crates = CrateWalk::begin(&self.store).await?;
        while let Some((place, krate)) = crates.next().await? {
            copied.crates += 1;
            let mut versions = VersionWalk::begin(&self.store, krate.id);
            loop {
                let page = versions.next_page().await?;
                if page.is_empty() {
                    break;
                }
                let copying = stream::iter(page).map(|row| async move {
                    copy(&self.blobs, copies, &row.checksum).await.map(|copy| (row, copy))
                });
                let mut copying = copying.buffered(AT_ONCE);
                while let Some((row, copy)) =
                    copying.try_next().await.map_err(|error| failed(folder, error))?
                {
                    copied.add(&place, &row, copy, findings);
                }
            }
        }
        Ok(copied)
    }
}

/// What was copied.
#[derive(Debug, Default)]
struct Copied {
    crates: u64,
    versions: u64,
    objects: u64,
    bytes: u64,
    left_out: u64,
}

impl Copied {
    fn add(&mut self, place: &str, row: &VersionRow, copy: Copy, findings: &mut Findings) {
        self.versions += 1;
        match copy {
            Copy::New(size) => {
                self.objects += 1;
                self.bytes += size;
            }
            Copy::Present => {}
            Copy::LeftOut(why) => {
                self.left_out += 1;
                let (num, checksum) = (&row.num, row.checksum);
                findings.add(format!(
                    "{place} {num}: its file {checksum} {why}, so it is not in the backup; publish the same bytes again \
                     and make another backup"
                ));
            }
        }
    }
}

fn summary(folder: &Path, manifest: &BackupManifest) -> Vec<String> {
    let database: u64 = manifest.database.iter().map(|file| file.size).sum();
    vec![
        format!("backup written to {}", folder.display()),
        format!("{} database, {}", manifest.engine.name(), size_text(database)),
        format!(
            "{} objects of {} versions of {} crates, {}",
            manifest.blobs,
            manifest.versions,
            manifest.crates,
            size_text(manifest.blob_bytes)
        ),
    ]
}

fn failed(folder: &Path, error: CopyError) -> AppError {
    match error {
        CopyError::Source(error) => error.into(),
        CopyError::Target(error) => unfinished(folder, error),
    }
}

/// Half-way through, what stands in the folder is of no use. The one who runs a backup may read why.
fn unfinished(folder: &Path, error: impl std::fmt::Display) -> AppError {
    AppError::Unavailable(format!(
        "the backup in {} could not be written: {error}; it is unfinished, delete it",
        folder.display()
    ))
}
