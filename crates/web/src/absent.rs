//! What is at no address: a page for people, the API's failure for programs.

use axum::extract::Request;
use axum::response::Response;
use cratekeep_http::{Told, is_api};
use http::{Method, StatusCode};

use crate::around::wants_a_page;
use crate::page::failed;

/// Every request that fits no route.
pub(crate) async fn get(request: Request) -> Response {
    let is_for_people = request.method() == Method::GET && wants_a_page(request.headers());
    if is_api(request.uri().path()) || !is_for_people {
        let mut response = cratekeep_http::absent().await;
        // What stands around pages leaves it as it is.
        response.extensions_mut().remove::<Told>();
        return response;
    }
    failed(StatusCode::NOT_FOUND, vec!["There is nothing at this address.".to_owned()])
}
