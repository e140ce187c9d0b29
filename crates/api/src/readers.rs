//! `…/readers`: who sees a crate of an internal or closed registry.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, CrateReaders};
use cratekeep_http::{ApiError, InRegistry, Params, json, limited_body};
use cratekeep_wire::{OkReply, ReadersBody};

/// Longest body with names, in bytes.
const BODY_BYTES_MAX: usize = 64 << 10;

/// `GET`
pub(crate) async fn get(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let CrateReaders { limited, readers } = app.crate_readers(&caller, &registry, params.get("name")).await?;
    Ok(json(&ReadersBody { limited, readers }))
}

/// `PUT`: replaces what there was.
pub(crate) async fn put(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    app.may_send(&caller)?;
    let bytes = limited_body(body, BODY_BYTES_MAX).await?;
    let ReadersBody { limited, readers } = serde_json::from_slice(&bytes).map_err(|error| {
        AppError::invalid(format!(
            "the body is not JSON of the form {{\"limited\":true,\"readers\":[\"name\",\"team:name\"]}}: {error}"
        ))
    })?;
    app.set_crate_readers(&caller, &registry, params.get("name"), &CrateReaders { limited, readers }).await?;
    Ok(json(&OkReply::OK))
}
