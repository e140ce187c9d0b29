//! Readmes: where one is, and the HTML itself.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, ReadmePage};
use cratekeep_http::conditional::not_modified;
use cratekeep_http::{ApiError, InRegistry, Params};
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::download::pointed_to;

/// A readme by itself is a page of strangers: nothing of it may run, send or look like ours.
const POLICY: &str = "default-src 'none'; img-src https: http: data:; sandbox; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// `GET /api/v1/crates/{name}/{version}/readme`: where the readme is, as a redirect or as JSON.
pub(crate) async fn redirect(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (name, num) = (params.get("name"), params.get("version"));
    let found = app.readme(&caller, &registry, name, num).await?.ok_or_else(|| none(name, num))?;
    let (krate, num) = (&found.krate, found.num.to_string().replace('+', "%2B"));
    let url = format!("{}/readmes/{krate}/{krate}-{num}.html", registry.address);
    Ok(pointed_to(url, &headers))
}

/// `GET /readmes/{name}/{name}-{version}.html`: the readme as a fragment of HTML.
pub(crate) async fn get(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (name, file) = (params.get("name"), params.get("file"));
    let num = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('-')?.strip_suffix(".html"));
    let num = num.ok_or_else(|| none(name, file))?;
    let found = app.readme(&caller, &registry, name, num).await?.ok_or_else(|| none(name, num))?;
    let is_known = not_modified(&headers, &found.etag);
    Ok(shown(found, is_known, registry.is_open()))
}

fn shown(found: ReadmePage, is_known: bool, is_open: bool) -> Response {
    let mut response = Response::new(if is_known { Body::empty() } else { Body::from(found.html) });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(&found.etag) {
        headers.insert(ETAG, etag);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    if is_open {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    } else {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        headers.insert(VARY, HeaderValue::from_static("Authorization"));
    }
    response
}

fn none(name: &str, num: &str) -> AppError {
    AppError::NotFound(format!("`{name}` {num} has no readme"))
}
