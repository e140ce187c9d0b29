//! Downloads by day.

use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, Below, DayCount, VersionOrder};
use cratekeep_http::{ApiError, InRegistry, Params, json};
use cratekeep_types::Timestamp;
use cratekeep_wire::api::{
    CrateDownloadsReply, ExtraDownloadBody, ExtraDownloads, VersionDownloadBody, VersionDownloadsReply,
};
use http::Uri;

use crate::bodies::version_body;
use crate::paging::Query;

/// As many versions have lines of their own.
const OWN_LINES: u32 = 5;

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
    let (lines, others) = app.crate_downloads(&caller, &registry, name).await?;
    let versions = if with_versions {
        let order = VersionOrder::Number(Below::everything());
        let five = app.list_versions(&caller, &registry, name, &order, OWN_LINES).await?;
        Some(five.versions.into_iter().map(|one| version_body(one, &registry)).collect())
    } else {
        None
    };
    let extra_downloads = others
        .into_iter()
        .map(|one| ExtraDownloadBody {
            date: Timestamp::of_day(one.day).to_day_text(),
            downloads: one.downloads,
        })
        .collect();
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
    Ok(json(&VersionDownloadsReply { version_downloads: lines.into_iter().map(body).collect() }))
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
