//! A version that is there already: the same bytes, other bytes, other build metadata, another spelling, all at once.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{Spec, TestApp, on_both_engines};
use cratekeep_types::Checksum;
use futures::future::join_all;

use crate::refused::{Before, sentences};

on_both_engines![
    the_same_bytes_again_are_a_success,
    other_bytes_are_a_conflict_with_both_checksums,
    build_metadata_makes_no_second_version,
    a_yanked_version_is_still_there,
    a_crate_keeps_the_spelling_of_its_first_publish,
    strangers_do_not_publish_what_is_not_theirs,
    racing_versions_have_one_winner,
    racing_twins_are_all_told_the_truth,
    racing_first_publishes_have_one_owner,
    racing_spellings_make_one_crate,
    many_versions_at_once_are_all_there,
];
on_both_engines![two_versions => a_crate_has_room_for_so_many_versions];

fn two_versions(spec: Spec) -> Spec {
    spec.options(|options| options.versions_per_crate_max = 2)
}

/// A library whose bytes differ from those of every other `marker`.
fn marked(name: &str, version: &str, marker: &str) -> ArchiveBuilder {
    ArchiveBuilder::new(name, version).file("src/marker.rs", format!("// {marker}\n"))
}

async fn the_same_bytes_again_are_a_success(app: &TestApp) {
    let owner = app.owner().await;
    let upload = owner.has_published("again", "1.0.0").await;
    let before = app.footprint().await;
    app.clock().advance_secs(3_600);
    for _ in 0..2 {
        let reply = owner.send_upload(&upload).await.expect_status(200).json();
        let told = reply["warnings"]["other"][0].as_str().expect("a warning");
        assert!(told.contains("already published") && told.contains("checksum equal"), "{told}");
    }
    assert_eq!(app.footprint().await, before, "nothing happened a second time");
}

async fn other_bytes_are_a_conflict_with_both_checksums(app: &TestApp) {
    let owner = app.owner().await;
    let there = owner.has_published("taken", "1.0.0").await;
    let other = owner.upload(&marked("taken", "1.0.0", "other"));
    let before = Before::look(app).await;
    let (old, new) = (Checksum::of(&there.archive).to_string(), Checksum::of(&other.archive).to_string());
    let words = ["crate version `1.0.0` is already uploaded", &old, &new];
    before.refused("other bytes", owner.send_upload(&other).await, 409, &words).await;
    assert_eq!(app.nobody().download("taken", "1.0.0").await.body, there.archive);
}

async fn build_metadata_makes_no_second_version(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("twins", "1.0.0+one").await;
    owner.has_published("twins", "2.0.0").await;
    let before = Before::look(app).await;
    for version in ["1.0.0", "1.0.0+two", "2.0.0+late"] {
        let bare = version.split('+').next().expect("a part before the plus");
        let words = [format!("crate version `{bare}` is already uploaded")];
        let reply = owner.publish(&ArchiveBuilder::new("twins", version)).await;
        before.refused(version, reply, 409, &words.each_ref().map(String::as_str)).await;
    }
}

async fn a_yanked_version_is_still_there(app: &TestApp) {
    let owner = app.owner().await;
    let upload = owner.has_published("pulled", "1.0.0").await;
    let _ = owner.yank("pulled", "1.0.0").await.expect_status(200);
    let before = Before::look(app).await;
    let reply = owner.publish(&marked("pulled", "1.0.0", "other")).await;
    before.refused("a yanked version with other bytes", reply, 409, &["already uploaded"]).await;
    let _ = owner.send_upload(&upload).await.expect_status(200);
    assert_eq!(
        owner.line("pulled", "1.0.0").await["yanked"],
        true,
        "a second publish does not take a yank back"
    );
}

async fn a_crate_keeps_the_spelling_of_its_first_publish(app: &TestApp) {
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    owner.has_published("foo_bar", "1.0.0").await;
    let before = Before::look(app).await;
    for spelling in ["Foo-bar", "foo-bar", "FOO_BAR", "Foo_Bar"] {
        let words = ["crate was previously named `foo_bar`", spelling];
        let reply = owner.publish(&ArchiveBuilder::new(spelling, "1.1.0")).await;
        before.refused(spelling, reply, 400, &words).await;
        let reply = stranger.publish(&ArchiveBuilder::new(spelling, "1.1.0")).await;
        before.refused(spelling, reply, 403, &["not one of its owners"]).await;
    }
    owner.has_published("foo_bar", "1.1.0").await;
}

async fn strangers_do_not_publish_what_is_not_theirs(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("mine", "1.0.0").await;
    let others = [app.stranger().await, app.administrator().await];
    let before = Before::look(app).await;
    for who in &others {
        let reply = who.publish(&ArchiveBuilder::new("mine", "1.1.0")).await;
        before.refused(who.name(), reply, 403, &["`mine`", who.name()]).await;
    }
}

async fn a_crate_has_room_for_so_many_versions(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("roomy", "1.0.0").await;
    owner.has_published("roomy", "1.0.1").await;
    let full = owner.index("roomy").await.expect_status(200);
    let reply = owner.publish(&ArchiveBuilder::new("roomy", "1.0.2")).await.expect_status(400);
    assert!(reply.error_detail().contains("limits.versions_per_crate"), "{}", reply.error_detail());
    assert_eq!(owner.index("roomy").await.text(), full.text());
    let upload = owner.upload(&ArchiveBuilder::new("roomy", "1.0.1"));
    let _ = owner.send_upload(&upload).await.expect_status(200);
}

async fn racing_versions_have_one_winner(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("raced", "0.1.0").await;
    let racers: Vec<_> = (0..6).map(|n| owner.upload(&marked("raced", "1.0.0", &n.to_string()))).collect();
    let replies = join_all(racers.iter().map(|upload| owner.send_upload(upload))).await;
    let won: Vec<_> = (0..6).filter(|&n| replies[n].status == 200).collect();
    assert_eq!(won.len(), 1, "{:?}", replies.iter().map(|reply| reply.status).collect::<Vec<_>>());
    let winner = &racers[won[0]].archive;
    for (n, reply) in replies.iter().enumerate().filter(|(_, reply)| reply.status != 200) {
        assert_eq!(reply.status, 409, "racer {n}: {}", reply.text());
        assert!(sentences(reply)[0].contains(&Checksum::of(winner).to_string()), "{}", reply.text());
    }
    assert_eq!(app.nobody().download("raced", "1.0.0").await.body, winner);
    assert_eq!(owner.line("raced", "1.0.0").await["cksum"], Checksum::of(winner).to_string());
}

async fn racing_twins_are_all_told_the_truth(app: &TestApp) {
    let owner = app.owner().await;
    let upload = owner.upload(&ArchiveBuilder::new("twinned", "1.0.0"));
    let replies = join_all((0..6).map(|_| owner.send_upload(&upload))).await;
    let mut fresh = 0;
    for reply in replies {
        let reply = reply.expect_status(200).json();
        fresh += usize::from(reply["warnings"]["other"] == serde_json::json!([]));
    }
    assert_eq!(fresh, 1, "one of them published it, the others heard that it was there");
    assert_eq!(owner.index("twinned").await.text().lines().count(), 1);
}

async fn racing_first_publishes_have_one_owner(app: &TestApp) {
    let mut racers = Vec::new();
    for n in 0..4 {
        racers.push(app.person(&format!("racer-{n}")).await);
    }
    let built: Vec<_> = (0..4).map(|n| marked("claimed", &format!("1.0.{n}"), &n.to_string())).collect();
    let replies = join_all(racers.iter().zip(&built).map(|(who, built)| who.publish(built))).await;
    let won: Vec<_> = (0..4).filter(|&n| replies[n].status == 200).collect();
    assert_eq!(won.len(), 1, "{:?}", replies.iter().map(|reply| reply.status).collect::<Vec<_>>());
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        assert_eq!(reply.status, 403, "{}", reply.text());
    }
    let owners = app.nobody().owners("claimed").await.json();
    assert_eq!(owners["users"].as_array().map(Vec::len), Some(1));
    assert_eq!(owners["users"][0]["login"], racers[won[0]].name());
}

async fn racing_spellings_make_one_crate(app: &TestApp) {
    let owner = app.owner().await;
    let spellings = ["spelt_so", "spelt-so", "Spelt_So"];
    let built = spellings.map(|name| ArchiveBuilder::new(name, "1.0.0"));
    let replies = join_all(built.iter().map(|built| owner.publish(built))).await;
    let won: Vec<_> = (0..3).filter(|&n| replies[n].status == 200).collect();
    assert_eq!(won.len(), 1, "{:?}", replies.iter().map(|reply| reply.status).collect::<Vec<_>>());
    let found = app.nobody().search("q=spelt").await.json();
    assert_eq!(found["meta"]["total"], 1);
    assert_eq!(found["crates"][0]["name"], spellings[won[0]]);
}

async fn many_versions_at_once_are_all_there(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("busy", "0.1.0").await;
    let built: Vec<_> = (0..12).map(|n| ArchiveBuilder::new("busy", &format!("1.0.{n}"))).collect();
    for reply in join_all(built.iter().map(|built| owner.publish(built))).await {
        let _ = reply.expect_status(200);
    }
    let file = app.nobody().index("busy").await.expect_status(200);
    assert_eq!(file.text().lines().count(), 13);
    for n in 0..12 {
        let _ = app.nobody().download("busy", &format!("1.0.{n}")).await.expect_status(200);
    }
}
