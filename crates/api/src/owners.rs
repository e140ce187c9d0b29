//! `…/owners`: listed, added, removed.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, OwnerEntry, OwnerKind, RegistryView};
use cratekeep_http::{ApiError, InRegistry, Params, json, limited_body};
use cratekeep_wire::api::OwnerTeamsReply;
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
    Ok(json(&OwnersReply { users: bodies(&app, &registry, &owners, None) }))
}

/// `GET …/owner_user`
pub(crate) async fn list_users(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let owners = app.list_owners(&caller, &registry, params.get("name")).await?;
    Ok(json(&OwnersReply { users: bodies(&app, &registry, &owners, Some(OwnerKind::User)) }))
}

/// `GET …/owner_team`
pub(crate) async fn list_teams(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let owners = app.list_owners(&caller, &registry, params.get("name")).await?;
    Ok(json(&OwnerTeamsReply { teams: bodies(&app, &registry, &owners, Some(OwnerKind::Team)) }))
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

/// The bodies of all owners, or of those of one kind.
fn bodies(
    app: &App,
    registry: &RegistryView,
    owners: &[OwnerEntry],
    kind: Option<OwnerKind>,
) -> Vec<OwnerBody> {
    let wanted = owners.iter().filter(|owner| kind.is_none_or(|kind| kind == owner.kind));
    wanted.map(|owner| body_of(owner, app.base_url(), &registry.address)).collect()
}

fn body_of(owner: &OwnerEntry, base_url: &str, address: &str) -> OwnerBody {
    OwnerBody {
        id: u32::try_from(owner.id).unwrap_or(u32::MAX),
        login: owner.login.clone(),
        kind: match owner.kind {
            OwnerKind::User => "user".to_owned(),
            OwnerKind::Team => "team".to_owned(),
        },
        name: owner.name.clone(),
        url: page_of(owner, base_url, address),
        avatar: owner.avatar.clone(),
    }
}

/// The page of an owner: at the forge that knows it, or here. Local teams belong to the server, so theirs is at its root.
pub(crate) fn page_of(owner: &OwnerEntry, base_url: &str, address: &str) -> String {
    if let Some(url) = &owner.url {
        return url.clone();
    }
    match owner.kind {
        OwnerKind::User => format!("{address}/users/{}", owner.login),
        OwnerKind::Team => format!("{base_url}/teams/{}", owner.login),
    }
}
