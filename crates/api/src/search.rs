//! `GET /api/v1/crates`: lists of crates, and search. `GET /api/v1/suggestions`: names while somebody types.

use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, Found, FoundCrate, ListFrom, ListOrder, ListPlace, ListWish};
use cratekeep_http::{ApiError, InRegistry, json};
use cratekeep_types::{CrateId, TeamId, UserId};
use cratekeep_wire::api::{CrateBody, CratesReply, PageMeta, SuggestionBody, SuggestionsReply};
use http::Uri;
use serde::{Deserialize, Serialize};

use crate::bodies::{Parts, crate_body};
use crate::paging::{PageOf, Query, seek_text};

/// What stands in a `seek`: the number or name that the list is ordered by, with the row; or how many were shown.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Seek {
    Number(i64, i64),
    Name(String),
    Shown(u32),
}

/// Crates in some order, narrowed by some conditions, or found by words.
pub(crate) async fn get(
    State(app): State<App>,
    uri: Uri,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let query = Query::of(uri.query())?;
    let wish = wish(&query)?;
    let order = order(&query, &wish);
    let page = query.page_or_seek::<Seek>()?;
    let limit = query.per_page()?;
    let from = match &page {
        PageOf::Number(number) => ListFrom::Offset((number - 1) * limit),
        PageOf::Seek(place) => from(place.as_ref()),
    };
    let found = app.list_crates(&caller, &registry, &wish, order, (&from, limit)).await?;
    let meta = meta(&query, &page, &found, limit);
    Ok(json(&CratesReply { crates: found.crates.iter().map(body).collect(), meta }))
}

/// Suggestions of a list when the client does not say how many.
const SUGGESTIONS: u32 = 8;

/// Names that somebody may mean who has typed `q`: `{"suggestions":[{"name":"serde","description":"…"}]}`, those that
/// begin so first, then those near it, the most used first. `per_page` says how many, eight unless said otherwise and
/// never more than twenty.
pub(crate) async fn suggest(
    State(app): State<App>,
    uri: Uri,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let query = Query::of(uri.query())?;
    let limit = if query.get("per_page").is_some() { query.per_page()? } else { SUGGESTIONS };
    let found = app.suggest(&caller, &registry, query.get("q").unwrap_or_default(), limit).await?;
    let suggestions = found
        .into_iter()
        .map(|one| SuggestionBody { name: one.name, description: one.description })
        .collect();
    Ok(json(&SuggestionsReply { suggestions }))
}

fn wish(query: &Query<'_>) -> Result<ListWish, AppError> {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut keywords = query.get("all_keywords").map(words).unwrap_or_default();
    keywords.extend(query.get("keyword").map(str::to_owned));
    let prefix = query.get("letter").map(str::to_owned);
    if prefix.as_deref() == Some("") {
        return Err(AppError::invalid("letter value must contain 1 character"));
    }
    let names = query.all("ids[]");
    Ok(ListWish {
        text: query.get("q").unwrap_or_default().to_owned(),
        keywords,
        category: query.get("category").map(str::to_owned),
        prefix,
        owner: query.id("user_id")?.map(UserId),
        team: query.id("team_id")?.map(TeamId),
        names: (!names.is_empty()).then(|| names.into_iter().map(str::to_owned).collect()),
        live_only: query.get("include_yanked").is_some_and(|value| value != "yes"),
    })
}

/// `None` is by relevance: what words are asked for unless something else is, and nothing without words.
fn order(query: &Query<'_>, wish: &ListWish) -> Option<ListOrder> {
    match query.get("sort") {
        Some("downloads") => Some(ListOrder::Downloads),
        Some("recent-downloads") => Some(ListOrder::RecentDownloads),
        Some("recent-updates") => Some(ListOrder::Updated),
        Some("new") => Some(ListOrder::New),
        Some("relevance") | None if !wish.text.trim().is_empty() => None,
        _ => Some(ListOrder::Name),
    }
}

fn from(seek: Option<&Seek>) -> ListFrom {
    match seek {
        None => ListFrom::Offset(0),
        Some(Seek::Shown(shown)) => ListFrom::Offset(*shown),
        Some(Seek::Name(name)) => ListFrom::After(ListPlace::Name(name.clone())),
        Some(Seek::Number(number, id)) => ListFrom::After(ListPlace::Number(*number, CrateId(*id))),
    }
}

fn seek(from: &ListFrom) -> Seek {
    match from {
        ListFrom::Offset(shown) => Seek::Shown(*shown),
        ListFrom::After(ListPlace::Name(name)) => Seek::Name(name.clone()),
        ListFrom::After(ListPlace::Number(number, id)) => Seek::Number(*number, id.0),
    }
}

fn meta(query: &Query<'_>, page: &PageOf<Seek>, found: &Found, limit: u32) -> PageMeta {
    let (next_page, prev_page) = match page {
        PageOf::Seek(_) => {
            (found.next.as_ref().map(|from| query.with("seek", &seek_text(&seek(from)))), None)
        }
        PageOf::Number(number) => {
            let has_next = found.total > u64::from(*number) * u64::from(limit);
            let to = |number: u32| query.with("page", &number.to_string());
            (has_next.then(|| to(number + 1)), (*number > 1).then(|| to(number - 1)))
        }
    };
    PageMeta { total: found.total, next_page, prev_page }
}

fn body(found: &FoundCrate) -> CrateBody {
    let parts = Parts { versions: false, keywords: false, categories: false, downloads: true };
    let body = crate_body(&found.krate, parts, None);
    // cargo prints it as a line to depend on.
    let max_version = body.default_version.clone().unwrap_or(body.max_version);
    CrateBody { exact_match: found.is_exact, max_version, ..body }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish_of(text: &str) -> ListWish {
        wish(&Query::of(Some(text)).expect("no NUL")).expect("a good query")
    }

    #[test]
    fn every_condition_is_taken_together() {
        let all = wish_of("all_keywords=cli+parser&keyword=Text&letter=S&user_id=7&ids%5B%5D=a&ids%5B%5D=b");
        assert_eq!(all.keywords, ["cli", "parser", "Text"]);
        assert_eq!((all.prefix.as_deref(), all.owner), (Some("S"), Some(UserId(7))));
        assert_eq!(all.names.as_deref(), Some(&["a".to_owned(), "b".to_owned()][..]));
        assert!(wish_of("include_yanked=no").live_only && !wish_of("include_yanked=yes").live_only);
        let refusal = |text| wish(&Query::of(Some(text)).expect("no NUL")).expect_err("refused").to_string();
        assert_eq!(refusal("letter="), "letter value must contain 1 character");
        assert!(refusal("user_id=x").contains("user_id"));
    }

    #[test]
    fn unknown_orders_are_the_one_of_names() {
        let order_of = |text: &str| order(&Query::of(Some(text)).expect("no NUL"), &wish_of(text));
        assert_eq!(order_of("sort=new"), Some(ListOrder::New));
        assert_eq!(order_of("sort=alpha&q=x"), Some(ListOrder::Name));
        assert_eq!((order_of("q=x"), order_of("sort=relevance&q=x")), (None, None));
        assert_eq!(
            (order_of(""), order_of("sort=relevance")),
            (Some(ListOrder::Name), Some(ListOrder::Name))
        );
    }

    #[test]
    fn a_place_survives_its_text() {
        for place in [
            ListFrom::Offset(20),
            ListFrom::After(ListPlace::Name("serde".to_owned())),
            ListFrom::After(ListPlace::Number(-7, CrateId(3))),
        ] {
            let text = format!("seek={}", seek_text(&seek(&place)));
            let query = Query::of(Some(&text)).expect("no NUL");
            let PageOf::Seek(back) = query.page_or_seek::<Seek>().expect("our own") else { panic!("a seek") };
            assert_eq!(from(back.as_ref()), place);
        }
    }
}
