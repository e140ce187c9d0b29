//! The people who ask, and what is there before anybody asks.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use cratekeep_app::SetupCode;
use cratekeep_http::{Need, RouteInfo};
use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{BuildRule, Door, Person, RegistryWish, TestApp, TokenWish};
use cratekeep_types::{Access, Scope, TokenText};
use cratekeep_wire::control::{AdminCommand, TeamCommand, UserCommand};
use tokio::sync::Mutex;

use crate::principals::{Is, Origin, Principal, Shows};

/// The crate that requests are about; the owner owns it in every registry.
pub(crate) const KRATE: &str = "guarded";

/// The registries with the crate: the name in a path (the default one answers at the root), and who may read it.
pub(crate) const REGISTRIES: [(Option<&str>, Access); 3] =
    [(None, Access::Open), (Some("hall"), Access::Internal), (Some("vault"), Access::Closed)];
/// One more, which a token is for.
const ANNEX: &str = "annex";

/// What is there before anybody asks.
pub(crate) struct Scene {
    pub(crate) owner: Person,
    pub(crate) setup: SetupCode,
    expired: Person,
    revoked: Person,
    rules: HashMap<&'static str, BuildRule>,
    narrow: Mutex<HashMap<String, Person>>,
    next: AtomicU64,
}

impl Scene {
    pub(crate) async fn set(app: &TestApp) -> Self {
        // As long as there is no administrator: later on no code is given out.
        let setup =
            app.app().offer_setup().await.expect("the database answers").expect("there is no administrator");
        app.administrator().await;
        app.registry(ANNEX, RegistryWish::default()).await;
        let owner = app.owner().await;
        people(app).await;
        let mut rules = HashMap::new();
        for (registry, access) in REGISTRIES {
            rules.insert(registry.unwrap_or("main"), furnish(app, &owner, registry, access).await);
        }
        let reason = "looked too long".to_owned();
        app.admin(AdminCommand::User(UserCommand::Lock { name: "lola".to_owned(), reason, until: None }))
            .await;
        let revoked = app.token_for(&owner, TokenWish::default()).await;
        app.revoke(&revoked).await;
        let expired =
            app.token_for(&owner, TokenWish { expires_secs: Some(60), ..TokenWish::default() }).await;
        app.clock().advance_secs(61);
        Self { owner, setup, expired, revoked, rules, narrow: Mutex::default(), next: AtomicU64::new(1) }
    }

    /// A number that no request had before.
    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::SeqCst)
    }

    /// Who asks, at the registry. Sessions and tokens of builds are new each time, so that each can be used up.
    pub(crate) async fn door(
        &self,
        app: &TestApp,
        who: &Principal,
        need: Need,
        registry: Option<&str>,
    ) -> Door {
        let door = match who.shows {
            Shows::NoGood => self.no_good(app, who.word),
            Shows::Build => app.build(self.rules[registry.unwrap_or("main")]).await,
            Shows::Session(_) => app.browser(&self.person(app, who).await).await.door(),
            Shows::Locked | Shows::Token => (*self.person(app, who).await).clone(),
            Shows::RightScope => self.narrow(app, scope_of(need).word().to_owned()).await,
            Shows::WrongScope => self.narrow(app, all_but(need)).await,
            Shows::OtherCrates | Shows::OtherRegistry => self.narrow(app, who.word.to_owned()).await,
        };
        // As a browser would say it that sends a form of ours: what is refused is refused for another reason.
        let door = match who.shows {
            Shows::Session(Origin::Unsaid) => door,
            Shows::Session(Origin::Foreign) => door.saying("sec-fetch-site", "cross-site"),
            _ => door.saying("sec-fetch-site", "same-origin"),
        };
        registry.map_or_else(|| door.clone(), |name| door.at_registry(name))
    }

    /// The account behind a token or a session.
    pub(crate) async fn person(&self, app: &TestApp, who: &Principal) -> Person {
        match who.word {
            "locked" => app.person("lola").await,
            "service" => app.service("robot").await,
            _ => match who.is {
                Is::Nobody | Is::Stranger => app.stranger().await,
                Is::Reader => app.person("rita").await,
                Is::Publisher => app.person("paul").await,
                Is::RegistryAdministrator => app.person("kay").await,
                Is::Owner => self.owner.clone(),
                Is::TeamMember => app.person("tess").await,
                Is::Administrator => app.administrator().await,
            },
        }
    }

    /// Nobody we know, with what they show.
    fn no_good(&self, app: &TestApp, word: &str) -> Door {
        let nobody = app.nobody();
        (*match word {
            "nobody" => nobody,
            "junk" => nobody.showing("a-placeholder-for-a-token"),
            // Of the right shape, check digits included, but nobody was ever given it.
            "unknown" => nobody.showing(TokenText::from_entropy([0xAB; 32]).expose()),
            "expired" => nobody.showing(self.expired.token()),
            "revoked" => nobody.showing(self.revoked.token()),
            other => panic!("{other} shows something else"),
        })
        .clone()
    }

    /// The owner (for the scope `admin` the administrator) with a token that is good for some scopes only, for other
    /// crates or for another registry.
    async fn narrow(&self, app: &TestApp, wanted: String) -> Door {
        let mut known = self.narrow.lock().await;
        if let Some(person) = known.get(&wanted) {
            return (**person).clone();
        }
        let wish = match wanted.as_str() {
            "elsewhere" => TokenWish { crates: &["other-*"], ..TokenWish::default() },
            "other-reg" => TokenWish { registries: &[ANNEX], ..TokenWish::default() },
            scope => TokenWish { scope: Some(scope), ..TokenWish::default() },
        };
        // The scope is worth nothing to who is no administrator.
        let holder =
            if wanted == Scope::Admin.word() { app.administrator().await } else { self.owner.clone() };
        let person = app.token_for(&holder, wish).await;
        let door = (*person).clone();
        known.insert(wanted, person);
        door
    }
}

/// The registries in which a route is tried.
pub(crate) fn registries_of(route: &RouteInfo) -> &'static [(Option<&'static str>, Access)] {
    // The default registry answers at the root, the others under their names.
    if route.path.starts_with("/r/{registry}") { &REGISTRIES[1..] } else { &REGISTRIES[..1] }
}

/// Accounts and the team.
async fn people(app: &TestApp) {
    for name in ["rita", "paul", "kay", "tess", "lola"] {
        app.person(name).await;
    }
    app.stranger().await;
    app.service("robot").await;
    app.admin(AdminCommand::Team(TeamCommand::Create { name: "crew".to_owned() })).await;
    for user in ["tess", "olga"] {
        let (name, user) = ("crew".to_owned(), user.to_owned());
        app.admin(AdminCommand::Team(TeamCommand::AddMember { name, user })).await;
    }
}

/// Makes a registry with its members and the crate with its owners.
async fn furnish(app: &TestApp, owner: &Person, registry: Option<&str>, access: Access) -> BuildRule {
    let name = registry.unwrap_or("main");
    if registry.is_some() {
        app.registry(name, RegistryWish { access: Some(access.word()), ..RegistryWish::default() }).await;
    }
    for (who, role) in [
        ("rita", "reader"),
        ("paul", "publisher"),
        ("kay", "administrator"),
        ("team:crew", "publisher"),
        ("olga", "publisher"),
        ("lola", "publisher"),
        ("robot", "publisher"),
    ] {
        app.member(name, who, role).await;
    }
    let here = |person: &Person| registry.map_or_else(|| person.clone(), |name| person.at(name));
    let owner = here(owner);
    let guarded = ArchiveBuilder::new(KRATE, "1.0.0").readme("# Guarded\n");
    let _ = owner.publish(&guarded).await.expect_status(200);
    let _ = owner.add_owners(KRATE, &["team:crew"]).await.expect_status(200);
    for person in [app.person("lola").await, app.service("robot").await] {
        owner.shares(KRATE, &here(&person)).await;
    }
    app.build_rule(name, KRATE).await
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
        | Need::Follow
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
