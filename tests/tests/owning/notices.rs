//! Letters about tokens, and about how a crate is published without a person.

use cratekeep_tests::{Browser, Person, SentLetter, Spec, TestApp, TokenWish, on_both_engines, send};
use http::Method;
use serde_json::{Value, json};

use crate::letters::with_address;

on_both_engines![mail_into_a_folder =>
    a_new_token_is_told_of,
    a_token_that_ends_soon_is_told_of_once,
    an_exposed_token_is_told_of,
    owners_hear_how_their_crate_is_published,
    who_sets_up_builds_has_a_verified_address,
];

fn mail_into_a_folder(spec: Spec) -> Spec {
    spec.with_mail()
}

/// Olga with an address, and a browser of hers.
async fn olga(app: &TestApp) -> (Person, Browser) {
    let olga = app.owner().await;
    with_address(app, &olga, true).await;
    let browser = app.browser(&olga).await;
    (olga, browser)
}

/// The letters that came since there were `before`.
async fn since(app: &TestApp, before: usize) -> Vec<SentLetter> {
    app.letters().await.split_off(before)
}

async fn a_new_token_is_told_of(app: &TestApp) {
    let (_, browser) = olga(app).await;
    let wish = json!({ "api_token": { "name": "laptop" } });
    let made = browser.send(Method::PUT, "/api/v1/me/tokens", &wish).await.expect_status(200).json();
    let letters = since(app, 0).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0].to, "olga@example.org");
    assert_eq!(letters[0].subject, "[crates] A token called laptop was made for your account");
    let text = made["api_token"]["token"].as_str().expect("the token");
    assert!(!letters[0].text.contains(text), "the letter does not hold it");
    assert!(letters[0].text.contains(&format!("{}/settings/tokens", app.url())), "{}", letters[0].text);
}

async fn a_token_that_ends_soon_is_told_of_once(app: &TestApp) {
    let (olga, _) = olga(app).await;
    let long = TokenWish { expires_secs: Some(30 * 86_400), ..TokenWish::default() };
    let short = TokenWish { expires_secs: Some(86_400), ..TokenWish::default() };
    let ending = app.token_for(&olga, long).await;
    let _ = app.token_for(&olga, short).await;
    let before = app.letters().await.len();
    assert_eq!(app.app().warn_of_ending_tokens().await.expect("a look"), 0, "there is time");
    app.clock().advance_secs(27 * 86_400 + 60);
    assert_eq!(app.app().warn_of_ending_tokens().await.expect("a look"), 1);
    assert_eq!(app.app().warn_of_ending_tokens().await.expect("a look"), 0, "once");
    let letters = since(app, before).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(letters[0].subject.ends_with("ends soon"), "{}", letters[0].subject);
    assert!(letters[0].text.contains("2026-06-03T03:02:01Z"), "{}", letters[0].text);
    assert!(!letters[0].text.contains(ending.token()));
}

async fn an_exposed_token_is_told_of(app: &TestApp) {
    let (olga, _) = olga(app).await;
    let before = app.letters().await.len();
    let report = json!({ "token": olga.token(), "url": "https://paste.example/1" });
    for _ in 0..2 {
        let ask = app.nobody().request(Method::POST, "/api/v1/tokens/report");
        let _ = send(ask.json(&report)).await.expect_status(200);
    }
    let letters = since(app, before).await;
    assert_eq!(letters.len(), 1, "once for one token: {letters:?}");
    assert!(letters[0].subject.ends_with("was exposed and is revoked"), "{}", letters[0].subject);
    assert!(letters[0].text.contains("https://paste.example/1") && !letters[0].text.contains(olga.token()));
}

const CONFIGS: &str = "/api/v1/trusted_publishing/github_configs";

fn rule() -> Value {
    json!({ "github_config": {
        "crate": "shared", "repository_owner": "acme", "repository_name": "widget",
        "workflow_filename": "publish.yml", "environment": "release",
    } })
}

async fn owners_hear_how_their_crate_is_published(app: &TestApp) {
    let (olga, browser) = olga(app).await;
    let helper = app.person("helga").await;
    // Letters about publishes are one thing, these another.
    with_address(app, &helper, false).await;
    olga.has_published("shared", "1.0.0").await;
    olga.shares("shared", &helper).await;
    let before = app.letters().await.len();
    let made = browser.send(Method::POST, CONFIGS, &rule()).await.expect_status(200).json();
    let only = |only: bool| json!({ "crate": { "trustpub_only": only } });
    for value in [true, true, false] {
        let _ = browser.send(Method::PATCH, "/api/v1/crates/shared", &only(value)).await.expect_status(200);
    }
    let path = format!("{CONFIGS}/{}", made["github_config"]["id"]);
    let _ = browser.send(Method::DELETE, &path, &Value::Null).await.expect_status(204);
    let letters = since(app, before).await;
    let to = |address: &str| -> Vec<_> {
        letters.iter().filter(|letter| letter.to == address).map(|letter| letter.subject.as_str()).collect()
    };
    let subjects = [
        "[crates] A build may publish shared now",
        "[crates] Only trusted builds publish shared now",
        "[crates] People may publish shared again",
        "[crates] A build may no longer publish shared",
    ];
    assert_eq!(to("olga@example.org"), subjects);
    assert_eq!(to("helga@example.org"), subjects);
    let text = &letters[0].text;
    assert!(text.contains("olga set up trusted publishing") && text.contains("publish.yml"), "{text}");
}

async fn who_sets_up_builds_has_a_verified_address(app: &TestApp) {
    let olga = app.owner().await;
    olga.has_published("shared", "1.0.0").await;
    let browser = app.browser(&olga).await;
    let reply = browser.send(Method::POST, CONFIGS, &rule()).await.expect_status(403);
    let begins = "You must verify your email address to create a Trusted Publishing config";
    assert!(reply.error_detail().starts_with(begins), "{}", reply.error_detail());
    with_address(app, &olga, true).await;
    let _ = browser.send(Method::POST, CONFIGS, &rule()).await.expect_status(200);
}
