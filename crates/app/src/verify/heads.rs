//! The head of a crate's index file against its lines.

use cratekeep_store::krate::{self, KrateRow};
use cratekeep_wire::IndexHead;

use super::{Verifier, VersionWalk};
use crate::AppError;
use crate::index::head_of;

/// How often a crate that changes while it is read is read again.
const TRIES_MAX: u32 = 5;

/// What a comparison gave.
pub(super) enum Compared {
    /// The head fits the lines.
    Equal,
    /// It does not; a sentence says how.
    Differs(String),
    /// The crate changed at every try.
    Changing,
}

impl Verifier<'_> {
    /// Compares a crate's head with `lines`, the head that its lines gave. Row and lines were read one after another,
    /// so a difference counts only when the row stayed the same around a second reading.
    pub(super) async fn check_head(&self, krate: &KrateRow, lines: IndexHead) -> Result<Compared, AppError> {
        if problem(krate, lines).is_none() {
            return Ok(Compared::Equal);
        }
        for _ in 0..TRIES_MAX {
            let before = self.read_crate(krate).await?;
            let lines = self.add_up(krate).await?;
            let after = self.read_crate(krate).await?;
            match after {
                None => return Ok(Compared::Equal),
                Some(row) if before.as_ref() == Some(&row) => {
                    return Ok(problem(&row, lines).map_or(Compared::Equal, Compared::Differs));
                }
                Some(_) => {}
            }
        }
        Ok(Compared::Changing)
    }

    async fn read_crate(&self, krate: &KrateRow) -> Result<Option<KrateRow>, AppError> {
        let mut conn = self.store.read().await?;
        Ok(krate::find_by_id(&mut conn, krate.id).await?)
    }

    async fn add_up(&self, krate: &KrateRow) -> Result<IndexHead, AppError> {
        let mut head = IndexHead::empty();
        let mut walk = VersionWalk::begin(self.store, krate.id);
        loop {
            let page = walk.next_page().await?;
            if page.is_empty() {
                return Ok(head);
            }
            page.iter().for_each(|row| head.append(&row.line));
        }
    }
}

fn problem(krate: &KrateRow, lines: IndexHead) -> Option<String> {
    let kept = head_of(krate);
    if kept.length != lines.length {
        return Some(format!(
            "its index file is kept as {} bytes long and its lines give {}",
            kept.length, lines.length
        ));
    }
    if kept.fold != lines.fold {
        return Some("an index line is not the one that the head of its index file was made with".to_owned());
    }
    let etag = lines.etag();
    (krate.head.etag != etag)
        .then(|| format!("its index file has the ETag {} and its lines give {etag}", krate.head.etag))
}
