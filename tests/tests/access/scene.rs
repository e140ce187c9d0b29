//! The people who ask, and what is there before anybody asks.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use cratekeep_app::SetupCode;
use cratekeep_http::Need;
use cratekeep_tests::{Door, Person, TestApp, TokenWish};
use cratekeep_types::{Scope, TokenText};
use tokio::sync::Mutex;

/// The crate that requests are about; the owner owns it in both registries.
pub(crate) const KRATE: &str = "guarded";

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

/// What is there before anybody asks.
pub(crate) struct Scene {
    pub(crate) owner: Person,
    pub(crate) setup: SetupCode,
    expired: Person,
    revoked: Person,
    narrow: Mutex<HashMap<String, Person>>,
    next: AtomicU64,
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
        Self { owner, setup, expired, revoked, narrow: Mutex::default(), next: AtomicU64::new(1) }
    }

    /// A number that no request had before.
    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::SeqCst)
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
            "right" => self.narrow(app, scope_of(need).word().to_owned()).await,
            "wrong" => self.narrow(app, all_but(need)).await,
            "elsewhere" => self.narrow(app, "elsewhere".to_owned()).await,
            other => panic!("{other} is no principal"),
        };
        registry.map_or_else(|| (*person).clone(), |name| (*person.at(name)).clone())
    }

    /// The owner (for the scope `admin` the administrator) with a token that is good for some scopes only, or for other crates.
    async fn narrow(&self, app: &TestApp, scope: String) -> Person {
        let mut known = self.narrow.lock().await;
        if let Some(person) = known.get(&scope) {
            return person.clone();
        }
        let wish = match scope.as_str() {
            "elsewhere" => TokenWish { crates: &["other-*"], ..TokenWish::default() },
            scope => TokenWish { scope: Some(scope), ..TokenWish::default() },
        };
        // The scope is worth nothing to who is no administrator.
        let holder =
            if scope == Scope::Admin.word() { app.administrator().await } else { self.owner.clone() };
        let person = app.token_for(&holder, wish).await;
        known.insert(scope, person.clone());
        person
    }
}

/// The scope that a token must have for a need; `read` where no scope says anything.
fn scope_of(need: Need) -> Scope {
    match need {
        Need::Publish => Scope::PublishUpdate,
        Need::Yank => Scope::Yank,
        Need::ChangeOwners => Scope::ChangeOwners,
        Need::TrustedPublishing => Scope::TrustedPublishing,
        Need::AdministerRegistry | Need::Administer => Scope::Admin,
        Need::Nothing
        | Need::OwnProof
        | Need::Read
        | Need::ChangeCrate
        | Need::Delete
        | Need::OwnAccount
        | Need::OwnToken
        | Need::SignedIn => Scope::Read,
    }
}

/// Every scope that a need does not ask for.
fn all_but(need: Need) -> String {
    let right = scope_of(need);
    let others = Scope::ALL.into_iter().filter(|scope| {
        // To publish something new is a way to publish as well. Only administrators have tokens to administer.
        *scope != right && *scope != Scope::Admin && !(need == Need::Publish && *scope == Scope::PublishNew)
    });
    others.map(Scope::word).collect::<Vec<_>>().join(",")
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
