//! Looking into the archive of a version for what pages show of it: the readme as HTML, its words for searching, lines
//! of code, licence texts.
//!
//! All of it can be made again from the archive, so it is kept where things may be thrown away: renderings as derived
//! objects named by the archive's checksum, the rest in a column of the version. A job does it after each publish;
//! whoever asks before that, or after something was thrown away, does it then.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use cratekeep_blob::{BlobClass, DerivedKey};
use cratekeep_package::{
    InspectError, LICENSE_BYTES_MAX, LICENSE_FILES_MAX, Package, guess_license, inspect, is_license_file,
    visit,
};
use cratekeep_render::{Images, LineCounter, LineCounts, Origin, Readme, plain_words, render};
use cratekeep_store::job::{Claim, NewJob, enqueue};
use cratekeep_store::version::VersionRow;
use cratekeep_store::{StoreError, Tx};
use cratekeep_types::{Checksum, CrateName, Timestamp, VersionId, VersionNum};
use cratekeep_wire::{LanguageLinesBody, LicenseFileBody, LineCountsBody, VersionFacts};
use futures::TryStreamExt;
use serde::{Deserialize, Serialize};

use crate::jobs::JobError;
use crate::{App, AppError};

/// The kind of the jobs that look into an archive.
pub(crate) const JOB: &str = "describe";

/// Archives looked into at once; further ones wait.
pub(crate) const AT_ONCE_MAX: usize = 2;
/// Whoever wants to see something waits this long for a turn.
const TURN_WAIT_MAX: Duration = Duration::from_secs(10);
/// Most bytes of source files that are counted of one version.
const COUNTED_BYTES_MAX: u64 = 64 << 20;
/// Longest words of a readme that are kept for searching, in bytes.
const WORDS_BYTES_MAX: usize = 32 << 10;
/// Longest rendering that is read back, in bytes: a multiple of the longest that is made.
const HTML_BYTES_MAX: u64 = 16 << 20;

/// How readmes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadmeOptions {
    /// What becomes of images.
    pub images: Images,
    /// Bounds of a rendering.
    pub limits: cratekeep_render::Limits,
}

impl Default for ReadmeOptions {
    fn default() -> Self {
        Self { images: Images::Direct, limits: cratekeep_render::Limits::default() }
    }
}

/// What the job needs to know: the row.
#[derive(Debug, Serialize, Deserialize)]
struct Ask {
    version: i64,
}

/// What a look into an archive gives.
pub(crate) struct Described {
    /// The readme as HTML; empty when there is none.
    pub(crate) html: Bytes,
    /// The words of the readme; empty when there is none.
    pub(crate) words: Bytes,
    facts: VersionFacts,
}

/// Enqueues the look into the archive of a version that was just published.
pub(crate) async fn enqueue_look(tx: &mut Tx, version: VersionId, at: Timestamp) -> Result<(), StoreError> {
    let payload = serde_json::to_string(&Ask { version: version.0 })
        .map_err(|error| StoreError::Internal(error.to_string()))?;
    let dedup = Some(version.0.to_string());
    enqueue(tx, &NewJob { kind: JOB.to_owned(), dedup, payload, run_at: Timestamp(0) }, at).await.map(drop)
}

impl App {
    /// The job that looks into the archive of a version. A version that is gone by now needs no look.
    pub(crate) async fn run_look(&self, claim: &Claim) -> Result<(), JobError> {
        let ask: Ask = serde_json::from_str(&claim.payload)
            .map_err(|error| JobError::Permanent(format!("this names no version: {error}")))?;
        let found = {
            let mut conn = self.store.read().await?;
            let version = cratekeep_store::version::find_by_id(&mut conn, VersionId(ask.version)).await?;
            let Some(version) = version else { return Ok(()) };
            cratekeep_store::krate::find_by_id(&mut conn, version.krate).await?.map(|krate| (krate, version))
        };
        if let Some((krate, version)) = found {
            self.describe(&krate.name, &version).await?;
        }
        Ok(())
    }

    /// Looks into an archive and keeps what is found.
    pub(crate) async fn describe(
        &self,
        name: &CrateName,
        version: &VersionRow,
    ) -> Result<Described, AppError> {
        let turn = tokio::time::timeout(TURN_WAIT_MAX, self.describing.acquire()).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(AppError::Unavailable(
                "too many packages are just looked into; try again in a moment".to_owned(),
            ));
        };
        let described = self.look(name, version).await?;
        self.blobs.put_derived(&self.html_key(&version.checksum)?, described.html.clone()).await?;
        self.blobs.put_derived(&words_key(&version.checksum)?, described.words.clone()).await?;
        let (id, facts) = (version.id, described.facts.to_json());
        self.store
            .write_relaxed::<_, StoreError, _>("describe", move |tx| {
                let facts = facts.clone();
                Box::pin(async move { cratekeep_store::version::set_facts(tx, id, &facts).await })
            })
            .await?;
        Ok(described)
    }

    /// Throws away what was made of an archive that is gone.
    pub(crate) async fn forget_described(&self, checksum: &Checksum) -> Result<(), AppError> {
        self.blobs.delete_derived(&self.html_key(checksum)?).await?;
        self.blobs.delete_derived(&words_key(checksum)?).await?;
        Ok(())
    }

    /// What was kept under a name, if it is there and can be read.
    pub(crate) async fn kept(&self, key: &DerivedKey) -> Option<Bytes> {
        self.blobs.get_derived(key, HTML_BYTES_MAX).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "something that can be made again cannot be read; it is made again");
            None
        })
    }

    /// The name under which the readme of an archive is kept as HTML.
    pub(crate) fn html_key(&self, checksum: &Checksum) -> Result<DerivedKey, AppError> {
        let images = match self.options.readme.images {
            Images::Direct => "direct",
            Images::Off => "off",
        };
        let version = format!("{}-{images}", cratekeep_render::VERSION);
        Ok(DerivedKey::new("readme", &version, &checksum.to_string())?)
    }

    async fn look(&self, name: &CrateName, version: &VersionRow) -> Result<Described, AppError> {
        let file = self.spooled(&version.checksum).await?;
        let (name, num) = (name.clone(), version.num.clone());
        let (limits, readme) = (self.options.archive.clone(), self.options.readme);
        let described = tokio::task::spawn_blocking(move || {
            let mut archive = file.open()?;
            match inspect(&mut archive, (&name, &num), &limits) {
                Ok(package) => Ok(Some((show(&package, &readme), count(file.open()?, &package)?))),
                Err(InspectError::Refused(problems)) => {
                    let problems = problems.into_sentences().join("; ");
                    tracing::warn!(krate.name = %name, version.num = %num, problems, "an archive is not shown: it is over the limits of today");
                    Ok(None)
                }
                Err(InspectError::Unreadable(error)) => Err(unreadable(&name, &num, &error)),
            }
        });
        let described = described
            .await
            .map_err(|error| AppError::Internal(format!("a look into an archive failed: {error}")))??;
        let ((html, words), facts) = described.unwrap_or_default();
        Ok(Described { html: html.into(), words: words.into(), facts })
    }

    /// The archive as a temporary file: it has to be read several times, and may be large.
    async fn spooled(&self, checksum: &Checksum) -> Result<cratekeep_blob::Spool, AppError> {
        let reader = self.blobs.open(BlobClass::Hosted, checksum).await?;
        let reader = reader.ok_or_else(|| AppError::Internal(format!("stored object {checksum} is gone")))?;
        let mut writer = self.blobs.spool().await?;
        let mut chunks = reader.stream(None);
        while let Some(chunk) = chunks.try_next().await? {
            writer.write(chunk).await?;
        }
        Ok(writer.finish().await?)
    }
}

/// The name under which the words of the readme of an archive are kept.
pub(crate) fn words_key(checksum: &Checksum) -> Result<DerivedKey, AppError> {
    Ok(DerivedKey::new("readme-words", cratekeep_render::VERSION, &checksum.to_string())?)
}

/// The readme as HTML and as words.
fn show(package: &Package, options: &ReadmeOptions) -> (String, String) {
    let (Some(text), Some(path)) = (&package.readme, &package.manifest.readme_path) else {
        return Default::default();
    };
    let origin = Origin {
        repository: package.manifest.repository.clone(),
        commit: package.vcs.as_ref().map(|vcs| vcs.sha1.clone()),
        folder: package.vcs.as_ref().map(|vcs| vcs.path_in_vcs.clone()).unwrap_or_default(),
    };
    let rendered = render(&Readme { text, path, origin: &origin }, options.images, &options.limits);
    if let Some(why) = rendered.fallback {
        tracing::info!(krate.name = %package.name, version.num = %package.version, %why, "a readme is shown as plain text");
    }
    (rendered.html, plain_words(text, path, &options.limits, WORDS_BYTES_MAX))
}

/// Lines and licence texts, in one walk through the archive.
fn count(archive: std::fs::File, package: &Package) -> Result<VersionFacts, AppError> {
    let root = format!("{}-{}", package.name, package.version);
    let (said, expression) = (package.manifest.license_file.as_deref(), package.manifest.license.as_deref());
    let lines = std::cell::RefCell::new(LineCounter::new(COUNTED_BYTES_MAX));
    let mut license_files = Vec::new();
    let mut wanted = 0;
    let mut wants = |path: &str, bytes: u64| {
        let is_license =
            wanted < LICENSE_FILES_MAX && bytes <= LICENSE_BYTES_MAX && is_license_file(path, said);
        wanted += usize::from(is_license);
        is_license || lines.borrow().wants(path, bytes)
    };
    let mut each = |path: &str, content: Vec<u8>| {
        if license_files.len() < LICENSE_FILES_MAX && is_license_file(path, said) {
            let license = guess_license(path, &String::from_utf8_lossy(&content), expression);
            license_files.push(LicenseFileBody { path: path.to_owned(), license });
        } else {
            lines.borrow_mut().add(path, &content);
        }
    };
    visit(archive, &root, package.unpacked_bytes.saturating_mul(2), &mut wants, &mut each)
        .map_err(|error| unreadable(&package.name, &package.version, &error))?;
    Ok(VersionFacts {
        readme_path: package.readme.as_ref().and(package.manifest.readme_path.clone()),
        linecounts: body_of(lines.into_inner().finish()),
        license_files,
    })
}

fn body_of(counts: LineCounts) -> LineCountsBody {
    let languages: BTreeMap<_, _> = counts
        .into_iter()
        .map(|(name, lines)| {
            let body = LanguageLinesBody {
                code_lines: lines.code,
                comment_lines: lines.comments,
                files: lines.files,
            };
            (name.to_owned(), body)
        })
        .collect();
    LineCountsBody {
        total_code_lines: languages.values().map(|lines| lines.code_lines).sum(),
        total_comment_lines: languages.values().map(|lines| lines.comment_lines).sum(),
        languages,
    }
}

fn unreadable(name: &CrateName, num: &VersionNum, error: &std::io::Error) -> AppError {
    AppError::Internal(format!("the stored archive of {name} {num} cannot be read: {error}"))
}
