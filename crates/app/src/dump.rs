//! The dump of a registry: everything that everybody may read, in crates.io's layout, in one file.
//!
//! A job makes it once a day, of one moment of the database, a page of rows at a time. It is kept in parts as derived
//! objects, so that neither making nor sending it takes memory that grows with the registry.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use cratekeep_blob::{DerivedKey, Spool};
use cratekeep_policy::may_administer;
use cratekeep_store::StoreError;
use cratekeep_store::job::{Claim, NewJob, enqueue};
use cratekeep_types::{RegistryId, Timestamp};
use futures::stream::BoxStream;
use futures::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;

use crate::jobs::JobError;
use crate::reading::RECENT_DAYS;
use crate::{App, AppError, Caller, RegistryView};

mod archive;
mod csv;
mod rows;
mod tables;

/// The kind of the jobs that make a dump.
pub(crate) const JOB: &str = "dump";
/// Making one may take this long, in seconds.
pub(crate) const SECS_MAX: u32 = 4 * 3_600;

/// A dump is made anew when it is older, in seconds.
const AGE_SECS_MAX: i64 = 86_400;
/// A dump is kept in parts of this length.
const PART_BYTES: usize = 4 << 20;
/// Longest description of a dump, in bytes.
const HEAD_BYTES_MAX: u64 = 4 << 10;
/// The version of the layout of what is kept.
const LAYOUT: &str = "1";

/// A dump that is ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dump {
    /// SHA-256 of the file, in hexadecimal digits.
    pub checksum: String,
    /// Its length in bytes.
    pub size: u64,
    /// Of which moment it is, in microseconds since 1970.
    made_at: i64,
    /// The registry.
    registry: i64,
    parts: u32,
    /// The one before, whose parts are still there for those who are just getting it.
    before: Option<(String, u32)>,
}

impl Dump {
    /// Of which moment it is.
    #[must_use]
    pub fn made_at(&self) -> Timestamp {
        Timestamp(self.made_at)
    }
}

/// What the job needs to know.
#[derive(Debug, Serialize, Deserialize)]
struct Ask {
    registry: String,
}

impl App {
    /// The last dump of a registry.
    ///
    /// # Errors
    /// [`AppError::NotFound`] where none is offered: dumps are off, none was made yet, or not everybody may read the
    /// registry; [`AppError::Unauthenticated`] and [`AppError::Denied`] for who may not read it.
    pub async fn dump(&self, caller: &Caller, registry: &RegistryView) -> Result<Dump, AppError> {
        self.enter(caller, registry)?;
        let none = || AppError::NotFound("this registry offers no dump of its data".to_owned());
        if !self.options.dumps || !registry.is_open() {
            return Err(none());
        }
        self.last_dump(registry.registry.id).await?.ok_or_else(none)
    }

    /// The bytes of a dump. Breaks off when the dump is thrown away meanwhile, which takes two new ones.
    #[must_use]
    pub fn dump_body(&self, dump: &Dump) -> BoxStream<'static, Result<Bytes, AppError>> {
        let (app, registry, checksum) = (self.clone(), RegistryId(dump.registry), dump.checksum.clone());
        stream::iter(0..dump.parts)
            .then(move |number| {
                let (app, checksum) = (app.clone(), checksum.clone());
                async move {
                    let part = app
                        .blobs
                        .get_derived(&part_key(registry, &checksum, number)?, PART_BYTES as u64)
                        .await?;
                    part.ok_or_else(|| AppError::Unavailable("this dump is gone; get the new one".to_owned()))
                }
            })
            .boxed()
    }

    /// Writes the dump of an open registry as it is now into the new file `path`, ending in `.tar.gz`; says how many
    /// bytes.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a file that is there already or a registry that not everybody may read;
    /// [`AppError::Unavailable`] when database or disk fail.
    pub async fn write_dump(
        &self,
        caller: &Caller,
        registry: &RegistryView,
        path: &Path,
    ) -> Result<u64, AppError> {
        may_administer(&caller.actor)?;
        let spool = self.make_dump(registry, self.clock.now()).await?;
        let (path, from) = (path.to_owned(), spool.clone());
        let copied = tokio::task::spawn_blocking(move || copy(&from, path)).await;
        copied.map_err(|error| AppError::Internal(format!("a dump was not written: {error}")))??;
        Ok(spool.size())
    }

    /// Makes the dump of an open registry anew and offers it.
    ///
    /// # Errors
    /// As for [`App::write_dump`].
    pub async fn refresh_dump(&self, registry: &RegistryView) -> Result<Dump, AppError> {
        let (id, now) = (registry.registry.id, self.clock.now());
        let spool = self.make_dump(registry, now).await?;
        let last = self.last_dump(id).await?;
        let checksum = spool.checksum().to_string();
        let parts = self.keep_parts(id, &checksum, &spool).await?;
        let gone = last.as_ref().and_then(|last| last.before.clone());
        let before = last.filter(|last| last.checksum != checksum).map(|last| (last.checksum, last.parts));
        let dump = Dump { size: spool.size(), made_at: now.0, registry: id.0, parts, before, checksum };
        let head = serde_json::to_vec(&dump).map_err(|error| {
            AppError::Internal(format!("the description of a dump does not print: {error}"))
        })?;
        self.blobs.put_derived(&head_key(id)?, head.into()).await?;
        let gone = gone.filter(|gone| gone.0 != dump.checksum && Some(gone) != dump.before.as_ref());
        if let Some((checksum, parts)) = gone {
            for number in 0..parts {
                self.blobs.delete_derived(&part_key(id, &checksum, number)?).await?;
            }
        }
        tracing::info!(registry.name = %registry.registry.name, dump.bytes = dump.size, "a dump was made");
        Ok(dump)
    }

    /// Enqueues the making of each dump that is missing or too old. Does nothing where dumps are off.
    ///
    /// # Errors
    /// When database or storage do not answer.
    pub async fn schedule_dumps(&self) -> Result<(), AppError> {
        if !self.options.dumps {
            return Ok(());
        }
        let now = self.clock.now();
        for registry in self.every_registry().into_iter().filter(|registry| registry.is_open()) {
            let last = self.last_dump(registry.registry.id).await?;
            if last.is_some_and(|last| now.secs_since(last.made_at()) < AGE_SECS_MAX) {
                continue;
            }
            let name = registry.registry.name.to_string();
            self.store
                .write_relaxed::<_, StoreError, _>("schedule-dump", move |tx| {
                    let name = name.clone();
                    Box::pin(async move {
                        let payload = serde_json::json!({ "registry": name }).to_string();
                        let job =
                            NewJob { kind: JOB.to_owned(), dedup: Some(name), payload, run_at: Timestamp(0) };
                        enqueue(tx, &job, now).await
                    })
                })
                .await?;
        }
        Ok(())
    }

    /// The job that makes a dump. A registry that is gone or closed by now needs none.
    pub(crate) async fn run_dump_job(&self, claim: &Claim) -> Result<(), JobError> {
        let ask: Ask = serde_json::from_str(&claim.payload)
            .map_err(|error| JobError::Permanent(format!("this names no registry: {error}")))?;
        match self.registry(&ask.registry).filter(|registry| registry.is_open()) {
            Some(registry) => self.refresh_dump(&registry).await.map(drop).map_err(JobError::from),
            None => Ok(()),
        }
    }

    async fn make_dump(&self, registry: &RegistryView, at: Timestamp) -> Result<Spool, AppError> {
        if !registry.is_open() {
            return Err(AppError::invalid(format!(
                "not everybody may read the registry `{}`, so there is no dump of it; make a backup instead",
                registry.registry.name
            )));
        }
        let mut conn = self.store.snapshot().await?;
        let from_day = at.day() - RECENT_DAYS + 1;
        let wanted = rows::Wanted { registry: registry.registry.id, from_day };
        let mut files = Vec::new();
        for table in tables::TABLES {
            let mut out = csv::Csv::begin(self.blobs.spool().await?, &table.header());
            rows::write(&mut conn, &wanted, table.rows, &mut out).await?;
            files.push((format!("data/{}.csv", table.name), out.finish().await?));
        }
        drop(conn);
        let about = archive::About {
            registry: registry.registry.name.to_string(),
            base_url: registry.address.clone(),
            at,
        };
        let packed = archive::pack(self.blobs.spool().await?, about, files).await?;
        Ok(packed)
    }

    async fn last_dump(&self, registry: RegistryId) -> Result<Option<Dump>, AppError> {
        let head = self.blobs.get_derived(&head_key(registry)?, HEAD_BYTES_MAX).await?;
        Ok(head.and_then(|head| serde_json::from_slice(&head).ok()))
    }

    async fn keep_parts(&self, registry: RegistryId, checksum: &str, spool: &Spool) -> Result<u32, AppError> {
        let unreadable =
            |error: std::io::Error| AppError::Internal(format!("a dump cannot be read back: {error}"));
        let mut file = tokio::fs::File::from_std(spool.open()?);
        let mut number = 0;
        loop {
            let mut part = Vec::with_capacity(PART_BYTES);
            let read =
                (&mut file).take(PART_BYTES as u64).read_to_end(&mut part).await.map_err(unreadable)?;
            if read == 0 {
                return Ok(number);
            }
            self.blobs.put_derived(&part_key(registry, checksum, number)?, part.into()).await?;
            number += 1;
        }
    }
}

fn head_key(registry: RegistryId) -> Result<DerivedKey, AppError> {
    Ok(DerivedKey::new("dump", LAYOUT, &format!("{}-head", registry.0))?)
}

fn part_key(registry: RegistryId, checksum: &str, number: u32) -> Result<DerivedKey, AppError> {
    Ok(DerivedKey::new("dump", LAYOUT, &format!("{}-{checksum}-{number}", registry.0))?)
}

/// Copies a finished dump into a file that is not there yet.
fn copy(from: &Spool, path: PathBuf) -> Result<(), AppError> {
    let mut source = from.open()?;
    let shown = path.display();
    let mut file = std::fs::File::create_new(&path)
        .map_err(|error| AppError::invalid(format!("{shown} cannot be made: {error}")))?;
    std::io::copy(&mut source, &mut file)
        .and_then(|_| file.sync_all())
        .map_err(|error| AppError::Unavailable(format!("{shown} cannot be written: {error}")))
}
