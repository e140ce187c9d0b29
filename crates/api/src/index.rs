//! The sparse index: `config.json` and one file for each crate.

use axum::body::Body;
use axum::extract::{OriginalUri, State};
use axum::response::Response;
use bytes::Bytes;
use cratekeep_app::{App, AppError, IndexFile, RegistryView};
use cratekeep_http::conditional::{accepts_gzip, not_modified};
use cratekeep_http::{ApiError, InRegistry};
use cratekeep_wire::name_of_sparse_path;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};

/// `GET /index/…`
pub(crate) async fn get(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    InRegistry { registry, caller }: InRegistry,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    // The path as it was sent: an escaped spelling of a file's path is not that file.
    let path = uri.path();
    let file = path.split_once("/index/").map_or("", |(_, file)| file);
    if path.starts_with("/r/") && registry.registry.is_default {
        let text = format!("the index of `{}` is {}", registry.registry.name, registry.index_url());
        return Err(AppError::NotFound(text).into());
    }
    if file == "config.json" {
        let body = app.index_config(&caller, &registry)?;
        return Ok(config_json(&registry, body));
    }
    let name = name_of_sparse_path(file).ok_or_else(|| AppError::no_crate(file))?;
    let file = app.index_file(&caller, &registry, name).await?;
    Ok(render(&registry, &file, &headers))
}

/// `config.json` never has a validator: cargo takes a 304 for an error.
pub(crate) fn config_json(registry: &RegistryView, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    cache_headers(registry, headers);
    response
}

/// The file in the form the client takes, or the word that it has it.
pub(crate) fn render(registry: &RegistryView, file: &IndexFile, asked: &HeaderMap) -> Response {
    let mut response = if not_modified(asked, &file.etag) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        let gzip = if accepts_gzip(asked) { file.gzip() } else { None };
        let mut response = Response::new(Body::from(gzip.unwrap_or(&file.identity).clone()));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if gzip.is_some() {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        response
    };
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(&file.etag) {
        headers.insert(ETAG, etag);
    }
    cache_headers(registry, headers);
    response
}

fn cache_headers(registry: &RegistryView, headers: &mut HeaderMap) {
    let (cache, vary) = if registry.is_open() {
        ("public, no-cache", "Accept-Encoding")
    } else {
        ("private, no-store", "Accept-Encoding, Authorization")
    };
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(VARY, HeaderValue::from_static(vary));
}
