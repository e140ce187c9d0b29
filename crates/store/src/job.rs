//! Background jobs: enqueued with the fact that causes them, claimed by lease, retried, dead-lettered.
//!
//! Times of leases are the database's ([`crate::Store::now`]). Every claim raises the job's fencing number; renewing,
//! finishing and failing do nothing for a claim whose number is no longer the job's.

use cratekeep_types::{JobId, Timestamp};

use crate::{Conn, StoreError, Tx, unwritten};

/// A job to be run.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// What kind of work.
    pub kind: String,
    /// At most one waiting or running job per kind has this key; `None` never collides.
    pub dedup: Option<String>,
    /// What the work needs to know, as JSON text.
    pub payload: String,
    /// Not before this time.
    pub run_at: Timestamp,
}

/// A job that this worker holds until `lease_until`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The job.
    pub id: JobId,
    /// What kind of work.
    pub kind: String,
    /// What the work needs to know, as JSON text.
    pub payload: String,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// The fencing number of this claim.
    pub fence: i64,
    /// When others may claim it.
    pub lease_until: Timestamp,
}

/// How often and how fast failed work is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Tries before the job is dead.
    pub tries_max: u32,
    /// Wait after the first failure; each later wait is twice as long.
    pub wait_secs: u32,
    /// Longest wait.
    pub wait_secs_max: u32,
}

/// What became of a failed job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It will run again.
    Again {
        /// When at the earliest.
        at: Timestamp,
    },
    /// It will not run again.
    Dead,
    /// Somebody else holds it by now; nothing was changed.
    Lost,
}

/// A job that will not run again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadJob {
    /// The job.
    pub id: JobId,
    /// What kind of work.
    pub kind: String,
    /// What the work needed to know.
    pub payload: String,
    /// How often it was tried.
    pub attempts: u32,
    /// What the last try said.
    pub error: String,
}

/// Adds a job; `None` when one with the same kind and key is waiting or running.
///
/// # Errors
/// When the database fails.
pub async fn enqueue(tx: &mut Tx, new: &NewJob, at: Timestamp) -> Result<Option<JobId>, StoreError> {
    unwritten()
}

/// Claims the job of one of `kinds` that has waited longest, for `lease_secs` from `now`.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    tx: &mut Tx,
    kinds: &[&str],
    now: Timestamp,
    lease_secs: u32,
) -> Result<Option<Claim>, StoreError> {
    unwritten()
}

/// Holds a job for `lease_secs` more from `now`; `false` when somebody else holds it by now.
///
/// # Errors
/// When the database fails.
pub async fn renew(tx: &mut Tx, claim: &Claim, now: Timestamp, lease_secs: u32) -> Result<bool, StoreError> {
    unwritten()
}

/// Removes a job that is done; `false` when somebody else holds it by now. Call it in the transaction that
/// records the work's result, and roll that back on `false`.
///
/// # Errors
/// When the database fails.
pub async fn finish(tx: &mut Tx, claim: &Claim) -> Result<bool, StoreError> {
    unwritten()
}

/// Gives a job back after a failure, to be tried again or not.
///
/// # Errors
/// When the database fails.
pub async fn fail(
    tx: &mut Tx,
    claim: &Claim,
    now: Timestamp,
    retry: Retry,
    error: &str,
) -> Result<Failed, StoreError> {
    unwritten()
}

/// When the next job of one of `kinds` is due, or its lease ends.
///
/// # Errors
/// When the database fails.
pub async fn next_due(conn: &mut Conn, kinds: &[&str]) -> Result<Option<Timestamp>, StoreError> {
    unwritten()
}

/// Dead jobs with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list_dead(conn: &mut Conn, after: JobId, limit: u32) -> Result<Vec<DeadJob>, StoreError> {
    unwritten()
}
