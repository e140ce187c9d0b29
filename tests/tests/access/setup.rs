//! The link that makes the first administrator, once.

use cratekeep_testkit::http::Reply;
use cratekeep_tests::{TestApp, on_both_engines, send};
use futures::future::join_all;
use http::Method;

on_both_engines![
    the_link_makes_one_administrator,
    a_bad_name_leaves_the_link_as_it_is,
    only_the_last_link_is_good,
    an_administrator_from_the_shell_ends_the_link,
    racing_for_the_link_makes_one_administrator,
    other_sites_cannot_use_the_link,
];

async fn link(app: &TestApp) -> String {
    let code =
        app.app().offer_setup().await.expect("the database answers").expect("there is no administrator");
    format!("/setup/{}", code.expose())
}

async fn post(app: &TestApp, path: &str, name: &str) -> Reply {
    let request = app.nobody().request(Method::POST, path).body(format!("name={name}"));
    send(request.header("content-type", "application/x-www-form-urlencoded")).await
}

fn token_in(page: &Reply) -> String {
    let text = page.text();
    let start = text.find("ckp_").unwrap_or_else(|| panic!("the page shows a token: {text}"));
    text[start..start + 42].to_owned()
}

async fn the_link_makes_one_administrator(app: &TestApp) {
    app.owner().await.has_published("theirs", "1.0.0").await;
    let path = link(app).await;
    let page = app.nobody().fetch(&path).await.expect_status(200);
    assert!(page.text().contains("<form"), "{}", page.text());
    let done = post(app, &path, "ada").await.expect_status(200);
    assert_eq!(done.header("cache-control"), "no-store");
    let ada = app.nobody().showing(&token_in(&done));
    let _ = ada.yank("theirs", "1.0.0").await.expect_status(200);

    assert_eq!(app.nobody().fetch(&path).await.status, 404);
    assert_eq!(post(app, &path, "bob").await.status, 404);
    assert!(
        app.app().offer_setup().await.expect("the database answers").is_none(),
        "one administrator is enough"
    );
}

async fn a_bad_name_leaves_the_link_as_it_is(app: &TestApp) {
    app.owner().await;
    let path = link(app).await;
    for name in ["", "%00", "a+b", "-x", "%3Cb%3E", "olga", "OLGA", &"x".repeat(65)] {
        let page = post(app, &path, name).await.expect_status(400);
        assert!(page.text().contains("role=\"alert\""), "{name}: {}", page.text());
        assert!(!page.text().contains("<b>"), "what was typed is shown as text");
    }
    assert_eq!(post(app, &path, &"x".repeat(10_000)).await.status, 413);
    let _ = post(app, &path, "ada").await.expect_status(200);
}

async fn only_the_last_link_is_good(app: &TestApp) {
    let first = link(app).await;
    let second = link(app).await;
    assert_ne!(first, second);
    for path in
        [first.as_str(), "/setup/", "/setup/0", "/setup/%00", "/setup/00000000000000000000000000000000"]
    {
        let status = app.nobody().fetch(path).await.status.as_u16();
        assert!([400, 404].contains(&status), "{path}: {status}");
        let status = post(app, path, "eve").await.status.as_u16();
        assert!([400, 404].contains(&status), "{path}: {status}");
    }
    let _ = post(app, &second, "ada").await.expect_status(200);
}

async fn an_administrator_from_the_shell_ends_the_link(app: &TestApp) {
    let path = link(app).await;
    let _ = app.nobody().fetch(&path).await.expect_status(200);
    app.administrator().await;
    assert_eq!(app.nobody().fetch(&path).await.status, 404);
    assert_eq!(post(app, &path, "eve").await.status, 404);
    assert!(app.app().offer_setup().await.expect("the database answers").is_none());
}

async fn racing_for_the_link_makes_one_administrator(app: &TestApp) {
    let path = link(app).await;
    let names: Vec<_> = (0..5).map(|n| format!("racer-{n}")).collect();
    let replies = join_all(names.iter().map(|name| post(app, &path, name))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert_eq!(replies.iter().filter(|reply| reply.status == 404).count(), 4);
}

async fn other_sites_cannot_use_the_link(app: &TestApp) {
    let path = link(app).await;
    for (header, value) in
        [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")]
    {
        let request = app.nobody().request(Method::POST, &path).header(header, value).body("name=eve");
        assert_eq!(send(request).await.status, 403, "{header}: {value}");
    }
    let own = app.nobody().request(Method::POST, &path).header("origin", app.url()).body("name=ada");
    let _ = send(own).await.expect_status(200);
}
