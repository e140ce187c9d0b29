//! Builds without a secret: an identity for a token, and cargo with that token as CI has it, in the environment.

use cratekeep_testkit::cargo::{CargoCase, CargoRun};
use cratekeep_testkit::http::HttpClient;
use cratekeep_testkit::issuer::Issuer;
use cratekeep_testkit::server::{Server, ServerSpec};
use cratekeep_types::{Clock, SystemClock};
use http::Method;
use serde_json::{Value, json};

const TOKENS: &str = "/api/v1/trusted_publishing/tokens";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_build_publishes_with_the_token_for_its_identity() {
    let platform = Issuer::start().await;
    let server = ServerSpec::new(env!("CARGO_BIN_EXE_cratekeep"))
        .env("CRATEKEEP_OUTBOUND__ALLOW_PRIVATE", "true")
        .env("CRATEKEEP_TRUSTED_PUBLISHING__GITLAB_ISSUER", platform.url())
        .start()
        .expect("the server starts");
    let ann = server.user("ann").expect("a user");
    let http = HttpClient::plain(server.url()).expect("a client");
    let mut cargo = CargoCase::new().expect("a cargo");
    cargo.registry("here", &server.index_url("main")).expect("settings");
    let _ = publish(&cargo, "0.1.0", &ann).success();

    let rule = json!({ "gitlab_config": {
        "crate": "widget", "namespace": "acme", "project": "widget", "workflow_filepath": ".gitlab-ci.yml",
    }});
    let made = http
        .request(Method::POST, "/api/v1/trusted_publishing/gitlab_configs")
        .header("authorization", &ann)
        .json(&rule);
    let _ = made.send().await.expect("an answer").expect_status(200);
    let exchange = http.request(Method::POST, TOKENS).json(&json!({ "jwt": identity(&platform, &server) }));
    let reply: Value = exchange.send().await.expect("an answer").expect_status(200).json();
    let token = reply["token"].as_str().expect("a text");

    let _ = publish(&cargo, "0.1.1", token).success();
    let version = http.request(Method::GET, "/api/v1/crates/widget/0.1.1").send().await.expect("an answer");
    assert_eq!(version.json()["version"]["trustpub_data"]["project_path"], "acme/widget");

    let back = http.request(Method::DELETE, TOKENS).header("authorization", &format!("Bearer {token}"));
    let _ = back.send().await.expect("an answer").expect_status(204);
    let _ = publish(&cargo, "0.1.2", token).failure();
}

/// Runs `cargo publish` with the token in the environment.
fn publish(cargo: &CargoCase, num: &str, token: &str) -> CargoRun {
    let folder = cargo.package("widget", num).write().expect("a package");
    let script = format!("CARGO_REGISTRIES_HERE_TOKEN={token} cargo publish --registry here --no-verify");
    cargo.shell(&folder, &script).expect("cargo runs")
}

/// What GitLab would sign for a job, for the address of the server as audience.
fn identity(platform: &Issuer, server: &Server) -> String {
    let now = SystemClock.now().0 / 1_000_000;
    let audience = server.url().trim_start_matches("http://");
    platform.sign(&json!({
        "iss": platform.url(), "aud": audience, "jti": "1", "iat": now, "nbf": now, "exp": now + 300,
        "project_path": "acme/widget", "namespace_id": "7", "job_id": "99", "sha": "c0ffee",
        "ci_config_ref_uri": "gitlab.test/acme/widget//.gitlab-ci.yml@refs/heads/main",
    }))
}
