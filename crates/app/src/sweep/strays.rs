//! Stored objects that have no row, found by walking objects and rows side by side.

use std::collections::VecDeque;

use cratekeep_blob::{BlobClass, BlobError, BlobStore, Listed};
use cratekeep_store::Store;
use cratekeep_store::blob::BlobRow;
use cratekeep_types::{Checksum, Timestamp};
use futures::TryStreamExt;
use futures::stream::BoxStream;

use crate::AppError;

/// Rows read at once.
const ROWS_PAGE: u32 = 1000;

/// Objects without a row that were written before a moment, in the order of their checksums. Each is a suspicion only:
/// a row may have come and the object may have gone by the time it is looked at.
pub(crate) struct Strays<'a> {
    objects: BoxStream<'static, Result<Listed, BlobError>>,
    rows: Rows<'a>,
    before: Timestamp,
}

impl<'a> Strays<'a> {
    pub(crate) fn begin(store: &'a Store, blobs: &BlobStore, class: BlobClass, before: Timestamp) -> Self {
        let rows = Rows { store, class, page: VecDeque::new(), last: None, ended: false };
        Self { objects: blobs.list(class), rows, before }
    }

    /// The next stray; `None` when all objects have been looked at.
    pub(crate) async fn next(&mut self) -> Result<Option<Listed>, AppError> {
        while let Some(object) = self.objects.try_next().await? {
            if object.modified < self.before && !self.rows.pass(&object.checksum).await? {
                return Ok(Some(object));
            }
        }
        Ok(None)
    }

    /// The next strays, at most `max`; fewer when there are no more.
    pub(crate) async fn next_batch(&mut self, max: usize) -> Result<Vec<Listed>, AppError> {
        let mut batch = Vec::new();
        while batch.len() < max {
            match self.next().await? {
                Some(stray) => batch.push(stray),
                None => break,
            }
        }
        Ok(batch)
    }
}

/// The rows of a class in the order of their checksums, a page at a time.
struct Rows<'a> {
    store: &'a Store,
    class: BlobClass,
    page: VecDeque<BlobRow>,
    last: Option<Checksum>,
    ended: bool,
}

impl Rows<'_> {
    /// Goes forward to `wanted`, which must be above all that were asked for before; says whether it is there.
    async fn pass(&mut self, wanted: &Checksum) -> Result<bool, AppError> {
        loop {
            while self.page.front().is_some_and(|row| row.checksum < *wanted) {
                self.page.pop_front();
            }
            match self.page.front() {
                Some(row) => return Ok(row.checksum == *wanted),
                None if self.ended => return Ok(false),
                None => self.read_page().await?,
            }
        }
    }

    async fn read_page(&mut self) -> Result<(), AppError> {
        let mut conn = self.store.read().await?;
        let class = self.class.as_str();
        let rows = cratekeep_store::blob::list(&mut conn, class, self.last.as_ref(), ROWS_PAGE).await?;
        self.ended = rows.len() < ROWS_PAGE as usize;
        self.last = rows.last().map(|row| row.checksum).or(self.last);
        self.page = rows.into();
        Ok(())
    }
}
