//! `PUT /api/v1/crates/new`

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::App;
use cratekeep_http::{ApiError, InRegistry, json};
use cratekeep_wire::{PublishReply, Warnings};

/// Takes an upload; the answer comes when the version is durable and in the index.
pub(crate) async fn put(
    State(app): State<App>,
    InRegistry { registry, caller }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    let published = app.publish(&caller, &registry, body.into_data_stream()).await?;
    tracing::info!(
        registry.name = %registry.registry.name,
        krate.name = %published.name,
        krate.version = %published.num,
        "published a version"
    );
    let warnings = Warnings {
        other: published.warnings,
        invalid_categories: published.invalid_categories,
        ..Warnings::default()
    };
    let response = json(&PublishReply { warnings });
    app.publish_replied();
    Ok(response)
}
