//! A server with a provider of every kind, and the questions that every test asks.

use cratekeep_app::{ProviderKind, ProviderSettings, ProxySettings, Shown};
use cratekeep_outbound::provider::{ForgeOptions, OidcOptions, ProviderOptions};
use cratekeep_store::event;
use cratekeep_testkit::forge::{self, Forge, ForgeTeam};
use cratekeep_testkit::oidc::{self, OidcProvider};
use cratekeep_tests::{Engine, START, Spec, TestApp};
use cratekeep_types::{Account, Actor, Secret, Timestamp};
use serde_json::json;

use crate::browser::Browser;

/// A server with the providers `corp` (OpenID Connect), `hub` (GitHub), `lab` (GitLab) and `front` (a proxy).
pub(crate) struct Stage {
    pub(crate) app: TestApp,
    pub(crate) idp: OidcProvider,
    pub(crate) forge: Forge,
}

/// Makes two tests of each case, one on each pair of engines.
macro_rules! on_both_stages {
    ($($case:ident),+ $(,)?) => {$(
        mod $case {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite_and_folder() {
                let stage = $crate::stage::Stage::set(cratekeep_tests::Engine::SqliteAndFolder).await;
                super::$case(&stage).await;
                stage.app.finish().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres_and_s3() {
                let stage = $crate::stage::Stage::set(cratekeep_tests::Engine::PostgresAndS3).await;
                super::$case(&stage).await;
                stage.app.finish().await;
            }
        }
    )+};
}
pub(crate) use on_both_stages;

impl Stage {
    pub(crate) async fn set(engine: Engine) -> Self {
        Self::set_with(engine, |_| {}).await
    }

    /// With providers changed by `change`.
    pub(crate) async fn set_with(engine: Engine, change: impl FnOnce(&mut Vec<ProviderSettings>)) -> Self {
        let (idp, forge) = (OidcProvider::start(start_secs()).await, Forge::start().await);
        let mut providers = vec![corp(&idp), hub(&forge), lab(&forge), front()];
        change(&mut providers);
        let app = TestApp::start(Spec::on(engine).options(|options| options.providers = providers)).await;
        app.administrator().await;
        Self { app, idp, forge }
    }

    /// A browser without cookies.
    pub(crate) fn browser(&self) -> Browser {
        Browser::at(self.app.url())
    }

    /// Sits somebody at the browser of the OpenID Connect provider.
    pub(crate) fn at_corp(&self, subject: &str, login: &str, groups: &[&str]) {
        self.idp.person(json!({ "sub": subject, "preferred_username": login, "groups": groups }));
    }

    /// Who is signed in at a browser, as the server sees it.
    pub(crate) async fn who(&self, browser: &Browser) -> Option<Account> {
        self.actor(browser).await.account().cloned()
    }

    /// The name of who is signed in; empty for nobody.
    pub(crate) async fn name(&self, browser: &Browser) -> String {
        self.who(browser).await.map_or_else(String::new, |account| account.name.to_string())
    }

    pub(crate) async fn actor(&self, browser: &Browser) -> Actor {
        let session = browser.session();
        let shown = Shown { session: session.as_deref(), ..Shown::default() };
        self.app.app().identify(&shown).await.expect("the database answers")
    }

    /// Signs in with a fresh browser by a provider, which must succeed.
    pub(crate) async fn signed_in(&self, provider: &str) -> Browser {
        let browser = self.browser();
        let reply = browser.sign_in(provider).await;
        assert_eq!(reply.status, 303, "{}", String::from_utf8_lossy(&reply.body));
        assert!(browser.session().is_some(), "there is a session");
        browser
    }

    /// The number of the last event: who makes an account or changes a right moves it.
    pub(crate) async fn last_event(&self) -> i64 {
        let mut conn = self.app.store().read().await.expect("a connection");
        event::head(&mut conn).await.expect("the last event").0
    }

    /// Lets time pass, at the provider too.
    pub(crate) fn wait(&self, secs: i64) {
        self.app.clock().advance_secs(secs);
        self.idp.set_clock(self.now_secs());
    }

    pub(crate) fn now_secs(&self) -> i64 {
        use cratekeep_types::Clock as _;
        self.app.clock().now().0 / 1_000_000
    }
}

pub(crate) fn team(members: &[u64]) -> ForgeTeam {
    ForgeTeam {
        id: 42,
        slug: "core".to_owned(),
        organization_id: 7,
        organization: "acme".to_owned(),
        members: members.to_vec(),
        owners: Vec::new(),
    }
}

/// What a provider has when a test is about something else.
pub(crate) fn settings(name: &str, kind: ProviderKind) -> ProviderSettings {
    ProviderSettings {
        name: name.to_owned(),
        title: format!("The {name}"),
        signs_up: true,
        allowed_groups: Vec::new(),
        allowed_domains: Vec::new(),
        groups: Vec::new(),
        kind,
    }
}

pub(crate) fn corp(idp: &OidcProvider) -> ProviderSettings {
    let options = OidcOptions {
        issuer: idp.issuer(),
        client_id: oidc::CLIENT_ID.to_owned(),
        client_secret: Some(Secret::new(oidc::CLIENT_SECRET.to_owned())),
        scopes: vec!["openid".to_owned()],
        login_claim: "preferred_username".to_owned(),
        groups_claim: "groups".to_owned(),
    };
    let grants = |texts: &[&str]| texts.iter().map(|text| text.parse().expect("a grant")).collect::<Vec<_>>();
    ProviderSettings {
        groups: vec![
            ("bosses".to_owned(), grants(&["admin"])),
            ("rust".to_owned(), grants(&["publisher@main", "team:core"])),
            ("lost".to_owned(), grants(&["reader@nowhere", "team:nowhere"])),
        ],
        ..settings("corp", ProviderKind::Asked(ProviderOptions::Oidc(options)))
    }
}

pub(crate) fn hub(forge: &Forge) -> ProviderSettings {
    let options = ProviderOptions::GitHub(forge_options(forge, forge.github_api()));
    settings("hub", ProviderKind::Asked(options))
}

fn lab(forge: &Forge) -> ProviderSettings {
    let options = ProviderOptions::GitLab(forge_options(forge, forge.gitlab_api()));
    settings("lab", ProviderKind::Asked(options))
}

fn front() -> ProviderSettings {
    let proxy = ProxySettings {
        networks: vec!["127.0.0.1/32".parse().expect("a network")],
        user_header: "X-Auth-User".to_owned(),
        login_header: Some("X-Auth-Login".to_owned()),
        email_header: None,
        groups_header: Some("X-Auth-Groups".to_owned()),
    };
    let groups = vec![("rust".to_owned(), vec!["publisher@main".parse().expect("a grant")])];
    ProviderSettings { groups, ..settings("front", ProviderKind::Proxy(proxy)) }
}

fn forge_options(forge: &Forge, api_url: String) -> ForgeOptions {
    ForgeOptions {
        url: forge.url(),
        api_url,
        client_id: forge::CLIENT_ID.to_owned(),
        client_secret: Secret::new(forge::CLIENT_SECRET.to_owned()),
        scopes: vec!["read:org".to_owned()],
    }
}

fn start_secs() -> i64 {
    START.parse::<Timestamp>().expect("a time").0 / 1_000_000
}
