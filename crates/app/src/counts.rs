//! Counting downloads and token uses in memory, written in batches.
//!
//! A crash may lose what was counted since the last flush; a graceful stop loses nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cratekeep_store::download::NewCount;
use cratekeep_store::token::TokenUse;
use cratekeep_types::{CrateId, Timestamp, TokenId, VersionId};

use crate::{App, AppError};

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
        Ok(written?)
    }
}
