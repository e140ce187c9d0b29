//! Who depends on a crate.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError};
use http::StatusCode;

use super::CACHE;
use super::head::{Head, Whole};
use crate::missing::or_near_names;
use crate::page::{PageError, render_kept};
use crate::pager::Pager;
use crate::visit::Visit;
use crate::words;

/// Crates of one page.
const ROWS: u32 = 50;

struct Line {
    name: String,
    href: String,
    description: String,
    num: String,
    req: String,
    kind: String,
    is_optional: bool,
    downloads: String,
}

#[derive(Template)]
#[template(path = "krate_dependents.html")]
struct DependentsPage {
    head: Head,
    lines: Vec<Line>,
    pager: Pager,
}

/// `GET /crates/{name}/reverse_dependencies`
pub(crate) async fn get(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let page = page(&app, &visit).await;
    or_near_names(&app, &visit, page.map(|page| render_kept(StatusCode::OK, CACHE, &page))).await
}

async fn page(app: &App, visit: &Visit) -> Result<DependentsPage, AppError> {
    let head = Whole::read(app, visit, None, "dependents").await?.head;
    let number = Pager::number_of(visit)?;
    let (rows, total) =
        app.dependents_of(&visit.caller, &visit.registry, &head.name, ((number - 1) * ROWS, ROWS)).await?;
    let lines = rows.into_iter().map(|(row, version)| Line {
        name: version.row.krate.to_string(),
        href: format!("{}/crates/{}", visit.place(), version.row.krate),
        description: version.metadata.description.unwrap_or_default(),
        num: version.row.num.to_string(),
        req: row.req,
        kind: row.kind,
        is_optional: row.optional,
        downloads: words::count(row.downloads),
    });
    Ok(DependentsPage { lines: lines.collect(), pager: Pager::of(visit, number, ROWS, total), head })
}
