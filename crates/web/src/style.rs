//! The one stylesheet.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

const STYLE: &str = include_str!("../assets/cratekeep.css");

/// `GET /assets/cratekeep.css`
pub(crate) async fn get() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=300")], STYLE)
        .into_response()
}
