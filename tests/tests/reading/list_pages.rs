//! The pages with lists of crates: all of them, found ones, those of a keyword, a category, an owner; the front page.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{RegistryWish, TestApp, on_both_engines};

on_both_engines![
    lists_have_what_they_should,
    words_find_crates_and_conditions_narrow,
    bad_questions_are_told_on_a_page,
    front_pages_show_crates_to_who_may_read,
    names_that_are_near_are_offered,
];

async fn page(app: &TestApp, path: &str) -> String {
    let page = app.nobody().fetch(path).await.expect_status(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
    page.text().to_owned()
}

fn sees(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "no `{text}` in {page}");
    }
}

fn crate_of(name: &str, words: &str) -> ArchiveBuilder {
    ArchiveBuilder::new(name, "1.0.0")
        .package_line(&format!("keywords = [{words}]"))
        .package_line("categories = [\"parsing\"]")
}

async fn shelf(app: &TestApp) {
    let owner = app.owner().await;
    for (name, words) in [("stone", "\"wall\", \"grey\""), ("brick", "\"wall\"")] {
        let _ = owner.publish(&crate_of(name, words)).await.expect_status(200);
    }
}

async fn lists_have_what_they_should(app: &TestApp) {
    shelf(app).await;
    sees(&page(app, "/crates").await, &["/crates/stone", "/crates/brick", "1–2 of 2"]);
    sees(&page(app, "/crates?sort=alpha").await, &["/crates/brick"]);
    sees(&page(app, "/keywords").await, &["/keywords/wall", "/keywords/grey"]);
    let grey = page(app, "/keywords/grey").await;
    sees(&grey, &["/crates/stone"]);
    assert!(!grey.contains("/crates/brick"), "{grey}");
    sees(&page(app, "/categories").await, &["/categories/"]);
    sees(&page(app, "/categories/parsing").await, &["/crates/stone", "/crates/brick"]);
    sees(&page(app, "/users/olga").await, &["/crates/stone", "/crates/brick"]);
    for path in ["/keywords/none", "/categories/none", "/users/none", "/teams/none"] {
        assert_eq!(app.nobody().fetch(path).await.status, 404, "{path}");
    }
}

async fn words_find_crates_and_conditions_narrow(app: &TestApp) {
    shelf(app).await;
    sees(&page(app, "/search").await, &["/crates/stone", "/crates/brick"]);
    sees(&page(app, "/search?q=stone").await, &["/crates/stone"]);
    let narrowed = page(app, "/search?q=&keyword=grey").await;
    sees(&narrowed, &["/crates/stone"]);
    assert!(!narrowed.contains("/crates/brick"), "{narrowed}");
    let quoted = page(app, "/search?q=%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(!quoted.contains("<script>alert"), "{quoted}");
}

async fn bad_questions_are_told_on_a_page(app: &TestApp) {
    for path in ["/crates?page=0", "/crates?page=201", "/crates?page=x"] {
        let page = app.nobody().fetch(path).await.expect_status(400);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
    }
}

async fn front_pages_show_crates_to_who_may_read(app: &TestApp) {
    shelf(app).await;
    sees(&page(app, "/").await, &["2 crates", "/crates/stone", "[registries.main]"]);
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let owner = app.owner().await.at("vault");
    let _ = owner.publish(&crate_of("buried", "\"wall\"")).await.expect_status(200);
    let front = page(app, "/r/vault").await;
    assert!(!front.contains("buried"), "{front}");
    sees(&front, &["[registries.vault]"]);
    for path in ["/crates", "/search?q=buried", "/keywords", "/keywords/wall", "/categories", "/users/olga"] {
        assert_eq!(app.nobody().at("vault").fetch(path).await.status, 401, "{path}");
    }
}

async fn names_that_are_near_are_offered(app: &TestApp) {
    shelf(app).await;
    let missing = app.nobody().fetch("/crates/ston").await.expect_status(404);
    sees(missing.text(), &["Not here", "/crates/stone"]);
}
