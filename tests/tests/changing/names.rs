//! Names and versions out of grammar, reserved, or not those of the archive.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{TestApp, on_both_engines};
use serde_json::json;

use crate::refused::{Before, sentences};

on_both_engines![
    names_out_of_grammar_are_refused,
    names_at_the_edge_of_the_grammar_pass,
    reserved_names_are_refused,
    versions_out_of_grammar_are_refused,
    both_are_reported_at_once,
    the_archive_must_be_what_the_metadata_says,
];

async fn names_out_of_grammar_are_refused(app: &TestApp) {
    let owner = app.owner().await;
    let archive = owner.upload(&ArchiveBuilder::new("some", "1.0.0"));
    let before = Before::look(app).await;
    let long = "x".repeat(65);
    for name in [
        "",
        " ",
        "9lives",
        "-dash",
        "_under",
        "a b",
        "a.b",
        "a/b",
        "a\\b",
        "../a",
        "a\0b",
        "naïve",
        "東京",
        "a\u{200b}",
        "ａ",
        "K\u{212a}",
        "a+b",
        "a%b",
        "a'b",
        "<a>",
        &long,
    ] {
        let mut upload = archive.clone();
        upload.json["name"] = json!(name);
        before
            .refused(&format!("{name:?}"), owner.send_upload(&upload).await, 400, &["the crate name"])
            .await;
    }
}

async fn names_at_the_edge_of_the_grammar_pass(app: &TestApp) {
    let owner = app.owner().await;
    for name in ["a", "Z9", "a-", "a__b", "x-_-9", &"y".repeat(64), "index", "new", "config"] {
        owner.has_published(name, "1.0.0").await;
        assert_eq!(app.nobody().line(name, "1.0.0").await["name"], name);
        let _ = app.nobody().download(name, "1.0.0").await.expect_status(200);
        let _ = owner.yank(name, "1.0.0").await.expect_status(200);
    }
}

async fn reserved_names_are_refused(app: &TestApp) {
    let owner = app.owner().await;
    let before = Before::look(app).await;
    for name in ["std", "core", "nul", "CON", "Com1", "proc_macro", "Proc-Macro", "test"] {
        let reply = owner.publish(&ArchiveBuilder::new(name, "1.0.0")).await;
        before.refused(name, reply, 400, &["is reserved", name]).await;
    }
}

async fn versions_out_of_grammar_are_refused(app: &TestApp) {
    let owner = app.owner().await;
    let archive = owner.upload(&ArchiveBuilder::new("some", "1.0.0"));
    let before = Before::look(app).await;
    let long = format!("1.0.0-{}", "x".repeat(150));
    for version in [
        "",
        "1",
        "1.0",
        "v1.0.0",
        "1.0.0.0",
        "01.0.0",
        "1.0.0-",
        "1.0.0-01",
        "1.0.0+",
        " 1.0.0",
        "1.0.0 ",
        "1.0.x",
        "*",
        "^1.0.0",
        "1.0.0-é",
        "99999999999999999999.0.0",
        "latest",
        "1.0.0/../..",
        &long,
    ] {
        let mut upload = archive.clone();
        upload.json["vers"] = json!(version);
        before.refused(&format!("{version:?}"), owner.send_upload(&upload).await, 400, &["version"]).await;
    }
}

async fn both_are_reported_at_once(app: &TestApp) {
    let owner = app.owner().await;
    let mut upload = owner.upload(&ArchiveBuilder::new("some", "1.0.0"));
    upload.json["name"] = json!("9");
    upload.json["vers"] = json!("one");
    let before = Before::look(app).await;
    let reply = owner.send_upload(&upload).await;
    assert_eq!(sentences(&reply).len(), 2, "{}", reply.text());
    before.refused("a bad name and a bad version", reply, 400, &["`9`", "`one`"]).await;
}

async fn the_archive_must_be_what_the_metadata_says(app: &TestApp) {
    let owner = app.owner().await;
    let before = Before::look(app).await;
    for (name, version, word) in
        [("other", "1.0.0", "other"), ("some", "1.0.1", "1.0.1"), ("Some", "1.0.0", "Some")]
    {
        let mut upload = owner.upload(&ArchiveBuilder::new("some", "1.0.0"));
        upload.json["name"] = json!(name);
        upload.json["vers"] = json!(version);
        before.refused(&format!("{name} {version}"), owner.send_upload(&upload).await, 400, &[word]).await;
    }
    // The folder fits the metadata, the manifest does not.
    let liar = ArchiveBuilder::new("some", "1.0.0").root("other-1.0.0");
    let mut upload = owner.upload(&liar);
    upload.json["name"] = json!("other");
    before
        .refused("a manifest of another name", owner.send_upload(&upload).await, 400, &["`some`", "`other`"])
        .await;
}
