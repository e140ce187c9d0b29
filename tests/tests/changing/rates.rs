//! How often somebody may change something.

use cratekeep_app::Rates;
use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::Reply;
use cratekeep_tests::{RegistryWish, Spec, TestApp, on_both_engines, send};
use cratekeep_types::Rate;
use http::Method;
use serde_json::json;

/// One at once and one more for each ten seconds, but for new crates two.
fn tight(spec: Spec) -> Spec {
    let rate = |burst| Some(Rate { burst, refill_micros: 10_000_000 });
    spec.options(|options| {
        options.rates = Rates {
            publish_new: rate(2),
            publish_update: rate(1),
            yank: rate(1),
            publish_new_inside: rate(100),
            ..Rates::default()
        };
    })
}

fn few_requests(spec: Spec) -> Spec {
    spec.options(|options| options.rates.requests = Some(Rate { burst: 3, refill_micros: 1_000_000 }))
}

on_both_engines![tight =>
    a_burst_passes_and_what_is_refused_costs_nothing,
    each_account_has_its_own_buckets,
    what_is_not_done_is_not_counted,
    inside_a_registry_that_is_not_open_other_figures_count,
    yanks_are_counted,
];
on_both_engines![few_requests => requests_are_counted_by_who_asks];
on_both_engines![few_proofs => what_nobody_signs_in_for_is_counted_by_address];

fn few_proofs(spec: Spec) -> Spec {
    let rate = Some(Rate { burst: 2, refill_micros: 10_000_000 });
    spec.options(move |options| {
        options.rates =
            Rates { token_report: rate, credential_poll: rate, refused_build: rate, ..Rates::default() };
    })
}

async fn what_nobody_signs_in_for_is_counted_by_address(app: &TestApp) {
    let asks = [
        ("/api/v1/tokens/report", json!({ "token": "ckp_x", "url": "https://x.example" }), 200, "reported"),
        ("/api/v1/credential/begin", json!({ "client": "cargo" }), 200, "asked too often"),
        ("/api/v1/trusted_publishing/tokens", json!({ "jwt": "e30.e30.e30" }), 400, "identities of builds"),
    ];
    for (path, body, usual, words) in &asks {
        let ask = || async { send(app.nobody().request(Method::POST, path).json(body)).await };
        for _ in 0..2 {
            let _ = ask().await.expect_status(*usual);
        }
        let refused = ask().await.expect_status(429);
        assert!(refused.error_detail().contains(words), "{path}: {}", refused.error_detail());
        assert_eq!(refused.header("retry-after"), "11", "{path}");
    }
    app.clock().advance_secs(10);
    for (path, body, usual, _) in &asks {
        let reply = send(app.nobody().request(Method::POST, path).json(body)).await;
        assert_eq!(reply.status.as_u16(), *usual, "{path}");
    }
}

async fn publishes(app: &TestApp, who: &str, name: &str, version: &str) -> Reply {
    app.person(who).await.publish(&ArchiveBuilder::new(name, version)).await
}

async fn a_burst_passes_and_what_is_refused_costs_nothing(app: &TestApp) {
    for name in ["one", "two"] {
        let _ = publishes(app, "ada", name, "1.0.0").await.expect_status(200);
    }
    let before = app.footprint().await;
    for _ in 0..3 {
        let refused = publishes(app, "ada", "three", "1.0.0").await.expect_status(429);
        assert_eq!(refused.header("retry-after"), "11");
        assert_eq!(
            refused.error_detail(),
            "You have published too many new crates in a short period of time. Please try again after \
             Mon, 04 May 2026 03:02:12 GMT or ask an administrator of this server for a higher limit."
        );
    }
    assert_eq!(app.footprint().await, before);
    app.clock().advance_secs(10);
    let _ = publishes(app, "ada", "three", "1.0.0").await.expect_status(200);
    let _ = publishes(app, "ada", "four", "1.0.0").await.expect_status(429);
}

async fn each_account_has_its_own_buckets(app: &TestApp) {
    for who in ["ada", "bob"] {
        for number in 0..2 {
            let _ = publishes(app, who, &format!("{who}-{number}"), "1.0.0").await.expect_status(200);
        }
        let _ = publishes(app, who, &format!("{who}-2"), "1.0.0").await.expect_status(429);
        // Versions of crates that are there have a bucket of their own.
        let _ = publishes(app, who, &format!("{who}-0"), "1.1.0").await.expect_status(200);
        let refused = publishes(app, who, &format!("{who}-1"), "1.1.0").await.expect_status(429);
        assert!(refused.error_detail().contains("too many updates to existing crates"));
    }
}

async fn what_is_not_done_is_not_counted(app: &TestApp) {
    let _ = publishes(app, "ada", "one", "1.0.0").await.expect_status(200);
    for _ in 0..5 {
        // Refused by the rules, refused as a stranger, and there already.
        let bad =
            ArchiveBuilder::new("bad", "1.0.0").manifest("[package]\nname = \"bad\"\nversion = \"1.0.0\"\n");
        let _ = app.person("ada").await.publish(&bad).await.expect_status(400);
        let _ = publishes(app, "bob", "one", "1.1.0").await.expect_status(403);
        let _ = publishes(app, "ada", "one", "1.0.0").await.expect_status(200);
    }
    let _ = publishes(app, "ada", "one", "1.1.0").await.expect_status(200);
    let _ = publishes(app, "ada", "two", "1.0.0").await.expect_status(200);
    // What is there already is a success at all times.
    let _ = publishes(app, "ada", "one", "1.1.0").await.expect_status(200);
    let _ = publishes(app, "ada", "one", "1.2.0").await.expect_status(429);
}

async fn inside_a_registry_that_is_not_open_other_figures_count(app: &TestApp) {
    app.registry("inside", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let ada = app.person("ada").await.at("inside");
    for number in 0..100 {
        ada.has_published(&format!("crate-{number}"), "1.0.0").await;
    }
    let _ = ada.publish(&ArchiveBuilder::new("one-more", "1.0.0")).await.expect_status(429);
}

async fn yanks_are_counted(app: &TestApp) {
    let ada = app.person("ada").await;
    ada.has_published("demo", "1.0.0").await;
    let _ = ada.yank("demo", "1.0.0").await.expect_status(200);
    let refused = ada.unyank("demo", "1.0.0").await.expect_status(429);
    assert!(refused.error_detail().starts_with("You have yanked or unyanked too many versions"));
    app.clock().advance_secs(10);
    let _ = ada.unyank("demo", "1.0.0").await.expect_status(200);
}

async fn requests_are_counted_by_who_asks(app: &TestApp) {
    let (ada, bob) = (app.person("ada").await, app.person("bob").await);
    for _ in 0..3 {
        let _ = ada.search("q=a").await.expect_status(200);
    }
    let refused = ada.search("q=a").await.expect_status(429);
    assert_eq!(refused.header("retry-after"), "1");
    let _ = bob.search("q=a").await.expect_status(200);
    let _ = app.nobody().search("q=a").await.expect_status(200);
    // What builds need is not counted.
    let _ = ada.index("absent").await.expect_status(404);
    app.clock().advance_secs(10);
    let _ = ada.search("q=a").await.expect_status(200);
}
