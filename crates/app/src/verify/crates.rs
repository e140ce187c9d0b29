//! Crates and their versions: line against row, dependencies, the stored file.

use cratekeep_blob::{BlobError, Verdict};
use cratekeep_store::blob::{self, State};
use cratekeep_store::dependency;
use cratekeep_store::krate::KrateRow;
use cratekeep_store::registry::Kept;
use cratekeep_store::version::VersionRow;
use cratekeep_wire::IndexHead;
use futures::{StreamExt, TryStreamExt, stream};

use super::heads::Compared;
use super::line::{RESTORE, line_problems};
use super::{CLASS, CrateWalk, Findings, Verifier, VerifyDepth, VersionWalk};
use crate::AppError;

/// Versions looked at side by side.
const AT_ONCE: usize = 4;
/// What to do about a stored file that is not there.
const PUT_BACK: &str = "copy it there from a backup, or publish the same bytes again";
/// What to do about a stored file with other bytes.
const REPLACE: &str = "remove it there, then copy it from a backup or publish the same bytes again";

/// What was met on the way.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) registries: usize,
    pub(super) crates: u64,
    pub(super) versions: u64,
    /// Length of all crate files together.
    pub(super) bytes: u64,
    /// Crates whose head could not be compared, because they changed at every try.
    pub(super) changing: u64,
}

impl Verifier<'_> {
    pub(super) async fn check_crates(
        &self,
        with_objects: bool,
        findings: &mut Findings,
    ) -> Result<Counted, AppError> {
        let mut walk = CrateWalk::begin(self.store).await?;
        let mut counted = Counted { registries: walk.registries_total, ..Counted::default() };
        while let Some((place, krate)) = walk.next().await? {
            counted.crates += 1;
            let head = self.check_versions(&place, &krate, with_objects, &mut counted, findings).await?;
            match self.check_head(&krate, head).await? {
                Compared::Equal => {}
                Compared::Changing => counted.changing += 1,
                Compared::Differs(problem) => findings.add(format!("{place}: {problem}; {RESTORE}")),
            }
        }
        self.check_kept(findings).await?;
        Ok(counted)
    }

    /// What is kept with registries and crates so that lists need not count.
    async fn check_kept(&self, findings: &mut Findings) -> Result<(), AppError> {
        let all = {
            let mut conn = self.store.read().await?;
            cratekeep_store::registry::compare_kept(&mut conn).await?
        };
        for kept in all {
            let Kept { name, crates_kept, crates_counted, wrongly_yanked } = kept;
            if crates_kept != crates_counted {
                findings.add(format!(
                    "{name}: {crates_kept} crates are kept as its number and it has {crates_counted}; {RESTORE}"
                ));
            }
            if wrongly_yanked > 0 {
                findings.add(format!(
                    "{name}: {wrongly_yanked} crates are wrongly marked, or not marked, as yanked altogether; {RESTORE}"
                ));
            }
        }
        Ok(())
    }

    /// Looks at every version of a crate, and adds up the head that their lines give.
    async fn check_versions(
        &self,
        place: &str,
        krate: &KrateRow,
        with_objects: bool,
        counted: &mut Counted,
        findings: &mut Findings,
    ) -> Result<IndexHead, AppError> {
        let mut head = IndexHead::empty();
        let mut walk = VersionWalk::begin(self.store, krate.id);
        loop {
            let page = walk.next_page().await?;
            if page.is_empty() {
                return Ok(head);
            }
            for row in &page {
                head.append(&row.line);
                counted.versions += 1;
                counted.bytes += row.size;
            }
            let mut problems = stream::iter(page)
                .map(|row| async move {
                    let found = self.version_problems(krate, &row, with_objects).await?;
                    Ok((row, found))
                })
                .buffered(AT_ONCE);
            while let Some((row, found)) = problems.try_next().await.map_err(|error: AppError| error)? {
                findings.extend(found.into_iter().map(|problem| format!("{place} {}: {problem}", row.num)));
            }
        }
    }

    async fn version_problems(
        &self,
        krate: &KrateRow,
        row: &VersionRow,
        with_objects: bool,
    ) -> Result<Vec<String>, AppError> {
        let (dependencies, object) = {
            let mut conn = self.store.read().await?;
            let dependencies = dependency::list(&mut conn, row.id).await?;
            (dependencies, blob::find(&mut conn, CLASS.as_str(), &row.checksum).await?)
        };
        let mut problems = line_problems(&krate.name, row, &dependencies);
        match object {
            None => problems.push(format!("the table of stored objects does not have its file; {RESTORE}")),
            Some(known) if known.state != State::Live => {
                let state = format!("{:?}", known.state).to_lowercase();
                problems.push(format!(
                    "the table of stored objects has its file as {state}, not as live; {RESTORE}"
                ));
            }
            Some(known) if known.size != row.size => problems.push(format!(
                "its row gives {} bytes and the table of stored objects {}; {RESTORE}",
                row.size, known.size
            )),
            Some(_) => {}
        }
        if with_objects {
            problems.extend(self.file_problem(row).await?);
        }
        Ok(problems)
    }

    /// What is wrong with the stored file of a version. One that cannot be read is a finding; a storage that does not
    /// answer at all is an error.
    async fn file_problem(&self, row: &VersionRow) -> Result<Option<String>, AppError> {
        let checksum = row.checksum;
        let looked = match self.depth {
            VerifyDepth::Blobs => self.blobs.verify(CLASS, &checksum).await,
            VerifyDepth::Rows => self.blobs.stat(CLASS, &checksum).await.map(|found| match found {
                Some(stat) => Verdict::Good { size: stat.size },
                None => Verdict::Missing,
            }),
        };
        let place = self.blobs.describe();
        match looked {
            Ok(Verdict::Good { size }) if size == row.size => Ok(None),
            Ok(Verdict::Good { size }) => Ok(Some(format!(
                "its file {checksum} in {place} has {size} bytes and its row says {}; {REPLACE}",
                row.size
            ))),
            Ok(Verdict::Missing) => Ok(Some(format!("its file {checksum} is not in {place}; {PUT_BACK}"))),
            Ok(Verdict::Damaged { found, size }) => Ok(Some(format!(
                "its file {checksum} in {place} is damaged: {size} bytes with the checksum {found}; {REPLACE}"
            ))),
            Err(error @ (BlobError::Io { .. } | BlobError::Damaged { .. })) => {
                Ok(Some(format!("its file {checksum} in {place} cannot be read: {error}; {REPLACE}")))
            }
            Err(error) => Err(error.into()),
        }
    }
}
