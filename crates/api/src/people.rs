//! Users and teams, as far as everybody who may read sees them.

use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError};
use cratekeep_http::{ApiError, InRegistry, Params, json};
use cratekeep_types::UserId;
use cratekeep_wire::api::{TeamBody, TeamReply, UserBody, UserReply, UserStatsReply};

use crate::bodies::user_body;
use crate::owners::page_of;

/// `GET /api/v1/users/{id}`, where the name stands in the place of the number by which an account is changed.
pub(crate) async fn user(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let user = app.show_user(&caller, &registry, params.get("id")).await?;
    let body = user_body(user.id, &user.name, user.display_name.as_deref(), &registry);
    Ok(json(&UserReply { user: UserBody { created_at: Some(user.created_at.to_micros_text()), ..body } }))
}

/// `GET /api/v1/users/{id}/stats`
pub(crate) async fn stats(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let id =
        params.get("id").parse().map(UserId).map_err(|_| {
            AppError::invalid(format!("`{}` is not the number of an account", params.get("id")))
        })?;
    let total_downloads = app.downloads_of_user(&caller, &registry, id).await?;
    Ok(json(&UserStatsReply { total_downloads }))
}

/// `GET /api/v1/teams/{login}`
pub(crate) async fn team(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let team = app.show_team(&caller, &registry, params.get("login")).await?.team;
    let url = page_of(&team, app.base_url(), &registry.address);
    let body =
        TeamBody { id: team.id, login: team.login, name: team.name, avatar: team.avatar, url: Some(url) };
    Ok(json(&TeamReply { team: body }))
}
