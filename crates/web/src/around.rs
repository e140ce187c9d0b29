//! What stands around every page: the banner, who is signed in, and failures of what comes before the handler as pages.

use std::any::Any;

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use cratekeep_app::App;
use cratekeep_http::{Told, Visitor};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode};

use crate::page::failed;
use crate::visit::sign_in_first;

tokio::task_local! {
    /// What stands around the page that is being made.
    static AROUND: Around;
}

/// Who is signed in with the browser that asks.
#[derive(Clone, Debug)]
pub(crate) struct Viewer {
    /// The user name.
    pub(crate) name: String,
    /// What each form carries in the hidden field `key`.
    pub(crate) form_key: String,
}

#[derive(Clone, Debug)]
struct Around {
    banner: Option<String>,
    viewer: Option<Viewer>,
    /// What stands before the paths of the registry that the page is about.
    place: String,
}

/// Who is signed in, for the page that is being made.
pub(crate) fn viewer() -> Option<Viewer> {
    AROUND.try_with(|around| around.viewer.clone()).ok().flatten()
}

/// What stands before the paths of the registry that the page is about: nothing, or `/r/{name}`.
pub(crate) fn place() -> String {
    AROUND.try_with(|around| around.place.clone()).unwrap_or_default()
}

/// What the forms of the page that is being made carry; empty when nobody is signed in.
pub(crate) fn form_key() -> String {
    viewer().map(|viewer| viewer.form_key).unwrap_or_default()
}

/// The values that the frame of the page that is being made shows.
pub(crate) fn values() -> Vec<(&'static str, Box<dyn Any>)> {
    let banner = AROUND.try_with(|around| around.banner.clone()).ok().flatten();
    let mut values: Vec<(&'static str, Box<dyn Any>)> = Vec::new();
    values.extend(banner.map(|text| ("banner", Box::new(text) as Box<dyn Any>)));
    values.extend(viewer().map(|viewer| ("viewer", Box::new(viewer) as Box<dyn Any>)));
    values
}

/// Stands around the handler of every page.
pub(crate) async fn around(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let around = match parts.extensions.get::<App>().cloned() {
        Some(app) => Around {
            banner: app.site().banner.clone(),
            viewer: viewer_of(&app, &mut parts).await,
            place: place_of(&app, parts.uri.path()),
        },
        None => Around { banner: None, viewer: None, place: String::new() },
    };
    let sign_in = sign_in_page(&parts);
    let answer = next.run(Request::<Body>::from_parts(parts, body));
    AROUND
        .scope(around, async {
            let response = answer.await;
            match sign_in {
                Some(page) if response.status() == StatusCode::UNAUTHORIZED => page,
                _ => in_page_form(response),
            }
        })
        .await
}

fn place_of(app: &App, path: &str) -> String {
    let name = path.strip_prefix("/r/").and_then(|rest| rest.split('/').next());
    let view = name.and_then(|name| app.registry(name)).filter(|view| !view.registry.is_default);
    view.map(|view| format!("/r/{}", view.registry.name)).unwrap_or_default()
}

async fn viewer_of(app: &App, parts: &mut Parts) -> Option<Viewer> {
    // What is wrong with the request is for the handler to say.
    let visitor = Visitor::of(parts, app).await.ok()?;
    let account = visitor.caller.actor.account()?;
    Some(Viewer { name: account.name.to_string(), form_key: visitor.form_key? })
}

/// Whether a browser asks for a page, rather than a program for what is there.
pub(crate) fn wants_a_page(headers: &HeaderMap) -> bool {
    let accepts = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepts.contains("text/html")
}

/// The way to the sign-in page and back here, for a person who opens a page with a browser.
fn sign_in_page(parts: &Parts) -> Option<Response> {
    let is_person = parts.method == Method::GET
        && wants_a_page(&parts.headers)
        && !parts.headers.contains_key(AUTHORIZATION)
        && parts.uri.path() != "/sign-in";
    is_person.then(|| sign_in_first(parts.uri.path_and_query().map_or("/", |path| path.as_str())))
}

/// A failure in the form of the API becomes a page that says the same.
fn in_page_form(response: Response) -> Response {
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|value| value == "application/json");
    let Some(told) = response.extensions().get::<Told>().filter(|_| is_json) else { return response };
    let mut page = failed(response.status(), told.0.clone());
    if let Some(value) = response.headers().get(RETRY_AFTER) {
        page.headers_mut().insert(RETRY_AFTER, value.clone());
    }
    page
}
