//! Users and teams, as far as everybody who may read sees them.

use axum::extract::State;
use axum::response::Response;
use cratekeep_app::App;
use cratekeep_http::{ApiError, InRegistry, Params, json};
use cratekeep_wire::api::{TeamBody, TeamReply, UserReply};

use crate::bodies::user_body;
use crate::owners::page_of;

/// `GET /api/v1/users/{id}`, where the name stands in the place of the number by which an account is changed.
pub(crate) async fn user(
    State(app): State<App>,
    params: Params,
    InRegistry { registry, caller }: InRegistry,
) -> Result<Response, ApiError> {
    let (id, name) = app.show_user(&caller, &registry, params.get("id")).await?;
    Ok(json(&UserReply { user: user_body(id, &name, None, &registry) }))
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
