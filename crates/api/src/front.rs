//! The short way for the one request that there are most of: a file of an open index that is in memory.
//!
//! It answers what [`crate::index`] would, without routing, extraction and the guards, none of which this request
//! needs. Whatever it does not know at once goes the long way.

use std::convert::Infallible;
use std::future::Ready;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use cratekeep_app::App;
use cratekeep_wire::name_of_sparse_path;
use futures::future::Either;
use http::header::X_CONTENT_TYPE_OPTIONS;
use http::{HeaderValue, Method, Request};
use tower::Service;

use crate::index;

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
        let path = request.uri().path().strip_prefix("/index/")?;
        let registry = self.app.default_registry();
        let name = name_of_sparse_path(path)?;
        let file = self.app.index_file_at_hand(&registry, name)??;
        let mut response = index::render(&registry, &file, request.headers());
        response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        Some(response)
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

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self.at_hand(&request) {
            Some(response) => Either::Left(std::future::ready(Ok(response))),
            None => Either::Right(self.router.call(request)),
        }
    }
}
