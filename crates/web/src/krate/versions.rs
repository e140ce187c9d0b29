//! Every version of a crate in one table.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, Below, Version, VersionOrder};
use cratekeep_types::{Timestamp, VersionId, VersionNum};
use http::StatusCode;

use super::CACHE;
use super::head::{Head, Whole, Yank, yank_of};
use crate::missing::or_near_names;
use crate::page::{PageError, render_kept};
use crate::visit::Visit;
use crate::words;

/// Most versions of one page.
const ROWS_MAX: u32 = 500;

struct Line {
    num: String,
    href: String,
    age: String,
    day: String,
    rust: String,
    size: String,
    downloads: String,
    by: String,
    yank: Option<Yank>,
    is_prerelease: bool,
}

#[derive(Template)]
#[template(path = "krate_versions.html")]
struct VersionsPage {
    head: Head,
    lines: Vec<Line>,
    total: u64,
    next: Option<String>,
}

/// `GET /crates/{name}/versions`
pub(crate) async fn get(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let page = page(&app, &visit).await;
    or_near_names(&app, &visit, page.map(|page| render_kept(StatusCode::OK, CACHE, &page))).await
}

async fn page(app: &App, visit: &Visit) -> Result<VersionsPage, AppError> {
    let head = Whole::read(app, visit, None, "versions").await?.head;
    let below = match visit.query("below") {
        text if text.is_empty() => Below::everything(),
        text => {
            let num: VersionNum =
                text.parse().map_err(|_| AppError::invalid(format!("`{text}` is no version")))?;
            Below { order: num.order_text(), id: VersionId(0) }
        }
    };
    let order = VersionOrder::Number(below);
    let page = app.list_versions(&visit.caller, &visit.registry, &head.name, &order, ROWS_MAX + 1).await?;
    let now = app.now();
    let has_more = page.versions.len() > ROWS_MAX as usize;
    let lines: Vec<_> =
        page.versions.iter().take(ROWS_MAX as usize).map(|version| line(&head.path, version, now)).collect();
    let next =
        lines.last().filter(|_| has_more).map(|last| format!("{}/versions?below={}", head.path, last.num));
    Ok(VersionsPage { head, lines, total: page.total, next })
}

fn line(path: &str, version: &Version, now: Timestamp) -> Line {
    let row = &version.row;
    Line {
        num: row.num.to_string(),
        href: format!("{path}/{}", row.num),
        age: words::ago(&row.published_at, &now),
        day: words::day(&row.published_at),
        rust: version.metadata.rust_version.clone().unwrap_or_default(),
        size: words::size(row.size),
        downloads: words::count(row.downloads),
        by: match (&row.built_by, &row.published_by) {
            (Some(build), _) => build.clone(),
            (None, Some(person)) => person.name.to_string(),
            (None, None) => String::new(),
        },
        yank: row.yanked.then(|| yank_of(version)),
        is_prerelease: row.num.is_prerelease(),
    }
}
