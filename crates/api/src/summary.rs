//! `GET /api/v1/summary`: what a front page shows.

use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, Krate};
use cratekeep_http::{ApiError, InRegistry, json};
use cratekeep_wire::api::{CrateBody, SummaryReply};

use crate::bodies::{Parts, category_body, crate_body, keyword_body};

/// The numbers and lists of a registry.
pub(crate) async fn get(
    State(app): State<App>,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let found = app.summary(&caller, &registry).await?;
    Ok(json(&SummaryReply {
        num_downloads: found.downloads,
        num_crates: found.crates,
        new_crates: bodies(&found.new),
        most_downloaded: bodies(&found.most_downloaded),
        most_recently_downloaded: bodies(&found.most_recently_downloaded),
        just_updated: bodies(&found.just_updated),
        popular_keywords: found.keywords.iter().map(keyword_body).collect(),
        popular_categories: found.categories.iter().map(category_body).collect(),
    }))
}

fn bodies(crates: &[Krate]) -> Vec<CrateBody> {
    let parts = Parts { versions: false, keywords: false, categories: false, downloads: true };
    crates.iter().map(|krate| crate_body(krate, parts, None)).collect()
}
