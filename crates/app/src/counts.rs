//! Counting downloads and token uses in memory, written in batches.
//!
//! A crash may lose what was counted since the last flush; a graceful stop loses nothing.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use cratekeep_store::download::NewCount;
use cratekeep_store::token::TokenUse;
use cratekeep_types::{CrateId, Timestamp, TokenId, VersionId};

use crate::{App, AppError};

/// Crates whose downloads one write of the roll-up counts anew.
const ROLL_UP_BATCH: u32 = 500;

/// Counts that wait for their flush.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    downloads: Mutex<HashMap<(CrateId, VersionId, i32), u64>>,
    token_uses: Mutex<HashMap<TokenId, TokenUse>>,
}

impl Counts {
    /// Counts one download answered whole, or one redirect given.
    pub(crate) fn count_download(&self, krate: CrateId, version: VersionId, at: Timestamp) {
        let mut downloads = self.downloads.lock().unwrap_or_else(PoisonError::into_inner);
        *downloads.entry((krate, version, at.day())).or_default() += 1;
    }

    /// Notes that a token was used.
    pub(crate) fn note_token_use(&self, used: TokenUse) {
        self.token_uses.lock().unwrap_or_else(PoisonError::into_inner).insert(used.token, used);
    }

    fn take(&self) -> (Vec<NewCount>, Vec<TokenUse>) {
        let downloads = std::mem::take(&mut *self.downloads.lock().unwrap_or_else(PoisonError::into_inner));
        let uses = std::mem::take(&mut *self.token_uses.lock().unwrap_or_else(PoisonError::into_inner));
        let counts = downloads
            .into_iter()
            .map(|((krate, version, day), downloads)| NewCount { krate, version, day, downloads })
            .collect();
        (counts, uses.into_values().collect())
    }

    fn give_back(&self, counts: &[NewCount], uses: &[TokenUse]) {
        let mut waiting = self.downloads.lock().unwrap_or_else(PoisonError::into_inner);
        for count in counts {
            *waiting.entry((count.krate, count.version, count.day)).or_default() += count.downloads;
        }
        let mut noted = self.token_uses.lock().unwrap_or_else(PoisonError::into_inner);
        for used in uses {
            noted.entry(used.token).or_insert(*used);
        }
    }
}

impl App {
    /// Writes the waiting counts and the refusals that were noted. What cannot be written waits for the next flush.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not take them.
    pub async fn flush_counts(&self) -> Result<(), AppError> {
        self.flush_refusals().await?;
        let (counts, uses) = self.counts.take();
        if counts.is_empty() && uses.is_empty() {
            return Ok(());
        }
        let batch = Arc::new((counts, uses));
        let written = {
            let batch = Arc::clone(&batch);
            self.store
                .count("flush-counts", move |tx| {
                    let batch = Arc::clone(&batch);
                    Box::pin(async move {
                        cratekeep_store::download::add(tx, &batch.0).await?;
                        cratekeep_store::token::touch(tx, &batch.1).await
                    })
                })
                .await
        };
        if written.is_err() {
            self.counts.give_back(&batch.0, &batch.1);
        }
        written?;
        self.keep_downloads(&batch.0).await
    }

    /// Adds downloads to the numbers that lists are ordered by. What a crash loses here, the daily roll-up finds.
    async fn keep_downloads(&self, counts: &[NewCount]) -> Result<(), AppError> {
        let (mut sums, mut days) = (BTreeMap::new(), BTreeMap::new());
        for count in counts {
            *sums.entry(count.krate).or_insert(0) += count.downloads;
            *days.entry((count.krate, count.day)).or_insert(0) += count.downloads;
        }
        let sums: Arc<[(CrateId, u64)]> = sums.into_iter().collect();
        let days: Arc<[(CrateId, i32, u64)]> =
            days.into_iter().map(|((krate, day), count)| (krate, day, count)).collect();
        if sums.is_empty() {
            return Ok(());
        }
        self.store
            .write_relaxed::<_, AppError, _>("keep-downloads", move |tx| {
                let (sums, days) = (Arc::clone(&sums), Arc::clone(&days));
                Box::pin(async move {
                    cratekeep_store::krate::add_downloads(tx, &sums).await?;
                    Ok(cratekeep_store::registry_download::add(tx, &days).await?)
                })
            })
            .await?;
        Ok(())
    }

    /// The daily roll-up: counts the downloads kept with crates anew, so that what is older than 90 days is no longer
    /// recent. Says how many crates changed. May run twice, late, and on many nodes at once.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not take them; the rest is done at the next time.
    pub async fn roll_up_downloads(&self) -> Result<u64, AppError> {
        let (mut after, mut changed) = (CrateId(0), 0);
        let from_day = crate::reading::recent_from(self.clock.now());
        loop {
            let last = {
                let mut conn = self.store.read().await?;
                cratekeep_store::krate::end_of_batch(&mut conn, after, ROLL_UP_BATCH).await?
            };
            let Some(last) = last else { return Ok(changed) };
            let done = self
                .store
                .write_relaxed::<_, AppError, _>("roll-up-downloads", move |tx| {
                    Box::pin(async move {
                        Ok(cratekeep_store::krate::recount_downloads(tx, after, last, from_day).await?)
                    })
                })
                .await?;
            changed += done.value;
            after = last;
        }
    }
}
