//! `DELETE …/yank` and `PUT …/unyank`

use axum::extract::State;
use axum::response::Response;
use cratekeep_app::App;
use cratekeep_http::{ApiError, InRegistry, Params, json};
use cratekeep_wire::OkReply;

/// Yanks a version.
pub(crate) async fn yank(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    app.yank(&caller, &registry, params.get("name"), params.get("version"), true).await?;
    Ok(json(&OkReply::OK))
}

/// Takes a yank back.
pub(crate) async fn unyank(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    app.yank(&caller, &registry, params.get("name"), params.get("version"), false).await?;
    Ok(json(&OkReply::OK))
}
