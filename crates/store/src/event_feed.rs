//! The event log as somebody may see it: numbers of rows become names, and what is not for them is left out by the
//! statement, so that a page is full of what they see.

use cratekeep_types::{CrateName, EventNumber, RegistryId, Timestamp};

use serde_json::{Value, json};

use crate::event::EventKind;
use crate::krate::Seen;
use crate::sql::{Row, bounded, sql};
use crate::{Conn, StoreError};

/// Most events that one page has.
pub const FEED_MAX: u32 = 1_000;

/// Which events somebody sees.
#[derive(Clone, Debug, Default)]
pub struct Audience {
    /// Everything, of whatever registry or none.
    pub everything: bool,
    /// Also accounts, tokens, teams, members and settings.
    pub all_kinds: bool,
    /// Registries of which every crate is seen, and told of when it is gone.
    pub whole: Vec<RegistryId>,
    /// Registries of which some crates may be limited, with those that are seen all the same.
    pub partly: Vec<(RegistryId, Seen)>,
}

/// Which part of the log.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    /// Events after this one.
    pub after: EventNumber,
    /// The last event that is looked at.
    pub until: EventNumber,
    /// At most so many, and never more than [`FEED_MAX`].
    pub limit: u32,
}

/// An event with the names of what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRow {
    /// Its number.
    pub number: EventNumber,
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// In which registry, by row.
    pub registry: Option<RegistryId>,
    /// The crate. That of a deleted one is known as long as the audit log is kept.
    pub krate: Option<CrateName>,
    /// The version's number.
    pub version: Option<String>,
    /// The account it is about.
    pub user: Option<String>,
    /// The team it is about, by login.
    pub team: Option<String>,
    /// The row that the event names, as its kind says.
    pub subject: Option<i64>,
}

/// What `audience` sees of a part of the log, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn page(conn: &mut Conn, audience: &Audience, part: Part) -> Result<Vec<FeedRow>, StoreError> {
    let sql = sql!(
        "WITH given AS (
            SELECT item.value ->> 'what' AS what, CAST(item.value ->> 'id' AS BIGINT) AS id
            FROM ",
        rows("$1"),
        ")
        SELECT event.number, event.kind, event.happened_at, event.registry_id,
            COALESCE(krate.name, (SELECT audit.krate
                FROM audit
                WHERE audit.happened_at = event.happened_at AND audit.event_number = event.number
                ORDER BY audit.id
                LIMIT 1)),
            COALESCE(version.num, (SELECT audit.version
                FROM audit
                WHERE audit.happened_at = event.happened_at AND audit.event_number = event.number
                    AND event.kind = 'version-deleted'
                ORDER BY audit.id
                LIMIT 1)),
            account.name, team.login, event.subject
        FROM event
        LEFT JOIN krate ON krate.id = event.krate_id
        LEFT JOIN version ON version.id = event.version_id
        LEFT JOIN account ON account.id = event.subject AND event.kind IN ('user-created', 'user-changed',
            'session-ended', 'owner-invited', 'owner-added', 'owner-removed')
        LEFT JOIN team ON team.id = event.subject AND event.kind IN ('team-created', 'team-changed',
            'team-owner-added', 'team-owner-removed')
        WHERE event.number > $2 AND event.number <= $3
            AND (event.krate_id IS NULL OR krate.id IS NOT NULL)
            AND ($5 OR event.kind IN ('registry-created', 'registry-changed', 'crate-changed', 'crate-deleted',
                'version-published', 'version-deleted', 'version-yanked', 'version-unyanked', 'owner-added',
                'owner-removed', 'team-owner-added', 'team-owner-removed'))
            AND ($4
                OR event.registry_id IN (SELECT id FROM given WHERE what = 'whole')
                OR (event.registry_id IN (SELECT id FROM given WHERE what = 'part')
                    AND event.kind <> 'crate-deleted'
                    AND (krate.id IS NULL OR NOT krate.limited
                        OR krate.id IN (SELECT id FROM given WHERE what = 'crate'))))
        ORDER BY event.number
        LIMIT $6"
    );
    conn.query(sql)
        .bind(given(audience))
        .bind(part.after.0)
        .bind(part.until.0)
        .bind(audience.everything)
        .bind(audience.all_kinds)
        .bind(bounded(part.limit, FEED_MAX))
        .all(read)
        .await
}

/// What is seen, as rows of one JSON parameter.
fn given(audience: &Audience) -> String {
    let row = |what: &str, id: i64| json!({ "what": what, "id": id });
    let mut rows: Vec<Value> = audience.whole.iter().map(|id| row("whole", id.0)).collect();
    for (id, seen) in &audience.partly {
        rows.push(row(if seen.all { "whole" } else { "part" }, id.0));
        rows.extend(seen.limited.iter().map(|krate| row("crate", krate.0)));
    }
    Value::from(rows).to_string()
}

fn read(row: &mut Row<'_>) -> Result<FeedRow, StoreError> {
    Ok(FeedRow {
        number: EventNumber(row.next()?),
        kind: EventKind::of_word(row.next()?),
        at: row.time()?,
        registry: row.next::<Option<i64>>()?.map(RegistryId),
        krate: row.next::<Option<&str>>()?.and_then(|name| name.parse().ok()),
        version: row.next()?,
        user: row.next()?,
        team: row.next()?,
        subject: row.next()?,
    })
}
