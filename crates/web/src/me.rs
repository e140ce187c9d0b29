//! Where a token comes from: the page that `cargo login` sends people to.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use cratekeep_app::{App, AppError, ListOrder, ListWish};
use http::StatusCode;

use crate::lists::List;
use crate::page::{PageError, SetUp, render};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "me.html")]
struct Me {
    set_up: SetUp,
    /// One's own crates, for who is signed in.
    list: Option<List>,
}

/// `GET /me`
pub(crate) async fn get(State(app): State<App>, visit: Visit) -> Result<Response, PageError> {
    let account = visit.caller.actor.account().filter(|_| visit.is_signed_in).map(|account| account.id);
    let list = match account {
        None => None,
        Some(id) => {
            let wish = ListWish { owner: Some(id), ..ListWish::default() };
            match List::read(&app, &visit, &wish, Some(ListOrder::Updated)).await {
                // The page tells everybody how to get a token, also who may not read the registry yet.
                Err(AppError::Unauthenticated(_) | AppError::Denied(_)) => None,
                list => Some(list?),
            }
        }
    };
    Ok(render(StatusCode::OK, &Me { set_up: SetUp::of(&visit.registry), list }))
}
