//! Readmes: rendered after a publish or when first asked for, and what else a look into an archive tells.

use cratekeep_blob::BlobStore;
use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{RegistryWish, TestApp, on_both_engines};
use cratekeep_wire::control::{AdminCommand, CrateCommand};
use serde_json::{Value, json};

on_both_engines![
    a_readme_is_rendered_when_first_asked_for,
    the_job_tells_what_is_in_the_archive,
    what_has_no_readme_says_so,
    a_closed_registry_keeps_its_readmes,
    a_deleted_version_leaves_nothing_rendered,
];

const NOTE: &str = r#"{"git":{"sha1":"0af1"},"path_in_vcs":"crates/shown"}"#;

fn shown() -> ArchiveBuilder {
    ArchiveBuilder::new("shown", "1.0.0+build")
        .package_line("repository = \"https://github.com/acme/shown\"")
        .readme("# Shown\n\nSee [docs](docs/x.md). <script>alert(1)</script>\n\n```rust\nlet x = 1;\n```\n")
        .file(".cargo_vcs_info.json", NOTE)
        .file(
            "LICENSE-MIT",
            "Permission is hereby granted, free of charge, … The above copyright notice and this permission",
        )
        .file("src/more.rs", "//! Docs.\n\nfn f() {}\n")
        .file("tests/t.rs", "fn not_counted() {}\n")
}

async fn api(app: &TestApp, path: &str) -> Value {
    let reply = app.nobody().fetch(&format!("/api/v1/{path}")).await.expect_status(200);
    serde_json::from_str(reply.text()).expect("JSON")
}

async fn a_readme_is_rendered_when_first_asked_for(app: &TestApp) {
    let _ = app.owner().await.publish(&shown()).await.expect_status(200);
    let moved = app.nobody().fetch("/api/v1/crates/Shown/1.0.0/readme").await.expect_status(302);
    let place = format!("{}/readmes/shown/shown-1.0.0%2Bbuild.html", app.url());
    assert_eq!((moved.header("location"), moved.header("vary")), (place.as_str(), "Accept"));
    let told = app
        .nobody()
        .fetch_with("/api/v1/crates/shown/1.0.0/readme", "accept", "application/json")
        .await
        .expect_status(200);
    assert_eq!(told.text(), json!({ "url": place }).to_string());

    let html = app.nobody().fetch("/readmes/shown/shown-1.0.0%2Bbuild.html").await.expect_status(200);
    assert_eq!(html.header("content-type"), "text/html; charset=utf-8");
    assert!(html.header("content-security-policy").contains("default-src 'none'"));
    assert!(html.header("cache-control").starts_with("public"));
    let text = html.text();
    assert!(
        text.contains("href=\"https://github.com/acme/shown/blob/0af1/crates/shown/docs/x.md\""),
        "{text}"
    );
    assert!(text.contains("<span class=\"hl-k\">let</span>") && !text.contains("script"), "{text}");
    let _ = app
        .nobody()
        .fetch_with("/readmes/shown/shown-1.0.0+build.html", "if-none-match", html.header("etag"))
        .await
        .expect_status(304);
    let again = app.nobody().fetch("/readmes/shown/shown-1.0.0+build.html").await.expect_status(200);
    assert_eq!(again.text(), text, "the second time it is read, not made");
}

async fn the_job_tells_what_is_in_the_archive(app: &TestApp) {
    let _ = app.owner().await.publish(&shown()).await.expect_status(200);
    let before = api(app, "crates/shown/1.0.0").await;
    assert_eq!(before["version"]["linecounts"], Value::Null);
    assert_eq!(app.app().run_due_jobs().await.expect("jobs run"), 1);
    let after = api(app, "crates/shown/1.0.0").await;
    let version = &after["version"];
    assert_eq!(version["linecounts"]["languages"]["Rust"]["files"], 2, "{version:#}");
    assert_eq!(version["linecounts"]["total_comment_lines"], 2, "{version:#}");
    assert_eq!(version["license_files"], json!([{ "path": "LICENSE-MIT", "license": "MIT" }]));
    assert_eq!(app.app().run_due_jobs().await.expect("jobs run"), 0);
    let id = version["id"].as_i64().expect("a number");
    let words = app.app().readme_words(cratekeep_types::VersionId(id)).await.expect("words");
    assert_eq!(words, "Shown See docs. alert(1) let x = 1;");
    let listed = api(app, "crates/shown/versions").await;
    assert_eq!(listed["versions"][0]["linecounts"], version["linecounts"]);
}

async fn what_has_no_readme_says_so(app: &TestApp) {
    let _ = app.owner().await.publish(&ArchiveBuilder::new("bare", "1.0.0")).await.expect_status(200);
    for path in [
        "/api/v1/crates/bare/1.0.0/readme",
        "/api/v1/crates/bare/2.0.0/readme",
        "/api/v1/crates/nothing/1.0.0/readme",
        "/readmes/bare/bare-1.0.0.html",
        "/readmes/bare/bare-2.0.0.html",
        "/readmes/bare/other-1.0.0.html",
        "/readmes/nothing/nothing-1.0.0.html",
    ] {
        let _ = app.nobody().fetch(path).await.expect_status(404);
    }
    let _ = app.nobody().fetch("/api/v1/crates/bare/x/readme").await.expect_status(400);
}

async fn a_closed_registry_keeps_its_readmes(app: &TestApp) {
    app.registry("inside", RegistryWish { access: Some("closed"), ..RegistryWish::default() }).await;
    app.member("inside", app.owner().await.name(), "publisher").await;
    let owner = app.owner().await.at("inside");
    let _ = owner.publish(&shown()).await.expect_status(200);
    let path = "/r/inside/readmes/shown/shown-1.0.0+build.html";
    let _ = app.nobody().fetch(path).await.expect_status(401);
    let _ = app.nobody().fetch("/readmes/shown/shown-1.0.0+build.html").await.expect_status(404);
    let html = owner.fetch("/readmes/shown/shown-1.0.0+build.html").await.expect_status(200);
    assert_eq!(html.header("cache-control"), "private, no-store");
}

async fn a_deleted_version_leaves_nothing_rendered(app: &TestApp) {
    let upload = app.owner().await.upload(&shown());
    let _ = app.owner().await.send_upload(&upload).await.expect_status(200);
    let _ = app.nobody().fetch("/readmes/shown/shown-1.0.0+build.html").await.expect_status(200);
    let checksum = cratekeep_types::Checksum::of(&upload.archive).to_string();
    let key = |kind| cratekeep_blob::DerivedKey::new(kind, "1", &checksum).expect("a key");
    let blobs: &BlobStore = app.node().blobs();
    assert!(blobs.get_derived(&key("readme-words"), 1 << 20).await.expect("read").is_some());
    let (registry, krate, reason) = ("main".to_owned(), "shown".to_owned(), "a test".to_owned());
    let _ = app.admin(AdminCommand::Crate(CrateCommand::Delete { registry, krate, reason })).await;
    app.clock().advance_secs(3 * 86_400);
    let _ = app.app().sweep().await.expect("swept");
    app.clock().advance_secs(3 * 86_400);
    let _ = app.app().sweep().await.expect("swept");
    assert!(blobs.get_derived(&key("readme-words"), 1 << 20).await.expect("read").is_none());
}
