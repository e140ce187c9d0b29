//! Comparing everything that is kept twice: rows with index lines, lines with heads, rows with stored objects, the
//! event log with its counter. Nothing is changed.
//!
//! It runs beside publishes and yanks. What is read in several statements is read again before it counts as wrong.

use cratekeep_blob::{BlobClass, BlobError, BlobStore};
use cratekeep_store::Store;
use cratekeep_store::meta::{Key, get};
use cratekeep_types::Timestamp;

use crate::{App, AppError};

mod crates;
mod events;
mod findings;
mod heads;
mod line;
mod objects;
mod walk;

pub(crate) use findings::{Findings, size_text};
pub(crate) use walk::{CrateWalk, VersionWalk};

use crates::Counted;

/// The class of objects that version rows name.
const CLASS: BlobClass = BlobClass::Hosted;

/// How deep to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyDepth {
    /// Rows against each other, and length and presence of every object.
    Rows,
    /// Also the bytes of every object: reads everything that is stored.
    Blobs,
}

/// What was looked at and what is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What was done, one sentence a line.
    pub summary: Vec<String>,
    /// What is wrong and what to do about it, one sentence each; empty when all is well. After a thousand the rest
    /// is only counted.
    pub findings: Vec<String>,
}

impl App {
    /// Compares rows, index lines, stored objects and events with each other.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when database or storage do not answer. What is wrong with the data is a finding.
    pub async fn verify(&self, depth: VerifyDepth) -> Result<Report, AppError> {
        let orphaned_before = self.clock.now().plus_secs(-self.options.orphan_secs_min);
        let verifier = Verifier { store: &self.store, blobs: &self.blobs, depth, orphaned_before };
        verifier.run().await
    }
}

/// What a verification works on. `restore` has no [`App`], only these.
pub(crate) struct Verifier<'a> {
    pub(crate) store: &'a Store,
    pub(crate) blobs: &'a BlobStore,
    pub(crate) depth: VerifyDepth,
    /// An object without a row is an orphan when it was written before this; a younger one may be a publish.
    pub(crate) orphaned_before: Timestamp,
}

impl Verifier<'_> {
    pub(crate) async fn run(&self) -> Result<Report, AppError> {
        let mut findings = Findings::default();
        let has_volume = self.check_volume(&mut findings).await?;
        let counted = self.check_crates(has_volume, &mut findings).await?;
        self.check_unnamed_rows(&mut findings).await?;
        if has_volume {
            self.check_strays(&mut findings).await?;
        }
        let events = self.check_events(&mut findings).await?;
        let mut summary = self.summary(&counted, has_volume);
        summary.push(format!("{events} events"));
        Ok(Report { summary, findings: findings.into_sentences() })
    }

    /// Whether the storage is there and this server's. Without it the objects are not looked for one by one.
    async fn check_volume(&self, findings: &mut Findings) -> Result<bool, AppError> {
        let instance = {
            let mut conn = self.store.read().await?;
            get(&mut conn, Key::InstanceId).await?
        };
        let Some(instance) = instance else {
            findings.add("the database has no instance id; start the server once, which gives it one");
            return Ok(true);
        };
        match self.blobs.check_marker(&instance).await {
            Ok(()) => Ok(true),
            Err(BlobError::Volume(problem)) => {
                findings.add(format!("{problem}; stored objects were not looked at"));
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn summary(&self, counted: &Counted, has_volume: bool) -> Vec<String> {
        let Counted { registries, crates, versions, bytes, changing } = counted;
        let mut lines = vec![format!("{registries} registries with {crates} crates and {versions} versions")];
        if has_volume {
            let how = match self.depth {
                VerifyDepth::Rows => "presence and length",
                VerifyDepth::Blobs => "every byte",
            };
            let place = self.blobs.describe();
            lines.push(format!("{} of crate files in {place}, {how} compared", size_text(*bytes)));
        }
        if *changing > 0 {
            lines
                .push(format!("{changing} crates changed all the while and were not compared; verify again"));
        }
        lines
    }
}
