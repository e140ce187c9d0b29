//! Who did what: every change, and every refused attempt that matters.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{Spec, TestApp, on_both_engines, send};
use http::Method;
use serde_json::{Value, json};

use crate::site::{admin, command};

on_both_engines![
    changes_and_refusals_are_found_by_who_and_what,
    only_administrators_read_it,
    an_export_goes_through_every_page,
    refused_proofs_are_found,
];
on_both_engines![thirty_days => entries_end_with_their_time];

fn thirty_days(spec: Spec) -> Spec {
    spec.options(|options| options.audit_keep_days = Some(30))
}

async fn found(app: &TestApp, query: &str) -> Vec<Value> {
    let path = format!("/api/v1/admin/audit?{query}");
    let page = admin(app).await.fetch(&path).await.expect_status(200).json();
    page["entries"].as_array().expect("entries").clone()
}

async fn changes_and_refusals_are_found_by_who_and_what(app: &TestApp) {
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    owner.has_published("Watched_one", "1.0.0").await;
    let _ = stranger.publish(&ArchiveBuilder::new("watched_one", "1.1.0")).await;
    let _ = stranger.yank("watched_one", "1.0.0").await.expect_status(403);
    let _ = app.nobody().yank("watched_one", "1.0.0").await.expect_status(401);
    let _ = owner.yank("watched_one", "1.0.0").await.expect_status(200);
    let done = found(app, "crate=watched-one&refused=false").await;
    let words: Vec<_> =
        done.iter().filter(|entry| entry["refusal"].is_null()).map(|entry| &entry["action"]).collect();
    assert_eq!(words, ["yank", "publish"], "newest first");
    let refused = found(app, "crate=watched-one&refused=true").await;
    assert_eq!(refused.len(), 3, "{refused:#?}");
    assert_eq!(refused[0]["who"], "nobody");
    let by_stan = found(app, "user=stan&refused=true").await;
    assert_eq!(by_stan.len(), 2, "{by_stan:#?}");
    for entry in &by_stan {
        assert_eq!((&entry["user"], &entry["registry"]), (&json!("stan"), &entry["registry"]));
        assert!(entry["address"].is_string() && entry["token"].is_i64(), "{entry}");
        assert!(!entry.to_string().contains(stranger.token()), "no secrets");
    }
    assert_eq!(found(app, "act=publish&user=olga&since=2000-01-01").await.len(), 1);
    assert_eq!(found(app, "until=2000-01-01").await.len(), 0);
}

async fn only_administrators_read_it(app: &TestApp) {
    let _ = app.nobody().fetch("/api/v1/admin/audit").await.expect_status(401);
    let _ = app.owner().await.fetch("/api/v1/admin/audit").await.expect_status(403);
    let _ = app.owner().await.fetch("/api/v1/admin/audit?registry=main").await.expect_status(403);
    let _ = admin(app).await.fetch("/api/v1/admin/audit?since=soon").await.expect_status(400);
}

async fn an_export_goes_through_every_page(app: &TestApp) {
    let admin = admin(app).await;
    app.owner().await.has_published("krate", "1.0.0").await;
    for n in 0..7 {
        let _ = app.nobody().yank("krate", &format!("{n}.0.0")).await.expect_status(401);
    }
    let (mut seek, mut seen) = (Value::Null, Vec::new());
    loop {
        let page = json!({"command": "audit", "action": "export", "refused": true, "limit": 3, "seek": seek});
        let page = command(&admin, page).await.expect_status(200).json();
        let entries = page["entries"].as_array().expect("entries");
        seen.extend(entries.iter().map(|entry| entry["version"].as_str().unwrap_or_default().to_owned()));
        seek = page["next"].clone();
        if seek.is_null() {
            break;
        }
    }
    assert_eq!(seen, (0..7).map(|n| format!("{n}.0.0")).collect::<Vec<_>>(), "oldest first");
}

async fn refused_proofs_are_found(app: &TestApp) {
    let _ = app.signed_in("olga").await;
    for name in ["olga", "hunter2-in-the-wrong-field"] {
        let tried = [("name", name), ("password", "a wrong password")];
        let _ = app.visitor().submit("/sign-in", &tried).await.expect_status(401);
    }
    let exchange = app.nobody().request(Method::POST, "/api/v1/trusted_publishing/tokens");
    let _ = send(exchange.json(&json!({ "jwt": "e30.e30.e30" }))).await.expect_status(400);
    let alert = app.nobody().request(Method::POST, "/api/github/secret-scanning/verify");
    let _ = send(alert.body("[]")).await.expect_status(400);
    let _ = app.visitor().submit("/link/0123", &[("password", "x")]).await.expect_status(404);
    let all = found(app, "refused=true").await;
    let seen: Vec<_> =
        all.iter().map(|entry| (entry["action"].as_str(), entry["refusal"].as_str())).collect();
    let is_there = |action: &str, words: &str| {
        seen.iter().any(|(act, why)| *act == Some(action) && why.is_some_and(|why| why.contains(words)))
    };
    assert!(is_there("sign-in", "is wrong (user `olga`)"), "{seen:#?}");
    assert!(is_there("POST /api/v1/trusted_publishing/tokens", "JWT"), "{seen:#?}");
    assert!(is_there("POST /api/github/secret-scanning/verify", "signature"), "{seen:#?}");
    assert!(is_there("POST /link/{secret}", "used already"), "{seen:#?}");
    assert_eq!(seen.len(), 5, "each once: {seen:#?}");
    let text = Value::from(all).to_string();
    assert!(!text.contains("hunter2") && !text.contains("wrong password"), "{text}");
}

async fn entries_end_with_their_time(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("old", "1.0.0").await;
    app.clock().advance_secs(31 * 86_400);
    owner.has_published("old", "1.0.1").await;
    assert!(app.app().forget_old_audit().await.expect("the old ones go") > 0);
    assert_eq!(found(app, "crate=old").await.len(), 1);
    let _ = send(owner.get("/api/v1/crates")).await;
}
