//! Every keyword of a registry.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, Keyword, KeywordOrder};
use http::StatusCode;

use crate::page::{Cache, PageError, render_kept};
use crate::pager::Pager;
use crate::visit::Visit;

/// Keywords of one page.
const ROWS: u32 = 100;

#[derive(Template)]
#[template(path = "keywords.html")]
struct KeywordsPage {
    place: String,
    keywords: Vec<Keyword>,
    pager: Pager,
}

/// `GET /keywords`
pub(crate) async fn get(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let number = Pager::number_of(&visit)?;
    let page = ((number - 1) * ROWS, ROWS);
    let found = app.list_keywords(&visit.caller, &visit.registry, KeywordOrder::Crates, page).await?;
    let pager = Pager::of(&visit, number, ROWS, found.total);
    let page = KeywordsPage { place: visit.place(), keywords: found.keywords, pager };
    Ok(render_kept(StatusCode::OK, Cache::AskAgain, &page))
}
