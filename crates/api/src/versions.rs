//! Versions of a crate: listed, and one by one.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, Below, Caller, RegistryView, Version, VersionOrder};
use cratekeep_http::{ApiError, InRegistry, Params, json};
use cratekeep_types::{VersionId, VersionNum};
use cratekeep_wire::api::{AuthorsReply, TrackBody, VersionReply, VersionsMeta, VersionsReply};
use http::Uri;

use crate::bodies::version_body;
use crate::paging::{Query, seek_text};

/// Most numbers that `nums[]` may name.
const NUMS_MAX: usize = 1_000;

/// `GET /api/v1/crates/{name}/versions`
pub(crate) async fn list(
    State(app): State<App>,
    params: Params,
    uri: Uri,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let (query, name) = (Query::of(uri.query())?, params.get("name"));
    let with_tracks = includes_tracks(query.get("include"))?;
    let nums = query.all("nums[]");
    if nums.len() > NUMS_MAX {
        return Err(AppError::invalid(format!("`nums[]` names at most {NUMS_MAX} versions")).into());
    }
    let (versions, total, next_page) = if nums.is_empty() {
        page(&app, &caller, &registry, name, &query).await?
    } else {
        let found = app.find_versions(&caller, &registry, name, &nums).await?;
        let total = found.len() as u64;
        (found, total, None)
    };
    let release_tracks = match with_tracks {
        true => Some(release_tracks(&app.releases_of(&caller, &registry, name).await?)),
        false => None,
    };
    let versions = versions.into_iter().map(|one| version_body(one, &registry)).collect();
    Ok(json(&VersionsReply { versions, meta: VersionsMeta { total, next_page, release_tracks } }))
}

/// A page in the order that was asked for, how many versions there are, and the way to the next page.
async fn page(
    app: &App,
    caller: &Caller,
    registry: &RegistryView,
    name: &str,
    query: &Query<'_>,
) -> Result<(Vec<Version>, u64, Option<String>), AppError> {
    let per_page = query.get("per_page").map(|_| query.per_page()).transpose()?;
    let order = order(query)?;
    let page = app.list_versions(caller, registry, name, &order, per_page.unwrap_or(u32::MAX)).await?;
    let is_full = per_page.is_some_and(|most| page.versions.len() == most as usize);
    let last = page.versions.last().filter(|_| is_full);
    let next_page = last.map(|last| query.with("seek", &place_text(&order, last)));
    Ok((page.versions, page.total, next_page))
}

/// `GET /api/v1/crates/{name}/{version}`
pub(crate) async fn get(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let version = app.show_version(&caller, &registry, params.get("name"), params.get("version")).await?;
    Ok(json(&VersionReply { version: version_body(version, &registry) }))
}

/// `GET /api/v1/crates/{name}/{version}/authors`: nobody, since manifests stopped being asked.
pub(crate) async fn authors(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let _there = app.show_version(&caller, &registry, params.get("name"), params.get("version")).await?;
    Ok(json(&AuthorsReply::default()))
}

fn includes_tracks(include: Option<&str>) -> Result<bool, AppError> {
    match include.unwrap_or_default() {
        "" => Ok(false),
        "release_tracks" => Ok(true),
        _ => Err(AppError::invalid("invalid component for ?include= (expected 'release_tracks')")),
    }
}

fn order(query: &Query<'_>) -> Result<VersionOrder, AppError> {
    Ok(match query.get("sort") {
        Some("date") => VersionOrder::Publish(VersionId(query.seek()?.unwrap_or(i64::MAX))),
        _ => {
            let place: Option<(String, i64)> = query.seek()?;
            let below = place.map(|(order, id)| Below { order, id: VersionId(id) });
            VersionOrder::Number(below.unwrap_or_else(Below::everything))
        }
    })
}

fn place_text(order: &VersionOrder, last: &Version) -> String {
    match order {
        VersionOrder::Publish(_) => seek_text(&last.row.id.0),
        VersionOrder::Number(_) => seek_text(&(last.row.num.order_text(), last.row.id.0)),
    }
}

/// The highest release of each track, given a crate's releases, the highest first.
fn release_tracks(releases: &[VersionNum]) -> BTreeMap<String, TrackBody> {
    let mut tracks = BTreeMap::new();
    for release in releases {
        let num = release.semver();
        let track = if num.major > 0 { num.major.to_string() } else { format!("0.{}", num.minor) };
        tracks.entry(track).or_insert(TrackBody { highest: release.to_string() });
    }
    tracks
}
