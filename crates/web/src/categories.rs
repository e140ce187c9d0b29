//! The tree of categories, and the crates of each.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, CategoryOrder, CountedCategory, ListOrder, ListWish, ShownCategory};
use http::StatusCode;

use crate::lists::List;
use crate::page::{Cache, PageError, render_kept};
use crate::pager::Pager;
use crate::visit::Visit;

/// Categories of one page.
const ROWS: u32 = 100;

#[derive(Template)]
#[template(path = "categories.html")]
struct CategoriesPage {
    place: String,
    categories: Vec<CountedCategory>,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "category.html")]
struct CategoryPage {
    place: String,
    shown: ShownCategory,
    list: List,
}

/// `GET /categories`
pub(crate) async fn all(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let number = Pager::number_of(&visit)?;
    let page = ((number - 1) * ROWS, ROWS);
    let (categories, total) =
        app.list_categories(&visit.caller, &visit.registry, CategoryOrder::Slug, page).await?;
    let pager = Pager::of(&visit, number, ROWS, total);
    Ok(render_kept(
        StatusCode::OK,
        Cache::AskAgain,
        &CategoriesPage { place: visit.place(), categories, pager },
    ))
}

/// `GET /categories/{slug}`
pub(crate) async fn one(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let shown = app.show_category(&visit.caller, &visit.registry, visit.params.get("slug")).await?;
    let wish = ListWish { category: Some(shown.own.category.slug.clone()), ..ListWish::default() };
    let list = List::read(&app, &visit, &wish, Some(ListOrder::RecentDownloads)).await?;
    Ok(render_kept(StatusCode::OK, Cache::AskAgain, &CategoryPage { place: visit.place(), shown, list }))
}
