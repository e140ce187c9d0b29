//! What stands around every page: the banner, and failures of what comes before the handler as pages.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use cratekeep_app::App;
use cratekeep_http::Told;
use http::header::{CONTENT_TYPE, RETRY_AFTER};

use crate::page::failed;

tokio::task_local! {
    /// What every page says at its top, for the page that is being made.
    static BANNER: Option<String>;
}

/// The banner for the page that is being made.
pub(crate) fn banner() -> Option<String> {
    BANNER.try_with(Clone::clone).ok().flatten()
}

/// Stands around the handler of every page.
pub(crate) async fn around(request: Request, next: Next) -> Response {
    let app = request.extensions().get::<App>();
    let banner = app.and_then(|app| app.site().banner.clone());
    BANNER.scope(banner, async { in_page_form(next.run(request).await) }).await
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
