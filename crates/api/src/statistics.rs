//! Downloads by day: as JSON, or with `format=csv` as lines for a table.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, Below, DayCount, ExtraCount, VersionOrder};
use cratekeep_http::{ApiError, InRegistry, Params, json};
use cratekeep_types::Timestamp;
use cratekeep_wire::api::{
    CrateDownloadsReply, ExtraDownloadBody, ExtraDownloads, RegistryDownloadsReply, VersionDownloadBody,
    VersionDownloadsReply,
};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Uri};

use crate::bodies::version_body;
use crate::paging::Query;

/// As many versions have lines of their own.
const OWN_LINES: u32 = 5;

/// The first line of a table by day and version.
const BY_VERSION: &str = "date,version,downloads";

/// `GET /api/v1/crates/{name}/downloads`
pub(crate) async fn of_crate(
    State(app): State<App>,
    params: Params,
    uri: Uri,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let (name, query) = (params.get("name"), Query::of(uri.query())?);
    let with_versions = match query.get("include").unwrap_or_default() {
        "" => false,
        "versions" => true,
        _ => {
            let text = "invalid component for ?include= (expected 'versions')";
            return Err(AppError::invalid(text).into());
        }
    };
    let last_day = query.get("before_date").map(day).transpose()?;
    if wants_csv(&query)? {
        let rows = app.downloads_by_version(&caller, &registry, name, last_day).await?;
        return Ok(csv(
            BY_VERSION,
            rows.into_iter().map(|(num, one)| (one.day, Some(num.to_string()), one.downloads)),
        ));
    }
    let (lines, others) = app.crate_downloads(&caller, &registry, name, last_day).await?;
    let versions = if with_versions {
        let order = VersionOrder::Number(Below::everything());
        let five = app.list_versions(&caller, &registry, name, &order, OWN_LINES).await?;
        Some(five.versions.into_iter().map(|one| version_body(one, &registry)).collect())
    } else {
        None
    };
    let extra_downloads = others.into_iter().map(extra_body).collect();
    Ok(json(&CrateDownloadsReply {
        version_downloads: lines.into_iter().map(body).collect(),
        versions,
        meta: ExtraDownloads { extra_downloads },
    }))
}

/// `GET /api/v1/crates/{name}/{version}/downloads`
pub(crate) async fn of_version(
    State(app): State<App>,
    params: Params,
    uri: Uri,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let query = Query::of(uri.query())?;
    let last_day = query.get("before_date").map(day).transpose()?;
    let (name, num) = (params.get("name"), params.get("version"));
    let lines = app.version_downloads(&caller, &registry, name, num, last_day).await?;
    if wants_csv(&query)? {
        return Ok(csv(
            BY_VERSION,
            lines.into_iter().map(|one| (one.day, Some(num.to_owned()), one.downloads)),
        ));
    }
    Ok(json(&VersionDownloadsReply { version_downloads: lines.into_iter().map(body).collect() }))
}

/// `GET /api/v1/downloads`: those of the whole registry, our own addition.
pub(crate) async fn of_registry(
    State(app): State<App>,
    uri: Uri,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let query = Query::of(uri.query())?;
    let last_day = query.get("before_date").map(day).transpose()?;
    let days = app.registry_downloads(&caller, &registry, last_day).await?;
    if wants_csv(&query)? {
        return Ok(csv("date,downloads", days.into_iter().map(|one| (one.day, None, one.downloads))));
    }
    Ok(json(&RegistryDownloadsReply { downloads: days.into_iter().map(extra_body).collect() }))
}

/// Whether lines for a table are asked for.
fn wants_csv(query: &Query<'_>) -> Result<bool, AppError> {
    match query.get("format") {
        None | Some("json") => Ok(false),
        Some("csv") => Ok(true),
        Some(other) => {
            Err(AppError::invalid(format!("`format={other}` is unknown; there are `json` and `csv`")))
        }
    }
}

/// A line for each day, and version where there are versions. None of the values has a comma or quote in it.
fn csv(head: &str, rows: impl Iterator<Item = (i32, Option<String>, u64)>) -> Response {
    let mut text = format!("{head}\n");
    for (day, version, downloads) in rows {
        let (day, version) = (Timestamp::of_day(day).to_day_text(), version.map(|num| num + ","));
        text.push_str(&format!("{day},{}{downloads}\n", version.unwrap_or_default()));
    }
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn extra_body(count: ExtraCount) -> ExtraDownloadBody {
    ExtraDownloadBody { date: Timestamp::of_day(count.day).to_day_text(), downloads: count.downloads }
}

fn day(text: &str) -> Result<i32, AppError> {
    let midnight: Timestamp = format!("{text}T00:00:00Z").parse().map_err(|_| {
        AppError::invalid(format!(
            "Failed to deserialize query string: before_date: `{text}` is no day; write YYYY-MM-DD"
        ))
    })?;
    Ok(midnight.day())
}

fn body(count: DayCount) -> VersionDownloadBody {
    VersionDownloadBody {
        version: count.version.0,
        downloads: count.downloads,
        date: Timestamp::of_day(count.day).to_day_text(),
    }
}
