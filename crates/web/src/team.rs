//! The page of a team.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, ListOrder, ListWish, TeamPage};
use cratekeep_types::TeamId;
use http::StatusCode;

use crate::lists::List;
use crate::page::{PageError, render};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "team.html")]
struct Team {
    page: TeamPage,
    list: List,
}

/// `GET /teams/{login}`
pub(crate) async fn get(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let page = app.show_team(&visit.caller, &visit.registry, visit.params.get("login")).await?;
    let wish = ListWish { team: Some(TeamId(page.team.id)), ..ListWish::default() };
    let list = List::read(&app, &visit, &wish, Some(ListOrder::RecentDownloads)).await?;
    Ok(render(StatusCode::OK, &Team { page, list }))
}
