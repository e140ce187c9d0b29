//! What is said of a crate that is not there: names that are near.

use askama::Template;
use axum::response::Response;
use cratekeep_app::{App, AppError, FoundCrate, ListFrom, ListWish};
use http::StatusCode;

use crate::page::{PageError, render};
use crate::visit::Visit;

/// Most names that are offered.
const NAMES_MAX: u32 = 6;

#[derive(Template)]
#[template(path = "missing.html")]
struct Missing {
    problem: String,
    place: String,
    near: Vec<String>,
}

/// The page that was made, or one with names that are near when there is no such crate.
pub(crate) async fn or_near_names(
    app: &App,
    visit: &Visit,
    made: Result<Response, AppError>,
) -> Result<Response, PageError> {
    let problem = match made {
        Err(AppError::NotFound(problem)) => problem,
        made => return Ok(made?),
    };
    let near = near_names(app, visit, visit.params.get("name")).await;
    let page = Missing { problem, place: visit.place(), near };
    Ok(render(StatusCode::NOT_FOUND, &page))
}

/// Names of crates that the caller may see and that a search for the name finds; none when it is no good query.
async fn near_names(app: &App, visit: &Visit, name: &str) -> Vec<String> {
    let wish = ListWish { text: name.to_owned(), ..ListWish::default() };
    let page = (&ListFrom::Offset(0), NAMES_MAX);
    let found = app.list_crates(&visit.caller, &visit.registry, &wish, None, page).await;
    let name = |one: FoundCrate| one.krate.row.name.to_string();
    found.map(|found| found.crates.into_iter().map(name).collect()).unwrap_or_default()
}
