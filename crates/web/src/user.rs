//! The page of a person: the crates that are theirs.

use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, ListOrder, ListWish};

use crate::lists::{List, show};
use crate::page::PageError;
use crate::visit::Visit;

/// `GET /users/{login}`
pub(crate) async fn get(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let user = app.show_user(&visit.caller, &visit.registry, visit.params.get("login")).await?;
    let wish = ListWish { owner: Some(user.id), ..ListWish::default() };
    let list = List::read(&app, &visit, &wish, Some(ListOrder::RecentDownloads)).await?;
    let about = format!("Crates of {} that {} owns.", visit.registry.registry.name, user.name);
    show(user.name.to_string(), about, list)
}
