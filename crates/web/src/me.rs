//! Where a token comes from: the page that `cargo login` sends people to.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use crate::page::{PageError, SetUp, render};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "me.html")]
struct Me {
    set_up: SetUp,
}

/// `GET /me`
pub(crate) async fn get(Visit { registry, .. }: Visit) -> Result<Response, PageError> {
    Ok(render(StatusCode::OK, &Me { set_up: SetUp::of(&registry) }))
}
