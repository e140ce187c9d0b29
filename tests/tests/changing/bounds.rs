//! Limits of single crates, quotas, reserved names, names that need an approval.

use cratekeep_store::StoreError;
use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{TestApp, noise, on_both_engines};
use cratekeep_types::NewCrates;
use serde_json::json;

use crate::site::{admin, command};

on_both_engines![
    a_crate_can_have_limits_of_its_own,
    a_quota_is_named_when_it_is_used_up,
    reserved_names_are_for_their_team_and_administrators,
    a_name_is_asked_for_and_approved,
];

async fn a_crate_can_have_limits_of_its_own(app: &TestApp) {
    let (admin, owner) = (admin(app).await, app.owner().await);
    owner.has_published("bounded", "1.0.0").await;
    let set = json!({"command": "crate", "action": "set", "registry": "main", "krate": "Bounded",
        "upload_bytes": 3_000, "features": 1});
    let _ = command(&admin, set).await.expect_status(200);
    let large = ArchiveBuilder::new("bounded", "1.1.0").file("noise.bin", noise(5_000));
    let refused = owner.publish(&large).await.expect_status(413);
    assert!(refused.error_detail().contains("--upload-bytes"), "{}", refused.error_detail());
    let _ = owner
        .publish(&ArchiveBuilder::new("free", "1.1.0").file("noise.bin", noise(5_000)))
        .await
        .expect_status(200);
    let featured = ArchiveBuilder::new("bounded", "1.1.0").table("[features]\na = []\nb = []\n");
    let refused = owner.publish(&featured).await.expect_status(400);
    assert!(refused.error_detail().contains("limits.features_max"), "{}", refused.error_detail());
    let _ = owner.has_published("bounded", "1.2.0").await;
}

async fn a_quota_is_named_when_it_is_used_up(app: &TestApp) {
    let (admin, owner) = (admin(app).await, app.owner().await);
    let set = json!({"command": "quota", "action": "set", "kind": "user", "name": "olga", "crates": 1});
    let _ = command(&admin, set).await.expect_status(200);
    owner.has_published("first", "1.0.0").await;
    let refused = owner.publish(&ArchiveBuilder::new("second", "1.0.0")).await.expect_status(403);
    let text = refused.error_detail();
    assert!(text.contains("your quota is 1 crates") && text.contains("admin quota set"), "{text}");
    owner.has_published("first", "1.1.0").await;
    let set =
        json!({"command": "quota", "action": "set", "kind": "registry", "name": "main", "bytes": 4_000});
    let _ = command(&admin, set).await.expect_status(200);
    let large = ArchiveBuilder::new("first", "1.2.0").file("noise.bin", noise(5_000));
    let refused = owner.publish(&large).await.expect_status(403);
    assert!(refused.error_detail().contains("its quota is 4000 bytes"), "{}", refused.error_detail());
    let show = json!({"command": "quota", "action": "show", "kind": "user", "name": "olga"});
    let shown = command(&admin, show).await.expect_status(200).json();
    assert_eq!(shown["rows"][0], json!(["crates", "1", "1"]));
}

async fn reserved_names_are_for_their_team_and_administrators(app: &TestApp) {
    let (admin, owner) = (admin(app).await, app.owner().await);
    let reserve = |pattern: &str| json!({"command": "name", "action": "reserve", "registry": "main", "pattern": pattern, "reason": "our trade mark"});
    let _ = command(&owner, reserve("acme_*")).await.expect_status(403);
    let _ = command(&admin, reserve("acme_*")).await.expect_status(200);
    let _ = command(&admin, reserve("acme*x")).await.expect_status(400);
    let refused = owner.publish(&ArchiveBuilder::new("Acme-core", "1.0.0")).await.expect_status(403);
    let text = refused.error_detail();
    assert!(text.contains("acme-*") && text.contains("our trade mark"), "{text}");
    let _ = app
        .administrator()
        .await
        .publish(&ArchiveBuilder::new("acme-core", "1.0.0"))
        .await
        .expect_status(200);
    owner.has_published("acme", "1.0.0").await;
    let list = json!({"command": "name", "action": "list", "registry": "main"});
    assert_eq!(command(&admin, list).await.json()["rows"][0][0], "acme-*");
    let release = json!({"command": "name", "action": "release", "registry": "main", "pattern": "ACME-*"});
    let _ = command(&admin, release).await.expect_status(200);
    owner.has_published("acme-other", "1.0.0").await;
}

async fn a_name_is_asked_for_and_approved(app: &TestApp) {
    let (admin, owner, stranger) = (admin(app).await, app.owner().await, app.stranger().await);
    let id = app.app().default_registry().registry.id;
    app.store()
        .write::<_, StoreError, _>("test", move |tx| {
            Box::pin(
                async move { cratekeep_store::registry::set_new_crates(tx, id, NewCrates::Approval).await },
            )
        })
        .await
        .expect("the rule is set");
    // Every change of what holds for the whole server reads the registries anew elsewhere; here a new one does.
    app.registry("other", cratekeep_tests::RegistryWish::default()).await;
    for _ in 0..2 {
        for who in [&owner, &stranger] {
            let refused = who.publish(&ArchiveBuilder::new("wished", "1.0.0")).await.expect_status(403);
            assert!(refused.error_detail().contains("has been asked for"), "{}", refused.error_detail());
        }
    }
    let requests = json!({"command": "name", "action": "requests", "registry": "main"});
    let rows = command(&admin, requests).await.expect_status(200).json()["rows"].clone();
    assert_eq!(rows.as_array().map(Vec::len), Some(2), "each is asked for once: {rows}");
    let id_of = |login: &str| {
        let row = rows.as_array().expect("rows").iter().find(|row| row[2] == login).expect("a request");
        row[0].as_str().expect("a number").parse::<i64>().expect("a number")
    };
    let refuse =
        json!({"command": "name", "action": "refuse", "id": id_of("stan"), "reason": "taken by olga"});
    let _ = command(&admin, refuse).await.expect_status(200);
    let approve = json!({"command": "name", "action": "approve", "id": id_of("olga")});
    let _ = command(&stranger, approve.clone()).await.expect_status(403);
    let _ = command(&admin, approve).await.expect_status(200);
    let refused = stranger.publish(&ArchiveBuilder::new("wished", "1.0.0")).await.expect_status(403);
    assert!(refused.error_detail().contains("taken by olga"), "{}", refused.error_detail());
    owner.has_published("Wished", "1.0.0").await;
}
