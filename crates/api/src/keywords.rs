//! Keywords of a registry.

use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, KeywordOrder};
use cratekeep_http::{ApiError, InRegistry, Params, json};
use cratekeep_wire::api::{KeywordReply, KeywordsReply, TotalMeta};
use http::Uri;

use crate::bodies::keyword_body;
use crate::paging::Query;

/// `GET /api/v1/keywords`
pub(crate) async fn list(
    State(app): State<App>,
    uri: Uri,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let query = Query::of(uri.query())?;
    let order = match query.get("sort") {
        Some("crates") => KeywordOrder::Crates,
        _ => KeywordOrder::Name,
    };
    let found = app.list_keywords(&caller, &registry, order, query.offset_page()?).await?;
    let keywords = found.keywords.iter().map(keyword_body).collect();
    Ok(json(&KeywordsReply { keywords, meta: TotalMeta { total: found.total } }))
}

/// `GET /api/v1/keywords/{keyword}`
pub(crate) async fn get(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let keyword = app.show_keyword(&caller, &registry, params.get("keyword")).await?;
    Ok(json(&KeywordReply { keyword: keyword_body(&keyword) }))
}
