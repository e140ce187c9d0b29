//! Crate files.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use cratekeep_app::{App, Caller, Download, DownloadBody, RegistryView};
use cratekeep_http::conditional::{Ranged, not_modified, ranged};
use cratekeep_http::{ApiError, InRegistry, Params, json};
use cratekeep_wire::DownloadReply;
use http::header::{
    ACCEPT, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, LOCATION, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

/// `GET /crates/{name}/{version}/download`: the file itself, where `dl` of `config.json` points to. The file's other
/// name, `/crates/{name}/{name}-{version}.crate`, comes here too.
pub(crate) async fn get(
    State(app): State<App>,
    method: Method,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    send(&app, &method, &caller, &registry, (params.get("name"), params.get("version")), &headers).await
}

/// `GET /api/v1/crates/{name}/{version}/download`: where the file is, as a redirect or as JSON.
pub(crate) async fn redirect(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let found = app.find_download(&caller, &registry, params.get("name"), params.get("version")).await?;
    let url = format!("{}/crates/{}/download", registry.address, found.path());
    Ok(pointed_to(url, &headers))
}

/// Whether a request asks for JSON instead of a redirect.
fn wants_json(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().any(|value| value.to_str().is_ok_and(|text| text.contains("json")))
}

/// Where something is: JSON for who asks for that, a redirect for everybody else.
pub(crate) fn pointed_to(url: String, asked: &HeaderMap) -> Response {
    let mut response = if wants_json(asked) {
        json(&DownloadReply { url })
    } else {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::FOUND;
        if let Ok(location) = HeaderValue::from_str(&url) {
            response.headers_mut().insert(LOCATION, location);
        }
        response
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("Accept"));
    response
}

/// The whole file from memory, counted.
pub(crate) fn send_at_hand(
    app: &App,
    registry: &RegistryView,
    download: &Download,
    bytes: Bytes,
) -> Response {
    app.count_download(download);
    let etag = format!("\"{}\"", download.checksum());
    let mut response = finish(registry, download, &etag, StatusCode::OK, Body::from(bytes));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(download.size()));
    response
}

/// The file, whole or in part, or the word that the client has it.
async fn send(
    app: &App,
    method: &Method,
    caller: &Caller,
    registry: &RegistryView,
    (name, num): (&str, &str),
    asked: &HeaderMap,
) -> Result<Response, ApiError> {
    let download = app.find_download(caller, registry, name, num).await?;
    let etag = format!("\"{}\"", download.checksum());
    if not_modified(asked, &etag) {
        return Ok(finish(registry, &download, &etag, StatusCode::NOT_MODIFIED, Body::empty()));
    }
    let range = match ranged(asked, download.size()) {
        Ranged::Whole => None,
        Ranged::Part(range) => Some(range),
        Ranged::Unsatisfiable => {
            let mut response =
                finish(registry, &download, &etag, StatusCode::RANGE_NOT_SATISFIABLE, Body::empty());
            set(&mut response, CONTENT_RANGE, &format!("bytes */{}", download.size()));
            return Ok(response);
        }
    };
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let length = range.as_ref().map_or(download.size(), |range| range.end - range.start);
    let body = if method == Method::HEAD {
        Body::empty()
    } else {
        match app.download_body(&download, range.clone()).await? {
            DownloadBody::Bytes(bytes) => Body::from(bytes),
            DownloadBody::Stream(stream) => Body::from_stream(stream),
        }
    };
    if range.is_none() && method == Method::GET {
        app.count_download(&download);
    }
    let mut response = finish(registry, &download, &etag, status, body);
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    if let Some(range) = range {
        set(
            &mut response,
            CONTENT_RANGE,
            &format!("bytes {}-{}/{}", range.start, range.end - 1, download.size()),
        );
    }
    Ok(response)
}

fn finish(
    registry: &RegistryView,
    download: &Download,
    etag: &str,
    status: StatusCode,
    body: Body,
) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    set(&mut response, ETAG, etag);
    if status != StatusCode::NOT_MODIFIED {
        set(
            &mut response,
            CONTENT_DISPOSITION,
            &format!("attachment; filename=\"{}\"", download.file_name()),
        );
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/gzip"));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if registry.is_open() {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    } else {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
        headers.insert(VARY, HeaderValue::from_static("Authorization"));
    }
    response
}

fn set(response: &mut Response, name: http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
