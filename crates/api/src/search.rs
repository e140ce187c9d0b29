//! `GET /api/v1/crates`: search.

use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, FoundCrate as Found};
use cratekeep_http::{ApiError, InRegistry, json};
use cratekeep_wire::{FoundCrate, SearchMeta, SearchReply};
use http::Uri;

/// Results of a page when the client does not say.
const PER_PAGE: u32 = 10;

struct Query {
    text: String,
    page: u32,
    per_page: u32,
}

/// Finds crates by name and description.
pub(crate) async fn get(
    State(app): State<App>,
    uri: Uri,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let query = read(uri.query().unwrap_or_default())?;
    let found = app.find(&caller, &registry, &query.text, query.page, query.per_page).await?;
    let shown = u64::from(query.page) * u64::from(query.per_page);
    let meta = SearchMeta {
        total: found.total,
        next_page: (u64::from(found.total) > shown).then(|| page_link(&query, query.page + 1)),
        prev_page: (query.page > 1).then(|| page_link(&query, query.page - 1)),
    };
    Ok(json(&SearchReply { crates: found.crates.into_iter().map(body_of).collect(), meta }))
}

fn read(text: &str) -> Result<Query, AppError> {
    let mut query = Query { text: String::new(), page: 1, per_page: PER_PAGE };
    for (key, value) in form_urlencoded::parse(text.as_bytes()) {
        let number = || {
            value.parse().map_err(|_| {
                AppError::invalid(format!("`{key}={value}`: `{key}` is a whole number from 1 on"))
            })
        };
        match key.as_ref() {
            "q" => query.text = value.into_owned(),
            "page" => query.page = number()?,
            "per_page" => query.per_page = number()?,
            _ => {}
        }
    }
    if query.text.contains('\0') {
        return Err(AppError::invalid("the query has a NUL character"));
    }
    Ok(query)
}

fn page_link(query: &Query, page: u32) -> String {
    let pairs = form_urlencoded::Serializer::new(String::from("?"))
        .append_pair("q", &query.text)
        .append_pair("per_page", &query.per_page.to_string())
        .append_pair("page", &page.to_string())
        .finish();
    pairs.replacen("?&", "?", 1)
}

fn body_of(found: Found) -> FoundCrate {
    FoundCrate {
        id: found.name.clone(),
        name: found.name,
        description: found.description,
        max_version: found.max_version,
        max_stable_version: found.max_stable_version,
        newest_version: found.newest_version,
        downloads: found.downloads,
        homepage: None,
        documentation: None,
        repository: None,
        created_at: found.created_at.to_micros_text(),
        updated_at: found.updated_at.to_micros_text(),
        exact_match: found.exact,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_link_is_a_query_string() {
        let query = Query { text: "a b&c".to_owned(), page: 2, per_page: 5 };
        assert_eq!(page_link(&query, 3), "?q=a+b%26c&per_page=5&page=3");
        let back = read(&page_link(&query, 3)[1..]).expect("its own link");
        assert_eq!((back.text.as_str(), back.page, back.per_page), ("a b&c", 3, 5));
        assert!(read("page=x").is_err() && read("per_page=-1").is_err() && read("q=%00").is_err());
    }
}
