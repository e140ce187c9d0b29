//! Trusted publishing: builds of GitHub Actions, GitLab CI and another issuer, whose platforms are simulated, get tokens
//! for their identity and publish.

mod configs;
mod refused;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cratekeep_app::TrustOptions;
use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::Reply;
use cratekeep_testkit::issuer::Issuer;
use cratekeep_tests::{Door, Engine, Nobody, Person, RegistryWish, Spec, TestApp, run, send};
use cratekeep_types::Clock;
use cratekeep_wire::control::{AdminCommand, TrustCommand};
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};

/// The crate that most tests are about.
const KRATE: &str = "widget";
/// What identities are made for.
const AUDIENCE: &str = "crates.test";
const TOKENS: &str = "/api/v1/trusted_publishing/tokens";

/// A server, the platforms that it trusts, and an owner of [`KRATE`].
struct Scene<'a> {
    app: &'a TestApp,
    platforms: &'a Platforms,
    owner: Person,
}

/// The platforms, each on a port of its own.
struct Platforms {
    github: Issuer,
    gitlab: Issuer,
    forge: Issuer,
    numbers: AtomicU64,
}

/// Runs a case on a fresh server beside fresh platforms.
async fn play(engine: Engine, case: impl AsyncFn(&Scene<'_>)) {
    let platforms = Platforms {
        github: Issuer::start().await,
        gitlab: Issuer::start().await,
        forge: Issuer::start().await,
        numbers: AtomicU64::new(1),
    };
    let trust = TrustOptions {
        audience: Some(AUDIENCE.to_owned()),
        github_issuer: platforms.github.url(),
        github_api: String::new(),
        gitlab_issuer: platforms.gitlab.url(),
        ..TrustOptions::default()
    };
    run(Spec::on(engine).options(|options| options.trust = trust), async |app: &TestApp| {
        let owner = app.owner().await;
        owner.has_published(KRATE, "1.0.0").await;
        case(&Scene { app, platforms: &platforms, owner }).await;
    })
    .await;
}

/// Makes two tests of each case, one for each pair of engines.
macro_rules! builds {
    ($($case:ident),+ $(,)?) => {$(
        mod $case {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite_and_folder() {
                $crate::builds::play(cratekeep_tests::Engine::SqliteAndFolder, super::$case).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres_and_s3() {
                $crate::builds::play(cratekeep_tests::Engine::PostgresAndS3, super::$case).await;
            }
        }
    )+};
}
use builds;

builds![
    a_build_of_github_publishes,
    a_build_of_gitlab_publishes_and_its_namespace_is_remembered,
    a_build_of_another_issuer_publishes,
    a_token_of_a_build_does_nothing_else,
    a_token_ends_and_can_be_taken_back,
    a_rule_that_is_gone_gives_no_right,
    what_ends_a_right_ends_it_on_the_other_node,
    a_token_can_be_narrowed_to_a_crate,
    a_registry_has_its_own_rules,
    one_identity_is_good_for_one_token,
    people_can_be_shut_out,
    new_keys_of_an_issuer_are_found,
];

impl Scene<'_> {
    fn now_secs(&self) -> i64 {
        self.app.clock().now().0 / 1_000_000
    }

    /// What every platform claims, with a number of its own.
    fn common(&self, issuer: &Issuer) -> Value {
        let (now, number) = (self.now_secs(), self.platforms.numbers.fetch_add(1, Ordering::SeqCst));
        json!({
            "iss": issuer.url(), "aud": AUDIENCE, "jti": format!("identity-{number}"),
            "iat": now - 5, "nbf": now - 5, "exp": now + 300,
        })
    }

    /// Claims of a build of GitHub, some of them changed; `null` takes one out.
    fn github(&self, changes: &Value) -> Value {
        let base = json!({
            "sub": "repo:acme/Widget:ref:refs/heads/main", "repository": "acme/Widget",
            "repository_owner": "acme", "repository_owner_id": "42", "event_name": "push",
            "workflow_ref": "acme/Widget/.github/workflows/publish.yml@refs/heads/main",
            "run_id": "777", "sha": "0123456789abcdef0123456789abcdef01234567",
        });
        changed(&[self.common(&self.platforms.github), base, changes.clone()])
    }

    /// Claims of a build of GitLab.
    fn gitlab(&self, changes: &Value) -> Value {
        let base = json!({
            "project_path": "acme/tools/widget", "namespace_id": "7", "job_id": "99",
            "ci_config_ref_uri": "gitlab.test/acme/tools/widget//ci/publish.yml@refs/heads/main",
            "sha": "0123456789abcdef0123456789abcdef01234567",
        });
        changed(&[self.common(&self.platforms.gitlab), base, changes.clone()])
    }

    /// Claims of a build of the issuer that an administrator allowed.
    fn forge(&self, changes: &Value) -> Value {
        let base = json!({ "sub": "repo:acme/widget:main", "protected": true, "repository": "acme/widget" });
        changed(&[self.common(&self.platforms.forge), base, changes.clone()])
    }

    /// Lets builds of `acme/widget` publish a crate.
    async fn trusts_github(&self, krate: &str, environment: Option<&str>) -> Value {
        let config = json!({
            "crate": krate, "repository_owner": "acme", "repository_name": "widget",
            "workflow_filename": "publish.yml", "environment": environment,
        });
        let made = add(&self.owner, "github", config).await.expect_status(200).json();
        made["github_config"].clone()
    }

    async fn trusts_gitlab(&self, krate: &str) -> Value {
        let config = json!({
            "crate": krate, "namespace": "acme/tools", "project": "widget", "workflow_filepath": "ci/publish.yml",
        });
        let made = add(&self.owner, "gitlab", config).await.expect_status(200).json();
        made["gitlab_config"].clone()
    }

    /// An administrator allows the forge, and the owner lets builds of it publish.
    async fn trusts_forge(&self) -> Value {
        let command = TrustCommand::IssuerAdd {
            name: "forge".to_owned(),
            url: self.platforms.forge.url(),
            audience: AUDIENCE.to_owned(),
            require: vec!["protected=true".to_owned()],
        };
        self.app.admin(AdminCommand::Trust(command)).await;
        let config = json!({ "crate": KRATE, "issuer": "forge", "claims": { "sub": "repo:acme/widget:*" } });
        let made = add(&self.owner, "oidc", config).await.expect_status(200).json();
        made["oidc_config"].clone()
    }

    /// The token for an identity.
    async fn token(&self, jwt: &str) -> String {
        let reply = exchange(&self.app.nobody(), jwt).await.expect_status(200).json();
        assert_eq!(reply.as_object().map(serde_json::Map::len), Some(1), "{reply}");
        reply["token"].as_str().expect("a text").to_owned()
    }

    /// A build with its token.
    fn build(&self, token: &str) -> Nobody {
        self.app.nobody().showing(&format!("Bearer {token}"))
    }

    async fn version(&self, num: &str) -> Value {
        let path = format!("/api/v1/crates/{KRATE}/{num}");
        self.app.nobody().fetch(&path).await.expect_status(200).json()["version"].clone()
    }
}

/// The objects one over the other; `null` takes a key out.
fn changed(layers: &[Value]) -> Value {
    let mut whole = serde_json::Map::new();
    for (key, value) in layers.iter().flat_map(|layer| layer.as_object().expect("an object")) {
        whole.insert(key.clone(), value.clone());
    }
    whole.retain(|_, value| !value.is_null());
    Value::Object(whole)
}

async fn exchange(door: &Door, jwt: &str) -> Reply {
    send(door.request(Method::POST, TOKENS).json(&json!({ "jwt": jwt }))).await
}

/// Makes a rule.
async fn add(door: &Door, provider: &str, config: Value) -> Reply {
    let body = changed(&[json!({ format!("{provider}_config"): config })]);
    send(door.request(Method::POST, &format!("/api/v1/trusted_publishing/{provider}_configs")).json(&body))
        .await
}

/// Removes a rule.
async fn drop_config(door: &Door, provider: &str, config: &Value) -> Reply {
    let id = config["id"].as_i64().expect("a number");
    let path = format!("/api/v1/trusted_publishing/{provider}_configs/{id}");
    send(door.request(Method::DELETE, &path)).await
}

async fn a_build_of_github_publishes(scene: &Scene<'_>) {
    scene.trusts_github(KRATE, Some("Release")).await;
    let claims = scene.github(&json!({ "environment": "release" }));
    let token = scene.token(&scene.platforms.github.sign(&claims)).await;
    assert!(token.starts_with("cktp_"), "secret scanners know it by its beginning");
    let build = scene.build(&token);
    let _ = build.publish(&ArchiveBuilder::new(KRATE, "1.0.1")).await.expect_status(200);
    // cargo shows the bare token.
    let _ = scene
        .app
        .nobody()
        .showing(&token)
        .publish(&ArchiveBuilder::new(KRATE, "1.0.2"))
        .await
        .expect_status(200);
    let version = scene.version("1.0.1").await;
    assert_eq!(version["published_by"], Value::Null);
    let built = &version["trustpub_data"];
    assert_eq!(built["provider"], "github");
    assert_eq!(built["repository"], "acme/Widget");
    assert_eq!(built["run_id"], "777");
    assert_eq!(built["sha"], "0123456789abcdef0123456789abcdef01234567");
    assert_eq!(built["workflow"], "publish.yml");
    let page = format!("{}/acme/Widget/actions/runs/777", scene.platforms.github.url());
    assert_eq!(built["run_url"], page);
    assert_eq!(scene.version("1.0.0").await["trustpub_data"], Value::Null, "people built that");
}

async fn a_build_of_gitlab_publishes_and_its_namespace_is_remembered(scene: &Scene<'_>) {
    let config = scene.trusts_gitlab(KRATE).await;
    assert_eq!(config["namespace_id"], Value::Null);
    let token = scene.token(&scene.platforms.gitlab.sign(&scene.gitlab(&json!({})))).await;
    let _ = scene.build(&token).publish(&ArchiveBuilder::new(KRATE, "1.0.1")).await.expect_status(200);
    let built = scene.version("1.0.1").await["trustpub_data"].clone();
    assert_eq!((&built["provider"], &built["project_path"]), (&json!("gitlab"), &json!("acme/tools/widget")));
    assert_eq!((&built["job_id"], &built["workflow"]), (&json!("99"), &json!("ci/publish.yml")));
    let list = scene.owner.fetch(&format!("/api/v1/trusted_publishing/gitlab_configs?crate={KRATE}")).await;
    assert_eq!(list.json()["gitlab_configs"][0]["namespace_id"], "7");
    let taken_over = scene.platforms.gitlab.sign(&scene.gitlab(&json!({ "namespace_id": "8" })));
    let reply = exchange(&scene.app.nobody(), &taken_over).await.expect_status(400);
    assert!(reply.error_detail().contains("namespace"), "{}", reply.error_detail());
}

async fn a_build_of_another_issuer_publishes(scene: &Scene<'_>) {
    scene.trusts_forge().await;
    let token = scene.token(&scene.platforms.forge.sign(&scene.forge(&json!({})))).await;
    let _ = scene.build(&token).publish(&ArchiveBuilder::new(KRATE, "1.0.1")).await.expect_status(200);
    let built = scene.version("1.0.1").await["trustpub_data"].clone();
    assert_eq!((&built["provider"], &built["subject"]), (&json!("forge"), &json!("repo:acme/widget:main")));
    // An issuer that gives identities no numbers: what was signed is remembered.
    let unnumbered = scene.platforms.forge.sign(&scene.forge(&json!({ "jti": null })));
    scene.token(&unnumbered).await;
    let again = exchange(&scene.app.nobody(), &unnumbered).await.expect_status(400);
    assert!(again.error_detail().contains("already been used"), "{}", again.error_detail());
    // Removed, it is trusted no more, and neither are the tokens that were given for its word.
    let remove = TrustCommand::IssuerRemove { name: "forge".to_owned() };
    scene.app.admin(AdminCommand::Trust(remove)).await;
    let reply = exchange(&scene.app.nobody(), &scene.platforms.forge.sign(&scene.forge(&json!({})))).await;
    assert!(reply.expect_status(400).error_detail().starts_with("Unsupported JWT issuer"));
    let _ = scene.build(&token).publish(&ArchiveBuilder::new(KRATE, "1.0.2")).await.expect_status(403);
}

async fn a_token_of_a_build_does_nothing_else(scene: &Scene<'_>) {
    scene.trusts_github(KRATE, None).await;
    scene.owner.has_published("other", "1.0.0").await;
    let token = scene.token(&scene.platforms.github.sign(&scene.github(&json!({})))).await;
    let build = scene.build(&token);
    let before = scene.app.footprint().await;
    let refusals = [
        build.publish(&ArchiveBuilder::new("other", "1.0.1")).await,
        build.publish(&ArchiveBuilder::new("brand-new", "1.0.0")).await,
        build.yank(KRATE, "1.0.0").await,
        build.add_owners(KRATE, &["stan"]).await,
        build.fetch(&format!("/api/v1/trusted_publishing/github_configs?crate={KRATE}")).await,
        build.at("main").fetch("/api/v1/me").await,
    ];
    for (at, reply) in refusals.into_iter().enumerate() {
        assert!(matches!(reply.status.as_u16(), 401 | 403 | 404), "{at}: {} {:?}", reply.status, reply.body);
    }
    assert_eq!(scene.app.footprint().await, before, "nothing changed");
}

async fn a_token_ends_and_can_be_taken_back(scene: &Scene<'_>) {
    scene.trusts_github(KRATE, None).await;
    let first = scene.token(&scene.platforms.github.sign(&scene.github(&json!({})))).await;
    let second = scene.token(&scene.platforms.github.sign(&scene.github(&json!({})))).await;
    let take_back = |door: Nobody| async move { send(door.request(Method::DELETE, TOKENS)).await };
    let _ = scene.build(&first).publish(&ArchiveBuilder::new(KRATE, "1.0.1")).await.expect_status(200);
    for _ in 0..2 {
        let _ = take_back(scene.build(&first)).await.expect_status(204);
    }
    let _ = scene.build(&first).publish(&ArchiveBuilder::new(KRATE, "1.0.2")).await.expect_status(401);
    scene.app.clock().advance_secs(1_799);
    let _ = scene.build(&second).publish(&ArchiveBuilder::new(KRATE, "1.0.2")).await.expect_status(200);
    scene.app.clock().advance_secs(1);
    let late = scene.build(&second).publish(&ArchiveBuilder::new(KRATE, "1.0.3")).await.expect_status(401);
    assert!(late.error_detail().contains("expired"), "{}", late.error_detail());
    let nothing = take_back(scene.app.nobody()).await.expect_status(401);
    assert_eq!(nothing.error_detail(), "Missing `Authorization` header");
    let junk = take_back(scene.build("junk")).await.expect_status(401);
    assert_eq!(junk.error_detail(), "Invalid `Authorization` header: Failed to parse token");
    assert!(scene.app.app().sweep_builds().await.expect("swept") >= 2, "identities that are over go");
    scene.app.clock().advance_secs(90_000);
    assert_eq!(scene.app.app().sweep_builds().await.expect("swept"), 1, "the other token goes a day later");
}

async fn a_rule_that_is_gone_gives_no_right(scene: &Scene<'_>) {
    let config = scene.trusts_github(KRATE, None).await;
    let token = scene.token(&scene.platforms.github.sign(&scene.github(&json!({})))).await;
    let _ = scene.build(&token).publish(&ArchiveBuilder::new(KRATE, "1.0.1")).await.expect_status(200);
    let _ = drop_config(&scene.owner, "github", &config).await.expect_status(204);
    let _ = scene.build(&token).publish(&ArchiveBuilder::new(KRATE, "1.0.2")).await.expect_status(403);
    let jwt = scene.platforms.github.sign(&scene.github(&json!({})));
    let reply = exchange(&scene.app.nobody(), &jwt).await.expect_status(400);
    assert_eq!(reply.error_detail(), "No Trusted Publishing config found for repository `acme/Widget`.");
}

async fn what_ends_a_right_ends_it_on_the_other_node(scene: &Scene<'_>) {
    // Only there are several processes.
    if scene.app.engine() == Engine::SqliteAndFolder {
        return;
    }
    let config = scene.trusts_github(KRATE, None).await;
    let node = scene.app.second_node().await;
    let numbers = AtomicU64::new(1);
    let publish_there = async |token: &str| {
        let version = format!("1.1.{}", numbers.fetch_add(1, Ordering::SeqCst));
        scene.build(token).at_node(&node).publish(&ArchiveBuilder::new(KRATE, &version)).await.status
    };
    let ends_with = async |token: &str, status: u16| {
        let began = Instant::now();
        while publish_there(token).await != status {
            assert!(began.elapsed() < Duration::from_secs(1), "the other node still takes it");
        }
    };
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let token = scene.token(&scene.platforms.github.sign(&scene.github(&json!({})))).await;
        assert_eq!(publish_there(&token).await, 200, "from now on the other node has it in memory");
        tokens.push(token);
    }
    let _ = send(scene.build(&tokens[0]).request(Method::DELETE, TOKENS)).await.expect_status(204);
    ends_with(&tokens[0], 401).await;
    assert_eq!(publish_there(&tokens[1]).await, 200);
    let _ = drop_config(&scene.owner, "github", &config).await.expect_status(204);
    ends_with(&tokens[1], 403).await;
    let _ = node.stop().await;
}

async fn a_token_can_be_narrowed_to_a_crate(scene: &Scene<'_>) {
    scene.owner.has_published("gadget", "1.0.0").await;
    scene.trusts_github(KRATE, None).await;
    scene.trusts_github("gadget", None).await;
    let ask = |krate: &'static str| {
        let jwt = scene.platforms.github.sign(&scene.github(&json!({})));
        let body = json!({ "jwt": jwt, "crate": krate });
        send(scene.app.nobody().request(Method::POST, TOKENS).json(&body))
    };
    let narrow = ask("Gadget").await.expect_status(200).json()["token"].as_str().expect("a text").to_owned();
    let build = scene.build(&narrow);
    let _ = build.publish(&ArchiveBuilder::new("gadget", "1.0.1")).await.expect_status(200);
    let _ = build.publish(&ArchiveBuilder::new(KRATE, "1.0.1")).await.expect_status(403);
    let _ = ask("absent").await.expect_status(400);
    let wide = scene.token(&scene.platforms.github.sign(&scene.github(&json!({})))).await;
    for name in ["gadget", KRATE] {
        let _ = scene.build(&wide).publish(&ArchiveBuilder::new(name, "1.0.3")).await.expect_status(200);
    }
}

async fn a_registry_has_its_own_rules(scene: &Scene<'_>) {
    scene.app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let inside = scene.owner.at("vault");
    inside.has_published(KRATE, "1.0.0").await;
    let config = json!({
        "crate": KRATE, "repository_owner": "acme", "repository_name": "widget",
        "workflow_filename": "publish.yml",
    });
    let made = add(&inside, "github", config).await.expect_status(200).json()["github_config"].clone();
    let identity = || scene.platforms.github.sign(&scene.github(&json!({})));
    let _ = exchange(&scene.app.nobody(), &identity()).await.expect_status(400);
    let token = exchange(&scene.app.nobody().at("vault"), &identity()).await.expect_status(200).json();
    let build = scene.build(token["token"].as_str().expect("a text"));
    let _ = build.publish(&ArchiveBuilder::new(KRATE, "1.0.1")).await.expect_status(403);
    let _ = build.at("vault").index(KRATE).await.expect_status(200);
    let _ = build.at("vault").publish(&ArchiveBuilder::new(KRATE, "1.0.1")).await.expect_status(200);
    let _ = drop_config(&scene.owner, "github", &made).await.expect_status(404);
    let _ = drop_config(&inside, "github", &made).await.expect_status(204);
}

async fn one_identity_is_good_for_one_token(scene: &Scene<'_>) {
    scene.trusts_github(KRATE, None).await;
    let jwt = scene.platforms.github.sign(&scene.github(&json!({})));
    let nobody = scene.app.nobody();
    let replies = join_all((0..64).map(|_| exchange(&nobody, &jwt))).await;
    let (good, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status.is_success());
    assert_eq!((good.len(), refused.len()), (1, 63));
    for reply in refused {
        let detail = reply.expect_status(400).error_detail();
        assert!(detail.starts_with("JWT has already been used"), "{detail}");
    }
}

async fn people_can_be_shut_out(scene: &Scene<'_>) {
    let path = format!("/api/v1/crates/{KRATE}");
    let patch = |door: Person, only: bool| {
        let body = json!({ "crate": { "trustpub_only": only } });
        let request = door.request(Method::PATCH, &path).json(&body);
        async move { send(request).await }
    };
    let _ = patch(scene.app.stranger().await, true).await.expect_status(403);
    scene.trusts_github(KRATE, None).await;
    let reply = patch(scene.owner.clone(), true).await.expect_status(200).json();
    assert_eq!((&reply["crate"]["trustpub_only"], &reply["crate"]["name"]), (&json!(true), &json!(KRATE)));
    let person = scene.owner.publish(&ArchiveBuilder::new(KRATE, "1.0.1")).await.expect_status(403);
    assert!(person.error_detail().contains("trusted builds only"), "{}", person.error_detail());
    let token = scene.token(&scene.platforms.github.sign(&scene.github(&json!({})))).await;
    let _ = scene.build(&token).publish(&ArchiveBuilder::new(KRATE, "1.0.1")).await.expect_status(200);
    let reply = patch(scene.owner.clone(), false).await.expect_status(200).json();
    assert_eq!(reply["crate"]["trustpub_only"], false);
    let _ = scene.owner.publish(&ArchiveBuilder::new(KRATE, "1.0.2")).await.expect_status(200);
    let odd =
        send(scene.owner.request(Method::PATCH, &path).json(&json!({ "crate": { "trustpub_only": 1 } })));
    let _ = odd.await.expect_status(400);
}

async fn new_keys_of_an_issuer_are_found(scene: &Scene<'_>) {
    use cratekeep_testkit::issuer::SigningKey;
    scene.trusts_github(KRATE, None).await;
    scene.token(&scene.platforms.github.sign(&scene.github(&json!({})))).await;
    scene.platforms.github.publish(vec![SigningKey::elliptic("second")]);
    let jwt = scene.platforms.github.sign(&scene.github(&json!({})));
    let _ = exchange(&scene.app.nobody(), &jwt).await.expect_status(400);
    scene.app.clock().advance_secs(60);
    scene.token(&jwt).await;
    scene.platforms.github.set_down(true);
    scene.app.clock().advance_secs(100_000);
    let jwt = scene.platforms.github.sign(&scene.github(&json!({})));
    let away = exchange(&scene.app.nobody(), &jwt).await.expect_status(503);
    assert!(away.error_detail().starts_with("Failed to load OIDC key set"), "{}", away.error_detail());
}
