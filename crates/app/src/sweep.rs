//! Removing stored objects that nothing names: what a publish left that was never recorded.
//!
//! Row by row through the states of table `blob`: an intent that nobody renewed is doomed, a doomed object is taken,
//! deleted and forgotten. Until it is taken a publish brings it back; from then on a publish waits and puts the bytes
//! again. An object that has no row at all is given one first, so that the same states protect it.
//! A sweep may run twice, late, after a crash, and on many nodes at once.

use std::sync::Arc;
use std::time::Duration;

use cratekeep_blob::{BlobClass, Listed};
use cratekeep_store::blob::{self, BlobRow, DELETE_SECS_MAX};
use cratekeep_store::{StoreError, Tx};
use tokio::time::Instant;

use crate::{App, AppError};

mod strays;

pub(crate) use strays::Strays;

/// The class of objects that is swept.
const CLASS: BlobClass = BlobClass::Hosted;
/// Objects taken for deletion at once. A publish of the same bytes waits for the whole turn, so it is short.
const TAKEN_MAX: u32 = 20;
/// Objects without a row that are noted in one write.
const NOTED_MAX: usize = 100;
/// One turn deletes for this long at most. Others take over after [`DELETE_SECS_MAX`]; a delete of ours that came
/// after theirs could hit bytes that were put again, so the rest of a slow turn is left to them.
const TURN_MAX: Duration = Duration::from_secs(DELETE_SECS_MAX.unsigned_abs() / 2);

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Objects that were marked for deletion.
    pub doomed: u64,
    /// Objects that were deleted, also those marked by earlier sweeps.
    pub deleted: u64,
    /// Objects without a row that were given one; a later sweep removes them unless a publish wants them.
    pub noted: u64,
}

impl App {
    /// Removes objects that nothing names and nobody wanted for `orphan_secs_min`.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when database or storage do not answer; what was not removed waits for the next
    /// sweep.
    pub async fn sweep(&self) -> Result<SweepReport, AppError> {
        self.check_durable()?;
        self.sweep_buckets().await?;
        self.sweep_sign_ins().await?;
        let doomed = self.doom().await?;
        let deleted = self.delete_doomed().await?;
        let noted = self.note_strays().await?;
        let report = SweepReport { doomed, deleted, noted };
        if report != SweepReport::default() {
            tracing::info!(doomed, deleted, noted, "swept stored objects that nothing names");
        }
        Ok(report)
    }

    async fn doom(&self) -> Result<u64, AppError> {
        let at = self.clock.now();
        let cutoff = at.plus_secs(-self.options.orphan_secs_min);
        let marked = self
            .store
            .write_relaxed::<_, StoreError, _>("sweep-mark", move |tx| {
                Box::pin(async move { blob::mark_doomed_older_than(tx, CLASS.as_str(), cutoff, at).await })
            })
            .await?;
        Ok(marked.value)
    }

    /// Deletes what is doomed, turn by turn. An object that cannot be deleted keeps back no other; it is taken again by
    /// a later sweep. When nothing of a turn can be deleted the storage is away, and the rest is left as it is.
    async fn delete_doomed(&self) -> Result<u64, AppError> {
        let (mut deleted, mut failed) = (0, None);
        loop {
            let began = Instant::now();
            let taken = self.take_doomed().await?;
            self.steps.pass("sweep.taken");
            let deleted_before = deleted;
            for row in taken.iter().take_while(|_| began.elapsed() < TURN_MAX) {
                match self.delete_taken(row).await {
                    Ok(()) => deleted += 1,
                    Err(error) => {
                        tracing::warn!(%error, blob.checksum = %row.checksum, "a doomed object stays for now");
                        failed.get_or_insert(error);
                    }
                }
            }
            if taken.len() < TAKEN_MAX as usize || deleted == deleted_before {
                return failed.map_or(Ok(deleted), Err);
            }
        }
    }

    /// The mark must be durable before anything is deleted: if a crash undid it, a publish that had looked at the
    /// object before could still name it. The time is the database's, because other nodes measure it.
    async fn take_doomed(&self) -> Result<Vec<BlobRow>, AppError> {
        let at = self.store.now().await?;
        let taken = self
            .store
            .write::<_, StoreError, _>("sweep-take", move |tx| {
                Box::pin(async move { blob::take_doomed(tx, CLASS.as_str(), TAKEN_MAX, at).await })
            })
            .await?;
        Ok(taken.value)
    }

    /// The object first, its row second: as long as the row is there, no publish puts the object again. A crash
    /// between the two leaves a row that a later sweep finishes.
    async fn delete_taken(&self, row: &BlobRow) -> Result<(), AppError> {
        let checksum = row.checksum;
        self.blobs.delete(CLASS, &checksum).await?;
        self.forget_described(&checksum).await?;
        self.steps.pass("sweep.deleted");
        self.store
            .write_relaxed::<_, StoreError, _>("sweep-forget", move |tx| {
                Box::pin(async move { blob::forget(tx, CLASS.as_str(), &checksum).await })
            })
            .await?;
        Ok(())
    }

    /// Gives a row to every old object that has none.
    async fn note_strays(&self) -> Result<u64, AppError> {
        let before = self.clock.now().plus_secs(-self.options.orphan_secs_min);
        let mut strays = Strays::begin(&self.store, &self.blobs, CLASS, before);
        let mut noted = 0;
        loop {
            let batch = strays.next_batch(NOTED_MAX).await?;
            let is_last = batch.len() < NOTED_MAX;
            noted += self.note(batch).await?;
            if is_last {
                return Ok(noted);
            }
        }
    }

    async fn note(&self, batch: Vec<Listed>) -> Result<u64, AppError> {
        if batch.is_empty() {
            return Ok(0);
        }
        let batch = Arc::new(batch);
        let noted = self
            .store
            .write_relaxed::<_, StoreError, _>("sweep-note", move |tx| {
                let batch = Arc::clone(&batch);
                Box::pin(async move { note(tx, &batch).await })
            })
            .await?;
        Ok(noted.value)
    }
}

/// The row says when the object was written, so the next sweep finds it old enough. A publish of the same bytes that
/// gets in between finds the row as it finds any other.
async fn note(tx: &mut Tx, batch: &[Listed]) -> Result<u64, StoreError> {
    let mut noted = 0;
    for object in batch {
        if blob::find(tx, CLASS.as_str(), &object.checksum).await?.is_none() {
            blob::intent(tx, CLASS.as_str(), &object.checksum, object.size, object.modified).await?;
            noted += 1;
        }
    }
    Ok(noted)
}
