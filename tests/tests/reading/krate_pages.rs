//! The pages of crates: what stands on them, for whom, and what does not get through.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{RegistryWish, TestApp, on_both_engines};

on_both_engines![
    a_crate_has_its_pages,
    a_yank_is_told_with_its_reason,
    texts_of_strangers_stay_text,
    what_is_not_there_is_told_on_a_page,
    a_registry_that_is_not_open_shows_nothing,
];

fn stone(version: &str) -> ArchiveBuilder {
    ArchiveBuilder::new("stone", version)
        .package_line("rust-version = \"1.75\"")
        .readme("# A readme of stone")
}

async fn page(app: &TestApp, path: &str) -> String {
    let page = app.nobody().fetch(path).await.expect_status(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
    assert_eq!(page.header("cache-control"), "private, no-cache", "{path}");
    page.text().to_owned()
}

fn sees(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "no `{text}` in {page}");
    }
}

async fn a_crate_has_its_pages(app: &TestApp) {
    let owner = app.owner().await;
    for version in ["1.0.0", "1.1.0"] {
        let _ = owner.publish(&stone(version)).await.expect_status(200);
    }
    let needs = format!("[dependencies.stone]\nversion = \"1\"\nregistry-index = \"{}\"", owner.index_url());
    let _ = owner.publish(&ArchiveBuilder::new("mortar", "0.1.0").table(&needs)).await.expect_status(200);

    let shown = page(app, "/crates/stone").await;
    sees(&shown, &["cargo add stone --registry main", "1.75", "A readme of stone", "MIT", "1.1.0"]);
    sees(&page(app, "/crates/Stone").await, &["cargo add stone --registry main"]);
    sees(
        &page(app, "/crates/stone/1.0.0").await,
        &["cargo add stone@1.0.0 --registry main", "Not the version"],
    );
    sees(&page(app, "/crates/stone/versions").await, &["2 versions", "/crates/stone/1.0.0"]);
    sees(&page(app, "/crates/stone/versions?below=1.1.0").await, &["/crates/stone/1.0.0"]);
    sees(&page(app, "/crates/stone/reverse_dependencies").await, &["mortar", "^1"]);
    sees(&page(app, "/crates/mortar/dependencies").await, &["To use it", "/crates/stone"]);
    sees(&page(app, "/crates/stone/1.0.0/dependencies").await, &["depends on nothing"]);
    sees(&page(app, "/r/main/crates/stone").await, &["cargo add stone --registry main"]);
    for bad in ["/crates/stone/versions?below=x", "/crates/stone/reverse_dependencies?page=0"] {
        assert_eq!(app.nobody().fetch(bad).await.status, 400, "{bad}");
    }
}

async fn a_yank_is_told_with_its_reason(app: &TestApp) {
    let owner = app.owner().await;
    let _ = owner.publish(&stone("1.0.0")).await.expect_status(200);
    let _ = owner.yank("stone", "1.0.0").await.expect_status(200);
    sees(&page(app, "/crates/stone").await, &["Yanked, as every version", "no reason was given"]);
    sees(&page(app, "/crates/stone/versions").await, &["yanked"]);
}

async fn texts_of_strangers_stay_text(app: &TestApp) {
    let owner = app.owner().await;
    let bad = ArchiveBuilder::new("bad", "1.0.0")
        .package_line("description = \"<script>alert(1)</script>\"")
        .package_line("license = \"MIT\"")
        .package_line("homepage = \"javascript:alert(1)\"")
        .readme("<script>alert(2)</script><b onclick=\"alert(3)\">bold</b>");
    let reply = owner.publish(&bad).await;
    if reply.status == 200 {
        let shown = page(app, "/crates/bad").await;
        for text in ["<script>alert", "onclick", "href=\"javascript:"] {
            assert!(!shown.contains(text), "{text} in {shown}");
        }
    }
    let quoted = app.nobody().fetch("/crates/%3Cscript%3E").await.expect_status(404);
    assert!(!quoted.text().contains("<script>"), "{}", quoted.text());
}

async fn what_is_not_there_is_told_on_a_page(app: &TestApp) {
    let owner = app.owner().await;
    let _ = owner.publish(&stone("1.0.0")).await.expect_status(200);
    let missing = app.nobody().fetch("/crates/ston").await.expect_status(404);
    sees(missing.text(), &["Not here", "`ston`"]);
    assert_eq!(app.nobody().fetch("/crates/stone/9.9.9").await.status, 404);
}

async fn a_registry_that_is_not_open_shows_nothing(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let owner = app.owner().await.at("vault");
    let _ = owner.publish(&stone("1.0.0")).await.expect_status(200);
    for path in ["/crates/stone", "/crates/nothing", "/crates/stone/versions", "/crates/stone/1.0.0"] {
        assert_eq!(app.nobody().at("vault").fetch(path).await.status, 401, "{path}");
    }
    let _ = owner.fetch("/crates/stone").await.expect_status(200);
}
