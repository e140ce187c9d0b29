//! Lists of crates: all of them, those that words find, those of a keyword, of a category, of an owner.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, FoundCrate, Krate, ListFrom, ListOrder, ListWish};
use cratekeep_types::Timestamp;
use http::StatusCode;

use crate::page::{Cache, PageError, render_kept};
use crate::pager::Pager;
use crate::visit::Visit;
use crate::words;

/// What lists may be kept like.
const CACHE: Cache = Cache::AskAgain;
/// Crates of one page.
const ROWS: u32 = 50;
/// Orders with the words for them in addresses, which are those of crates.io.
const ORDERS: [(&str, &str, ListOrder); 5] = [
    ("recent-downloads", "used of late", ListOrder::RecentDownloads),
    ("downloads", "used ever", ListOrder::Downloads),
    ("recent-updates", "updated", ListOrder::Updated),
    ("new", "new", ListOrder::New),
    ("alpha", "by name", ListOrder::Name),
];
const CATEGORY: &str = "category";
const KEYWORD: &str = "keyword";
/// What narrows a search beside words: the parameter, its label and an example.
const CONDITIONS: [(&str, &str, &str); 2] =
    [(CATEGORY, "Category", "encoding"), (KEYWORD, "Keyword", "json")];

/// A crate of a list.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) num: String,
    pub(crate) description: String,
    pub(crate) recent: String,
    pub(crate) updated: String,
    pub(crate) is_yanked: bool,
    pub(crate) is_exact: bool,
}

/// A way to order a list.
pub(crate) struct Sort {
    pub(crate) title: &'static str,
    pub(crate) href: String,
    pub(crate) is_on: bool,
}

/// A page of crates with the ways to order it.
pub(crate) struct List {
    pub(crate) lines: Vec<Line>,
    pub(crate) pager: Pager,
    pub(crate) sorts: Vec<Sort>,
}

/// A condition in the form for searching.
struct Condition {
    name: &'static str,
    label: &'static str,
    example: &'static str,
    value: String,
}

#[derive(Template)]
#[template(path = "list_page.html")]
struct ListPage {
    title: String,
    about: String,
    list: List,
}

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    place: String,
    query: String,
    conditions: Vec<Condition>,
    list: List,
}

/// `GET /crates`
pub(crate) async fn all(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let list = List::read(&app, &visit, &ListWish::default(), Some(ListOrder::RecentDownloads)).await?;
    show(format!("Crates of {}", visit.registry.registry.name), String::new(), list)
}

/// `GET /keywords/{keyword}`
pub(crate) async fn of_keyword(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let keyword = visit.params.get("keyword").to_owned();
    app.show_keyword(&visit.caller, &visit.registry, &keyword).await?;
    let wish = ListWish { keywords: vec![keyword.clone()], ..ListWish::default() };
    let list = List::read(&app, &visit, &wish, Some(ListOrder::RecentDownloads)).await?;
    show(format!("Keyword {keyword}"), String::new(), list)
}

/// `GET /search`
pub(crate) async fn search(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let query = visit.query("q");
    let conditions = CONDITIONS.map(|(name, label, example)| {
        let value = visit.query(name).trim().to_owned();
        Condition { name, label, example, value }
    });
    // Without words there is no best one.
    let order = query.trim().is_empty().then_some(ListOrder::RecentDownloads);
    let list = List::read(&app, &visit, &wish_of(&query, &conditions), order).await?;
    let page = SearchPage { place: visit.place(), query, conditions: conditions.into(), list };
    Ok(render_kept(StatusCode::OK, CACHE, &page))
}

fn wish_of(query: &str, conditions: &[Condition]) -> ListWish {
    let mut wish = ListWish { text: query.to_owned(), ..ListWish::default() };
    for one in conditions.iter().filter(|one| !one.value.is_empty()) {
        match one.name {
            CATEGORY => wish.category = Some(one.value.clone()),
            _ => wish.keywords.push(one.value.clone()),
        }
    }
    wish
}

/// A page that is nothing but a list.
pub(crate) fn show(title: String, about: String, list: List) -> Result<Response, PageError> {
    Ok(render_kept(StatusCode::OK, CACHE, &ListPage { title, about, list }))
}

impl List {
    /// The page of a list that the address asks for. `order` counts where the address names none; `None` is the best
    /// first, which only words give.
    pub(crate) async fn read(
        app: &App,
        visit: &Visit,
        wish: &ListWish,
        order: Option<ListOrder>,
    ) -> Result<Self, AppError> {
        let number = Pager::number_of(visit)?;
        let word = visit.query("sort");
        let chosen = ORDERS.iter().find(|(name, ..)| *name == word).map(|(.., order)| *order);
        let is_best_first = order.is_none() && chosen.is_none();
        let (now, from) = (app.now(), ListFrom::Offset((number - 1) * ROWS));
        let found =
            app.list_crates(&visit.caller, &visit.registry, wish, chosen.or(order), (&from, ROWS)).await?;
        let best = (order.is_none()).then(|| Sort {
            title: "best first",
            href: visit.path_with("sort", "relevance"),
            is_on: is_best_first,
        });
        let sort = |(name, title, one): &(&'static str, &'static str, ListOrder)| Sort {
            title,
            href: visit.path_with("sort", name),
            is_on: !is_best_first && chosen.or(order) == Some(*one),
        };
        let place = visit.place();
        Ok(Self {
            lines: found.crates.into_iter().map(|one| Line::of(one, &place, now)).collect(),
            pager: Pager::of(visit, number, ROWS, found.total),
            sorts: best.into_iter().chain(ORDERS.iter().map(sort)).collect(),
        })
    }
}

impl Line {
    /// A crate of a list in the registry whose paths begin with `place`.
    fn of(found: FoundCrate, place: &str, now: Timestamp) -> Self {
        Self { is_exact: found.is_exact, ..Self::of_krate(&found.krate, place, now) }
    }

    /// As [`Line::of`] for a crate that was not looked for by words.
    pub(crate) fn of_krate(krate: &Krate, place: &str, now: Timestamp) -> Self {
        let row = &krate.row;
        Self {
            href: format!("{place}/crates/{}", row.name),
            name: row.name.to_string(),
            num: row.default_version.as_ref().map(ToString::to_string).unwrap_or_default(),
            description: row.description.clone().unwrap_or_default(),
            recent: words::count(row.recent_downloads),
            updated: words::ago(&row.updated_at, &now),
            is_yanked: row.yanked,
            is_exact: false,
        }
    }
}
