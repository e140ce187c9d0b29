//! A registry that only holders of a token may read.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{RegistryWish, TestApp, TokenWish, on_both_engines};

on_both_engines![
    everything_but_the_pages_needs_a_token,
    what_is_there_and_what_is_not_look_the_same_from_outside,
    a_token_to_read_is_enough_to_read,
    memory_does_not_open_the_door,
];

async fn vault(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
}

async fn everything_but_the_pages_needs_a_token(app: &TestApp) {
    vault(app).await;
    app.owner().await.at("vault").has_published("hidden", "1.0.0").await;
    let nobody = app.nobody().at("vault");
    for path in [
        "/index/config.json",
        "/index/hi/dd/hidden",
        "/crates/hidden/1.0.0/download",
        "/api/v1/crates?q=hidden",
        "/api/v1/crates/hidden/owners",
        "/api/v1/crates/hidden/1.0.0/download",
    ] {
        let reply = nobody.fetch(path).await.expect_status(401);
        let challenge = format!("Cargo login_url=\"{}/r/vault/me\"", app.url());
        assert_eq!(reply.header("www-authenticate"), challenge, "{path}");
        assert_eq!(reply.header("cache-control"), "no-store", "{path}");
        assert!(!reply.text().contains("hidden"), "{path}: {}", reply.text());
    }
    let page = nobody.fetch("/me").await.expect_status(200);
    assert!(page.text().contains("cargo login"), "the page tells how to get in");
}

async fn what_is_there_and_what_is_not_look_the_same_from_outside(app: &TestApp) {
    vault(app).await;
    app.owner().await.at("vault").has_published("present", "1.0.0").await;
    let nobody = app.nobody().at("vault");
    for (there, absent) in [
        ("/index/pr/es/present", "/index/ab/se/absent"),
        ("/crates/present/1.0.0/download", "/crates/absent/1.0.0/download"),
        ("/crates/present/1.0.0/download", "/crates/present/9.9.9/download"),
        ("/api/v1/crates/present/owners", "/api/v1/crates/absent/owners"),
        ("/api/v1/crates/present/1.0.0/download", "/api/v1/crates/present/none/download"),
    ] {
        let (there, absent) = (nobody.fetch(there).await, nobody.fetch(absent).await);
        assert_eq!((there.status, &there.body), (absent.status, &absent.body));
    }
    // Changes as well: first one has to be somebody.
    for name in ["present", "absent"] {
        assert_eq!(nobody.yank(name, "1.0.0").await.status, 401);
        assert_eq!(nobody.add_owners(name, &["olga"]).await.status, 401);
        assert_eq!(nobody.publish(&ArchiveBuilder::new(name, "1.0.0")).await.status, 401);
    }
}

async fn a_token_to_read_is_enough_to_read(app: &TestApp) {
    vault(app).await;
    let owner = app.owner().await;
    let upload = owner.at("vault").has_published("hidden", "1.0.0").await;
    let reader =
        app.token_for(&app.stranger().await, TokenWish { scope: Some("read"), ..TokenWish::default() }).await;
    let reader = reader.at("vault");
    assert_eq!(reader.fetch("/index/config.json").await.expect_status(200).json()["auth-required"], true);
    let _ = reader.index("hidden").await.expect_status(200);
    assert_eq!(reader.download("hidden", "1.0.0").await.expect_status(200).body, upload.archive);
    assert_eq!(reader.search("q=hidden").await.expect_status(200).json()["meta"]["total"], 1);
    let _ = reader.owners("hidden").await.expect_status(200);
    let _ = reader.yank("hidden", "1.0.0").await.expect_status(403);
    assert_eq!(reader.index("absent").await.status, 404, "who may read is told the truth");
    // Tokens are the server's: one that reads here may publish where its holder may.
    let _ = reader.publish(&ArchiveBuilder::new("mine", "1.0.0")).await.expect_status(403);
}

async fn memory_does_not_open_the_door(app: &TestApp) {
    vault(app).await;
    let owner = app.owner().await.at("vault");
    owner.has_published("hidden", "1.0.0").await;
    let nobody = app.nobody().at("vault");
    for _ in 0..2 {
        let etag = owner.index("hidden").await.expect_status(200).header("etag").to_owned();
        let _ = owner.download("hidden", "1.0.0").await.expect_status(200);
        assert_eq!(nobody.index("hidden").await.status, 401);
        assert_eq!(nobody.fetch_with("/index/hi/dd/hidden", "if-none-match", &etag).await.status, 401);
        assert_eq!(nobody.download("hidden", "1.0.0").await.status, 401);
        assert_eq!(nobody.head("/crates/hidden/1.0.0/download").await.status, 401);
        assert_eq!(
            app.nobody().index("hidden").await.status,
            404,
            "the default registry knows nothing of it"
        );
    }
}
