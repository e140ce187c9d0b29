//! Where a token comes from: the page that `cargo login` sends people to.

use askama::Template;
use axum::response::Response;
use cratekeep_http::InRegistry;
use http::StatusCode;

use crate::page::{PageError, SetUp, render};

#[derive(Template)]
#[template(path = "me.html")]
struct Me {
    set_up: SetUp,
}

/// `GET /me`
pub(crate) async fn get(InRegistry { registry, .. }: InRegistry) -> Result<Response, PageError> {
    Ok(render(StatusCode::OK, &Me { set_up: SetUp::of(&registry) }))
}
