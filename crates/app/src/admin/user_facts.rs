//! `admin user list` and `admin user show`: accounts with kind, lock and quota.

use cratekeep_policy::may_administer;
use cratekeep_store::limits;
use cratekeep_store::user_facts::{self, FactsRow};
use cratekeep_types::{Timestamp, UserId};
use cratekeep_wire::control::AdminReply;

use super::{parse, table, yes_no};
use crate::users::LISTED_MAX;
use crate::{App, AppError, Caller};

impl App {
    pub(super) async fn user_table(&self, caller: &Caller) -> Result<AdminReply, AppError> {
        may_administer(&caller.actor)?;
        let now = self.clock.now();
        let mut conn = self.store.read().await?;
        let rows = user_facts::list(&mut conn, UserId(0), LISTED_MAX).await?;
        let rows = rows
            .into_iter()
            .map(|row| {
                vec![
                    row.account.id.to_string(),
                    row.account.name.to_string(),
                    row.email.clone().unwrap_or_default(),
                    yes_no(row.account.is_admin),
                    row.created_at.to_seconds_text(),
                    row.account.kind.word().to_owned(),
                    lock_text(&row, now),
                    quota_text(&row),
                ]
            })
            .collect();
        Ok(table(&["id", "name", "email", "admin", "created", "kind", "locked", "quota"], rows))
    }

    pub(super) async fn user_facts_table(&self, caller: &Caller, name: &str) -> Result<AdminReply, AppError> {
        may_administer(&caller.actor)?;
        let name = parse(name)?;
        let mut conn = self.store.read().await?;
        let found = cratekeep_store::user::find_by_name(&mut conn, &name).await?;
        let absent = || AppError::NotFound(format!("there is no user `{name}`"));
        let id = found.ok_or_else(absent)?.account.id;
        let row = user_facts::find(&mut conn, id).await?.ok_or_else(absent)?;
        let used = limits::used_by(&mut conn, id).await?;
        let confirmed = row.email_verified_at.map_or("no".to_owned(), Timestamp::to_seconds_text);
        let facts = [
            ("id", row.account.id.to_string()),
            ("name", row.account.name.to_string()),
            ("kind", row.account.kind.word().to_owned()),
            ("administrator", yes_no(row.account.is_admin)),
            ("email", row.email.clone().unwrap_or_else(|| "none".to_owned())),
            ("email confirmed", confirmed),
            ("created", row.created_at.to_seconds_text()),
            ("locked", lock_text(&row, self.clock.now())),
            ("quota", quota_text(&row)),
            ("owns", format!("{} crates, {} bytes", used.crates, used.bytes)),
        ];
        let rows = facts.into_iter().map(|(what, value)| vec![what.to_owned(), value]).collect();
        Ok(table(&["what", "value"], rows))
    }
}

fn lock_text(row: &FactsRow, now: Timestamp) -> String {
    let is_over = row.locked_until.is_some_and(|until| until <= now);
    if row.locked_at.is_none() || is_over {
        return "no".to_owned();
    }
    let until = row.locked_until.map(|until| format!(" until {}", until.to_seconds_text()));
    format!("yes{}: {}", until.unwrap_or_default(), row.lock_reason.as_deref().unwrap_or("no reason given"))
}

fn quota_text(row: &FactsRow) -> String {
    let crates = row.quota.crates_max.map(|max| format!("{max} crates"));
    let bytes = row.quota.bytes_max.map(|max| format!("{max} bytes"));
    let texts: Vec<_> = crates.into_iter().chain(bytes).collect();
    if texts.is_empty() { "none".to_owned() } else { texts.join(", ") }
}
