//! The banner and the read-only mode.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::HttpClient;
use cratekeep_tests::{Engine, PASSWORD, Person, Spec, TestApp, TokenWish, on_both_engines, run, send};
use cratekeep_wire::control::{AdminCommand, SiteCommand};
use http::Method;
use serde_json::{Value, json};

on_both_engines![
    the_banner_shows_on_every_page_and_in_the_metadata,
    read_only_mode_refuses_every_change_and_administrators_end_it,
    read_only_mode_lets_people_in_and_out,
];

/// Routes by which people sign in and out, and by which an administrator ends the mode.
const GOES_ON: [&str; 10] = [
    "/api/v1/admin/commands",
    "/api/private/session",
    "/api/private/session/authorize",
    "/api/private/session/begin",
    "/link",
    "/link/{secret}",
    "/passkey/begin",
    "/passkey/finish",
    "/sign-in",
    "/sign-out",
];

/// The administrator with a token for it.
pub(crate) async fn admin(app: &TestApp) -> Person {
    let wish = TokenWish { scope: Some("admin"), ..TokenWish::default() };
    app.token_for(&app.administrator().await, wish).await
}

/// Sends a command to the API.
pub(crate) async fn command(who: &Person, command: Value) -> cratekeep_testkit::http::Reply {
    send(who.request(Method::POST, "/api/v1/admin/commands").body(command.to_string())).await
}

async fn the_banner_shows_on_every_page_and_in_the_metadata(app: &TestApp) {
    let admin = admin(app).await;
    let text = "<b>Moving</b> on Friday";
    let _ = command(&admin, json!({"command": "site", "action": "banner", "text": text}))
        .await
        .expect_status(200);
    for path in ["/", "/me", "/r/absent"] {
        let page = app.nobody().fetch(path).await.text().to_owned();
        assert!(page.contains("&#60;b&#62;Moving") || page.contains("&lt;b&gt;Moving"), "{path}: {page}");
    }
    let metadata = app.nobody().fetch("/api/v1/site_metadata").await.expect_status(200).json();
    assert_eq!((&metadata["banner_message"], &metadata["read_only"]), (&json!(text), &json!(false)));
    let _ = command(&admin, json!({"command": "site", "action": "banner"})).await.expect_status(200);
    assert!(!app.nobody().fetch("/").await.text().contains("Moving"));
    let page = app.nobody().fetch("/r/absent").await.expect_status(404);
    assert!(page.header("content-type").starts_with("text/html"), "who reads pages gets a page");
    let stranger = app.stranger().await;
    let _ = command(&stranger, json!({"command": "site", "action": "banner"})).await.expect_status(403);
}

async fn read_only_mode_refuses_every_change_and_administrators_end_it(app: &TestApp) {
    let (admin, owner) = (admin(app).await, app.owner().await);
    owner.has_published("frozen", "1.0.0").await;
    let on = json!({"command": "site", "action": "read-only", "on": true, "reason": "moving"});
    let _ = command(&admin, on).await.expect_status(200);
    let before = app.footprint().await;
    for route in app.routes().iter().filter(|route| !route.method.is_safe()) {
        if GOES_ON.contains(&route.path.as_str()) {
            continue;
        }
        let path = route
            .path
            .replace("{registry}", "main")
            .replace("{name}", "frozen")
            .replace("{version}", "1.0.0");
        let reply = send(owner.request(route.method.clone(), &path)).await;
        assert_eq!(reply.status, 503, "{} {}", route.method, route.path);
        assert!(reply.text().contains("read-only mode (moving)"), "{path}: {}", reply.text());
        assert_ne!(reply.header("retry-after"), "", "{path}");
    }
    let create = json!({"command": "user", "action": "create", "name": "eve"});
    let _ = command(&admin, create.clone()).await.expect_status(503);
    let _ = command(&admin, json!({"command": "user", "action": "list"})).await.expect_status(200);
    assert_eq!(app.footprint().await, before);
    let _ = app.nobody().download("frozen", "1.0.0").await.expect_status(200);
    assert_eq!(app.nobody().fetch("/api/v1/site_metadata").await.json()["read_only"], true);
    app.admin(AdminCommand::Site(SiteCommand::ReadOnly { on: false, reason: None })).await;
    let _ = command(&admin, create).await.expect_status(200);
    let _ = owner.yank("frozen", "1.0.0").await.expect_status(200);
}

async fn read_only_mode_lets_people_in_and_out(app: &TestApp) {
    let mut before = app.signed_in("olga").await;
    let link = app.password_link("olga").await;
    app.admin(AdminCommand::Site(SiteCommand::ReadOnly { on: true, reason: None })).await;
    let _ = before.submit("/sign-out", &[]).await.expect_status(303);
    assert_eq!(before.who().await, None);
    before.sign_in("olga", PASSWORD).await;
    let mut by_link = app.visitor();
    let _ = by_link.open(&link).await.expect_status(200);
    let _ = by_link.submit(&link, &[("password", "another good password")]).await.expect_status(303);
    assert_eq!(by_link.who().await.as_deref(), Some("olga"));
    let _ = by_link.submit("/passkey/begin", &[("name", "olga")]).await.expect_status(400);
    let _ = by_link.submit("/settings/profile", &[("display_name", "O")]).await.expect_status(503);
    let request = by_link.request(Method::DELETE, "/api/private/session");
    let _ = send(request.header("sec-fetch-site", "same-origin")).await.expect_status(200);
    assert_eq!(by_link.who().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn read_only_mode_holds_on_every_node_when_the_answer_comes() {
    run(Spec::on(Engine::PostgresAndS3), async |app| {
        let other = app.second_node().await;
        let there = HttpClient::plain(other.url()).expect("a client");
        let owner = app.owner().await;
        owner.has_published("frozen", "1.0.0").await;
        app.admin(AdminCommand::Site(SiteCommand::ReadOnly { on: true, reason: None })).await;
        let refused = owner.at_node(&other).yank("frozen", "1.0.0").await.expect_status(503);
        assert!(refused.error_detail().contains("read-only"));
        let metadata = send(there.get("/api/v1/site_metadata")).await.expect_status(200);
        assert_eq!(metadata.json()["read_only"], true);
        app.admin(AdminCommand::Site(SiteCommand::ReadOnly { on: false, reason: None })).await;
        let _ =
            owner.at_node(&other).publish(&ArchiveBuilder::new("frozen", "1.0.1")).await.expect_status(200);
        other.stop().await;
    })
    .await;
}
