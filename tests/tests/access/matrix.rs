//! Every route of the router's own list, asked by every kind of principal, in the open default registry and in a
//! closed one. The table is what a reviewer reads: a cell is what every route with this need answers.

use std::collections::{BTreeMap, BTreeSet};

use cratekeep_http::{Need, RouteInfo};
use cratekeep_testkit::http::Reply;
use cratekeep_tests::{Door, RegistryWish, TestApp, on_both_engines, send};
use http::Method;

use crate::recipes::{self, Ask, Asking};
use crate::scene::{PRINCIPALS, Scene};

on_both_engines![every_route_as_every_principal];

/// Rows: need and registry; columns: who asks. `ok` is any 2xx or 3xx. `right` and `wrong` are tokens of the owner
/// with the least scope that is enough and with every other one; `elsewhere` is one for other crates.
const EXPECTED: &str = "
                            nobody  junk    unknown expired revoked stranger owner   admin   right   wrong   elsewhere
Nothing            open     ok      ok      ok      ok      ok      ok       ok      ok      ok      ok      ok
Nothing            closed   ok      ok      ok      ok      ok      ok       ok      ok      ok      ok      ok
OwnProof           open     ok      ok      ok      ok      ok      ok       ok      ok      ok      ok      ok
OwnProof           closed   ok      ok      ok      ok      ok      ok       ok      ok      ok      ok      ok
Read               open     ok      ok      ok      ok      ok      ok       ok      ok      ok      ok      ok
Read               closed   401     401     401     401     401     ok       ok      ok      ok      ok      ok
Publish            open     401     401     401     401     401     403      ok      403     ok      403     403
Publish            closed   401     401     401     401     401     403      ok      403     ok      403     403
Yank               open     401     401     401     401     401     403      ok      ok      ok      403     403
Yank               closed   401     401     401     401     401     403      ok      ok      ok      403     403
ChangeOwners       open     401     401     401     401     401     403      ok      ok      ok      403     403
ChangeOwners       closed   401     401     401     401     401     403      ok      ok      ok      403     403
TrustedPublishing  open     401     401     401     401     401     403      ok      ok      ok      403     403
TrustedPublishing  closed   401     401     401     401     401     403      ok      ok      ok      403     403
ChangeCrate        open     401     401     401     401     401     403      ok      ok      403     403     403
ChangeCrate        closed   401     401     401     401     401     403      ok      ok      403     403     403
Delete             open     401     401     401     401     401     403      403     403     403     403     403
Delete             closed   401     401     401     401     401     403      403     403     403     403     403
OwnAccount         open     401     401     401     401     401     ok       ok      ok      403     403     403
OwnAccount         closed   401     401     401     401     401     ok       ok      ok      403     403     403
OwnToken           open     401     401     401     401     401     ok       ok      ok      ok      ok      ok
OwnToken           closed   401     401     401     401     401     ok       ok      ok      ok      ok      ok
SignedIn           open     401     401     401     401     401     403      403     403     403     403     403
Administer         open     401     401     401     401     401     403      403     403     ok      403     403
";

/// The registry that is not open.
const CLOSED: &str = "vault";

/// The answers seen, by need, access and principal.
type Seen = BTreeMap<(String, &'static str, &'static str), BTreeSet<String>>;

async fn every_route_as_every_principal(app: &TestApp) {
    app.registry(CLOSED, RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let scene = Scene::set(app, CLOSED).await;
    let (mut seen, mut wrong) = (Seen::new(), Vec::new());
    for route in app.routes() {
        let need = format!("{:?}", route.need);
        // The default registry answers at the root, the closed one under its name.
        let registry = route.path.starts_with("/r/{registry}").then_some(CLOSED);
        let access = if registry.is_some() { "closed" } else { "open" };
        for who in PRINCIPALS {
            let door = scene.door(app, who, route.need, registry).await;
            let asking = Asking { app, scene: &scene, route: &route, who, door: &door, registry };
            let Some(ask) = recipes::ask(&asking).await else {
                panic!("{} {} has no recipe: add one, so that its rights are tried", route.method, route.path)
            };
            let answer = try_it(app, &route, &ask, ask.instead.as_ref().unwrap_or(&door)).await;
            if expected(&need, access, who) != answer {
                wrong.push(format!("{} {} ({access}) as {who}: {answer}", route.method, route.path));
            }
            seen.entry((need.clone(), access, who)).or_default().insert(answer);
        }
    }
    assert!(wrong.is_empty(), "not as the table says:\n{}", wrong.join("\n"));
    assert_eq!(table(&seen), EXPECTED.trim_matches('\n'), "a row of the table is no longer tried");
}

/// Sends the request and classes the answer. What is refused must leave no trace.
async fn try_it(app: &TestApp, route: &RouteInfo, ask: &Ask, door: &Door) -> String {
    let what = format!("{} {}", route.method, route.path);
    let before = app.footprint().await;
    // As a browser would say it that sends a form of ours: what is refused is refused for another reason.
    let request = door.request(route.method.clone(), &ask.path).header("sec-fetch-site", "same-origin");
    let reply = send(request.body(ask.body.clone())).await;
    let answer = class(&reply, ask);
    if answer != "ok" {
        check_refusal(&what, &reply, door);
        assert_eq!(app.footprint().await, before, "{what} left a trace");
    }
    if route.method == Method::GET {
        assert_eq!(class(&door.head(&ask.path).await, ask), answer, "HEAD {}", route.path);
        assert_eq!(app.footprint().await, before, "{what} changed something");
    }
    answer
}

fn class(reply: &Reply, ask: &Ask) -> String {
    let status = reply.status;
    if status.is_success() || status.is_redirection() || ask.passes_with == Some(status.as_u16()) {
        return "ok".to_owned();
    }
    status.as_u16().to_string()
}

/// A 401 says where a token can be had; every refusal says why, in cargo's form or as a page.
fn check_refusal(what: &str, reply: &Reply, door: &Door) {
    let is_page = reply.header("content-type").starts_with("text/html") && reply.text().contains("<h1>");
    assert!(is_page || !reply.error_detail().is_empty(), "{what}: {:?}", reply.body);
    assert_eq!(reply.header("cache-control"), "no-store", "{what}");
    let challenge = match reply.status.as_u16() {
        401 => format!("Cargo login_url=\"{}/me\"", door.address()),
        _ => String::new(),
    };
    assert_eq!(reply.header("www-authenticate"), challenge, "{what}");
}

/// The cell of [`EXPECTED`].
fn expected(need: &str, access: &str, who: &str) -> String {
    let column = PRINCIPALS.iter().position(|&one| one == who).expect("a principal");
    let mut rows = EXPECTED.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = rows.find(|row| row.first() == Some(&need) && row.get(1) == Some(&access));
    let row = row.unwrap_or_else(|| panic!("the table has no row for {need} in an {access} registry"));
    row[column + 2].to_owned()
}

/// What was seen, in the form of [`EXPECTED`].
fn table(seen: &Seen) -> String {
    let needs = Need::ALL.into_iter().map(|need| format!("{need:?}"));
    let needs = needs.filter(|need| seen.keys().any(|(known, ..)| known == need));
    let mut lines = vec![format!("{:28}{}", "", cells(PRINCIPALS.map(str::to_owned)))];
    for need in needs {
        for access in ["open", "closed"] {
            if !seen.keys().any(|(known, at, _)| *known == need && *at == access) {
                continue;
            }
            let answers = PRINCIPALS.map(|who| {
                let cell = seen.get(&(need.to_owned(), access, who));
                cell.map_or_else(|| "-".to_owned(), |cell| cell.iter().cloned().collect::<Vec<_>>().join("/"))
            });
            lines.push(format!("{need:<19}{access:<9}{}", cells(answers)));
        }
    }
    lines.join("\n")
}

fn cells(texts: [String; 11]) -> String {
    let width = |column| if PRINCIPALS[column] == "stranger" { 9 } else { 8 };
    let padded =
        texts.iter().enumerate().map(|(column, text)| format!("{text:<width$}", width = width(column)));
    padded.collect::<String>().trim_end().to_owned()
}
