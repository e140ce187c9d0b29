//! What every change passes before its use case: refusal while the server is in read-only mode, and a note in the audit
//! log when it is refused for who asks.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cratekeep_app::{App, Attempt, Caller};
use cratekeep_types::{Actor, Presented};
use http::StatusCode;

use crate::route::{Need, RouteInfo};
use crate::{Address, ApiError};

/// Routes that are no changes of what the registry is: people sign in and out, and an administrator ends the mode.
const GOES_ON: [&str; 10] = [
    "/api/v1/admin/commands",
    "/api/private/session",
    "/api/private/session/begin",
    "/api/private/session/authorize",
    "/sign-in",
    "/sign-out",
    "/passkey/begin",
    "/passkey/finish",
    "/link",
    "/link/{secret}",
];

/// Who asks, told by the extractor to what stands around the handler.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asker(Arc<Mutex<Option<Caller>>>);

impl Asker {
    pub(crate) fn tell(&self, caller: &Caller) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(caller.clone());
    }

    fn take(&self) -> Option<Caller> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What a failed response told, for what stands around the handler: a page, the audit log.
#[derive(Clone, Debug)]
pub struct Told(pub Vec<String>);

/// On a refusal whose use case has noted it already, with more than the request tells.
#[derive(Clone, Copy, Debug)]
pub struct Noted;

/// Stands around the handler of every route with an unsafe method.
pub(crate) async fn pass(route: Arc<RouteInfo>, mut request: Request, next: Next) -> Response {
    let Some(app) = request.extensions().get::<App>().cloned() else { return next.run(request).await };
    if let Some(refusal) = app.site().refusal().filter(|_| !goes_on(&route)) {
        return ApiError(refusal).into_response();
    }
    let asker = Asker::default();
    request.extensions_mut().insert(asker.clone());
    let address = request.extensions().get::<Address>().map(|address| address.client.to_string());
    let attempt = attempt(&route, request.uri().path());
    let response = next.run(request).await;
    // An upload names its crate in its body: the use case notes its refusals itself.
    let is_noted = route.need == Need::Publish || response.extensions().get::<Noted>().is_some();
    if !is_noted && matters(route.need, response.status()) {
        let nobody = || Caller { actor: Actor::Nobody(Presented::Nothing), address };
        let told = response.extensions().get::<Told>().map(|told| told.0.join("; "));
        let why = told.unwrap_or_else(|| response.status().to_string());
        app.note_refusal(&asker.take().unwrap_or_else(nobody), attempt, &why);
    }
    response
}

/// Whether requests to a route are let through while the server is in read-only mode.
fn goes_on(route: &RouteInfo) -> bool {
    GOES_ON.contains(&route.path.as_str())
}

/// Whether an answer is a refusal for who asks. Where the request has to bring a proof of its own kind, a bad proof is one.
fn matters(need: Need, status: StatusCode) -> bool {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::GONE => need == Need::OwnProof,
        _ => false,
    }
}

/// What was tried, as far as the path tells: the method with the pattern, and what stands in its named places.
fn attempt(route: &RouteInfo, path: &str) -> Attempt {
    let mut attempt = Attempt { action: format!("{} {}", route.method, route.path), ..Attempt::default() };
    for (name, value) in route.path.split('/').zip(path.split('/')) {
        let value = Some(value.to_owned());
        match name {
            "{registry}" => attempt.registry = value,
            "{name}" => attempt.krate = value,
            "{version}" => attempt.version = value,
            _ => {}
        }
    }
    attempt
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    #[test]
    fn an_attempt_names_what_its_path_names() {
        let path = "/r/{registry}/api/v1/crates/{name}/{version}/yank".to_owned();
        let route = RouteInfo { method: Method::DELETE, path, need: Need::Yank };
        let attempt = attempt(&route, "/r/vault/api/v1/crates/serde/1.0.0/yank");
        assert_eq!(attempt.registry.as_deref(), Some("vault"));
        assert_eq!((attempt.krate.as_deref(), attempt.version.as_deref()), (Some("serde"), Some("1.0.0")));
    }
}
