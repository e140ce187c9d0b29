//! Background jobs: claimed by lease, run by their kind, finished or given back.
//!
//! Every job can run twice, late and after a crash: what it does must bear that. A job that reaches outside is finished
//! after it has reached, so a crash between the two runs it once more.

use std::time::Duration;

use cratekeep_store::StoreError;
use cratekeep_store::job::{Claim, Failed, Retry};

use crate::{App, AppError, describe, dump, mail};

/// Every kind of job that is soon done.
const KINDS: &[&str] = &[mail::JOB, describe::JOB];
/// Kinds of jobs that may take hours. They have a lane of their own, so that nothing waits for them.
const LONG_KINDS: &[&str] = &[dump::JOB];

/// The lease of a job is this much longer than the job may take: time to write down how it went.
const LEASE_SPARE_SECS: u32 = 30;

/// How jobs are run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobOptions {
    /// Tries before a job is set aside.
    pub tries_max: u32,
    /// Wait after the first failed try, in seconds; each later one is twice as long.
    pub wait_secs_min: u32,
    /// Longest wait between two tries, in seconds.
    pub wait_secs_max: u32,
    /// A try that takes longer has failed, in seconds.
    pub run_secs_max: u32,
}

impl Default for JobOptions {
    fn default() -> Self {
        Self { tries_max: 24, wait_secs_min: 10, wait_secs_max: 3_600, run_secs_max: 60 }
    }
}

/// Why a job did not do its work.
#[derive(Debug)]
pub(crate) enum JobError {
    /// Trying again cannot help.
    Permanent(String),
    /// Trying again may help.
    Passing(String),
}

impl From<AppError> for JobError {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Unavailable(_) | AppError::OutcomeUnknown(_) | AppError::Internal(_) => {
                Self::Passing(error.to_string())
            }
            refused => Self::Permanent(refused.to_string()),
        }
    }
}

impl From<StoreError> for JobError {
    fn from(error: StoreError) -> Self {
        Self::Passing(error.to_string())
    }
}

impl App {
    /// Runs the job that has been due for longest and says whether there was one. A job that fails is no error here.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer. The lease then brings the job back.
    pub async fn run_next_job(&self) -> Result<bool, AppError> {
        self.run_next_of(KINDS, self.options.jobs.run_secs_max).await
    }

    /// As [`App::run_next_job`], for jobs that may take hours.
    ///
    /// # Errors
    /// As [`App::run_next_job`].
    pub async fn run_next_long_job(&self) -> Result<bool, AppError> {
        self.run_next_of(LONG_KINDS, dump::SECS_MAX).await
    }

    async fn run_next_of(&self, kinds: &'static [&'static str], secs_max: u32) -> Result<bool, AppError> {
        let Some(claim) = self.claim_job(kinds, secs_max).await? else { return Ok(false) };
        let time = Duration::from_secs(secs_max.into());
        let done = tokio::time::timeout(time, self.run_job(&claim)).await;
        let done = done.unwrap_or_else(|_| {
            Err(JobError::Passing(format!("it was not done after {} seconds", time.as_secs())))
        });
        match done {
            Ok(()) => self.finish_job(claim).await?,
            Err(error) => self.give_back_job(claim, error).await?,
        }
        Ok(true)
    }

    /// Runs jobs until none is due, and says how many.
    ///
    /// # Errors
    /// As [`App::run_next_job`].
    pub async fn run_due_jobs(&self) -> Result<u64, AppError> {
        let mut count = 0;
        while self.run_next_job().await? || self.run_next_long_job().await? {
            count += 1;
        }
        Ok(count)
    }

    async fn run_job(&self, claim: &Claim) -> Result<(), JobError> {
        match claim.kind.as_str() {
            mail::JOB => self.send_letter(claim).await,
            describe::JOB => self.run_look(claim).await,
            dump::JOB => self.run_dump_job(claim).await,
            other => Err(JobError::Permanent(format!("this program knows no job `{other}`"))),
        }
    }

    /// Looks before it writes: most of the time there is nothing to do.
    async fn claim_job(
        &self,
        kinds: &'static [&'static str],
        secs_max: u32,
    ) -> Result<Option<Claim>, AppError> {
        let now = self.store.now().await?;
        let next = cratekeep_store::job::next_due(&mut *self.store.read().await?, kinds).await?;
        if next.is_none_or(|due| due > now) {
            return Ok(None);
        }
        let tries_max = self.options.jobs.tries_max;
        let lease_secs = secs_max.saturating_add(LEASE_SPARE_SECS);
        let claimed = self
            .store
            .write("claim-job", move |tx| {
                Box::pin(async move {
                    let claim = cratekeep_store::job::claim(tx, kinds, now, lease_secs, tries_max).await?;
                    if claim.is_none() {
                        // What is due but cannot be claimed has killed its workers each time.
                        cratekeep_store::job::bury(tx, now, tries_max).await?;
                    }
                    Ok::<_, StoreError>(claim)
                })
            })
            .await?;
        Ok(claimed.value)
    }

    async fn finish_job(&self, claim: Claim) -> Result<(), AppError> {
        let id = claim.id;
        let finished = self
            .store
            .write("finish-job", move |tx| {
                let claim = claim.clone();
                Box::pin(async move { cratekeep_store::job::finish(tx, &claim).await })
            })
            .await?;
        if !finished.value {
            tracing::warn!(job.id = %id, "a job took longer than its lease; another worker has it now");
        }
        Ok(())
    }

    async fn give_back_job(&self, claim: Claim, error: JobError) -> Result<(), AppError> {
        let JobOptions { tries_max, wait_secs_min, wait_secs_max, .. } = self.options.jobs;
        let (tries_max, text) = match error {
            JobError::Permanent(text) => (claim.attempt, text),
            JobError::Passing(text) => (tries_max, text),
        };
        let retry = Retry { tries_max, wait_secs: wait_secs_min, wait_secs_max };
        let now = self.store.now().await?;
        let (id, kind, tries) = (claim.id, claim.kind.clone(), claim.attempt);
        let reason = text.clone();
        let failed = self
            .store
            .write("fail-job", move |tx| {
                let (claim, text) = (claim.clone(), text.clone());
                Box::pin(async move { cratekeep_store::job::fail(tx, &claim, now, retry, &text).await })
            })
            .await?;
        match failed.value {
            Failed::Again { at } => {
                tracing::warn!(job.id = %id, job.kind = kind, tries, error = reason, again_at = at.to_seconds_text(), "a job failed and is tried again");
            }
            Failed::Dead => {
                tracing::error!(job.id = %id, job.kind = kind, tries, error = reason, "a job failed and is set aside; see `cratekeep admin job list-dead`");
            }
            Failed::Lost => {
                tracing::warn!(job.id = %id, "a job failed after its lease; another worker has it now")
            }
        }
        Ok(())
    }
}
