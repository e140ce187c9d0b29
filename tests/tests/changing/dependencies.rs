//! Dependencies on this registry and on others: what is accepted, and how the index line names their home.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{LISTED_INDEX, RegistryWish, TestApp, on_both_engines};
use serde_json::Value;

use crate::refused::Before;

on_both_engines![
    each_home_is_named_as_cargo_needs_it,
    the_own_registry_is_known_in_every_spelling,
    a_registry_can_stand_for_crates_io,
    an_unlisted_registry_is_refused,
    an_unknown_dependency_is_refused_by_default,
    unknown_dependencies_can_be_allowed,
    a_crate_may_depend_on_itself_for_tests,
];

const CRATES_IO: &str = "https://github.com/rust-lang/crates.io-index";

/// A dependency on the registry with this index URL.
fn on(built: ArchiveBuilder, name: &str, index: &str) -> ArchiveBuilder {
    built.table(&format!("[dependencies.{name}]\nversion = \"1\"\nregistry-index = \"{index}\""))
}

fn registry_of(line: &Value, name: &str) -> Value {
    let deps = line["deps"].as_array().expect("a list");
    let dep = deps.iter().find(|dep| dep["name"] == name).expect("the dependency is in the line");
    dep.get("registry").cloned().unwrap_or(Value::Null)
}

async fn each_home_is_named_as_cargo_needs_it(app: &TestApp) {
    app.registry("side", RegistryWish::default()).await;
    let (owner, side) = (app.owner().await, app.owner().await.at("side"));
    owner.has_published("own", "1.0.0").await;
    let mut built = ArchiveBuilder::new("homes", "1.0.0").dependency("plain", "1");
    built = on(built, "own", &owner.index_url());
    built = on(built, "sibling", &side.index_url());
    built = on(built, "listed", LISTED_INDEX);
    built = on(built, "git-io", CRATES_IO);
    built = on(built, "sparse-io", "sparse+https://index.crates.io/");
    let reply = owner.publish(&built).await.expect_status(200).json();
    assert_eq!(reply["warnings"]["other"], serde_json::json!([]));
    let line = owner.line("homes", "1.0.0").await;
    assert_eq!(registry_of(&line, "own"), Value::Null, "none means the registry of this index");
    assert_eq!(registry_of(&line, "sibling"), side.index_url());
    assert_eq!(registry_of(&line, "listed"), LISTED_INDEX);
    for name in ["plain", "git-io", "sparse-io"] {
        assert_eq!(registry_of(&line, name), CRATES_IO, "{name}");
    }
}

async fn the_own_registry_is_known_in_every_spelling(app: &TestApp) {
    app.registry("side", RegistryWish::default()).await;
    for (owner, n) in [(app.owner().await, 0), (app.owner().await.at("side"), 1)] {
        owner.has_published("own", "1.0.0").await;
        let url = owner.index_url();
        for (turn, spelling) in [url.clone(), url.trim_end_matches('/').to_owned()].iter().enumerate() {
            let version = format!("1.{n}.{turn}");
            let _ = owner
                .publish(&on(ArchiveBuilder::new("spells", &version), "own", spelling))
                .await
                .expect_status(200);
            assert_eq!(registry_of(&owner.line("spells", &version).await, "own"), Value::Null, "{spelling}");
        }
    }
}

async fn a_registry_can_stand_for_crates_io(app: &TestApp) {
    app.registry("replica", RegistryWish { stands_for_crates_io: true, ..RegistryWish::default() }).await;
    let owner = app.owner().await.at("replica");
    owner.has_published("base", "1.0.0").await;
    let built = on(ArchiveBuilder::new("on-top", "1.0.0").dependency("base", "1"), "also-base", CRATES_IO);
    let built = built.table("[dev-dependencies.tested]\nversion = \"1\"\npackage = \"base\"");
    let before = Before::look(app).await;
    let reply = owner.publish(&built).await;
    before.refused("an unknown crate", reply, 400, &["no known crate named `also-base`"]).await;
    owner.has_published("also-base", "1.0.0").await;
    let _ = owner.publish(&built).await.expect_status(200);
    let line = owner.line("on-top", "1.0.0").await;
    for name in ["base", "also-base", "tested"] {
        assert_eq!(registry_of(&line, name), Value::Null, "{name}");
    }
}

async fn an_unlisted_registry_is_refused(app: &TestApp) {
    let owner = app.owner().await;
    let before = Before::look(app).await;
    for index in [
        "sparse+https://elsewhere.example/index/",
        "https://elsewhere.example/git",
        "sparse+http://127.0.0.1:1/",
    ] {
        let reply = owner.publish(&on(ArchiveBuilder::new("foreign", "1.0.0"), "there", index)).await;
        before.refused(index, reply, 400, &["`there`", index, "not allowed here"]).await;
    }
}

async fn an_unknown_dependency_is_refused_by_default(app: &TestApp) {
    app.registry("side", RegistryWish::default()).await;
    let (owner, side) = (app.owner().await, app.owner().await.at("side"));
    side.has_published("elsewhere", "1.0.0").await;
    let mut built = ArchiveBuilder::new("eager", "1.0.0");
    for name in ["missing-one", "missing-two", "elsewhere"] {
        built = on(built, name, &owner.index_url());
    }
    let before = Before::look(app).await;
    let words = ["`missing-one`", "`missing-two`", "no known crate named `elsewhere`"];
    before.refused("two crates that are not there", owner.publish(&built).await, 400, &words).await;
    for name in ["missing-one", "missing-two", "elsewhere"] {
        owner.has_published(name, "1.0.0").await;
    }
    let _ = owner.publish(&built).await.expect_status(200);
}

async fn unknown_dependencies_can_be_allowed(app: &TestApp) {
    let wish = RegistryWish { unknown_dependencies: Some("allow"), ..RegistryWish::default() };
    app.registry("loose", wish).await;
    let owner = app.owner().await.at("loose");
    let built = on(ArchiveBuilder::new("first", "1.0.0"), "second", &owner.index_url());
    let _ = owner.publish(&built).await.expect_status(200);
    let built = on(ArchiveBuilder::new("second", "1.0.0"), "first", &owner.index_url());
    let _ = owner.publish(&built).await.expect_status(200);
}

async fn a_crate_may_depend_on_itself_for_tests(app: &TestApp) {
    let owner = app.owner().await;
    let url = owner.index_url();
    let built = ArchiveBuilder::new("mirror-image", "1.0.0")
        .table(&format!("[dev-dependencies.mirror-image]\nversion = \"0.9\"\nregistry-index = \"{url}\""));
    let _ = owner.publish(&built).await.expect_status(200);
}
