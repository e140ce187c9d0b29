//! The pages of tokens, reports of exposed ones, and services.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{RegistryWish, TestApp, TokenWish, on_both_engines, send};
use cratekeep_wire::control::{AdminCommand, AdminReply, ServiceCommand, TokenCommand};
use http::Method;
use serde_json::json;

on_both_engines![
    a_form_makes_a_token_that_is_shown_once,
    a_token_is_renewed_by_a_button,
    a_form_with_mistakes_keeps_what_was_typed,
    an_exposed_token_is_dead_whoever_reports_it,
    a_service_has_tokens_and_owns_but_is_no_person,
];

async fn a_form_makes_a_token_that_is_shown_once(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let browser = app.browser(&app.owner().await).await;
    let form = browser.fetch("/settings/tokens/new").await.expect_status(200);
    for part in ["publish-update", "acme-*", "90 days", "vault", browser.form_key()] {
        assert!(form.text().contains(part), "no {part}");
    }
    assert!(!form.text().contains(">admin<"), "administering is offered to administrators");
    let fields = [
        ("name", "release job"),
        ("scope", "publish-new"),
        ("life", "3600"),
        ("crates", "acme-*\r\nother"),
        ("registry", "vault"),
        ("addresses", "127.0.0.1"),
    ];
    let made = browser.post("/settings/tokens/new", &fields).await.expect_status(200);
    assert_eq!(made.header("cache-control"), "no-store");
    let page = made.text();
    assert!(page.contains("cargo login --registry vault") && !page.contains("--registry main"), "{page}");
    let at = page.find("ckp_").expect("the token");
    let text = page[at..at + 42].to_owned();
    app.nobody().showing(&text).at("vault").has_published("acme-one", "1.0.0").await;

    let list = browser.fetch("/settings/tokens").await.expect_status(200);
    assert!(!list.text().contains(&text), "it is shown once");
    for part in ["release job", "acme-*, other", "vault", "in 1 hour", "127.0.0.1"] {
        assert!(list.text().contains(part), "no {part} in {}", list.text());
    }
    let listed = browser.fetch("/api/v1/me/tokens").await.json();
    let path = format!("/settings/tokens/{}/revoke", listed["api_tokens"][0]["id"]);
    let done = browser.post(&path, &[]).await.expect_status(303);
    assert_eq!(done.header("location"), "/settings/tokens");
    let _ = app.nobody().showing(&text).at("vault").fetch("/index/config.json").await.expect_status(401);
}

async fn a_token_is_renewed_by_a_button(app: &TestApp) {
    let owner = app.owner().await;
    let old =
        app.token_for(&owner, TokenWish { expires_secs: Some(86_400 * 9), ..TokenWish::default() }).await;
    let browser = app.browser(&owner).await;
    let list = browser.fetch("/settings/tokens").await.expect_status(200);
    let listed = browser.fetch("/api/v1/me/tokens").await.json();
    let path = format!("/settings/tokens/{}/renew", listed["api_tokens"][0]["id"]);
    assert!(list.text().contains(&format!("action=\"{path}\"")), "{}", list.text());
    app.clock().advance_secs(86_400 * 5);
    let page = browser.post(&path, &[]).await.expect_status(200);
    let at = page.text().find("ckp_").expect("the new text");
    let new = app.nobody().showing(&page.text()[at..at + 42]);
    new.has_published("renewed", "1.0.0").await;
    old.has_published("renewed", "1.0.1").await;
    app.clock().advance_secs(86_400 + 1);
    let _ = old.publish(&ArchiveBuilder::new("renewed", "1.0.2")).await.expect_status(401);
    new.has_published("renewed", "1.0.2").await;
    let stranger = app.browser(&app.stranger().await).await;
    let _ = stranger.post(&path, &[]).await.expect_status(404);
}

async fn a_form_with_mistakes_keeps_what_was_typed(app: &TestApp) {
    let browser = app.browser(&app.owner().await).await;
    let fields = [
        ("name", "<b>job</b>"),
        ("scope", "yank"),
        ("life", "3600"),
        ("crates", "a*b"),
        ("addresses", "home"),
    ];
    let page = browser.post("/settings/tokens/new", &fields).await.expect_status(400);
    let text = page.text();
    assert!(text.contains("role=\"alert\"") && text.contains("a*b") && text.contains("home"), "{text}");
    assert!(!text.contains("<b>job"), "what was typed is shown as text");
    assert!(text.contains("value=\"yank\" checked"), "{text}");
    for (scope, life) in [("admin", "3600"), ("yank", "soon"), ("yank", "-5"), ("", "3600")] {
        let fields = [("name", "x"), ("scope", scope), ("life", life)];
        let _ = browser.post("/settings/tokens/new", &fields).await.expect_status(400);
    }
}

async fn an_exposed_token_is_dead_whoever_reports_it(app: &TestApp) {
    let owner = app.owner().await;
    let leaked = app.token_for(&owner, TokenWish::default()).await;
    let report = async |token: &str| {
        let body = json!({"token": token, "url": "https://paste.example/1"}).to_string();
        send(app.nobody().request(Method::POST, "/api/v1/tokens/report").body(body)).await
    };
    let unknown = report("ckp_0000").await.expect_status(200);
    let known = report(leaked.token()).await.expect_status(200);
    assert_eq!(known.body, unknown.body, "the answer does not tell");
    let _ = leaked.publish(&ArchiveBuilder::new("late", "1.0.0")).await.expect_status(401);
    let _ = report(leaked.token()).await.expect_status(200);
    owner.has_published("still", "1.0.0").await;
    let bad = send(app.nobody().request(Method::POST, "/api/v1/tokens/report").body("ckp_x")).await;
    assert!(!bad.expect_status(400).text().contains("ckp_x"));
}

async fn a_service_has_tokens_and_owns_but_is_no_person(app: &TestApp) {
    let owner = app.owner().await;
    let create = ServiceCommand::Create { name: "release-bot".to_owned(), email: None };
    let _ = app.admin(AdminCommand::Service(create)).await;
    let token = TokenCommand::Create {
        user: "release-bot".to_owned(),
        name: "job".to_owned(),
        scope: Some("publish-new,publish-update,change-owners".to_owned()),
        crates: Vec::new(),
        registries: Vec::new(),
        addresses: Vec::new(),
        expires_secs: None,
    };
    let AdminReply::Token { token } = app.admin(AdminCommand::Token(token)).await else {
        panic!("the answer is a token")
    };
    let bot = app.nobody().showing(&token);
    bot.has_published("by-bot", "1.0.0").await;
    let listed = bot.owners("by-bot").await.expect_status(200).json();
    assert_eq!(
        (&listed["users"][0]["login"], &listed["users"][0]["name"]),
        (&json!("release-bot"), &json!("service"))
    );
    let AdminReply::Table { rows, .. } = app.admin(AdminCommand::Service(ServiceCommand::List)).await else {
        panic!("a list is a table")
    };
    assert_eq!((rows.len(), rows[0][1].as_str()), (1, "release-bot"));
    let _ = owner;
}
