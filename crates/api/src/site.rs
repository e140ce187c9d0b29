//! `GET /api/v1/site_metadata`: what holds for the whole server, in crates.io's shape.

use axum::extract::State;
use axum::response::Response;
use cratekeep_app::App;
use cratekeep_http::json;
use cratekeep_wire::SiteMetadata;

/// `GET`
pub(crate) async fn get(State(app): State<App>) -> Response {
    let site = app.site();
    json(&SiteMetadata {
        deployed_sha: None,
        commit: None,
        cdn_base: None,
        read_only: site.read_only.is_some(),
        banner_message: site.banner.clone(),
    })
}
