//! The last step of every write: its events get their numbers, its audit rows and crates are stamped with them.
//!
//! There is one counter row, so from here to the end of the transaction writes with events wait for each other.
//! That makes the numbers the order of the commits; a rollback gives them back, so there are no gaps.

use std::collections::BTreeMap;

use cratekeep_types::EventNumber;
use serde_json::{Value, json};

use crate::sql::sql;
use crate::{Conn, StoreError, Tx, audit, event, krate};

/// The channel on which PostgreSQL tells other nodes of new events.
pub(crate) const CHANNEL: &str = "cratekeep_event";

/// Numbers and stores what the write has emitted. Must be its last statement before the commit.
pub(crate) async fn finish(tx: &mut Tx) -> Result<Vec<EventNumber>, StoreError> {
    let events = std::mem::take(&mut tx.events);
    let audits = std::mem::take(&mut tx.audits);
    let audit_rows =
        Value::from_iter(audits.iter().map(|(row, beside)| audit::to_json(beside.map(|at| at + 1), row)));
    if events.is_empty() {
        if !audits.is_empty() {
            audit::insert_beside(tx, 0, &audit_rows.to_string()).await?;
        }
        return Ok(Vec::new());
    }
    let count = events.len();
    let rows = Rows {
        events: Value::from_iter(events.iter().enumerate().map(|(at, row)| event::to_json(at + 1, row)))
            .to_string(),
        stamps: stamps(&events),
        audits: (!audits.is_empty()).then(|| audit_rows.to_string()),
    };
    let base = match tx.conn {
        Conn::Sqlite(_) => number_stepwise(tx, count, &rows).await?,
        Conn::Postgres(_) => number_at_once(tx, count, &rows).await?,
    };
    Ok((1..=count as i64).map(|offset| EventNumber(base + offset)).collect())
}

/// What is written beside the counter, each a JSON array of rows.
struct Rows {
    events: String,
    stamps: Option<String>,
    audits: Option<String>,
}

/// The crates that the events name, each with the last event about it.
fn stamps(events: &[event::Event]) -> Option<String> {
    let last: BTreeMap<i64, usize> =
        events.iter().enumerate().filter_map(|(at, row)| Some((row.krate?.0, at + 1))).collect();
    let rows =
        Value::from_iter(last.iter().map(|(krate, offset)| json!({ "krate": krate, "offset": offset })));
    (!last.is_empty()).then(|| rows.to_string())
}

async fn number_stepwise(tx: &mut Tx, count: usize, rows: &Rows) -> Result<i64, StoreError> {
    let base = event::advance(tx, count as u64).await?;
    event::insert(tx, base, &rows.events).await?;
    if let Some(stamps) = &rows.stamps {
        krate::stamp(tx, base, stamps).await?;
    }
    if let Some(audits) = &rows.audits {
        audit::insert_beside(tx, base, audits).await?;
    }
    Ok(base)
}

/// The same in one statement, because every round trip made here is one that all other writes wait for.
/// SQLite cannot change several tables in one statement.
async fn number_at_once(tx: &mut Tx, count: usize, rows: &Rows) -> Result<i64, StoreError> {
    let sql = sql!(
        postgres: "WITH counted AS (
            UPDATE event_counter
            SET last = last + $1
            WHERE one = 1
            RETURNING last - $1 AS base, last
        ), noted AS (
            INSERT INTO event (number, kind, happened_at, registry_id, krate_id, version_id, subject)
            SELECT base + CAST(item.value ->> 'offset' AS BIGINT), item.value ->> 'kind',
                CAST(item.value ->> 'happened_at' AS BIGINT), CAST(item.value ->> 'registry_id' AS BIGINT),
                CAST(item.value ->> 'krate_id' AS BIGINT), CAST(item.value ->> 'version_id' AS BIGINT),
                CAST(item.value ->> 'subject' AS BIGINT)
            FROM counted
            CROSS JOIN jsonb_array_elements($2::JSONB) AS item (value)
        ), stamped AS (
            UPDATE krate
            SET event_number = base + CAST(item.value ->> 'offset' AS BIGINT)
            FROM counted
            CROSS JOIN jsonb_array_elements($3::JSONB) AS item (value)
            WHERE krate.id = CAST(item.value ->> 'krate' AS BIGINT)
        ), audited AS (
            INSERT INTO audit (event_number, happened_at, who, account_id, token_id, address, action, registry,
                krate, version, refusal, before_json, after_json)
            SELECT base + CAST(item.value ->> 'offset' AS BIGINT), CAST(item.value ->> 'happened_at' AS BIGINT),
                item.value ->> 'who', CAST(item.value ->> 'account_id' AS BIGINT),
                CAST(item.value ->> 'token_id' AS BIGINT), item.value ->> 'address', item.value ->> 'action',
                item.value ->> 'registry', item.value ->> 'krate', item.value ->> 'version',
                item.value ->> 'refusal', item.value ->> 'before_json', item.value ->> 'after_json'
            FROM counted
            CROSS JOIN jsonb_array_elements($4::JSONB) AS item (value)
        )
        SELECT base, CAST(pg_notify($5, CAST(last AS TEXT)) AS TEXT)
        FROM counted"
    );
    let none = "[]";
    tx.query(sql)
        .bind(count as i64)
        .bind(rows.events.as_str())
        .bind(rows.stamps.as_deref().unwrap_or(none))
        .bind(rows.audits.as_deref().unwrap_or(none))
        .bind(CHANNEL)
        .one(|row| row.next())
        .await
}
