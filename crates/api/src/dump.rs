//! `GET /db-dump.tar.gz`: the data of a registry in one file.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::App;
use cratekeep_http::conditional::not_modified;
use cratekeep_http::{ApiError, InRegistry};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, LAST_MODIFIED};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

/// The whole dump, or the word that the client has it.
pub(crate) async fn get(
    State(app): State<App>,
    method: Method,
    InRegistry { registry, caller }: InRegistry,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let dump = app.dump(&caller, &registry).await?;
    let etag = format!("\"{}\"", dump.checksum);
    let is_known = not_modified(&headers, &etag);
    let is_bare = is_known || method == Method::HEAD;
    let mut response = Response::new(match is_bare {
        true => Body::empty(),
        false => Body::from_stream(app.dump_body(&dump)),
    });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    for (name, value) in [(ETAG, etag), (LAST_MODIFIED, dump.made_at().to_http_text())] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/gzip"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    if !is_known {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(dump.size));
    }
    Ok(response)
}
