//! What versions depend on, and who depends on a crate.

use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError};
use cratekeep_http::{ApiError, InRegistry, Params, json};
use cratekeep_wire::api::{DependenciesReply, DependencyBody, DependentsReply, TotalMeta};
use http::Uri;

use crate::bodies::version_body;
use crate::paging::Query;

/// A version has fewer dependencies than this, so that each can have a number of its own.
const PLACES: i64 = 10_000;

/// `GET /api/v1/crates/{name}/{version}/dependencies`
pub(crate) async fn list(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let (version, rows) =
        app.dependencies_of(&caller, &registry, params.get("name"), params.get("version")).await?;
    let bodies = rows.into_iter().zip(0..).map(|(row, place)| DependencyBody {
        id: version.0 * PLACES + place,
        version_id: version.0,
        crate_id: row.name.to_string(),
        req: row.req,
        optional: row.optional,
        default_features: row.default_features,
        features: row.features,
        target: row.target,
        kind: row.kind,
        downloads: 0,
    });
    Ok(json(&DependenciesReply { dependencies: bodies.collect() }))
}

/// `GET /api/v1/crates/{name}/reverse_dependencies`
pub(crate) async fn dependents(
    State(app): State<App>,
    params: Params,
    uri: Uri,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let (page, name) = (Query::of(uri.query())?.offset_page()?, params.get("name"));
    let target = app.show_crate(&caller, &registry, name).await?.row.name.to_string();
    let (rows, total) = app.dependents_of(&caller, &registry, name, page).await?;
    let (mut dependencies, mut versions) = (Vec::new(), Vec::new());
    for (row, version) in rows {
        dependencies.push(DependencyBody {
            id: version.row.id.0 * PLACES,
            version_id: version.row.id.0,
            crate_id: target.clone(),
            req: row.req,
            optional: row.optional,
            default_features: row.default_features,
            features: serde_json::from_str(&row.features)
                .map_err(|error| AppError::Internal(format!("a stored list of features is bad: {error}")))?,
            target: row.target,
            kind: row.kind,
            downloads: row.downloads,
        });
        versions.push(version_body(version, &registry));
    }
    Ok(json(&DependentsReply { dependencies, versions, meta: TotalMeta { total } }))
}
