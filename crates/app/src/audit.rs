//! The audit log: refused attempts noted in memory and written in batches, searches, and how long entries are kept.
//! What was done is written by each use case in its own transaction.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cratekeep_policy::{may_administer, may_administer_registry};
use cratekeep_store::StoreError;
use cratekeep_store::audit::{self, NewAudit, Who};
use cratekeep_store::audit_search::{self, AuditFilter, FoundAudit};
use cratekeep_types::{CanonName, Timestamp, UserName};
use cratekeep_wire::{AuditEntry, AuditPage, AuditQuery};

use crate::{App, AppError, Caller};

/// Refusals that wait for their write; more are dropped and counted, so that a flood fills no memory.
const WAITING_MAX: usize = 2_000;
/// Longest text of a refusal that is kept, in characters.
const REFUSAL_CHARS_MAX: usize = 300;
/// Entries that a page has at most, and unless told otherwise.
const PAGE_MAX: u32 = 500;
/// Entries that go at once when they are too old.
const REMOVED_AT_ONCE: u32 = 1_000;
/// Seconds in a day.
const DAY_SECS: i64 = 86_400;

/// Refusals that wait for their write.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    waiting: Mutex<Vec<NewAudit>>,
    dropped: AtomicU64,
}

/// An attempt that was refused.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    /// What was tried, in the words of the audit log.
    pub action: String,
    /// In which registry.
    pub registry: Option<String>,
    /// To which crate.
    pub krate: Option<String>,
    /// To which version.
    pub version: Option<String>,
}

impl App {
    /// Notes an attempt that was refused. It is written with the next batch.
    pub fn note_refusal(&self, caller: &Caller, attempt: Attempt, why: &str) {
        let Attempt { action, registry, krate, version } = attempt;
        let refusal = Some(why.chars().take(REFUSAL_CHARS_MAX).collect());
        let row = NewAudit { registry, krate, version, refusal, ..caller.audit(&action, self.clock.now()) };
        let mut waiting = self.refusals.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < WAITING_MAX {
            waiting.push(row);
        } else {
            self.refusals.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes the refusals that wait. What cannot be written waits for the next time.
    pub(crate) async fn flush_refusals(&self) -> Result<(), AppError> {
        let mut rows = {
            let mut waiting = self.refusals.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *waiting)
        };
        let dropped = self.refusals.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            let text = format!("{dropped} more refused attempts came too fast to be kept one by one");
            let row = NewAudit::new("refusals-dropped", Who::System, self.clock.now());
            rows.push(NewAudit { refusal: Some(text), ..row });
        }
        if rows.is_empty() {
            return Ok(());
        }
        let batch = Arc::new(rows);
        let work = Arc::clone(&batch);
        let written = self
            .store
            .write_relaxed::<_, StoreError, _>("flush-refusals", move |tx| {
                let rows = Arc::clone(&work);
                Box::pin(async move { audit::insert(tx, &rows).await })
            })
            .await;
        if let Err(error) = written {
            let mut waiting = self.refusals.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let room = WAITING_MAX.saturating_sub(waiting.len());
            waiting.extend(batch.iter().take(room).cloned());
            return Err(error.into());
        }
        Ok(())
    }

    /// The newest entries that pass, or those before the last page.
    ///
    /// # Errors
    /// [`AppError::Denied`] for all but administrators of the server, and of the one registry that is asked for.
    pub async fn list_audit(&self, caller: &Caller, query: &AuditQuery) -> Result<AuditPage, AppError> {
        let filter = self.audit_filter(caller, query).await?;
        let mut conn = self.store.read().await?;
        let found = audit_search::search(&mut conn, &filter, query.seek, limit_of(query)).await?;
        Ok(page(found, limit_of(query)))
    }

    /// The entries that pass, oldest first, from the last page on.
    ///
    /// # Errors
    /// As [`App::list_audit`].
    pub async fn export_audit(&self, caller: &Caller, query: &AuditQuery) -> Result<AuditPage, AppError> {
        let filter = self.audit_filter(caller, query).await?;
        let mut conn = self.store.read().await?;
        let found =
            audit_search::search_on(&mut conn, &filter, query.seek.unwrap_or(0), limit_of(query)).await?;
        Ok(page(found, limit_of(query)))
    }

    async fn audit_filter(&self, caller: &Caller, query: &AuditQuery) -> Result<AuditFilter, AppError> {
        match &query.registry {
            Some(name) if may_administer(&caller.actor).is_err() => {
                may_administer_registry(&caller.actor, &self.registry_named(name)?.registry).map(drop)?;
            }
            _ => {
                may_administer(&caller.actor)?;
            }
        }
        // What was refused a moment ago is to be found as well.
        self.flush_refusals().await?;
        let account = match &query.user {
            None => None,
            Some(name) => {
                let name: UserName = crate::admin::parse(name)?;
                let mut conn = self.store.read().await?;
                let found = cratekeep_store::user::find_by_name(&mut conn, &name).await?;
                let absent = || AppError::NotFound(format!("there is no user `{name}`"));
                Some(found.ok_or_else(absent)?.account.id)
            }
        };
        Ok(AuditFilter {
            since: query.since.as_deref().map(time).transpose()?,
            until: query.until.as_deref().map(time).transpose()?,
            account,
            krate: query.krate.as_deref().map(CanonName::of),
            registry: query.registry.clone(),
            action: query.act.clone(),
            address: query.address.clone(),
            refused_only: query.refused,
        })
    }

    /// Removes entries that are older than the setting keeps them; says how many.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the database does not answer; the rest then goes the next time.
    pub async fn forget_old_audit(&self) -> Result<u64, AppError> {
        let Some(days) = self.options.audit_keep_days else { return Ok(0) };
        let before = self.clock.now().plus_secs(-i64::from(days) * DAY_SECS);
        let mut removed = 0;
        loop {
            let done = self
                .store
                .write_relaxed::<_, StoreError, _>("forget-audit", move |tx| {
                    Box::pin(
                        async move { audit_search::remove_older_than(tx, before, REMOVED_AT_ONCE).await },
                    )
                })
                .await?;
            removed += done.value;
            if done.value < u64::from(REMOVED_AT_ONCE) {
                return Ok(removed);
            }
        }
    }
}

fn limit_of(query: &AuditQuery) -> u32 {
    query.limit.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX)
}

/// A day means its beginning.
fn time(text: &str) -> Result<Timestamp, AppError> {
    let text = if text.len() == "2026-01-31".len() { format!("{text}T00:00:00Z") } else { text.to_owned() };
    crate::admin::parse(&text)
}

fn page(found: Vec<FoundAudit>, limit: u32) -> AuditPage {
    let is_full = found.len() >= limit as usize;
    let next = found.last().map(|found| found.row.id).filter(|_| is_full);
    AuditPage { entries: found.into_iter().map(entry).collect(), next }
}

fn entry(found: FoundAudit) -> AuditEntry {
    let FoundAudit { row, login } = found;
    let NewAudit {
        at,
        who,
        token,
        credential,
        address,
        action,
        registry,
        krate,
        version,
        refusal,
        before,
        after,
    } = row.audit;
    let who = match who {
        Who::Nobody => "nobody",
        Who::User(_) => "user",
        Who::Operator => "operator",
        Who::System => "system",
        Who::Workflow => "workflow",
    };
    AuditEntry {
        id: row.id,
        at: at.to_micros_text(),
        who: who.to_owned(),
        user: login,
        token: token.map(|token| token.0),
        credential,
        address,
        action,
        registry,
        krate,
        version,
        refusal,
        before,
        after,
        event: row.event.map(|event| event.0),
    }
}
