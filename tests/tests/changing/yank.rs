//! Yanking and taking it back.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{RegistryWish, TestApp, TokenWish, on_both_engines, send};
use futures::future::join_all;
use http::Method;
use serde_json::json;

use crate::refused::Before;

on_both_engines![
    a_yank_changes_one_word_of_one_line,
    a_yank_can_be_asked_for_twice,
    build_metadata_is_named_as_published,
    only_owners_and_administrators_yank,
    what_is_not_there_cannot_be_yanked,
    yanks_and_publishes_at_once_lose_nothing,
];

async fn a_yank_changes_one_word_of_one_line(app: &TestApp) {
    app.registry("side", RegistryWish::default()).await;
    for owner in [app.owner().await, app.owner().await.at("side")] {
        let built = ArchiveBuilder::new("pulled", "1.0.0")
            .table("[dependencies.maybe]\nversion = \"1\"\noptional = true")
            .table("[features]\nf = [\"dep:maybe\"]");
        let upload = owner.upload(&built);
        let _ = owner.send_upload(&upload).await.expect_status(200);
        owner.has_published("pulled", "1.0.1").await;
        let before = owner.index("pulled").await.expect_status(200);
        assert_eq!(owner.yank("pulled", "1.0.0").await.expect_status(200).json(), json!({ "ok": true }));

        let after = owner.index("pulled").await.expect_status(200);
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let (was, is) = (lines(before.text()), lines(after.text()));
        assert_eq!(was[0].replace("\"yanked\":false", "\"yanked\":true"), is[0]);
        assert_eq!(was[1], is[1]);
        assert_ne!(before.header("etag"), after.header("etag"));
        let path = "/index/pu/ll/pulled";
        assert_eq!(owner.fetch_with(path, "if-none-match", before.header("etag")).await.status, 200);
        assert_eq!(owner.download("pulled", "1.0.0").await.expect_status(200).body, upload.archive);

        assert_eq!(owner.unyank("pulled", "1.0.0").await.expect_status(200).json(), json!({ "ok": true }));
        assert_eq!(owner.index("pulled").await.text(), before.text());
    }
}

async fn a_yank_can_be_asked_for_twice(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("twice", "1.0.0").await;
    let _ = owner.unyank("twice", "1.0.0").await.expect_status(200);
    let _ = owner.yank("twice", "1.0.0").await.expect_status(200);
    let print = app.footprint().await;
    let _ = owner.yank("twice", "1.0.0").await.expect_status(200);
    let _ = owner.yank("Twice", "1.0.0").await.expect_status(200);
    assert_eq!(app.footprint().await, print, "the second time nothing happens");
    assert_eq!(owner.line("twice", "1.0.0").await["yanked"], true);
}

async fn build_metadata_is_named_as_published(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("built", "1.0.0+linux").await;
    for (spelling, yanked) in [("1.0.0+linux", true), ("1.0.0%2Blinux", false)] {
        let reply =
            if yanked { owner.yank("built", spelling).await } else { owner.unyank("built", spelling).await };
        assert_eq!(reply.expect_status(200).json(), json!({ "ok": true }));
        assert_eq!(owner.line("built", "1.0.0+linux").await["yanked"], yanked);
    }
    let before = Before::look(app).await;
    for other in ["1.0.0", "1.0.0+mac"] {
        before.refused(other, owner.yank("built", other).await, 404, &["does not have a version"]).await;
    }
}

async fn only_owners_and_administrators_yank(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("guarded", "1.0.0").await;
    let narrow =
        app.token_for(&owner, TokenWish { scope: Some("publish-update"), ..TokenWish::default() }).await;
    let other = app.token_for(&owner, TokenWish { crates: &["other-*"], ..TokenWish::default() }).await;
    let (stranger, administrator) = (app.stranger().await, app.administrator().await);
    let before = Before::look(app).await;
    before.refused("nobody", app.nobody().yank("guarded", "1.0.0").await, 401, &["token"]).await;
    before.refused("a stranger", stranger.yank("guarded", "1.0.0").await, 403, &["owner"]).await;
    before.refused("a publisher's token", narrow.yank("guarded", "1.0.0").await, 403, &["`yank`"]).await;
    before.refused("a token for others", other.yank("guarded", "1.0.0").await, 403, &["other-*"]).await;
    let _ = administrator.yank("guarded", "1.0.0").await.expect_status(200);
    let _ = owner.unyank("guarded", "1.0.0").await.expect_status(200);
    let right = app
        .token_for(&owner, TokenWish { scope: Some("yank"), crates: &["guard*"], ..TokenWish::default() })
        .await;
    let _ = right.yank("guarded", "1.0.0").await.expect_status(200);
}

async fn what_is_not_there_cannot_be_yanked(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("there", "1.0.0").await;
    let before = Before::look(app).await;
    before.refused("no crate", owner.yank("absent", "1.0.0").await, 404, &["`absent` does not exist"]).await;
    for version in ["1.0.1", "one", "1", "1.0.0-rc.1"] {
        let words = ["`there` does not have a version", version];
        before.refused(version, owner.unyank("there", version).await, 404, &words).await;
    }
    let named = owner.request(Method::DELETE, "/r/nowhere/api/v1/crates/there/1.0.0/yank");
    before.refused("no registry", send(named).await, 404, &["`nowhere`"]).await;
}

async fn yanks_and_publishes_at_once_lose_nothing(app: &TestApp) {
    let owner = app.owner().await;
    for n in 0..4 {
        owner.has_published("stirred", &format!("1.0.{n}")).await;
    }
    let built: Vec<_> = (4..8).map(|n| ArchiveBuilder::new("stirred", &format!("1.0.{n}"))).collect();
    let old: Vec<_> = (0..4).map(|n| format!("1.0.{n}")).collect();
    let publishes = join_all(built.iter().map(|built| owner.publish(built)));
    let yanks = join_all(old.iter().map(|version| owner.yank("stirred", version)));
    let (published, yanked) = futures::future::join(publishes, yanks).await;
    for reply in published.into_iter().chain(yanked) {
        let _ = reply.expect_status(200);
    }
    for n in 0..8 {
        assert_eq!(app.nobody().line("stirred", &format!("1.0.{n}")).await["yanked"], n < 4, "1.0.{n}");
    }
}
