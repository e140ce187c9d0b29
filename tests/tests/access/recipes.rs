//! For every route a request that only a missing right can make fail, and the people who send it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use cratekeep_app::SetupCode;
use cratekeep_http::{Need, RouteInfo};
use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{Door, Person, TestApp, TokenWish};
use cratekeep_types::TokenText;
use serde_json::json;
use tokio::sync::Mutex;

/// The crate that requests are about; the owner owns it in both registries.
const KRATE: &str = "guarded";

/// Everybody who asks, in the order of the columns.
pub(crate) const PRINCIPALS: [&str; 11] = [
    "nobody",
    "junk",
    "unknown",
    "expired",
    "revoked",
    "stranger",
    "owner",
    "admin",
    "right",
    "wrong",
    "elsewhere",
];

/// A request for a route, without its method and without who sends it.
pub(crate) struct Ask {
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    /// A status that shows as well as success that the right was there.
    pub(crate) passes_with: Option<u16>,
}

/// What is there before anybody asks.
pub(crate) struct Scene {
    owner: Person,
    expired: Person,
    revoked: Person,
    setup: SetupCode,
    narrow: Mutex<HashMap<&'static str, Person>>,
    next: AtomicU64,
}

impl Ask {
    fn of(path: &str) -> Self {
        Self { path: path.to_owned(), body: Vec::new(), passes_with: None }
    }

    fn with(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::of(path) }
    }
}

impl Scene {
    pub(crate) async fn set(app: &TestApp, closed: &str) -> Self {
        // As long as there is no administrator: later on no code is given out.
        let setup =
            app.app().offer_setup().await.expect("the database answers").expect("there is no administrator");
        app.administrator().await;
        let owner = app.owner().await;
        for at in [owner.clone(), owner.at(closed)] {
            at.has_published(KRATE, "1.0.0").await;
        }
        let revoked = app.token_for(&owner, TokenWish::default()).await;
        app.revoke(&revoked).await;
        let expired =
            app.token_for(&owner, TokenWish { expires_secs: Some(60), ..TokenWish::default() }).await;
        app.clock().advance_secs(61);
        Self { owner, expired, revoked, setup, narrow: Mutex::default(), next: AtomicU64::new(1) }
    }

    /// Who asks, at the registry.
    pub(crate) async fn door(&self, app: &TestApp, who: &str, need: Need, registry: Option<&str>) -> Door {
        let person = match who {
            "nobody" => return stray(app, registry, None),
            "junk" => return stray(app, registry, Some("a-placeholder-for-a-token")),
            // Of the right shape, check digits included, but nobody was ever given it.
            "unknown" => return stray(app, registry, Some(TokenText::from_entropy([0xAB; 32]).expose())),
            "expired" => self.expired.clone(),
            "revoked" => self.revoked.clone(),
            "stranger" => app.stranger().await,
            "owner" => self.owner.clone(),
            "admin" => app.administrator().await,
            "right" => self.narrow(app, least(need)).await,
            "wrong" => self.narrow(app, all_but(need)).await,
            "elsewhere" => self.narrow(app, "elsewhere").await,
            other => panic!("{other} is no principal"),
        };
        registry.map_or_else(|| (*person).clone(), |name| (*person.at(name)).clone())
    }

    /// The request for a route. A route that is not known here has none, which fails the test.
    pub(crate) async fn ask(
        &self,
        app: &TestApp,
        route: &RouteInfo,
        door: &Door,
        at: Option<&str>,
    ) -> Option<Ask> {
        let path = route.path.strip_prefix("/r/{registry}").unwrap_or(&route.path);
        let setup = format!("/setup/{}", self.setup.expose());
        Some(match (route.method.as_str(), path) {
            ("GET", "/index/{*path}") => Ask::of("/index/gu/ar/guarded"),
            ("GET", "/api/v1/crates") => Ask::of("/api/v1/crates?q=guarded"),
            ("GET", "/api/v1/crates/{name}/owners") => Ask::of("/api/v1/crates/guarded/owners"),
            ("GET", "/api/v1/crates/{name}/{version}/download") => {
                Ask::of("/api/v1/crates/guarded/1.0.0/download")
            }
            ("GET", "/crates/{name}/{version}/download") => Ask::of("/crates/guarded/1.0.0/download"),
            ("GET", "/crates/{name}/{file}") => Ask::of("/crates/guarded/guarded-1.0.0.crate"),
            ("GET", "/" | "" | "/me" | "/health/live" | "/health/ready" | "/assets/cratekeep.css") => {
                Ask::of(path)
            }
            // An administrator is among those who ask, so the link is void; nobody is asked who they are for all that.
            ("GET", "/setup/{code}") => Ask { passes_with: Some(404), ..Ask::of(&setup) },
            ("POST", "/setup/{code}") => Ask { passes_with: Some(404), ..Ask::with(&setup, "name=eve") },
            ("PUT", "/api/v1/crates/new") => {
                let upload = door.upload(&ArchiveBuilder::new(KRATE, &format!("2.0.{}", self.number())));
                Ask::with(path, upload.frame())
            }
            ("DELETE", "/api/v1/crates/{name}/{version}/yank") => {
                Ask::of("/api/v1/crates/guarded/1.0.0/yank")
            }
            ("PUT", "/api/v1/crates/{name}/{version}/unyank") => {
                Ask::of("/api/v1/crates/guarded/1.0.0/unyank")
            }
            ("PUT", "/api/v1/crates/{name}/owners") => {
                Ask::with("/api/v1/crates/guarded/owners", users(&self.somebody_new(app).await))
            }
            ("DELETE", "/api/v1/crates/{name}/owners") => {
                let leaver = self.somebody_new(app).await;
                let owner = at.map_or_else(|| self.owner.clone(), |name| self.owner.at(name));
                let _ = owner.add_owners(KRATE, &[leaver.name()]).await.expect_status(200);
                Ask::with("/api/v1/crates/guarded/owners", users(&leaver))
            }
            _ => return None,
        })
    }

    async fn somebody_new(&self, app: &TestApp) -> Person {
        app.person(&format!("person-{}", self.number())).await
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::SeqCst)
    }

    /// The owner with a token that is good for some scopes only, or for other crates.
    async fn narrow(&self, app: &TestApp, scope: &'static str) -> Person {
        let mut known = self.narrow.lock().await;
        if let Some(person) = known.get(scope) {
            return person.clone();
        }
        let wish = match scope {
            "elsewhere" => TokenWish { crates: &["other-*"], ..TokenWish::default() },
            scope => TokenWish { scope: Some(scope), ..TokenWish::default() },
        };
        let person = app.token_for(&self.owner, wish).await;
        known.insert(scope, person.clone());
        person
    }
}

/// The least scope that is enough for a need.
fn least(need: Need) -> &'static str {
    match need {
        Need::Nothing | Need::Read => "read",
        Need::Publish => "publish-update",
        Need::Yank => "yank",
        Need::ChangeOwners => "change-owners",
    }
}

/// Every scope that a need does not ask for.
fn all_but(need: Need) -> &'static str {
    match need {
        Need::Nothing | Need::Read => "publish-new,publish-update,yank,change-owners",
        Need::Publish => "read,yank,change-owners",
        Need::Yank => "read,publish-new,publish-update,change-owners",
        Need::ChangeOwners => "read,publish-new,publish-update,yank",
    }
}

fn users(person: &Person) -> String {
    json!({ "users": [person.name()] }).to_string()
}

/// Nobody we know, with what they show.
fn stray(app: &TestApp, registry: Option<&str>, credential: Option<&str>) -> Door {
    let mut nobody = app.nobody();
    if let Some(name) = registry {
        nobody = nobody.at(name);
    }
    if let Some(text) = credential {
        nobody = nobody.showing(text);
    }
    (*nobody).clone()
}
