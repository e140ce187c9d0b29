//! The rules of a registry for what a sound package says about itself.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{TestApp, on_both_engines};

use crate::refused::{Before, sentences};

on_both_engines![each_rule_has_its_sentence, everything_wrong_is_told_at_once, a_licence_file_is_enough];

fn built() -> ArchiveBuilder {
    ArchiveBuilder::new("ruled", "1.0.0")
}

async fn each_rule_has_its_sentence(app: &TestApp) {
    let owner = app.owner().await;
    let before = Before::look(app).await;
    let long = format!("description = \"{}\"", "x".repeat(1_001));
    for (what, bad, words) in [
        ("no description", built().without_package_line("description"), &["description"][..]),
        ("an empty description", built().package_line("description = \"\""), &["description"]),
        ("a long description", built().package_line(&long), &["description", "1001", "1000"]),
        ("no licence", built().without_package_line("license"), &["license"]),
        ("an unknown licence", built().package_line("license = \"Beerware-99\""), &["Beerware-99", "SPDX"]),
        (
            "a bad address",
            built().package_line("homepage = \"ftp://x.example\""),
            &["homepage", "ftp://x.example"],
        ),
        (
            "many keywords",
            built().package_line("keywords = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]"),
            &["at most 5 keywords"],
        ),
        (
            "a long keyword",
            built().package_line("keywords = [\"abcdefghijklmnopqrstu\"]"),
            &["abcdefghijklmnopqrstu"],
        ),
        ("a bad keyword", built().package_line("keywords = [\"a b\"]"), &["\"a b\"", "keyword"]),
        (
            "many categories",
            built().package_line("categories = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]"),
            &["at most 5 categories"],
        ),
        ("an unknown edition", built().package_line("edition = \"2099\""), &["2099"]),
        (
            "a bad rust version",
            built().package_line("rust-version = \"^1.70\""),
            &["Cargo.toml", "version requirement"],
        ),
        ("a wildcard", built().table("[dependencies.any]\nversion = \"*\""), &["wildcard", "`any`"]),
        ("no requirement", built().table("[dependencies.any]\noptional = false"), &["`any`"]),
        ("a bad requirement", built().dependency("some", "one"), &["`one`"]),
        ("a bad dependency name", built().dependency("\"na.me\"", "1"), &["na.me"]),
        ("a feature of nothing", built().table("[features]\nf = [\"absent\"]"), &["`f`", "`absent`"]),
        ("a feature that is none", built().table("[features]\n\"a b\" = []"), &["a b"]),
        ("a patch", built().table("[patch.crates-io]\nx = { path = \"../x\" }"), &["patch"]),
    ] {
        let upload = match bad.manifest_text().contains("version = \"one\"") {
            // cargo itself would not send this one, so the JSON is that of another.
            true => cratekeep_testkit::publish::Upload { archive: bad.build(), ..owner.upload(&built()) },
            false => owner.upload(&bad),
        };
        before.refused(what, owner.send_upload(&upload).await, 400, words).await;
    }
}

async fn everything_wrong_is_told_at_once(app: &TestApp) {
    let owner = app.owner().await;
    let before = Before::look(app).await;
    let bad = built()
        .without_package_line("description")
        .package_line("license = \"Nonsense\"")
        .package_line("keywords = [\"a b\"]")
        .package_line("repository = \"nowhere\"")
        .table("[dependencies.any]\nversion = \"*\"")
        .table(&format!("[dependencies.gone]\nversion = \"1\"\nregistry-index = \"{}\"", owner.index_url()))
        .table("[dependencies.far]\nversion = \"1\"\nregistry-index = \"sparse+https://far.example/\"")
        .table("[features]\nf = [\"absent\"]");
    let reply = owner.publish(&bad).await;
    assert!(sentences(&reply).len() >= 7, "{:#?}", sentences(&reply));
    let words = ["description", "Nonsense", "\"a b\"", "repository", "wildcard", "far.example", "`absent`"];
    before.refused("much at once", reply, 400, &words).await;
}

async fn a_licence_file_is_enough(app: &TestApp) {
    let owner = app.owner().await;
    let built = built()
        .without_package_line("license")
        .package_line("license-file = \"LICENCE\"")
        .file("LICENCE", "Do as you like.\n");
    let _ = owner.publish(&built).await.expect_status(200);
}
