//! What pages load: the one stylesheet, the scripts, the mark. All of it is part of the program.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

const STYLE: &str = include_str!("../assets/cratekeep.css");
const SCRIPT: &str = include_str!("../assets/cratekeep.js");
const PASSKEYS: &str = include_str!("../assets/passkeys.js");
const MARK: &str = include_str!("../assets/mark.svg");

/// `GET /assets/cratekeep.css`
pub(crate) async fn style() -> Response {
    asset("text/css; charset=utf-8", STYLE)
}

/// `GET /assets/cratekeep.js`
pub(crate) async fn script() -> Response {
    asset("text/javascript; charset=utf-8", SCRIPT)
}

/// `GET /assets/passkeys.js`
pub(crate) async fn passkeys() -> Response {
    asset("text/javascript; charset=utf-8", PASSKEYS)
}

/// `GET /assets/mark.svg`
pub(crate) async fn mark() -> Response {
    asset("image/svg+xml", MARK)
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=300")], text).into_response()
}
