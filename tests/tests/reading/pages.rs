//! The pages that tell people how to begin.

use cratekeep_tests::{RegistryWish, TestApp, on_both_engines};

on_both_engines![pages_tell_how_to_begin, pages_protect_themselves, a_page_that_is_not_there];

async fn pages_tell_how_to_begin(app: &TestApp) {
    app.registry("side", RegistryWish::default()).await;
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let nobody = app.nobody();
    let front = nobody.fetch("/").await.expect_status(200);
    assert!(front.text().contains(&nobody.index_url()), "{}", front.text());
    for registry in ["side", "vault"] {
        assert!(front.text().contains(&format!("/r/{registry}")), "{registry}");
        let there = nobody.at(registry);
        let front = there.fetch("").await.expect_status(200);
        assert!(front.text().contains(&there.index_url()), "{registry}: {}", front.text());
        let me = there.fetch("/me").await.expect_status(200);
        assert!(me.text().contains(&format!("--registry {registry}")), "{registry}: {}", me.text());
    }
    let me = nobody.fetch("/me").await.expect_status(200);
    assert!(me.text().contains("cargo login"), "{}", me.text());
}

async fn pages_protect_themselves(app: &TestApp) {
    for path in ["/", "/me", "/setup/none"] {
        let page = app.nobody().fetch(path).await;
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
        assert_ne!(page.header("referrer-policy"), "", "{path}");
        assert_eq!(page.header("access-control-allow-origin"), "", "{path}");
        assert!(policy.contains("script-src 'self';"), "{path}: no scripts but ours: {policy}");
        let scripts = page.text().matches("<script").count();
        let ours = page.text().matches("<script type=\"module\" src=\"/assets/").count();
        assert_eq!(scripts, ours, "{path}: no script stands in a page");
    }
}

async fn a_page_that_is_not_there(app: &TestApp) {
    for path in [
        "/r/nowhere",
        "/r/nowhere/me",
        "/setup/none",
        "/nothing",
        "/r",
        "/r/",
        "/favicon.ico",
        "/assets/../Cargo.toml",
        "/assets/none",
    ] {
        assert_eq!(app.nobody().fetch(path).await.status, 404, "{path}");
    }
    let quoted = app.nobody().fetch("/r/%3Cscript%3E").await.expect_status(404);
    let is_page = quoted.header("content-type").starts_with("text/html");
    assert!(!is_page || !quoted.text().contains("<script>"), "what was asked for is shown as text");
}
