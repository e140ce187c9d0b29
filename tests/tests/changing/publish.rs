//! Uploads as cargo makes them: what the index says afterwards, and what the publisher hears.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{RegistryWish, TestApp, on_both_engines};
use cratekeep_types::Checksum;
use serde_json::{Value, json};

on_both_engines![
    a_plain_library,
    everything_a_manifest_can_say,
    new_feature_syntax_goes_to_features2,
    the_manifest_wins_over_the_json,
    unknown_keys_and_nulls_are_tolerated,
    the_version_is_visible_when_the_answer_comes,
    versions_stand_in_publish_order,
    registries_keep_their_crates_apart,
    the_default_registry_takes_uploads_under_its_name_too,
    a_path_over_a_hundred_bytes,
    relaxed_rules_ask_for_less,
];

fn no_warnings() -> Value {
    json!({ "warnings": { "invalid_categories": [], "invalid_badges": [], "other": [] } })
}

async fn a_plain_library(app: &TestApp) {
    let owner = app.owner().await;
    let upload = owner.upload(&ArchiveBuilder::new("Plain_Lib", "0.1.0").lock_file());
    let reply = owner.send_upload(&upload).await.expect_status(200);
    assert_eq!(reply.json(), no_warnings());
    let file = app.nobody().index("Plain_Lib").await.expect_status(200);
    let line = format!(
        "{{\"name\":\"Plain_Lib\",\"vers\":\"0.1.0\",\"deps\":[],\"cksum\":\"{}\",\"features\":{{}},\"yanked\":false,\
         \"pubtime\":\"2026-05-04T03:02:01Z\"}}\n",
        Checksum::of(&upload.archive)
    );
    assert_eq!(file.text(), line);
    let owners = owner.owners("Plain_Lib").await.expect_status(200).json();
    assert_eq!(owners["users"][0]["login"], owner.name());
}

async fn everything_a_manifest_can_say(app: &TestApp) {
    let owner = app.owner().await;
    let built = ArchiveBuilder::new("everything", "1.2.3-rc.1+build.5")
        .package_line("links = \"z\"")
        .package_line("rust-version = \"1.70\"")
        .package_line("keywords = [\"one\", \"two\"]")
        .package_line("categories = [\"network-programming\"]")
        .package_line("homepage = \"https://home.example\"")
        .package_line("documentation = \"https://docs.example\"")
        .package_line("repository = \"https://code.example/x\"")
        .readme("# Everything")
        .file("build.rs", "fn main() {}\n")
        .package_line("build = \"build.rs\"")
        .table("[dependencies.alias]\nversion = \">=0.1.0, <0.2\"\npackage = \"real\"\noptional = true\ndefault-features = false\nfeatures = [\"x\"]")
        .table("[dependencies.zlib]\nversion = \"1.0\"\npublic = true")
        .table("[build-dependencies.zlib]\nversion = \"=1.2.3\"")
        .table("[dev-dependencies.aaa]\nversion = \"2\"")
        .table("[target.'cfg(unix)'.dependencies.unixy]\nversion = \"~1.2\"")
        .table("[features]\ndefault = [\"extra\"]\nextra = [\"alias\"]\nempty = []");
    let upload = owner.upload(&built);
    let reply = owner.send_upload(&upload).await.expect_status(200);
    assert_eq!(reply.json(), no_warnings());
    let line = owner.line("everything", "1.2.3-rc.1+build.5").await;
    let crates_io = "https://github.com/rust-lang/crates.io-index";
    let dep = |name: &str, req: &str, kind: &str| {
        json!({ "name": name, "req": req, "features": [], "optional": false, "default_features": true, "target": null,
            "kind": kind, "registry": crates_io })
    };
    let mut alias = dep("alias", ">=0.1.0, <0.2", "normal");
    alias["features"] = json!(["x"]);
    alias["optional"] = json!(true);
    alias["default_features"] = json!(false);
    alias["package"] = json!("real");
    let mut unixy = dep("unixy", "~1.2", "normal");
    unixy["target"] = json!("cfg(unix)");
    let mut public = dep("zlib", "^1.0", "normal");
    public["public"] = json!(true);
    let expected = json!({
        "name": "everything",
        "vers": "1.2.3-rc.1+build.5",
        "deps": [dep("aaa", "^2", "dev"), alias, unixy, public, dep("zlib", "=1.2.3", "build")],
        "cksum": Checksum::of(&upload.archive).to_string(),
        "features": { "default": ["extra"], "empty": [], "extra": ["alias"] },
        "yanked": false,
        "links": "z",
        "rust_version": "1.70",
        "pubtime": "2026-05-04T03:02:01Z",
    });
    assert_eq!(line, expected);
}

async fn new_feature_syntax_goes_to_features2(app: &TestApp) {
    let owner = app.owner().await;
    let built = ArchiveBuilder::new("parsed", "1.0.0")
        .table("[dependencies.maybe]\nversion = \"1\"\noptional = true")
        .table("[features]\nnew = [\"dep:maybe\"]\nweak = [\"maybe?/x\"]\nleads = [\"new\"]\nold = []");
    let _ = owner.publish(&built).await.expect_status(200);
    let line = owner.line("parsed", "1.0.0").await;
    assert_eq!(line["features"], json!({ "old": [] }));
    assert_eq!(line["features2"], json!({ "leads": ["new"], "new": ["dep:maybe"], "weak": ["maybe?/x"] }));
    assert_eq!(line["v"], 2);
}

async fn the_manifest_wins_over_the_json(app: &TestApp) {
    let owner = app.owner().await;
    let mut upload = owner.upload(&ArchiveBuilder::new("manifest", "1.0.0").package_line("links = \"true\""));
    upload.json["description"] = json!("Something else");
    upload.json["links"] = json!("false");
    upload.json["features"] = json!({ "sneaky": [] });
    upload.json["deps"] = json!([{ "name": "sneaky", "version_req": "^1", "features": [], "optional": false,
        "default_features": true, "target": null, "kind": "normal" }]);
    let reply = owner.send_upload(&upload).await.expect_status(200).json();
    let other = reply["warnings"]["other"].as_array().expect("a list of warnings").clone();
    for field in ["description", "links", "features", "deps"] {
        let named = other
            .iter()
            .filter(|text| text.as_str().is_some_and(|text| text.contains(&format!("`{field}`"))));
        assert_eq!(named.count(), 1, "{field} in {other:?}");
    }
    let line = owner.line("manifest", "1.0.0").await;
    assert_eq!((&line["links"], &line["deps"], &line["features"]), (&json!("true"), &json!([]), &json!({})));
}

async fn unknown_keys_and_nulls_are_tolerated(app: &TestApp) {
    let owner = app.owner().await;
    let mut upload = owner.upload(&ArchiveBuilder::new("tolerated", "1.0.0"));
    for key in
        ["keywords", "categories", "authors", "badges", "features", "deps", "readme", "links", "rust_version"]
    {
        upload.json[key] = Value::Null;
    }
    upload.json["a_key_of_the_future"] = json!({ "deep": [1, { "er": null }] });
    let _ = owner.send_upload(&upload).await.expect_status(200);

    let mut bare = owner.upload(&ArchiveBuilder::new("tolerated", "1.0.1"));
    bare.json = json!({ "name": "tolerated", "vers": "1.0.1" });
    let _ = owner.send_upload(&bare).await.expect_status(200);
    assert_eq!(owner.line("tolerated", "1.0.1").await["vers"], "1.0.1");
}

async fn the_version_is_visible_when_the_answer_comes(app: &TestApp) {
    let owner = app.owner().await;
    for n in 0..5 {
        let version = format!("1.0.{n}");
        // Asked before, so that a memory of "not there" must be gone.
        let before = app.nobody().index("visible").await;
        assert!(!String::from_utf8_lossy(&before.body).contains(&version));
        assert_eq!(app.nobody().download("visible", &version).await.status, 404);
        let upload = owner.has_published("visible", &version).await;
        assert_eq!(app.nobody().line("visible", &version).await["vers"], version);
        assert_eq!(app.nobody().download("visible", &version).await.expect_status(200).body, upload.archive);
        let found = app.nobody().search("q=visible").await.expect_status(200).json();
        assert_eq!(found["crates"][0]["newest_version"], version);
    }
}

async fn versions_stand_in_publish_order(app: &TestApp) {
    let owner = app.owner().await;
    let published = ["1.0.0", "0.9.0", "2.0.0-beta.1", "1.0.1"];
    for version in published {
        app.clock().advance_secs(60);
        owner.has_published("ordered", version).await;
    }
    let file = owner.index("ordered").await.expect_status(200);
    assert!(file.text().ends_with('\n'));
    let lines: Vec<Value> =
        file.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let versions: Vec<_> = lines.iter().map(|line| line["vers"].as_str().expect("a version")).collect();
    assert_eq!(versions, published);
    let times: Vec<_> = lines.iter().map(|line| line["pubtime"].as_str().expect("a time")).collect();
    assert_eq!(times[0], "2026-05-04T03:03:01Z");
    assert!(times.is_sorted() && times[0] != times[3]);
}

async fn registries_keep_their_crates_apart(app: &TestApp) {
    app.registry("side", RegistryWish::default()).await;
    let (owner, stranger) = (app.owner().await, app.stranger().await.at("side"));
    let ours = owner.has_published("twofold", "1.0.0").await;
    let built = ArchiveBuilder::new("twofold", "1.0.0").file("src/other.rs", "// other\n");
    let _ = stranger.publish(&built).await.expect_status(200);
    assert_eq!(app.nobody().download("twofold", "1.0.0").await.body, ours.archive);
    assert_eq!(app.nobody().at("side").download("twofold", "1.0.0").await.body, built.build());
    let _ = owner.at("side").yank("twofold", "1.0.0").await.expect_status(403);
    assert_eq!(app.nobody().line("twofold", "1.0.0").await["yanked"], false);
}

async fn the_default_registry_takes_uploads_under_its_name_too(app: &TestApp) {
    let owner = app.owner().await;
    let named = owner.at("main");
    let upload = owner.upload(&ArchiveBuilder::new("either", "1.0.0"));
    let _ = named.send_upload(&upload).await.expect_status(200);
    assert_eq!(owner.download("either", "1.0.0").await.expect_status(200).body, upload.archive);
    let _ = named.yank("either", "1.0.0").await.expect_status(200);
    assert_eq!(owner.line("either", "1.0.0").await["yanked"], true);
    let _ = named.owners("either").await.expect_status(200);
    // Only the index has one address, because lock files name it.
    let elsewhere = ArchiveBuilder::new("either", "1.0.1").table(&format!(
        "[dependencies.either]\nversion = \"1\"\nregistry-index = \"{}\"",
        named.index_url()
    ));
    let _ = owner.publish(&elsewhere).await.expect_status(400);
}

async fn a_path_over_a_hundred_bytes(app: &TestApp) {
    let owner = app.owner().await;
    let built =
        ArchiveBuilder::new("longpath", "1.0.0").file(&format!("src/{}.rs", "x".repeat(150)), "// far\n");
    let _ = owner.publish(&built).await.expect_status(200);
}

async fn relaxed_rules_ask_for_less(app: &TestApp) {
    let wish = RegistryWish { upload_rules: Some("relaxed"), ..RegistryWish::default() };
    app.registry("company", wish).await;
    let owner = app.owner().await.at("company");
    let built = ArchiveBuilder::new("internal", "1.0.0")
        .without_package_line("description")
        .without_package_line("license")
        .table("[dependencies.any]\nversion = \"*\"");
    let _ = owner.publish(&built).await.expect_status(200);
    assert_eq!(owner.line("internal", "1.0.0").await["deps"][0]["req"], "*");
}
