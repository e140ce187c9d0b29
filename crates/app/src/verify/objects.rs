//! Rows of stored objects and the objects themselves, seen from the side of the storage.

use cratekeep_store::blob;

use super::{CLASS, Findings, Verifier};
use crate::AppError;
use crate::sweep::Strays;

/// Rows read at once.
const ROWS_PAGE: u32 = 1000;

impl Verifier<'_> {
    /// Rows that are live though no version names them: the sweep would keep their objects for ever.
    pub(super) async fn check_unnamed_rows(&self, findings: &mut Findings) -> Result<(), AppError> {
        let mut after = None;
        loop {
            let page = {
                let mut conn = self.store.read().await?;
                blob::list_live_unnamed(&mut conn, CLASS.as_str(), after.as_ref(), ROWS_PAGE).await?
            };
            findings.extend(page.iter().map(|row| {
                format!(
                    "no version names the object {} of {} bytes, which the table of stored objects has as live; it does \
                     no harm but takes room, restore the database from a backup if versions are missing",
                    row.checksum, row.size
                )
            }));
            match page.last() {
                Some(row) => after = Some(row.checksum),
                None => return Ok(()),
            }
        }
    }

    /// Objects that no row knows. A suspicion is looked at again, because publish and sweep go on meanwhile: the row
    /// first, since a sweep forgets it only after the object is gone.
    pub(super) async fn check_strays(&self, findings: &mut Findings) -> Result<(), AppError> {
        let mut strays = Strays::begin(self.store, self.blobs, CLASS, self.orphaned_before);
        while let Some(stray) = strays.next().await? {
            let row = {
                let mut conn = self.store.read().await?;
                blob::find(&mut conn, CLASS.as_str(), &stray.checksum).await?
            };
            let there = self.blobs.stat(CLASS, &stray.checksum).await?;
            if row.is_none() && there.is_some_and(|stat| stat.modified < self.orphaned_before) {
                findings.add(format!(
                    "the object {} of {} bytes in {} has no row; the second sweep from now removes it, unless it is \
                     published again before",
                    stray.checksum,
                    stray.size,
                    self.blobs.describe()
                ));
            }
        }
        Ok(())
    }
}
