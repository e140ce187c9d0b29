//! Failures: an honest status and cargo's error body, whoever words them.

use cratekeep_testkit::http::{RawConnection, Reply};
use cratekeep_tests::{RegistryWish, TestApp, on_both_engines, send};
use http::Method;

on_both_engines![
    every_failure_of_the_api_is_json,
    pages_of_other_sites_may_read_the_api,
    success_has_no_errors,
    a_request_that_is_none_gets_a_4xx,
    ready_and_alive,
];

fn assert_is_error_body(reply: &Reply, what: &str) {
    assert_eq!(reply.header("content-type"), "application/json", "{what}");
    let body = reply.json();
    let errors = body["errors"].as_array().unwrap_or_else(|| panic!("{what}: {body}"));
    assert!(!errors.is_empty() && errors.iter().all(|one| one["detail"].is_string()), "{what}: {body}");
}

async fn every_failure_of_the_api_is_json(app: &TestApp) {
    app.registry("side", RegistryWish::default()).await;
    let owner = app.owner().await;
    owner.has_published("present", "1.0.0").await;
    for (method, path, status) in [
        (Method::GET, "/api/", 404),
        (Method::GET, "/api/v1", 404),
        (Method::GET, "/api/v1/nothing", 404),
        (Method::GET, "/api/v2/crates", 404),
        (Method::GET, "/r/side/api/v1/nothing", 404),
        (Method::GET, "/r/nowhere/api/v1/crates", 404),
        (Method::GET, "//api/v1/crates", 404),
        (Method::POST, "/api/v1/crates/new", 405),
        (Method::PATCH, "/api/v1/crates", 405),
        (Method::POST, "/api/v1/crates/present/1.0.0/yank", 405),
        (Method::PUT, "/api/v1/crates/present/1.0.0/download", 405),
        (Method::GET, "/api/v1/crates/absent/owners", 404),
        (Method::GET, "/api/v1/crates/%ff/owners", 400),
        (Method::GET, "/api/v1/crates/a%00b/owners", 400),
        (Method::DELETE, "/api/v1/crates/absent/1.0.0/yank", 404),
        (Method::DELETE, "/api/v1/crates/present/9.9.9/yank", 404),
        (Method::DELETE, "/api/v1/crates/present/nine/yank", 404),
        (Method::PUT, "/api/v1/crates/present/owners", 400),
        (Method::PUT, "/api/v1/crates/new", 400),
        (Method::GET, "/api/v1/crates?per_page=0", 400),
    ] {
        let what = format!("{method} {path}");
        let reply = send(owner.request(method, path)).await;
        assert_eq!(reply.status.as_u16(), status, "{what}: {:?}", reply.body);
        assert_is_error_body(&reply, &what);
        assert_eq!(reply.header("cache-control"), "no-store", "{what}");
    }
    let anonymous = send(app.nobody().request(Method::PUT, "/api/v1/crates/new")).await.expect_status(401);
    assert_is_error_body(&anonymous, "an anonymous publish");
}

/// The token is in a header that no browser adds by itself.
async fn pages_of_other_sites_may_read_the_api(app: &TestApp) {
    app.owner().await.has_published("shared", "1.0.0").await;
    for path in [
        "/api/v1/crates",
        "/api/v1/crates/shared/owners",
        "/api/v1/crates/absent/owners",
        "/r/main/api/v1/crates",
    ] {
        let reply = app.nobody().fetch_with(path, "origin", "https://elsewhere.example").await;
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
        assert_eq!(reply.header("access-control-allow-credentials"), "", "{path}");
    }
}

async fn success_has_no_errors(app: &TestApp) {
    let owner = app.owner().await;
    let helper = app.person("helga").await;
    let upload = owner.has_published("clean", "1.0.0").await;
    let replies = [
        owner.send_upload(&upload).await,
        owner.yank("clean", "1.0.0").await,
        owner.unyank("clean", "1.0.0").await,
        owner.add_owners("clean", &[helper.name()]).await,
        owner.owners("clean").await,
        owner.remove_owners("clean", &[helper.name()]).await,
        owner.search("q=clean").await,
    ];
    for reply in replies {
        let reply = reply.expect_status(200);
        assert!(reply.json().get("errors").is_none(), "cargo takes the key for a failure: {}", reply.text());
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
}

async fn a_request_that_is_none_gets_a_4xx(app: &TestApp) {
    let address = app.url().trim_start_matches("http://").to_owned();
    let long = "x".repeat(100_000);
    for request in [
        "HELLO\r\n\r\n".to_owned(),
        format!("GET /index/{long} HTTP/1.1\r\nhost: {address}\r\n\r\n"),
        format!("GET / HTTP/1.1\r\nhost: {address}\r\nx-long: {long}\r\n\r\n"),
        format!("PUT /api/v1/crates/new HTTP/1.1\r\nhost: {address}\r\ncontent-length: ten\r\n\r\n"),
    ] {
        let mut connection = RawConnection::open(&address).expect("the server listens");
        // The server may close before it has read everything; its answer is what counts.
        let _ = connection.send(&request);
        let Ok((status, _)) = connection.read_head() else { continue };
        assert!((400..500).contains(&status), "{status} for {}", &request[..40.min(request.len())]);
    }
    let _ = app.nobody().fetch("/index/config.json").await.expect_status(200);
}

async fn ready_and_alive(app: &TestApp) {
    let nobody = app.nobody();
    assert_eq!(nobody.fetch("/health/live").await.expect_status(200).text(), "live\n");
    assert_eq!(nobody.fetch("/health/ready").await.expect_status(200).text(), "ready\n");
    app.node().readiness().set(false);
    let _ = nobody.fetch("/health/ready").await.expect_status(503);
    let _ = nobody.fetch("/health/live").await.expect_status(200);
    app.node().readiness().set(true);
    let _ = nobody.fetch("/health/ready").await.expect_status(200);
}
