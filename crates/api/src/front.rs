//! The short way for the requests that there are most of: files of an open registry that are in memory.
//!
//! It answers what [`crate::index`] and [`crate::download`] would, without routing, extraction and the guards, none of
//! which these requests need. Whatever it does not know at once goes the long way. The second name of a crate file is
//! made the first one here, since routes cannot tell `/crates/{name}/{name}-{version}.crate` from a page of a version.

use std::convert::Infallible;
use std::future::Ready;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use cratekeep_app::App;
use cratekeep_wire::name_of_sparse_path;
use futures::future::Either;
use http::header::{IF_NONE_MATCH, RANGE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use tower::Service;

use crate::{download, index};

/// The router with the short way in front.
#[derive(Clone)]
pub struct Front {
    app: App,
    router: Router,
}

impl Front {
    /// Puts the short way in front of `router`.
    #[must_use]
    pub fn new(app: App, router: Router) -> Self {
        Self { app, router }
    }

    fn at_hand(&self, request: &Request<Body>) -> Option<Response> {
        if request.method() != Method::GET {
            return None;
        }
        let path = request.uri().path();
        let mut response = match path.strip_prefix("/index/") {
            Some(file) => self.index_at_hand(file, request.headers())?,
            None => self.download_at_hand(path, request.headers())?,
        };
        response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Some(response)
    }

    fn index_at_hand(&self, file: &str, asked: &HeaderMap) -> Option<Response> {
        let registry = self.app.default_registry();
        if file == "config.json" && registry.is_open() {
            return Some(index::config_json(&registry, registry.config_json.clone()));
        }
        let file = self.app.index_file_at_hand(&registry, name_of_sparse_path(file)?)??;
        Some(index::render(&registry, &file, asked))
    }

    /// `/crates/{name}/{version}/download`, asked for plainly and whole, in a spelling without escapes.
    fn download_at_hand(&self, path: &str, asked: &HeaderMap) -> Option<Response> {
        let (name, num) = path.strip_prefix("/crates/")?.strip_suffix("/download")?.split_once('/')?;
        if num.contains(['/', '%']) || asked.contains_key(RANGE) || asked.contains_key(IF_NONE_MATCH) {
            return None;
        }
        let registry = self.app.default_registry();
        let (found, bytes) = self.app.download_at_hand(&registry, name, num)?;
        Some(download::send_at_hand(&self.app, &registry, &found, bytes))
    }
}

type LongWay = <Router as Service<Request<Body>>>::Future;

impl Service<Request<Body>> for Front {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response, Infallible>>, LongWay>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        <Router as Service<Request<Body>>>::poll_ready(&mut self.router, context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if let Some(uri) = first_name(request.uri()) {
            *request.uri_mut() = uri;
        }
        match self.at_hand(&request) {
            Some(response) => Either::Left(std::future::ready(Ok(response))),
            None => Either::Right(self.router.call(request)),
        }
    }
}

/// `…/crates/{name}/{version}/download` for `…/crates/{name}/{name}-{version}.crate`, both in the caller's spelling.
fn first_name(uri: &Uri) -> Option<Uri> {
    let (folder, file) = uri.path().strip_suffix(".crate")?.rsplit_once('/')?;
    let (registry, name) = folder.rsplit_once("/crates/")?;
    let num = file.strip_prefix(name)?.strip_prefix('-')?;
    let is_registry = registry.is_empty() || registry.strip_prefix("/r/").is_some_and(|it| !it.contains('/'));
    if !is_registry || name.is_empty() || num.is_empty() {
        return None;
    }
    format!("{folder}/{num}/download").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(path: &str) -> Option<String> {
        first_name(&path.parse().expect("a path")).map(|uri| uri.to_string())
    }

    #[test]
    fn the_second_name_of_a_file_becomes_the_first() {
        let plain = renamed("/crates/serde/serde-1.0.0.crate");
        assert_eq!(plain.as_deref(), Some("/crates/serde/1.0.0/download"));
        let long = renamed("/r/side/crates/a-b/a-b-1.0.0-rc.1%2Blinux.crate");
        assert_eq!(long.as_deref(), Some("/r/side/crates/a-b/1.0.0-rc.1%2Blinux/download"));
    }

    #[test]
    fn other_paths_stay() {
        for path in [
            "/crates/serde/1.0.0",
            "/crates/serde/other-1.0.0.crate",
            "/crates/serde/serde-.crate",
            "/crates/serde/serde-1.0.0.zip",
            "/crates/serde.crate",
            "/api/v1/crates/serde/serde-1.0.0.crate",
            "/index/se/rd/serde-1.0.0.crate",
            "/crates//-1.0.0.crate",
        ] {
            assert_eq!(renamed(path), None, "{path}");
        }
    }
}
