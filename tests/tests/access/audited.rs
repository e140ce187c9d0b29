//! Every route that changes something leaves exactly one entry in the audit log when it succeeds.

use cratekeep_http::RouteInfo;
use cratekeep_store::audit;
use cratekeep_tests::{TestApp, on_both_engines, send};

use crate::expected::{OK, expected};
use crate::principals::{Principal, principal};
use crate::recipes::{self, Asking};
use crate::scene::{Scene, registries_of};

on_both_engines![every_change_leaves_one_entry];

/// More entries than one request leaves.
const ENTRIES_MAX: u32 = 100;

/// Who tries a route; a route is tried by each of them who has the right.
const WHO: [&str; 3] = ["owner", "owner-web", "admin-web"];

/// A request that is not tried: method, path without its registry, who (if not all of them), and the reason.
type Exception = (&'static str, &'static str, Option<&'static str>, &'static str);

const EXCEPTIONS: [Exception; 8] = [
    ("POST", "/api/v1/admin/commands", None, "the recipe sends a command that only looks"),
    ("POST", "/api/v1/credential/begin", None, "a sign-in that was begun is no change; what comes of it is"),
    ("POST", "/api/v1/tokens/report", None, "the recipe reports a text that is nobody's token"),
    ("DELETE", "/api/private/session", Some("owner"), "who shows a token has no session to end"),
    ("POST", "/sign-out", Some("owner"), "who shows a token has no session to end"),
    (
        "POST",
        "/link",
        None,
        "the recipe names an address of nobody, and the answer is the same for everybody",
    ),
    ("PUT", "/api/v1/me/email_notifications", None, "an old switch that changes nothing"),
    ("POST", "/settings/password", None, "it also ends the sessions and begins a new one, an entry each"),
];

/// In an open registry there is nobody to keep a crate from, so that the recipe can change nothing.
const CLOSED_ONLY: [(&str, &str); 1] = [("PUT", "/api/v1/crates/{name}/readers")];

async fn every_change_leaves_one_entry(app: &TestApp) {
    let scene = Scene::set(app).await;
    let (mut tried, mut wrong) = (0, Vec::new());
    for route in app.routes().iter().filter(|route| !route.method.is_safe()) {
        // One registry is enough: what is written down does not depend on who may read.
        let (registry, access) = registries_of(route)[0];
        for who in WHO.map(principal) {
            if is_excepted(route, &who) || expected(route.need, &route.method, access, &who) != OK {
                continue;
            }
            if let Some(entries) = entries_of(app, &scene, route, registry, who).await {
                tried += 1;
                if entries.len() != 1 {
                    let what = format!("{} {} as {}", route.method, route.path, who.word);
                    wrong.push(format!("{what}: {entries:?}"));
                }
            }
        }
    }
    assert!(tried >= 60, "only {tried} requests were tried");
    assert!(wrong.is_empty(), "not one entry each:\n{}", wrong.join("\n"));
}

fn is_excepted(route: &RouteInfo, who: &Principal) -> bool {
    let path = route.path.strip_prefix("/r/{registry}").unwrap_or(&route.path);
    let is_here = EXCEPTIONS.iter().any(|(method, at, only, _)| {
        route.method == *method && path == *at && only.is_none_or(|only| only == who.word)
    });
    is_here || CLOSED_ONLY.iter().any(|(method, at)| route.method == *method && route.path == *at)
}

/// The words of the entries that a request left; nothing where it did not succeed.
async fn entries_of(
    app: &TestApp,
    scene: &Scene,
    route: &RouteInfo,
    registry: Option<&str>,
    who: Principal,
) -> Option<Vec<String>> {
    let door = scene.door(app, &who, route.need, registry).await;
    let asking = Asking { app, scene, route, who: &who, passes: true, door: &door, registry };
    let ask = recipes::ask(&asking).await.expect("the matrix has a recipe for every route");
    let last = newest(app).await.first().map_or(0, |(id, _)| *id);
    let sender = ask.instead.as_ref().unwrap_or(&door);
    let reply = send(sender.request(route.method.clone(), &ask.path).body(ask.body_from(sender))).await;
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
