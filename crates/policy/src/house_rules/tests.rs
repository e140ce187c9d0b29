//! One broken rule at a time, in both degrees of strictness.

use std::collections::BTreeMap;

use cratekeep_package::ManifestFacts;
use cratekeep_types::{CRATES_IO_INDEX_GIT, CRATES_IO_INDEX_SPARSE};
use cratekeep_wire::DependencyKind;
use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

const OWN: &str = "sparse+https://r.example/index/";
const SIBLING: &str = "sparse+https://r.example/r/team/index/";
const LISTED: &str = "sparse+https://other.example/";

fn facts(rules: UploadRules) -> UploadFacts {
    UploadFacts {
        rules,
        stands_for_crates_io: false,
        own_index_urls: vec![OWN.to_owned(), "sparse+http://old.example/index/".to_owned()],
        sibling_index_urls: vec![(SIBLING.to_owned(), "team".parse().expect("a name"))],
        allowed_index_urls: vec![LISTED.to_owned()],
    }
}

fn package(spoil: impl FnOnce(&mut ManifestFacts)) -> Package {
    let mut manifest = ManifestFacts {
        description: Some("d".to_owned()),
        license: Some("MIT OR Apache-2.0".to_owned()),
        edition: "2021".to_owned(),
        ..ManifestFacts::default()
    };
    spoil(&mut manifest);
    Package {
        name: "demo".parse().expect("a name"),
        version: "1.0.0".parse().expect("a version"),
        manifest,
        entries: Vec::new(),
        unpacked_bytes: 0,
        readme: None,
        vcs: None,
    }
}

fn dependency(name: &str) -> ManifestDependency {
    ManifestDependency {
        name_in_toml: name.to_owned(),
        package: None,
        req: "^1".to_owned(),
        features: Vec::new(),
        optional: false,
        default_features: true,
        target: None,
        kind: DependencyKind::Normal,
        registry_index: None,
        public: false,
    }
}

fn optional(name: &str) -> ManifestDependency {
    ManifestDependency { optional: true, ..dependency(name) }
}

fn features(list: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    list.iter().map(|(name, values)| ((*name).to_owned(), owned(values))).collect()
}

/// What crates.io's rules say, and how many of it remains under relaxed ones.
fn judged(spoil: impl Fn(&mut ManifestFacts)) -> (String, usize) {
    let said = |rules| {
        house_rules(&package(&spoil), &facts(rules), &MetadataLimits::default()).err().unwrap_or_default()
    };
    (said(UploadRules::CratesIo).join("\n"), said(UploadRules::Relaxed).len())
}

#[test]
fn a_plain_package_passes() {
    assert_eq!(judged(|_| ()), (String::new(), 0));
}

#[test]
fn a_company_need_not_describe_or_license() {
    let (strict, relaxed) = judged(|manifest| {
        manifest.description = Some(" ".to_owned());
        manifest.license = None;
    });
    assert_snapshot!(strict, @"missing or empty metadata fields: description, license; write them into `[package]` of `Cargo.toml`");
    assert_eq!(relaxed, 0);
    let by_file = judged(|manifest| {
        manifest.license = None;
        manifest.license_file = Some("LICENSE".to_owned());
    });
    assert_eq!(by_file, (String::new(), 0));
}

#[test]
fn licences_are_spdx_expressions() {
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0",
        "GPL-3.0+",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert_eq!(judged(|manifest| manifest.license = Some(good.to_owned())), (String::new(), 0), "{good}");
    }
    for bad in ["my own", "Apache 2.0", "MIT OR", "mit", "LicenseOfMine", "MIT, Apache-2.0"] {
        let (strict, relaxed) = judged(|manifest| manifest.license = Some(bad.to_owned()));
        assert!(strict.starts_with("unknown or invalid license expression"), "{bad}: {strict}");
        assert_eq!(relaxed, 0, "{bad}");
    }
    assert_snapshot!(judged(|manifest| manifest.license = Some("Apache 2.0".to_owned())).0, @"unknown or invalid license expression `Apache 2.0`: unknown term; write names of the SPDX list, such as `MIT OR Apache-2.0`, or use `license-file`");
}

#[test]
fn addresses_are_web_addresses_everywhere() {
    for bad in [
        "javascript:alert(1)",
        "ftp://x",
        "www.example.org",
        "https://",
        "http://[",
        "//x",
        "data:text/html,x",
    ] {
        let (strict, relaxed) = judged(|manifest| {
            manifest.homepage = Some(bad.to_owned());
            manifest.documentation = Some(bad.to_owned());
            manifest.repository = Some(bad.to_owned());
        });
        assert_eq!((strict.lines().count(), relaxed), (3, 3), "{bad}: {strict}");
    }
    assert_eq!(judged(|manifest| manifest.homepage = Some(String::new())), (String::new(), 0));
    assert_snapshot!(judged(|manifest| manifest.homepage = Some("https://".to_owned())).0, @"`homepage` is not a valid url: `https://` (empty host)");
}

#[test]
fn every_limit_holds_to_the_one() {
    type Fill = fn(&mut ManifestFacts, usize);
    let limits = MetadataLimits {
        description_bytes_max: 7,
        text_bytes_max: 30,
        keywords_max: 3,
        keyword_bytes_max: 4,
        categories_max: 2,
        features_max: 5,
        feature_values_max: 6,
        dependencies_max: 8,
        index_line_bytes_max: 1500,
    };
    let cases: &[(&str, usize, Fill)] = &[
        ("description", 7, |manifest, n| manifest.description = Some("x".repeat(n))),
        ("license-file", 30, |manifest, n| manifest.license_file = Some("x".repeat(n))),
        ("homepage", 30, |manifest, n| manifest.homepage = Some(format!("https://{}", "x".repeat(n - 8)))),
        ("documentation", 30, |manifest, n| {
            manifest.documentation = Some(format!("https://{}", "x".repeat(n - 8)))
        }),
        ("repository", 30, |manifest, n| {
            manifest.repository = Some(format!("https://{}", "x".repeat(n - 8)))
        }),
        ("links", 30, |manifest, n| manifest.links = Some("x".repeat(n))),
        ("keywords", 3, |manifest, n| manifest.keywords = vec!["k".to_owned(); n]),
        ("keyword", 4, |manifest, n| manifest.keywords = vec!["k".repeat(n)]),
        ("categories", 2, |manifest, n| manifest.categories = vec!["c".to_owned(); n]),
        ("category", 30, |manifest, n| manifest.categories = vec!["c".repeat(n)]),
        ("features", 5, |manifest, n| {
            manifest.features = (0..n).map(|i| (format!("f{i}"), Vec::new())).collect();
        }),
        ("enables", 6, |manifest, n| {
            manifest.features = BTreeMap::from([("f".to_owned(), vec!["f".to_owned(); n])]);
        }),
        ("dependencies", 8, |manifest, n| {
            manifest.dependencies = (0..n).map(|i| dependency(&format!("d{i}"))).collect()
        }),
        ("index line", 1318, |manifest, n| manifest.features = BTreeMap::from([("f".repeat(n), Vec::new())])),
    ];
    for (what, max, fill) in cases {
        let said =
            |n| house_rules(&package(|manifest| fill(manifest, n)), &facts(UploadRules::Relaxed), &limits);
        assert!(said(*max).is_ok(), "{what}: {:?}", said(*max));
        let problems = said(max + 1).expect_err(what);
        assert!(problems.len() == 1 && problems[0].contains(what), "{what}: {problems:?}");
    }
}

#[test]
fn keywords_follow_a_grammar_on_crates_io() {
    for good in ["a", "9", "c++", "no_std", "a-b"] {
        assert_eq!(
            judged(|manifest| manifest.keywords = vec![good.to_owned()]),
            (String::new(), 0),
            "{good}"
        );
    }
    for bad in ["-a", "+", "a b", "ä", "a.b", "a/b"] {
        let (strict, relaxed) = judged(|manifest| manifest.keywords = vec![bad.to_owned()]);
        assert_eq!((strict.lines().count(), relaxed), (1, 0), "{bad}");
    }
    assert_eq!(judged(|manifest| manifest.keywords = vec![String::new()]).1, 1);
}

#[test]
fn editions_are_those_of_stable_cargo_on_crates_io() {
    let (strict, relaxed) = judged(|manifest| manifest.edition = "2027".to_owned());
    assert_snapshot!(strict, @"the edition `2027` is not one of 2015, 2018, 2021, 2024");
    assert_eq!(relaxed, 0);
}

#[test]
fn features_must_mean_something() {
    let spoil = |manifest: &mut ManifestFacts| {
        manifest.dependencies =
            vec![dependency("plain"), optional("opt"), optional("hidden"), optional("lost")];
        manifest.features = features(&[
            ("a", &["nowhere", "plain", "opt", "hidden", "a", "b"]),
            ("b", &["dep:nowhere", "dep:plain", "dep:opt2", "dep:hidden"]),
            (
                "c",
                &[
                    "nowhere/x",
                    "plain?/x",
                    "plain/x",
                    "opt?/x",
                    "opt/x",
                    "dep:opt/x",
                    "plain/x/y",
                    "plain/",
                    "plain/-",
                ],
            ),
            ("lost", &[]),
        ]);
    };
    let (strict, relaxed) = judged(spoil);
    assert_snapshot!(strict, @"
    feature `a` includes `nowhere`, which is neither a dependency nor another feature
    feature `a` includes `plain`, which is a dependency but not an optional one; a feature cannot turn it on
    feature `a` includes `hidden`, an optional dependency that another feature names with `dep:`; write `dep:` here too
    feature `b` includes `dep:nowhere`, which is not listed as a dependency
    feature `b` includes `dep:plain`, which is not an optional dependency
    feature `b` includes `dep:opt2`, which is not listed as a dependency
    feature `c` includes `nowhere/x`, whose part before the slash is not a dependency
    feature `c` includes `plain?/x`, which has a `?`, but the dependency is not optional
    feature `c` includes `dep:opt/x`, which has both `dep:` and a slash; leave `dep:` out
    feature `c` includes `plain/x/y`, which has more than one slash
    feature `c` includes `plain/`, whose part after the slash is not a feature name
    feature `c` includes `plain/-`, whose part after the slash is not a feature name
    optional dependency `lost` is not included in any feature; add `dep:lost` to one of them
    ");
    assert_eq!(relaxed, strict.lines().count(), "an index line that nobody can use is refused everywhere");
}

#[test]
fn a_dependency_optional_anywhere_is_optional() {
    let good = judged(|manifest| {
        let elsewhere = ManifestDependency { target: Some("cfg(unix)".to_owned()), ..optional("x") };
        manifest.dependencies = vec![dependency("x"), elsewhere];
        manifest.features = features(&[("f", &["x", "x?/y", "dep:z"])]);
        manifest.dependencies.push(optional("z"));
    });
    assert_eq!(good, (String::new(), 0));
}

#[test]
fn dependencies_have_good_names_and_bounds() {
    let (strict, relaxed) = judged(|manifest| {
        manifest.dependencies = vec![
            ManifestDependency { req: "*".to_owned(), ..dependency("wild") },
            dependency("_under"),
            dependency("name::space"),
            ManifestDependency { package: Some("täst".to_owned()), ..dependency("alias") },
            ManifestDependency { package: Some("fine".to_owned()), ..dependency("_alias") },
            ManifestDependency { package: Some("fine".to_owned()), ..dependency("älias") },
            ManifestDependency {
                features: vec![String::new(), "a/b".to_owned(), "ok".to_owned()],
                ..dependency("f")
            },
        ];
    });
    assert_snapshot!(strict, @"
    wildcard (`*`) dependency constraints are not allowed here; give `wild` the version it is known to work with
    the dependency `_under` cannot be: the crate name `_under` must start with an ASCII letter, not with `_`
    the dependency `name::space` cannot be: the crate name `name::space` has the character `:`; only ASCII letters, digits, `-` and `_` are allowed
    the dependency `täst` cannot be: the crate name `täst` has the character `ä`; only ASCII letters, digits, `-` and `_` are allowed
    the dependency `fine` is renamed to `älias`; use at most 64 ASCII letters, digits, `-` and `_`, a letter or `_` first
    the dependency `f` asks for ``, which is not a feature name
    the dependency `f` asks for `a/b`, which is not a feature name
    ");
    assert_eq!(relaxed, strict.lines().count() - 1, "only the wildcard is a matter of taste");
}

#[test]
fn each_dependency_finds_its_home() {
    let on =
        |url: Option<&str>| ManifestDependency { registry_index: url.map(str::to_owned), ..dependency("x") };
    let home = |url: Option<&str>, stands_for_crates_io: bool| {
        let package = package(|manifest| manifest.dependencies = vec![on(url)]);
        let facts = UploadFacts { stands_for_crates_io, ..facts(UploadRules::CratesIo) };
        house_rules(&package, &facts, &MetadataLimits::default()).map(|resolved| resolved[0].home.clone())
    };
    let sibling =
        DependencyHome::Sibling { url: SIBLING.to_owned(), registry: "team".parse().expect("a name") };
    let listed = DependencyHome::Listed { url: LISTED.to_owned() };
    for (url, usually, standing_in) in [
        (None, DependencyHome::CratesIo, DependencyHome::Own),
        (Some(CRATES_IO_INDEX_GIT), DependencyHome::CratesIo, DependencyHome::Own),
        (Some(CRATES_IO_INDEX_SPARSE), DependencyHome::CratesIo, DependencyHome::Own),
        (
            Some("registry+https://github.com/rust-lang/crates.io-index"),
            DependencyHome::CratesIo,
            DependencyHome::Own,
        ),
        (Some(OWN), DependencyHome::Own, DependencyHome::Own),
        (Some(OWN.trim_end_matches('/')), DependencyHome::Own, DependencyHome::Own),
        (Some("sparse+http://old.example/index/"), DependencyHome::Own, DependencyHome::Own),
        (Some(SIBLING), sibling.clone(), sibling),
        (Some("sparse+https://other.example"), listed.clone(), listed),
    ] {
        assert_eq!(home(url, false), Ok(usually), "{url:?}");
        assert_eq!(home(url, true), Ok(standing_in), "{url:?}");
    }
    for foreign in ["sparse+https://evil.example/", "sparse+https://r.example/index.git", "", "x"] {
        assert!(home(Some(foreign), false).is_err(), "{foreign}");
    }
    assert_snapshot!(home(Some("sparse+https://evil.example/"), true).expect_err("foreign").concat(), @"the dependency `x` is on the registry `sparse+https://evil.example/`, which is not allowed here; depend on this registry or on crates.io, or ask the operator to allow that registry");
}

#[test]
fn resolved_dependencies_keep_the_order_of_the_manifest() {
    let package = package(|manifest| {
        manifest.dependencies =
            vec![dependency("z"), ManifestDependency { package: Some("real".to_owned()), ..dependency("a") }];
    });
    let resolved =
        house_rules(&package, &facts(UploadRules::CratesIo), &MetadataLimits::default()).expect("good");
    let names: Vec<_> = resolved.iter().map(|known| known.krate.as_str()).collect();
    assert_eq!(names, ["z", "real"]);
    assert_eq!(resolved[1].dependency, package.manifest.dependencies[1]);
}

proptest! {
    /// Whatever features pass here, a resolver finds every dependency and feature that they name.
    #[test]
    fn features_that_pass_are_closed(
        names in prop::collection::btree_set("[a-d]", 0..4),
        table in prop::collection::btree_map("[a-f]", prop::collection::vec("(dep:)?[a-f](\\?)?(/x)?", 0..4), 0..5),
    ) {
        let dependencies: Vec<_> = names.iter().map(|name| optional(name)).collect();
        let package = package(|manifest| {
            manifest.dependencies = dependencies;
            manifest.features = table.clone();
        });
        if house_rules(&package, &facts(UploadRules::Relaxed), &MetadataLimits::default()).is_ok() {
            for value in table.values().flatten() {
                let bare = value.strip_prefix("dep:").unwrap_or(value);
                let name = bare.split('/').next().unwrap_or_default().trim_end_matches('?');
                prop_assert!(names.contains(name) || table.contains_key(name), "{value}");
            }
        }
    }
}
