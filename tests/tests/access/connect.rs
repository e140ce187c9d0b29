//! Sign-ins of `cargo login` that a browser confirms.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::Reply;
use cratekeep_tests::{RegistryWish, TestApp, on_both_engines, send};
use http::Method;
use serde_json::{Value, json};

on_both_engines![
    a_confirmed_sign_in_gives_one_small_token,
    a_refused_sign_in_gives_nothing,
    a_sign_in_that_nobody_confirms_is_over_after_ten_minutes,
    only_who_began_it_gets_the_token,
    only_a_browser_confirms,
    the_token_ends_with_the_session,
];

const BEGIN: &str = "/api/v1/credential/begin";
const POLL: &str = "/api/v1/credential/poll";

async fn ask(app: &TestApp, registry: Option<&str>, path: &str, body: &Value) -> Reply {
    let nobody = registry.map_or_else(|| app.nobody(), |name| app.nobody().at(name));
    send(nobody.request(Method::POST, path).body(body.to_string())).await
}

async fn begin(app: &TestApp, registry: Option<&str>) -> Value {
    ask(app, registry, BEGIN, &json!({"client": "ann on laptop"})).await.expect_status(200).json()
}

async fn poll(app: &TestApp, begun: &Value) -> Reply {
    ask(app, None, POLL, &json!({"code": begun["code"], "secret": begun["secret"]})).await
}

fn code(begun: &Value) -> &str {
    begun["code"].as_str().expect("a code")
}

async fn a_confirmed_sign_in_gives_one_small_token(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let owner = app.owner().await;
    let browser = app.browser(&owner).await;
    let begun = begin(app, Some("vault")).await;
    assert_eq!(begun["page"], json!(format!("{}/connect?code={}", app.url(), code(&begun))));
    assert_eq!(poll(app, &begun).await.expect_status(200).json(), json!({"state": "waiting"}));

    let page = browser.fetch(&format!("/connect?code={}", code(&begun))).await.expect_status(200);
    for part in [code(&begun), "ann on laptop", "127.0.0.1", "vault", "olga", browser.form_key()] {
        assert!(page.text().contains(part), "no {part} in {}", page.text());
    }
    let fields = [("code", code(&begun)), ("life", "3600"), ("answer", "let in")];
    let done = browser.post("/connect", &fields).await.expect_status(200);
    assert!(!done.text().contains("ckp_"), "the page does not show the token");
    let _ = browser.post("/connect", &fields).await.expect_status(404);
    let _ = browser.fetch(&format!("/connect?code={}", code(&begun))).await.expect_status(404);

    let granted = poll(app, &begun).await.expect_status(200).json();
    assert_eq!((&granted["state"], &granted["secs"]), (&json!("granted"), &json!(3600)));
    let _ = poll(app, &begun).await.expect_status(404);
    let token = app.nobody().showing(granted["token"].as_str().expect("a token"));
    token.at("vault").has_published("inside", "1.0.0").await;
    let _ = token.publish(&ArchiveBuilder::new("outside", "1.0.0")).await.expect_status(403);
    let _ = token.fetch("/api/v1/me/tokens").await.expect_status(403);
    let listed = browser.fetch("/api/v1/me/tokens").await.expect_status(200).json();
    assert_eq!(listed["api_tokens"][0]["name"], json!("cargo login: ann on laptop"));
    let renew = format!("/api/v1/me/tokens/{}/renew", listed["api_tokens"][0]["id"]);
    let _ = browser.send(Method::PUT, &renew, &json!({})).await.expect_status(409);

    app.clock().advance_secs(3600);
    let late = token.at("vault").fetch("/index/config.json").await.expect_status(401);
    assert!(late.error_detail().contains("expired"), "{}", late.error_detail());
}

async fn a_refused_sign_in_gives_nothing(app: &TestApp) {
    let browser = app.browser(&app.owner().await).await;
    let begun = begin(app, None).await;
    let fields = [("code", code(&begun)), ("life", "3600"), ("answer", "turn away")];
    let _ = browser.post("/connect", &fields).await.expect_status(200);
    assert_eq!(poll(app, &begun).await.expect_status(200).json(), json!({"state": "refused"}));
    let _ = poll(app, &begun).await.expect_status(404);
    for (life, answer) in [("0", "let in"), ("99999999", "let in"), ("", "let in"), ("3600", "maybe")] {
        let begun = begin(app, None).await;
        let fields = [("code", code(&begun)), ("life", life), ("answer", answer)];
        let _ = browser.post("/connect", &fields).await.expect_status(400);
        assert_eq!(poll(app, &begun).await.expect_status(200).json(), json!({"state": "waiting"}));
    }
}

async fn a_sign_in_that_nobody_confirms_is_over_after_ten_minutes(app: &TestApp) {
    let browser = app.browser(&app.owner().await).await;
    let begun = begin(app, None).await;
    app.clock().advance_secs(599);
    assert_eq!(poll(app, &begun).await.expect_status(200).json(), json!({"state": "waiting"}));
    app.clock().advance_secs(1);
    let _ = poll(app, &begun).await.expect_status(404);
    let fields = [("code", code(&begun)), ("life", "3600"), ("answer", "let in")];
    let _ = browser.post("/connect", &fields).await.expect_status(404);
}

async fn only_who_began_it_gets_the_token(app: &TestApp) {
    let browser = app.browser(&app.owner().await).await;
    let begun = begin(app, None).await;
    let other = begin(app, None).await;
    let fields = [("code", code(&begun)), ("life", "3600"), ("answer", "let in")];
    let _ = browser.post("/connect", &fields).await.expect_status(200);
    for (code, secret) in [
        (&begun["code"], &other["secret"]),
        (&begun["code"], &json!("")),
        (&json!("BBBB-BBBB"), &begun["secret"]),
        (&json!("'; --"), &begun["secret"]),
    ] {
        let _ = ask(app, None, POLL, &json!({"code": code, "secret": secret})).await.expect_status(404);
    }
    for body in [json!({}), json!([]), json!({"code": 7, "secret": 8})] {
        let _ = ask(app, None, POLL, &body).await.expect_status(400);
    }
    assert_eq!(poll(app, &begun).await.expect_status(200).json()["state"], "granted");
}

async fn only_a_browser_confirms(app: &TestApp) {
    let owner = app.owner().await;
    let browser = app.browser(&owner).await;
    let begun = begin(app, None).await;
    let path = format!("/connect?code={}", code(&begun));
    let _ = app.nobody().fetch(&path).await.expect_status(401);
    let _ = owner.fetch(&path).await.expect_status(403);
    let form = format!("code={}&life=3600&answer=let+in", code(&begun));
    let without_key = browser.request(Method::POST, "/connect").body(form.clone());
    let _ = send(without_key).await.expect_status(403);
    let from_elsewhere = browser
        .request_from_elsewhere(Method::POST, "/connect")
        .body(format!("key={}&{form}", browser.form_key()));
    let _ = send(from_elsewhere).await.expect_status(403);
    let by_token = owner.request(Method::POST, "/connect").header("sec-fetch-site", "same-origin").body(form);
    let _ = send(by_token).await.expect_status(403);
    assert_eq!(poll(app, &begun).await.expect_status(200).json(), json!({"state": "waiting"}));
}

async fn the_token_ends_with_the_session(app: &TestApp) {
    let owner = app.owner().await;
    let browser = app.browser(&owner).await;
    let begun = begin(app, None).await;
    let fields = [("code", code(&begun)), ("life", "3600"), ("answer", "let in")];
    let _ = browser.post("/connect", &fields).await.expect_status(200);
    let granted = poll(app, &begun).await.expect_status(200).json();
    let token = app.nobody().showing(granted["token"].as_str().expect("a token"));
    token.has_published("during", "1.0.0").await;
    let caller = {
        let shown = cratekeep_app::Shown { authorization: Some(owner.token()), ..Default::default() };
        let actor = app.app().identify(&shown).await.expect("an answer");
        cratekeep_app::Caller { actor, address: None }
    };
    app.app().end_session(&caller, browser.session()).await.expect("it ends");
    let _ = token.publish(&ArchiveBuilder::new("after", "1.0.0")).await.expect_status(401);
    assert!(!owner.fetch("/api/v1/me/tokens").await.text().contains("cargo login"));
}
