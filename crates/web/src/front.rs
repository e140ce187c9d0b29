//! The front page: how to make cargo use this registry, and what is new and used in it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, Krate};
use http::StatusCode;

use crate::lists::Line;
use crate::page::{Cache, PageError, SetUp, render_kept};
use crate::visit::Visit;

/// Crates of each of the short lists.
const SHORT: usize = 8;

struct Short {
    title: &'static str,
    href: String,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "front.html")]
struct Front {
    set_up: SetUp,
    place: String,
    others: Vec<(String, String)>,
    /// Empty where nothing is published, or nothing that the reader may see.
    lists: Vec<Short>,
    total: u64,
}

/// `GET /` and `GET /r/{registry}`
pub(crate) async fn get(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let others = app
        .all_registries()
        .iter()
        .filter(|other| other.registry.id != visit.registry.registry.id)
        .map(|other| (other.registry.name.to_string(), other.address.clone()))
        .collect();
    let (lists, total) = match short_lists(&app, &visit).await {
        // Who may not read it still learns how to begin.
        Err(AppError::Unauthenticated(_) | AppError::Denied(_)) => (Vec::new(), 0),
        lists => lists?,
    };
    let page = Front { set_up: SetUp::of(&visit.registry), place: visit.place(), others, lists, total };
    Ok(render_kept(StatusCode::OK, Cache::AskAgain, &page))
}

async fn short_lists(app: &App, visit: &Visit) -> Result<(Vec<Short>, u64), AppError> {
    let summary = app.summary(&visit.caller, &visit.registry).await?;
    let (place, now) = (visit.place(), app.now());
    let short = |title, sort: &str, crates: &[Krate]| Short {
        title,
        href: format!("{place}/crates?sort={sort}"),
        lines: crates.iter().take(SHORT).map(|krate| Line::of_krate(krate, &place, now)).collect(),
    };
    let lists = vec![
        short("Used of late", "recent-downloads", &summary.most_recently_downloaded),
        short("Just updated", "recent-updates", &summary.just_updated),
        short("New", "new", &summary.new),
    ];
    Ok((lists.into_iter().filter(|list| !list.lines.is_empty()).collect(), summary.crates))
}
