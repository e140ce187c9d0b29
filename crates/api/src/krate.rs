//! `GET /api/v1/crates/{name}`: one crate with what was asked for.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, Caller, CountedCategory, RegistryView, VersionOrder};
use cratekeep_http::{ApiError, InRegistry, Params, json, limited_body};
use cratekeep_types::VersionId;
use cratekeep_wire::api::{CategoryBody, CratePatch, CrateReply, VersionBody};
use http::Uri;

use crate::bodies::{Parts, bare_keyword, category_body, crate_body, version_body};
use crate::paging::Query;

/// What `include` may name.
const INCLUDE: &str =
    "'versions', 'keywords', 'categories', 'badges', 'downloads', 'default_version', or 'full'";

/// Longest body of a change, in bytes.
const PATCH_BYTES_MAX: usize = 64 << 10;

/// What a request wants beside the crate itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Include {
    parts: Parts,
    default_version: bool,
}

/// One crate.
pub(crate) async fn get(
    State(app): State<App>,
    params: Params,
    uri: Uri,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    show(&app, &caller, &registry, params.get("name"), &uri).await
}

/// The crate called `new`, whose path is otherwise the one for publishing.
pub(crate) async fn get_new(
    State(app): State<App>,
    uri: Uri,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    show(&app, &caller, &registry, "new", &uri).await
}

/// `PATCH /api/v1/crates/{name}`: what owners decide about a crate.
pub(crate) async fn patch(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    app.may_send(&caller)?;
    let bytes = limited_body(body, PATCH_BYTES_MAX).await?;
    let request: CratePatch = serde_json::from_slice(&bytes).map_err(|error| {
        AppError::invalid(format!(
            "the body is not JSON of the form {{\"crate\":{{\"trustpub_only\":true}}}}: {error}"
        ))
    })?;
    let name = params.get("name");
    if let Some(only) = request.krate.trustpub_only {
        app.set_trustpub_only(&caller, &registry, name, only).await?;
    }
    show(&app, &caller, &registry, name, &Uri::from_static("/?include=")).await
}

async fn show(
    app: &App,
    caller: &Caller,
    registry: &RegistryView,
    name: &str,
    uri: &Uri,
) -> Result<Response, ApiError> {
    let include = Include::of(Query::of(uri.query())?.get("include"))?;
    let krate = app.show_crate(caller, registry, name).await?;
    let versions = versions(app, caller, registry, name, include).await?;
    let parts = include.parts;
    let since = krate.row.created_at;
    let keywords = krate.keywords.iter().map(|word| bare_keyword(word, since)).collect();
    let categories = krate.categories.iter().map(|slug| bare_category(app, slug)).collect();
    Ok(json(&CrateReply {
        krate: crate_body(&krate, parts, versions.as_deref()),
        versions,
        keywords: parts.keywords.then_some(keywords),
        categories: parts.categories.then_some(categories),
    }))
}

async fn versions(
    app: &App,
    caller: &Caller,
    registry: &RegistryView,
    name: &str,
    include: Include,
) -> Result<Option<Vec<VersionBody>>, AppError> {
    if include.parts.versions {
        let order = VersionOrder::Publish(VersionId(i64::MAX));
        let all = app.list_versions(caller, registry, name, &order, u32::MAX).await?;
        return Ok(Some(all.versions.into_iter().map(|one| version_body(one, registry)).collect()));
    }
    if include.default_version {
        let one = app.show_default_version(caller, registry, name).await?;
        return Ok(Some(one.into_iter().map(|one| version_body(one, registry)).collect()));
    }
    Ok(None)
}

impl Include {
    /// Everything but the default version alone, which `versions` has anyway.
    const FULL: Self = Self {
        parts: Parts { versions: true, keywords: true, categories: true, downloads: true },
        default_version: false,
    };
    const NONE: Self = Self {
        parts: Parts { versions: false, keywords: false, categories: false, downloads: false },
        default_version: false,
    };

    fn of(text: Option<&str>) -> Result<Self, AppError> {
        let Some(text) = text else { return Ok(Self::FULL) };
        let mut include = Self::NONE;
        for part in text.split(',').filter(|_| !text.is_empty()) {
            match part {
                "" | "badges" => {}
                "full" => include = Self::FULL,
                "versions" => include.parts.versions = true,
                "keywords" => include.parts.keywords = true,
                "categories" => include.parts.categories = true,
                "downloads" => include.parts.downloads = true,
                "default_version" => include.default_version = true,
                _ => {
                    return Err(AppError::invalid(format!(
                        "invalid component for ?include= (expected {INCLUDE})"
                    )));
                }
            }
        }
        Ok(include)
    }
}

/// A category of a crate, without how many others are in it.
fn bare_category(app: &App, slug: &str) -> CategoryBody {
    category_body(&CountedCategory { category: app.category(slug), crates: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn include_reads_as_on_crates_io() {
        assert_eq!(Include::of(None).ok(), Some(Include::FULL));
        assert_eq!(Include::of(Some("")).ok(), Some(Include::NONE));
        assert_eq!(Include::of(Some("badges,full")).ok(), Some(Include::FULL));
        let two = Include::of(Some("versions,downloads")).expect("both are known");
        assert!(two.parts.versions && two.parts.downloads && !two.parts.keywords);
        let refusal = Include::of(Some("version")).expect_err("it is not known").to_string();
        assert!(refusal.starts_with("invalid component for ?include= (expected 'versions', "), "{refusal}");
    }
}
