//! Background jobs: enqueued with the fact that causes them, claimed by lease, retried, dead-lettered.
//!
//! Times of leases are the database's ([`crate::Store::now`]). Every claim raises the job's fencing number; renewing,
//! finishing and failing do nothing for a claim whose number is no longer the job's.

use cratekeep_types::{JobId, Timestamp};

use serde_json::{Value, json};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::{Conn, StoreError, Tx};

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

impl Retry {
    /// How long to wait after try number `attempt` has failed.
    fn wait_after(&self, attempt: u32) -> u32 {
        let doublings = attempt.saturating_sub(1).min(31);
        self.wait_secs.saturating_mul(1 << doublings).min(self.wait_secs_max)
    }
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
    let sql = sql!(
        "INSERT INTO job (kind, dedup, payload, created_at, due_at, attempts, fence, dead)
        VALUES ($1, $2, $3, $4, $5, 0, 0, FALSE)
        ON CONFLICT (kind, dedup) DO NOTHING
        RETURNING id"
    );
    tx.query(sql)
        .bind(new.kind.as_str())
        .bind(new.dedup.as_deref())
        .bind(new.payload.as_str())
        .bind(at.0)
        .bind(new.run_at.0)
        .optional(|row| row.next().map(JobId))
        .await
}

/// Claims the job of one of `kinds` that has waited longest, for `lease_secs` from `now`. Jobs that were claimed
/// `tries_max` times already are left to [`bury`].
///
/// # Errors
/// When the database fails.
pub async fn claim(
    tx: &mut Tx,
    kinds: &[&str],
    now: Timestamp,
    lease_secs: u32,
    tries_max: u32,
) -> Result<Option<Claim>, StoreError> {
    // PostgreSQL skips jobs that another node is claiming; SQLite's one writer runs alone.
    let sql = sql!(
        sqlite: "UPDATE job
        SET due_at = $3, attempts = attempts + 1, fence = fence + 1
        WHERE id = (
            SELECT id
            FROM job
            WHERE dead = FALSE AND due_at <= $2 AND attempts < $4
                AND kind IN (SELECT item.value ->> 'kind' FROM json_each($1) AS item)
            ORDER BY due_at, id
            LIMIT 1)
        RETURNING id, kind, payload, attempts, fence, due_at",
        postgres: "UPDATE job
        SET due_at = $3, attempts = attempts + 1, fence = fence + 1
        WHERE id = (
            SELECT id
            FROM job
            WHERE dead = FALSE AND due_at <= $2 AND attempts < $4
                AND kind IN (SELECT item.value ->> 'kind' FROM jsonb_array_elements($1::JSONB) AS item (value))
            ORDER BY due_at, id
            LIMIT 1
            FOR UPDATE SKIP LOCKED)
        RETURNING id, kind, payload, attempts, fence, due_at"
    );
    tx.query(sql)
        .bind(kinds_json(kinds))
        .bind(now.0)
        .bind(now.plus_secs(lease_secs.into()).0)
        .bind(i64::from(tries_max))
        .optional(|row| {
            Ok(Claim {
                id: JobId(row.next()?),
                kind: row.next()?,
                payload: row.next()?,
                attempt: read_attempts(row)?,
                fence: row.next()?,
                lease_until: row.time()?,
            })
        })
        .await
}

/// Holds a job for `lease_secs` more from `now`; `false` when somebody else holds it by now.
///
/// # Errors
/// When the database fails.
pub async fn renew(tx: &mut Tx, claim: &Claim, now: Timestamp, lease_secs: u32) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE job
        SET due_at = $3
        WHERE id = $1 AND fence = $2 AND dead = FALSE"
    );
    tx.query(sql).bind(claim.id.0).bind(claim.fence).bind(now.plus_secs(lease_secs.into()).0).changed().await
}

/// Removes a job that is done; `false` when somebody else holds it by now. Call it in the transaction that
/// records the work's result, and roll that back on `false`.
///
/// # Errors
/// When the database fails.
pub async fn finish(tx: &mut Tx, claim: &Claim) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM job
        WHERE id = $1 AND fence = $2 AND dead = FALSE"
    );
    tx.query(sql).bind(claim.id.0).bind(claim.fence).changed().await
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
    let sql = sql!(
        "UPDATE job
        SET due_at = $3, error = $4, dead = $5, dedup = CASE WHEN $5 THEN NULL ELSE dedup END
        WHERE id = $1 AND fence = $2 AND dead = FALSE"
    );
    let dead = claim.attempt >= retry.tries_max;
    let again_at = now.plus_secs(retry.wait_after(claim.attempt).into());
    let ours = tx
        .query(sql)
        .bind(claim.id.0)
        .bind(claim.fence)
        .bind(again_at.0)
        .bind(error)
        .bind(dead)
        .changed()
        .await?;
    Ok(match (ours, dead) {
        (false, _) => Failed::Lost,
        (true, true) => Failed::Dead,
        (true, false) => Failed::Again { at: again_at },
    })
}

/// When the next job of one of `kinds` is due, or its lease ends.
///
/// # Errors
/// When the database fails.
pub async fn next_due(conn: &mut Conn, kinds: &[&str]) -> Result<Option<Timestamp>, StoreError> {
    let sql = sql!(
        "SELECT MIN(due_at)
        FROM job
        WHERE dead = FALSE AND kind IN (SELECT item.value ->> 'kind' FROM ",
        rows("$1"),
        ")"
    );
    conn.query(sql).bind(kinds_json(kinds)).one(|row| row.optional_time()).await
}

/// Dead jobs with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list_dead(conn: &mut Conn, after: JobId, limit: u32) -> Result<Vec<DeadJob>, StoreError> {
    let sql = sql!(
        "SELECT id, kind, payload, attempts, error
        FROM job
        WHERE dead = TRUE AND id > $1
        ORDER BY id
        LIMIT $2"
    );
    conn.query(sql)
        .bind(after.0)
        .bind(bounded(limit, PAGE_MAX))
        .all(|row| {
            Ok(DeadJob {
                id: JobId(row.next()?),
                kind: row.next()?,
                payload: row.next()?,
                attempts: read_attempts(row)?,
                error: row.next::<Option<String>>()?.unwrap_or_default(),
            })
        })
        .await
}

/// Lets a dead job run again from `now` on, with all its tries; `false` when there is no such dead job.
///
/// # Errors
/// When the database fails.
pub async fn revive(tx: &mut Tx, id: JobId, now: Timestamp) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE job
        SET dead = FALSE, attempts = 0, due_at = $2, error = NULL
        WHERE id = $1 AND dead = TRUE"
    );
    tx.query(sql).bind(id.0).bind(now.0).changed().await
}

/// Removes a dead job; `false` when there is no such dead job.
///
/// # Errors
/// When the database fails.
pub async fn discard(tx: &mut Tx, id: JobId) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM job
        WHERE id = $1 AND dead = TRUE"
    );
    tx.query(sql).bind(id.0).changed().await
}

/// Declares dead the jobs that were claimed `tries_max` times and never finished nor failed: whoever ran them died
/// each time. Says how many.
///
/// # Errors
/// When the database fails.
pub async fn bury(tx: &mut Tx, now: Timestamp, tries_max: u32) -> Result<u64, StoreError> {
    let sql = sql!(
        "UPDATE job
        SET dead = TRUE, dedup = NULL, error = COALESCE(error, 'the worker ended before the job did')
        WHERE dead = FALSE AND due_at <= $1 AND attempts >= $2"
    );
    tx.query(sql).bind(now.0).bind(i64::from(tries_max)).execute().await
}

fn kinds_json(kinds: &[&str]) -> String {
    Value::from_iter(kinds.iter().map(|kind| json!({ "kind": kind }))).to_string()
}

fn read_attempts(row: &mut Row<'_>) -> Result<u32, StoreError> {
    Ok(u32::try_from(row.unsigned()?).unwrap_or(u32::MAX))
}
