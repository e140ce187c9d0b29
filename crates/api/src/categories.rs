//! Categories of a registry.

use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, CategoryOrder, CountedCategory};
use cratekeep_http::{ApiError, InRegistry, Params, json};
use cratekeep_wire::api::{
    CategoriesReply, CategoryBody, CategoryReply, CategorySlugBody, CategorySlugsReply, TotalMeta,
};
use http::Uri;

use crate::bodies::category_body;
use crate::paging::Query;

/// `GET /api/v1/categories`
pub(crate) async fn list(
    State(app): State<App>,
    uri: Uri,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let query = Query::of(uri.query())?;
    let order = match query.get("sort") {
        Some("crates") => CategoryOrder::Crates,
        _ => CategoryOrder::Slug,
    };
    let (found, total) = app.list_categories(&caller, &registry, order, query.offset_page()?).await?;
    let categories = found.iter().map(category_body).collect();
    Ok(json(&CategoriesReply { categories, meta: TotalMeta { total } }))
}

/// `GET /api/v1/categories/{slug}`
pub(crate) async fn get(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let found = app.show_category(&caller, &registry, params.get("slug")).await?;
    let bodies = |all: &[CountedCategory]| all.iter().map(category_body).collect();
    let category = CategoryBody {
        subcategories: Some(bodies(&found.under)),
        parent_categories: Some(bodies(&found.above)),
        ..category_body(&found.own)
    };
    Ok(json(&CategoryReply { category }))
}

/// `GET /api/v1/category_slugs`
pub(crate) async fn slugs(
    State(app): State<App>,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let all = app.category_slugs(&caller, &registry)?;
    let category_slugs = all
        .into_iter()
        .map(|one| CategorySlugBody { id: one.slug.clone(), slug: one.slug, description: one.description })
        .collect();
    Ok(json(&CategorySlugsReply { category_slugs }))
}
