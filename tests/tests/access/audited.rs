//! Every route that changes something leaves exactly one entry in the audit log when it succeeds.

use cratekeep_http::RouteInfo;
use cratekeep_store::audit;
use cratekeep_tests::{RegistryWish, TestApp, on_both_engines, send};

use crate::recipes::{self, Asking};
use crate::scene::Scene;

on_both_engines![every_change_leaves_one_entry];

/// The registry that is not open.
const CLOSED: &str = "vault";
/// More entries than one request leaves.
const ENTRIES_MAX: u32 = 100;

/// Routes whose recipe changes nothing, each with the reason.
const EXCEPTIONS: [(&str, &str, &str); 10] = [
    ("POST", "/api/v1/admin/commands", "the recipe sends a command that only looks"),
    (
        "DELETE",
        "/api/v1/me/tokens/{id}",
        "the recipe names a token that is not there, which is a success without a change",
    ),
    ("POST", "/api/v1/credential/begin", "a sign-in that was begun is no change; what comes of it is"),
    ("POST", "/api/v1/credential/poll", "to ask how far a sign-in is changes nothing"),
    ("POST", "/api/v1/tokens/report", "the recipe reports a text that is nobody's token"),
    ("PATCH", "/api/v1/crates/{name}", "the recipe sets what is set already"),
    ("PUT", "/api/v1/crates/{name}/readers", "the recipe leaves the crate as open as it is"),
    ("DELETE", "/api/private/session", "who shows a token has no session to end"),
    ("POST", "/sign-out", "who shows a token has no session to end"),
    ("POST", "/link", "the recipe names an address of nobody, and the answer is the same for everybody"),
];

async fn every_change_leaves_one_entry(app: &TestApp) {
    app.registry(CLOSED, RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let scene = Scene::set(app, CLOSED).await;
    let (mut tried, mut wrong) = (0, Vec::new());
    for route in app.routes().iter().filter(|route| !route.method.is_safe()) {
        let is_excepted = |(method, path, _): &(&str, &str, &str)| {
            route.method == *method && (route.path == *path || route.path == format!("/r/{{registry}}{path}"))
        };
        if EXCEPTIONS.iter().any(is_excepted) {
            continue;
        }
        if let Some(entries) = entries_of(app, &scene, route).await {
            tried += 1;
            if entries.len() != 1 {
                wrong.push(format!("{} {}: {entries:?}", route.method, route.path));
            }
        }
    }
    assert!(tried >= 10, "only {tried} routes were tried");
    assert!(wrong.is_empty(), "not one entry each:\n{}", wrong.join("\n"));
}

/// The words of the entries that a request of the owner left; nothing where the owner alone does not succeed.
async fn entries_of(app: &TestApp, scene: &Scene, route: &RouteInfo) -> Option<Vec<String>> {
    let registry = route.path.starts_with("/r/{registry}").then_some(CLOSED);
    let door = scene.door(app, "owner", route.need, registry).await;
    let asking = Asking { app, scene, route, who: "owner", door: &door, registry };
    let ask = recipes::ask(&asking).await.expect("the matrix has a recipe for every route");
    let last = newest(app).await.first().map_or(0, |(id, _)| *id);
    let sender = ask.instead.as_ref().unwrap_or(&door);
    let request = sender.request(route.method.clone(), &ask.path).header("sec-fetch-site", "same-origin");
    let reply = send(request.body(ask.body.clone())).await;
    if !(reply.status.is_success() || reply.status.is_redirection()) {
        return None;
    }
    let new = newest(app).await.into_iter().filter(|(id, _)| *id > last);
    Some(new.map(|(_, action)| action).collect())
}

/// What was done last, the newest first.
async fn newest(app: &TestApp) -> Vec<(i64, String)> {
    let mut conn = app.store().read().await.expect("a connection");
    let rows = audit::list(&mut conn, None, ENTRIES_MAX).await.expect("the log is read");
    let done = rows.into_iter().filter(|row| row.audit.refusal.is_none());
    done.map(|row| (row.id, row.audit.action)).collect()
}
