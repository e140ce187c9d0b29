//! The front page: what this is, and the lines that make cargo use it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::App;
use http::StatusCode;

use crate::page::{PageError, SetUp, render};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "front.html")]
struct Front {
    set_up: SetUp,
    others: Vec<(String, String)>,
}

/// `GET /` and `GET /r/{registry}`
pub(crate) async fn get(
    State(app): State<App>,
    Visit { registry, .. }: Visit,
) -> Result<Response, PageError> {
    let others = app
        .all_registries()
        .iter()
        .filter(|other| other.registry.id != registry.registry.id)
        .map(|other| (other.registry.name.to_string(), other.address.clone()))
        .collect();
    Ok(render(StatusCode::OK, &Front { set_up: SetUp::of(&registry), others }))
}
