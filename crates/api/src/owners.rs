//! `…/owners`: listed, added, removed.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, OwnerEntry};
use cratekeep_http::{ApiError, InRegistry, Params, json, limited_body};
use cratekeep_wire::{OwnerBody, OwnersChanged, OwnersReply, OwnersRequest};

/// Longest body with names, in bytes.
const BODY_BYTES_MAX: usize = 64 << 10;

/// `GET`
pub(crate) async fn list(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let owners = app.list_owners(&caller, &registry, params.get("name")).await?;
    let users = owners.iter().map(|owner| body_of(owner, &registry.address)).collect();
    Ok(json(&OwnersReply { users }))
}

/// `PUT`
pub(crate) async fn add(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    app.may_send(&caller)?;
    let logins = names(body).await?;
    let msg = app.add_owners(&caller, &registry, params.get("name"), &logins).await?;
    Ok(json(&OwnersChanged { ok: true, msg }))
}

/// `DELETE`, with a body
pub(crate) async fn remove(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
    body: Body,
) -> Result<Response, ApiError> {
    app.may_send(&caller)?;
    let logins = names(body).await?;
    let msg = app.remove_owners(&caller, &registry, params.get("name"), &logins).await?;
    Ok(json(&OwnersChanged { ok: true, msg }))
}

async fn names(body: Body) -> Result<Vec<String>, AppError> {
    let bytes = limited_body(body, BODY_BYTES_MAX).await?;
    let request: OwnersRequest = serde_json::from_slice(&bytes).map_err(|error| {
        AppError::invalid(format!("the body is not JSON of the form {{\"users\":[\"name\"]}}: {error}"))
    })?;
    Ok(request.users)
}

fn body_of(owner: &OwnerEntry, address: &str) -> OwnerBody {
    OwnerBody {
        id: u32::try_from(owner.id.0).unwrap_or(u32::MAX),
        login: owner.name.to_string(),
        kind: "user".to_owned(),
        name: None,
        url: format!("{address}/users/{}", owner.name),
        avatar: None,
    }
}
