//! Manifests good and bad, and the line that comes of them.

use insta::{assert_debug_snapshot, assert_snapshot};
use proptest::prelude::*;

use super::*;
use crate::problems::InspectError;
use crate::{Package, index_entry};

fn files(paths: &[&str]) -> Vec<Entry> {
    let checksum = cratekeep_types::Checksum::of(b"");
    paths.iter().map(|path| Entry { path: (*path).to_owned(), size: 0, checksum }).collect()
}

fn read_with(text: &str, paths: &[&str]) -> Result<ManifestFacts, Vec<String>> {
    let expected = ("demo".parse().expect("a name"), "1.0.0".parse().expect("a version"));
    let mut found = Found::default();
    let limits = ArchiveLimits::default();
    let facts = read(text.as_bytes(), (&expected.0, &expected.1), &files(paths), &limits, &mut found);
    match found.finish() {
        Ok(()) => Ok(facts.expect("no problem, so there are facts")),
        Err(problems) => Err(problems.into_sentences()),
    }
}

fn read_body(body: &str) -> Result<ManifestFacts, Vec<String>> {
    read_with(&format!("[package]\nname = \"demo\"\nversion = \"1.0.0\"\n{body}"), &["src/lib.rs"])
}

fn said(body: &str) -> String {
    read_body(body).expect_err("a bad manifest").join("\n")
}

fn line_of(manifest: ManifestFacts) -> String {
    let package = Package {
        name: "demo".parse().expect("a name"),
        version: "1.0.0".parse().expect("a version"),
        manifest,
        entries: Vec::new(),
        unpacked_bytes: 0,
        readme: None,
        vcs: None,
    };
    let checksum = cratekeep_types::Checksum::from_bytes([0; 32]);
    let at = cratekeep_types::Timestamp(1_767_323_045_000_001);
    index_entry(&package, checksum, at, &|dependency| dependency.registry_index.clone()).to_line()
}

#[test]
fn every_field_of_a_manifest_is_read() {
    let facts = read_body(
        r#"
        edition = "2021"
        rust-version = "1.75"
        description = "d"
        homepage = "https://h.example"
        documentation = "https://d.example"
        repository = "https://r.example"
        readme = "R.md"
        keywords = ["k"]
        categories = ["c"]
        license = "MIT"
        license-file = "L"
        authors = ["A <a@b.example>"]
        links = "z"
        [package.metadata.any]
        thing = 1979-05-27T07:32:00Z
        [features]
        default = ["std"]
        std = ["alias?/std"]
        x = ["dep:alias"]
        [dependencies]
        plain = "1"
        [dependencies.alias]
        version = ">=1.2, <2"
        package = "real"
        optional = true
        default-features = false
        features = ["f"]
        registry-index = "sparse+https://r.example/index/"
        public = true
        [dev-dependencies]
        only-here = { path = "../only-here" }
        tested = "0.1"
        [build-dependencies]
        cc = "*"
        [target.'cfg(unix)'.dependencies]
        libc = "0.2"
        [target.x86_64-pc-windows-msvc.build-dependencies]
        winres = { version = "=0.1.12", package = "winres" }
        "#,
    )
    .expect("a good manifest");
    assert_snapshot!(line_of(facts.clone()).replace(&"0".repeat(64), "0…").replace("},{", "},\n{"), @r#"
    {"name":"demo","vers":"1.0.0","deps":[{"name":"alias","req":">=1.2, <2","features":["f"],"optional":true,"default_features":false,"target":null,"kind":"normal","registry":"sparse+https://r.example/index/","package":"real","public":true},
    {"name":"cc","req":"*","features":[],"optional":false,"default_features":true,"target":null,"kind":"build"},
    {"name":"libc","req":"^0.2","features":[],"optional":false,"default_features":true,"target":"cfg(unix)","kind":"normal"},
    {"name":"plain","req":"^1","features":[],"optional":false,"default_features":true,"target":null,"kind":"normal"},
    {"name":"tested","req":"^0.1","features":[],"optional":false,"default_features":true,"target":null,"kind":"dev"},
    {"name":"winres","req":"=0.1.12","features":[],"optional":false,"default_features":true,"target":"x86_64-pc-windows-msvc","kind":"build"}],"cksum":"0…","features":{},"features2":{"default":["std"],"std":["alias?/std"],"x":["dep:alias"]},"yanked":false,"links":"z","rust_version":"1.75","pubtime":"2026-01-02T03:04:05Z","v":2}
    "#);
    assert_debug_snapshot!((facts.readme_path, facts.license_file, facts.edition, facts.authors, facts.rust_version), @r#"
    (
        Some(
            "R.md",
        ),
        Some(
            "L",
        ),
        "2021",
        [
            "A <a@b.example>",
        ],
        Some(
            "1.75",
        ),
    )
    "#);
}

#[test]
fn old_spellings_are_read() {
    let facts = read_with(
        "[project]\nname = \"demo\"\nversion = \"1.0.0\"\n[dev_dependencies]\na = \"1\"\n[build_dependencies]\nb = \"1\"\n\
         [dependencies.c]\nversion = \"1\"\ndefault_features = false\n[target.'cfg(windows)'.dev_dependencies]\nd = \"1\"\n",
        &[],
    )
    .expect("a good manifest");
    let read: Vec<_> =
        facts.dependencies.iter().map(|d| (d.name_in_toml.as_str(), d.default_features)).collect();
    assert_eq!(read, [("c", false), ("a", true), ("b", true), ("d", true)]);
    assert_eq!(facts.edition, "2015");
}

#[test]
fn what_only_its_developers_have_is_dropped() {
    let facts = read_body(
        "[dependencies]\nboth = \"1\"\n[dev-dependencies]\nboth = { path = \"x\" }\nonly = { git = \"https://g.example\" }\n\
         [features]\nf = [\"only/a\", \"only?/a\", \"both/b\", \"g\"]\ng = []\n",
    )
    .expect("a good manifest");
    assert_eq!(facts.dependencies.len(), 1);
    assert_eq!(facts.features["f"], ["both/b", "g"]);
}

#[test]
fn bad_dependencies_are_told_one_by_one() {
    assert_snapshot!(said(
        r#"
        [dependencies]
        a = { path = "../a" }
        b = { git = "https://g.example" }
        c = { version = "1", registry = "mine" }
        d = { version = "1", artifact = "bin" }
        e = { workspace = true }
        f = "one"
        [dev-dependencies]
        g = { version = "1", optional = true }
        [target.'cfg(unix'.dependencies]
        h = "1"
        "#
    ), @"
    the dependency `a` has a path or a git address but no version; add one, others build with it
    the dependency `b` has a path or a git address but no version; add one, others build with it
    the dependency `c` names its registry by a word of your own configuration; package with cargo, which writes the address of its index
    the dependency `d` is an artifact dependency, which stable cargo cannot build
    the dependency `e` is left to a workspace; package with cargo, which fills it in
    the dependency `f` has an invalid version requirement `one`: unexpected character 'o' while parsing major version number
    the dependency `g` is a dev-dependency and optional; only one of the two can be
    `[target.'cfg(unix']` is no target: failed to parse `cfg(unix` as a cfg expression: invalid target specifier: unexpected `(` character, cfg expressions must start with `cfg(`
    ");
}

#[test]
fn workspace_fields_and_missing_keys_are_told() {
    assert_snapshot!(said("description.workspace = true\nkeywords.workspace = true\nreadme.workspace = true\n"), @"
    `package.description` is left to a workspace; package with cargo, which fills it in
    `package.keywords` is left to a workspace; package with cargo, which fills it in
    `package.readme` is left to a workspace; package with cargo, which fills it in
    ");
    assert_snapshot!(read_with("[package]\n", &[]).expect_err("bad").join("\n"), @"
    `Cargo.toml` has no `package.name`
    `Cargo.toml` has no `package.version`
    ");
    assert_snapshot!(read_with("[workspace]\nmembers = []\n", &[]).expect_err("bad").join("\n"), @"`Cargo.toml` has no `[package]` table; a workspace alone cannot be published");
    assert_snapshot!(read_with("", &[]).expect_err("bad").join("\n"), @"`Cargo.toml` has no `[package]` table; a workspace alone cannot be published");
}

#[test]
fn a_manifest_that_cannot_be_parsed_is_told_with_its_line() {
    assert_snapshot!(said("description = 1\n"), @"failed to parse `Cargo.toml`, line 4: invalid type: integer `1`, expected a string or workspace");
    assert_snapshot!(said("rust-version = \"1.99.0-nightly\"\n"), @r#"failed to parse `Cargo.toml`, line 4: unexpected prerelease field, expected a version like "1.32""#);
    assert_snapshot!(said("[features]\n\"a/b\" = []\n"), @"failed to parse `Cargo.toml`, line 5: invalid character `/` in feature name: `a/b`, feature name is not allowed to contain slashes");
    assert_snapshot!(said("[dependencies]\n\"9\" = \"1\"\n"), @"failed to parse `Cargo.toml`, line 5: invalid character `9` in package name: `9`, the name cannot start with a digit");
    assert_snapshot!(said("[dependencies]\na = \"1\"\na = \"2\"\n"), @"failed to parse `Cargo.toml`, line 6: duplicate key");
    let limits = ArchiveLimits::default();
    assert_snapshot!(parse(b"a = \"\xff\"", &limits).expect_err("not UTF-8"), @"`Cargo.toml` is not UTF-8");
}

#[test]
fn control_characters_are_told() {
    assert_snapshot!(said(
        "description = \"a\\u0000b\"\nlicense = \"M\\u001b[1mIT\"\nkeywords = [\"a\\nb\"]\nlinks = \"\\u0007\"\n\
         [features]\nf = [\"a\\u0000\"]\n[dependencies]\na = { version = \"1\", features = [\"\\u0000\"] }\n"
    ), @r"
    `description` in `Cargo.toml` has a control character: `a\0b`; remove it
    `license` in `Cargo.toml` has a control character: `M\u{1b}[1mIT`; remove it
    `links` in `Cargo.toml` has a control character: `\u{7}`; remove it
    `keywords` in `Cargo.toml` has a control character: `a\nb`; remove it
    `features` in `Cargo.toml` has a control character: `a\0`; remove it
    `dependencies` in `Cargo.toml` has a control character: `\0`; remove it
    ");
    assert!(read_body("description = \"two\\nlines\\tand a tab\\r\\n\"\n").is_ok());
}

/// Parsers recurse and allocate; whatever the text, the answer comes on a small stack.
#[test]
fn pathological_manifests_are_refused_or_read_without_harm() {
    let nested = |open: &str, close: &str, depth: usize| {
        format!("[package.metadata]\na = {}1{}\n", open.repeat(depth), close.repeat(depth))
    };
    for body in [
        nested("[", "]", 70),
        nested("[", "]", 20_000),
        nested("{a = ", "}", 70),
        nested("{a = ", "}", 20_000),
        "[".repeat(20_000),
        format!("[package.metadata.{}]\n", ["a"; 70].join(".")),
        format!("[package.metadata.{}]\n", ["a"; 10_000].join(".")),
        format!("metadata.{} = 1\n", ["a"; 10_000].join(".")),
        format!("metadata.{} = 1\n", ["a"; 70].join(".")),
        format!("metadata.a = \"{}\"\n", "\\u0041".repeat(10_000)),
        (0..5_000).map(|n| format!("[package.metadata.a{n}]\n")).collect(),
        (0..5_000).map(|n| format!("metadata.a{n}.b.c = 1\n")).collect(),
        "#\n".repeat(20_000),
        "\"\"\"".repeat(1000),
    ] {
        // Either answer will do; a crash or a wait would not.
        let _ = read_body(&body);
    }
    assert_snapshot!(said(&"[[bin]]\n".repeat(20_000)), @"`Cargo.toml` has about 60008 keys and values, the limit is 24000");
}

#[test]
fn libraries_and_programs_are_found_as_cargo_finds_them() {
    type Case<'a> = (&'a str, &'a [&'a str], Option<&'a str>, &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        ("", &["src/lib.rs"], Some("demo"), &[]),
        ("", &["src/main.rs"], None, &["demo"]),
        (
            "",
            &["src/main.rs", "src/bin/a.rs", "src/bin/b/main.rs", "src/bin/b/c.rs"],
            None,
            &["a", "b", "demo"],
        ),
        ("", &["lib.rs", "src/bin/notes.txt", "src/bin/x/y/main.rs"], None, &[]),
        ("autolib = false", &["src/lib.rs"], None, &[]),
        ("autobins = false", &["src/main.rs"], None, &[]),
        (
            "edition = \"2018\"\n[[bin]]\nname = \"x\"\npath = \"x.rs\"",
            &["x.rs", "src/main.rs"],
            None,
            &["demo", "x"],
        ),
        (
            "edition = \"2018\"\n[[bin]]\nname = \"x\"\npath = \"./src/main.rs\"",
            &["src/main.rs"],
            None,
            &["x"],
        ),
        ("[[bin]]\nname = \"x\"\npath = \"x.rs\"", &["x.rs", "src/main.rs"], None, &["x"]),
        (
            "autobins = true\n[[bin]]\nname = \"x\"\npath = \"x.rs\"",
            &["x.rs", "src/main.rs"],
            None,
            &["demo", "x"],
        ),
        ("[lib]\nname = \"other-name\"", &["src/lib.rs"], Some("other_name"), &[]),
        ("[lib]\npath = \"a/b.rs\"", &["a/b.rs"], Some("demo"), &[]),
        ("[lib]\nname = \"old\"", &["src/old.rs"], Some("old"), &[]),
    ];
    for (body, paths, lib, bins) in cases {
        let text = format!("[package]\nname = \"demo\"\nversion = \"1.0.0\"\n{body}\n");
        let facts = read_with(&text, paths).expect(body);
        assert_eq!((facts.lib_name.as_deref(), facts.has_lib), (*lib, lib.is_some()), "{body} {paths:?}");
        assert_eq!(facts.bin_names, *bins, "{body} {paths:?}");
    }
    let text = "[package]\nname = \"demo\"\nversion = \"1.0.0\"\nedition = \"2018\"\n[lib]\nname = \"old\"\n";
    assert_snapshot!(read_with(text, &["src/old.rs"]).expect_err("gone").join("\n"), @"`Cargo.toml` has a `[lib]`, but its file `src/lib.rs` is not in the archive");
}

fn any_dependency() -> impl Strategy<Value = (String, String)> {
    let tables = prop::sample::select(vec![
        "dependencies",
        "dev-dependencies",
        "build-dependencies",
        "target.'cfg(unix)'.dependencies",
        "target.'cfg(any(windows, target_os = \"macos\"))'.build-dependencies",
    ]);
    let reqs = prop::sample::select(vec!["1", "^0.2.3", "=1.0.0", ">=1, <3", "~2.1", "*", "0.1.0-rc.1"]);
    let detail = (
        any::<bool>(),
        any::<bool>(),
        prop::option::of("[a-z]{1,4}"),
        prop::collection::vec("[a-z]{1,3}", 0..3),
    );
    ("[a-z][a-z0-9_-]{0,3}", tables, reqs, detail).prop_map(
        |(name, table, req, (optional, default, package, features))| {
            let mut text = format!("[{table}.{name}]\nversion = \"{req}\"\n");
            if optional && !table.starts_with("dev") {
                text.push_str("optional = true\n");
            }
            if !default {
                text.push_str("default-features = false\n");
            }
            if let Some(package) = package {
                text.push_str(&format!("package = \"{package}\"\n"));
            }
            text.push_str(&format!("features = {features:?}\n"));
            (format!("{table}.{name}"), text)
        },
    )
}

proptest! {
    /// The line of a manifest holds each dependency once, as the resolver's own types read it, and reading the same
    /// manifest again gives the same line.
    #[test]
    fn the_line_is_a_projection_of_the_manifest(dependencies in prop::collection::btree_map("[a-z]{4}", any_dependency(), 0..6)) {
        let tables: std::collections::BTreeMap<_, _> = dependencies.into_values().collect();
        let body: String = tables.values().map(String::as_str).collect();
        let facts = read_body(&body).map_err(|problems| TestCaseError::fail(problems.join("; ")))?;
        prop_assert_eq!(facts.dependencies.len(), tables.len());
        let line = line_of(facts);
        prop_assert_eq!(&line, &line_of(read_body(&body).expect("read before")));
        let read = cratekeep_wire::IndexEntry::from_line(&line).expect("our own line");
        prop_assert_eq!(read.deps.len(), tables.len());
        for dependency in &read.deps {
            prop_assert!(semver::VersionReq::parse(&dependency.req).is_ok());
        }
    }
}

#[test]
fn an_inspect_error_shows_its_sentences() {
    let mut found = Found::default();
    found.add("one");
    found.add("two");
    let error: InspectError = found.finish().expect_err("two problems").into();
    assert_eq!(error.to_string(), "one\ntwo");
}
