//! Every route of the router's own list, asked by every kind of principal, in an open, an internal and a closed
//! registry. What each is to be answered stands in `expected.rs`; a route without a recipe fails the test.

use cratekeep_http::RouteInfo;
use cratekeep_testkit::http::Reply;
use cratekeep_tests::{Door, TestApp, on_both_engines, send};
use cratekeep_types::Access;
use http::Method;

use crate::expected::{OK, expected};
use crate::principals::{PRINCIPALS, Principal};
use crate::recipes::{self, Ask, Asking};
use crate::scene::{Scene, registries_of};

on_both_engines![every_route_as_every_principal];

/// A route in one registry.
struct Place<'a> {
    app: &'a TestApp,
    scene: &'a Scene,
    route: &'a RouteInfo,
    registry: Option<&'static str>,
    access: Access,
}

/// A request that is ready to be sent, and what it is to be answered.
struct Trial {
    who: &'static Principal,
    door: Door,
    ask: Ask,
    answer: &'static str,
}

async fn every_route_as_every_principal(app: &TestApp) {
    let scene = Scene::set(app).await;
    let mut wrong = Vec::new();
    for route in &app.routes() {
        for &(registry, access) in registries_of(route) {
            let place = Place { app, scene: &scene, route, registry, access };
            place.try_everybody(&mut wrong).await;
        }
    }
    assert!(wrong.is_empty(), "not as the table says:\n{}", wrong.join("\n"));
}

impl Place<'_> {
    /// First those who are to be refused, and with a GET everybody: after all of them every row is as it was. Then one
    /// by one those who may change something, each with a recipe for what is there by then.
    async fn try_everybody(&self, wrong: &mut Vec<String>) {
        let changes_nothing = |who: &&Principal| self.route.method.is_safe() || self.expected(who) != OK;
        let (still, changing): (Vec<_>, Vec<_>) = PRINCIPALS.iter().partition(changes_nothing);
        let mut trials = Vec::new();
        for who in still {
            trials.push(self.prepare(who).await);
        }
        // Notes on the refusals so far are written now, and not by a page of the audit log on the way; what a version's
        // archive says is found now, and not by the first look at its page.
        self.app.app().flush_counts().await.expect("the notes are written");
        let _ = self.app.app().run_due_jobs().await.expect("the jobs run");
        let before = self.app.every_row().await;
        for trial in &trials {
            self.try_one(trial, wrong).await;
        }
        if self.app.every_row().await != before {
            wrong.push(format!("{} ({}) left a trace", self.name(), self.access));
        }
        for who in changing {
            let trial = self.prepare(who).await;
            self.try_one(&trial, wrong).await;
        }
    }

    async fn prepare(&self, who: &'static Principal) -> Trial {
        let Self { app, scene, route, registry, .. } = *self;
        let door = scene.door(app, who, route.need, registry).await;
        let answer = self.expected(who);
        let asking = Asking { app, scene, route, who, passes: answer == OK, door: &door, registry };
        let Some(ask) = recipes::ask(&asking).await else {
            panic!("{} has no recipe: add one, so that its rights are tried", self.name())
        };
        Trial { who, door: ask.instead.clone().unwrap_or(door), ask, answer }
    }

    async fn try_one(&self, trial: &Trial, wrong: &mut Vec<String>) {
        let Trial { who, door, ask, answer } = trial;
        let what = format!("{} ({}) as {}", self.name(), self.access, who.word);
        let reply = send(door.request(self.route.method.clone(), &ask.path).body(ask.body_from(door))).await;
        let seen = class(&reply, ask);
        if seen != *answer {
            wrong.push(format!("{what}: {seen}, not {answer}: {}", words(&reply)));
        } else if seen != OK {
            check_refusal(&what, &reply, door);
        }
        if self.route.method == Method::GET {
            let head = class(&door.head(&ask.path).await, ask);
            assert_eq!(head, seen, "HEAD of {what}");
        }
    }

    fn expected(&self, who: &Principal) -> &'static str {
        expected(self.route.need, &self.route.method, self.access, who)
    }

    fn name(&self) -> String {
        format!("{} {}", self.route.method, self.route.path)
    }
}

fn class(reply: &Reply, ask: &Ask) -> String {
    let status = reply.status;
    if status.is_success() || status.is_redirection() || ask.passes_with == Some(status.as_u16()) {
        return OK.to_owned();
    }
    status.as_u16().to_string()
}

/// What an answer says, for the list of what is wrong: the error, or the heading of the page.
fn words(reply: &Reply) -> String {
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    let heading = text.split_once("<h1>").and_then(|(_, rest)| rest.split_once("</h1>"));
    heading.map_or_else(|| text.chars().take(200).collect(), |(heading, _)| heading.to_owned())
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
