//! Where requests come from, as the audit log has it.

use cratekeep_store::audit;
use cratekeep_tests::{Spec, TestApp, on_both_engines, send};
use http::Method;

fn behind_a_proxy(spec: Spec) -> Spec {
    spec.trusting(&["127.0.0.0/8", "10.0.0.0/8"])
}

on_both_engines![nobody_in_front_is_believed];
on_both_engines![behind_a_proxy => the_proxy_is_believed_and_the_client_is_not];

/// Yanks and takes it back with a header, and tells from where that came.
async fn seen(app: &TestApp, header: &str, value: &str) -> String {
    let owner = app.owner().await;
    for (method, action) in [(Method::DELETE, "yank"), (Method::PUT, "unyank")] {
        let request = owner.request(method, &format!("/api/v1/crates/demo/1.0.0/{action}"));
        let _ = send(request.header(header, value)).await.expect_status(200);
    }
    let mut conn = app.store().read().await.expect("a connection");
    let rows = audit::list(&mut conn, None, 1).await.expect("the audit log");
    assert_eq!(rows[0].audit.action, "unyank");
    rows[0].audit.address.clone().expect("a change from outside has an address")
}

async fn nobody_in_front_is_believed(app: &TestApp) {
    app.owner().await.has_published("demo", "1.0.0").await;
    assert_eq!(seen(app, "x-forwarded-for", "203.0.113.9").await, "127.0.0.1");
    assert_eq!(seen(app, "forwarded", "for=203.0.113.9").await, "127.0.0.1");
}

async fn the_proxy_is_believed_and_the_client_is_not(app: &TestApp) {
    app.owner().await.has_published("demo", "1.0.0").await;
    assert_eq!(seen(app, "x-forwarded-for", "192.0.2.66, 203.0.113.9, 10.1.1.1").await, "203.0.113.9");
    assert_eq!(seen(app, "forwarded", "for=203.0.113.9").await, "127.0.0.1");
}
