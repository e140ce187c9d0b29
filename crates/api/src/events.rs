//! `GET /api/v1/events`: the event feed.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, EventEntry, EventPage, EventsWish};
use cratekeep_http::{ApiError, InRegistry, Params, json};
use cratekeep_types::EventNumber;
use cratekeep_wire::api::events::{EventBody, EventsMeta, EventsReply};
use http::Uri;

use crate::paging::Query;

/// Longest wait for an event, in seconds.
const WAIT_SECS_MAX: u64 = 30;

/// At the root the events of every registry that the caller may read, under a registry's name those of it.
pub(crate) async fn get(
    State(app): State<App>,
    uri: Uri,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let wish = read(&Query::of(uri.query())?)?;
    let only = (!params.get("registry").is_empty()).then_some(&*registry);
    Ok(json(&body_of(app.list_events(&caller, only, wish).await?)))
}

fn read(query: &Query<'_>) -> Result<EventsWish, AppError> {
    let number = |key: &str, max: u64| match query.get(key).map(str::parse::<u64>) {
        None => Ok(0),
        Some(Ok(number)) if number <= max => Ok(number),
        Some(_) => Err(AppError::invalid(format!("`{key}` is a whole number from 0 to {max}"))),
    };
    let after = i64::try_from(number("after", i64::MAX.unsigned_abs())?).unwrap_or(i64::MAX);
    let wait = Duration::from_secs(number("wait", WAIT_SECS_MAX)?);
    Ok(EventsWish { after: EventNumber(after), limit: query.per_page()?, wait })
}

fn body_of(page: EventPage) -> EventsReply {
    let meta = EventsMeta { next: page.next.0, more: page.more, head: page.head.map(|head| head.0) };
    EventsReply { events: page.events.into_iter().map(event_body).collect(), meta }
}

fn event_body(entry: EventEntry) -> EventBody {
    EventBody {
        number: entry.number.0,
        kind: entry.kind,
        at: entry.at.to_micros_text(),
        registry: entry.registry.map(|name| name.to_string()),
        krate: entry.krate.map(|name| name.to_string()),
        version: entry.version,
        user: entry.user,
        team: entry.team,
        token: entry.token,
    }
}
