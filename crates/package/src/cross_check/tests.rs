//! One difference at a time.

use insta::assert_snapshot;

use super::*;
use crate::sample::*;

const BODY: &str = r#"
keywords = ["k"]
categories = ["c"]
homepage = "https://h.example"
documentation = "https://d.example"
repository = "https://r.example"
license-file = "LICENSE"
links = "z"
rust-version = "1.70"
[features]
f = ["dep:alias"]
[dependencies.alias]
version = "1"
package = "real"
optional = true
registry-index = "sparse+https://r.example/"
[target.'cfg(any(unix,windows))'.dependencies]
libc = { version = ">=0.2, <0.3", features = ["b", "a"] }
"#;

const JSON: &str = r#"{"name":"demo","vers":"1.0.0","description":"d","license":"MIT","license_file":"../LICENSE",
"keywords":["k"],"categories":["c"],"homepage":"https://h.example","documentation":"https://d.example",
"repository":"https://r.example","links":"z","rust_version":"1.70","readme":"hello","readme_file":"../README.md",
"features":{"f":["dep:alias"]},"authors":[],"badges":{},
"deps":[{"name":"libc","version_req":">=0.2, <0.3","features":["a","b"],"optional":false,"default_features":true,
"target":"cfg(any(unix, windows))","kind":"normal"},{"name":"real","explicit_name_in_toml":"alias","version_req":"^1",
"features":[],"optional":true,"default_features":true,"target":null,"kind":"normal"}]}"#;

fn package() -> Package {
    let manifest = file("Cargo.toml", format!("{GOOD_MANIFEST}{BODY}").as_bytes());
    opened(&tar(&[manifest, file("src/lib.rs", b""), file("README.md", b"hello")])).expect("a good archive")
}

fn json() -> PublishMetadata {
    serde_json::from_str(JSON).expect("good JSON")
}

#[test]
fn what_cargo_sends_beside_a_crate_agrees_with_it() {
    assert_eq!(cross_check(&json(), &package()), CrossCheck::default());
}

#[test]
fn older_clients_may_say_less() {
    let less = PublishMetadata { rust_version: None, readme: None, readme_file: None, ..json() };
    assert_eq!(cross_check(&less, &package()), CrossCheck::default());
}

#[test]
fn another_name_or_version_is_a_problem() {
    let other = PublishMetadata { name: "Demo".into(), vers: "1.0.0+x".into(), ..json() };
    let checked = cross_check(&other, &package());
    assert_snapshot!(checked.problems.join("\n"), @"
    metadata name `Demo` does not match manifest name `demo`; they must be the same
    metadata version `1.0.0+x` does not match manifest version `1.0.0`; they must be the same
    ");
    assert!(checked.warnings.is_empty());
}

#[test]
fn every_other_difference_is_a_warning_that_names_the_field() {
    type Spoil = fn(&mut PublishMetadata);
    let spoils: &[(&str, Spoil)] = &[
        ("description", |json| json.description = Some("x".into())),
        ("description", |json| json.description = None),
        ("license", |json| json.license = Some("Apache-2.0".into())),
        ("license_file", |json| json.license_file = None),
        ("homepage", |json| json.homepage = None),
        ("documentation", |json| json.documentation = Some("https://evil.example".into())),
        ("repository", |json| json.repository = None),
        ("keywords", |json| json.keywords.clear()),
        ("categories", |json| json.categories.push("x".into())),
        ("links", |json| json.links = None),
        ("rust_version", |json| json.rust_version = Some("1.71".into())),
        ("readme", |json| json.readme = Some("bye".into())),
        ("features", |json| json.features.clear()),
        ("deps", |json| json.deps.clear()),
        ("deps", |json| json.deps.push(json.deps[0].clone())),
        ("deps", |json| json.deps[0].name = "evil".into()),
        ("deps", |json| json.deps[0].version_req = "*".into()),
        ("deps", |json| json.deps[0].features.clear()),
        ("deps", |json| json.deps[0].optional = true),
        ("deps", |json| json.deps[0].default_features = false),
        ("deps", |json| json.deps[0].target = None),
        ("deps", |json| json.deps[0].kind = Some("dev".into())),
        ("deps", |json| json.deps[1].explicit_name_in_toml = None),
    ];
    let package = package();
    for (field, spoil) in spoils {
        let mut json = json();
        spoil(&mut json);
        let checked = cross_check(&json, &package);
        assert!(checked.problems.is_empty(), "{field}");
        let named = format!("the `{field}` sent beside the crate differs");
        assert!(
            checked.warnings.len() == 1 && checked.warnings[0].starts_with(&named),
            "{field}: {checked:?}"
        );
    }
}
