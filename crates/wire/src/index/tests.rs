//! The exact text of lines, and that cargo's own types read them.

use cargo_util_schemas::index::IndexPackage;
use proptest::prelude::*;

use super::*;

fn dep(name: &str) -> IndexDep {
    IndexDep {
        name: name.to_owned(),
        req: "^1".to_owned(),
        features: Vec::new(),
        optional: false,
        default_features: true,
        target: None,
        kind: DependencyKind::Normal,
        registry: None,
        package: None,
        public: false,
    }
}

fn entry() -> IndexEntry {
    IndexEntry {
        name: "demo-crate".to_owned(),
        vers: "0.2.0+x".to_owned(),
        deps: Vec::new(),
        cksum: "0".repeat(64),
        features: BTreeMap::new(),
        features2: None,
        yanked: false,
        links: None,
        rust_version: None,
        pubtime: None,
        v: None,
    }
}

fn features(list: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    list.iter()
        .map(|(name, values)| ((*name).to_owned(), values.iter().map(|v| (*v).to_owned()).collect()))
        .collect()
}

#[test]
fn the_smallest_line_has_what_every_reader_needs() {
    insta::assert_snapshot!(
        entry().arranged().to_line().replace(&"0".repeat(64), "0…"),
        @r#"{"name":"demo-crate","vers":"0.2.0+x","deps":[],"cksum":"0…","features":{},"yanked":false}"#
    );
}

#[test]
fn a_full_line_is_in_the_order_of_crates_io() {
    let full = IndexEntry {
        deps: vec![
            IndexDep { kind: DependencyKind::Dev, ..dep("ser") },
            IndexDep {
                kind: DependencyKind::Build,
                registry: Some("sparse+https://r.example/index/".to_owned()),
                public: true,
                ..dep("ser")
            },
            IndexDep {
                package: Some("serde".to_owned()),
                features: vec!["derive".to_owned()],
                optional: true,
                default_features: false,
                target: Some("cfg(unix)".to_owned()),
                ..dep("ser")
            },
            dep("alpha"),
        ],
        features: features(&[("default", &["std"]), ("std", &[]), ("codec", &["dep:ser"])]),
        links: Some("z".to_owned()),
        rust_version: Some("1.75".to_owned()),
        pubtime: Some("2026-01-02T03:04:05Z".to_owned()),
        ..entry()
    };
    insta::assert_snapshot!(
        full.arranged().to_line().replace(&"0".repeat(64), "0…").replace("},{", "},\n{"),
        @r#"
    {"name":"demo-crate","vers":"0.2.0+x","deps":[{"name":"alpha","req":"^1","features":[],"optional":false,"default_features":true,"target":null,"kind":"normal"},
    {"name":"ser","req":"^1","features":["derive"],"optional":true,"default_features":false,"target":"cfg(unix)","kind":"normal","package":"serde"},
    {"name":"ser","req":"^1","features":[],"optional":false,"default_features":true,"target":null,"kind":"build","registry":"sparse+https://r.example/index/","public":true},
    {"name":"ser","req":"^1","features":[],"optional":false,"default_features":true,"target":null,"kind":"dev"}],"cksum":"0…","features":{"default":["std"],"std":[]},"features2":{"codec":["dep:ser"]},"yanked":false,"links":"z","rust_version":"1.75","pubtime":"2026-01-02T03:04:05Z","v":2}
    "#
    );
}

#[test]
fn arranging_again_changes_nothing() {
    let once = IndexEntry { features: features(&[("a", &["b"]), ("b", &["dep:x"]), ("c", &[])]), ..entry() }
        .arranged();
    assert_eq!(once.features2, Some(features(&[("a", &["b"]), ("b", &["dep:x"])])));
    assert_eq!((once.clone().arranged(), once.v), (once, Some(2)));
}

#[test]
fn a_yank_changes_one_word() {
    let line = entry().to_line();
    let yanked = set_yanked(&line, true).expect("a good line");
    assert_eq!(yanked, line.replace(r#""yanked":false"#, r#""yanked":true"#));
    assert_eq!(set_yanked(&yanked, false).as_ref(), Ok(&line));
    assert!(set_yanked("{}", true).is_err());
}

#[test]
fn lines_of_other_registries_are_read() {
    let line = r#"{"name":"a","vers":"0.1.0","deps":[{"name":"b","req":"*","kind":null,"package":null}],
        "cksum":"","yanked":null,"links":null,"v":null,"later":1}"#;
    let read = IndexEntry::from_line(line).expect("tolerated");
    assert_eq!((read.deps[0].kind, read.deps[0].default_features), (DependencyKind::Normal, true));
    assert!(!read.yanked && read.v.is_none());
    let said = IndexEntry::from_line(r#"{"name":"a"}"#).expect_err("a version is needed").to_string();
    insta::assert_snapshot!(said, @r#"the index line `{"name":"a"}` cannot be read: missing field `vers` at line 1 column 12"#);
}

fn any_dep() -> impl Strategy<Value = IndexDep> {
    let kinds =
        prop::sample::select(vec![DependencyKind::Normal, DependencyKind::Build, DependencyKind::Dev]);
    let words = ("[a-z_]{1,3}", prop::sample::select(vec!["^1", "=1.2.3", ">=0.1, <2", "*"]), kinds);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let rest = (
        prop::option::of(prop::sample::select(vec!["cfg(unix)", "x86_64-pc-windows-msvc"])),
        prop::option::of("[a-z]{1,3}"),
        prop::option::of(Just("sparse+https://r.example/index/")),
        prop::collection::vec("[a-z]{1,2}", 0..3),
    );
    (words, flags, rest).prop_map(|((name, req, kind), flags, (target, package, registry, features))| {
        IndexDep {
            name,
            req: req.to_owned(),
            features,
            optional: flags.0,
            default_features: flags.1,
            target: target.map(str::to_owned),
            kind,
            registry: registry.map(str::to_owned),
            package,
            public: flags.2,
        }
    })
}

fn any_entry() -> impl Strategy<Value = IndexEntry> {
    let maps = prop::collection::btree_map(
        "[a-z]{1,3}",
        prop::collection::vec("(dep:)?[a-z]{1,3}(\\?/x)?", 0..3),
        0..4,
    );
    let options = (prop::option::of("\\PC{0,4}"), prop::option::of(Just("1.70")), any::<bool>());
    (prop::collection::vec(any_dep(), 0..6), maps, options).prop_map(
        |(deps, features, (links, rust_version, yanked))| {
            IndexEntry {
                deps,
                features,
                links,
                rust_version: rust_version.map(str::to_owned),
                yanked,
                pubtime: Some("2026-01-02T03:04:05Z".to_owned()),
                ..entry()
            }
            .arranged()
        },
    )
}

proptest! {
    #[test]
    fn a_line_comes_back_to_the_byte(entry in any_entry()) {
        let line = entry.to_line();
        prop_assert!(!line.contains('\n'));
        let read = IndexEntry::from_line(&line).expect("our own line");
        prop_assert_eq!(read.to_line(), line);
        prop_assert_eq!(same_meaning(&read, &entry), Ok(()));
        prop_assert_eq!(read, entry);
    }

    #[test]
    fn cargo_reads_every_line_and_none_has_a_null_but_for_target(entry in any_entry()) {
        let line = entry.to_line();
        let read: IndexPackage<'_> = serde_json::from_str(&line).expect("cargo reads it");
        prop_assert_eq!(read.deps.len(), entry.deps.len());
        prop_assert_eq!(read.v, entry.v);
        prop_assert!(!line.replace(r#""target":null"#, "").contains(":null"));
    }
}
