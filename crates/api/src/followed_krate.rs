//! `…/follow`, and what is new in followed crates.

use axum::extract::State;
use axum::response::Response;
use cratekeep_app::App;
use cratekeep_http::{ApiError, InRegistry, Params, json};
use cratekeep_wire::OkReply;
use cratekeep_wire::api::{FollowingReply, UpdatesMeta, UpdatesReply};
use http::Uri;

use crate::bodies::version_body;
use crate::paging::Query;

/// `PUT …/follow`
pub(crate) async fn follow(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    app.set_followed(&caller, &registry, params.get("name"), true).await?;
    Ok(json(&OkReply::OK))
}

/// `DELETE …/follow`
pub(crate) async fn unfollow(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    app.set_followed(&caller, &registry, params.get("name"), false).await?;
    Ok(json(&OkReply::OK))
}

/// `GET …/following`
pub(crate) async fn is_followed(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let following = app.is_followed(&caller, &registry, params.get("name")).await?;
    Ok(json(&FollowingReply { following }))
}

/// `GET /api/v1/me/updates`
pub(crate) async fn updates(
    State(app): State<App>,
    uri: Uri,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let page = Query::of(uri.query())?.offset_page()?;
    let (versions, more) = app.followed_updates(&caller, &registry, page).await?;
    let versions = versions.into_iter().map(|one| version_body(one, &registry)).collect();
    Ok(json(&UpdatesReply { versions, meta: UpdatesMeta { more } }))
}
