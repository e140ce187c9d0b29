//! What is said of a crate that is not there.

use askama::Template;
use axum::response::Response;
use cratekeep_app::AppError;
use http::StatusCode;

use crate::page::{PageError, render};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "missing.html")]
struct Missing {
    problem: String,
    place: String,
}

/// The page that was made, or one that says what is not there.
pub(crate) fn or_missing(visit: &Visit, made: Result<Response, AppError>) -> Result<Response, PageError> {
    match made {
        Err(AppError::NotFound(problem)) => {
            Ok(render(StatusCode::NOT_FOUND, &Missing { problem, place: visit.place() }))
        }
        made => Ok(made?),
    }
}
