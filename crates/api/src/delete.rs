//! `DELETE /api/v1/crates/{name}`: an owner deletes a crate.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use cratekeep_app::App;
use cratekeep_http::{ApiError, InRegistry, Params};
use http::StatusCode;
use serde::Deserialize;

/// What the query may say.
#[derive(Debug, Deserialize)]
pub(crate) struct Why {
    /// Why it is deleted, for those who look for it later.
    message: Option<String>,
}

/// `DELETE`
pub(crate) async fn delete(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
    Query(why): Query<Why>,
) -> Result<Response, ApiError> {
    app.delete_crate(&caller, &registry, params.get("name"), why.message).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
