//! What a line says besides its version: features, renames, the Rust it needs, and how a version is picked exactly.

use cratekeep_testkit::archive::ArchiveBuilder;
use serde_json::json;

use crate::case::{in_both_roles, in_open};

#[test]
fn a_crate_may_be_needed_twice_under_other_names() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "0.1.0"), ("bar", "0.2.0")]);
        let twice = case
            .cargo
            .package("foo", "0.1.0")
            .dependency("bar01", &case.dep_with("package = \"bar\", version = \"0.1\""))
            .dependency("bar02", &case.dep_with("package = \"bar\", version = \"0.2\", optional = true"))
            .line("features", "another", "[\"bar02\"]")
            .file("src/lib.rs", "pub use bar01; #[cfg(feature = \"another\")] pub use bar02;");
        case.cargo_publish(&twice);
        let deps = &case.lines("foo")[0]["deps"];
        assert_eq!((&deps[0]["name"], &deps[0]["package"]), (&json!("bar01"), &json!("bar")));
        assert_eq!((&deps[1]["name"], &deps[1]["package"]), (&json!("bar02"), &json!("bar")));

        let app = case
            .project("app")
            .dependency("foo", &case.dep_with("version = \"0.1\", features = [\"another\"]"))
            .dependency("mine", &case.dep_with("version = \"0.1\", package = \"bar\""))
            .file("src/lib.rs", "pub const BOTH: &str = mine::NAME; pub use foo::bar02;");
        case.fails(&app.write().expect("a project"), &["check"], &["NAME"]);
        let app =
            app.file("src/lib.rs", "pub use {mine, foo::bar01, foo::bar02};").write().expect("a project");
        case.ok(&app, &["check"]);
        let locked = ["bar 0.1.0", "bar 0.2.0", "foo 0.1.0"];
        assert_eq!(case.locked(&app), locked.map(str::to_owned).into());
    });
}

#[test]
fn features_in_the_new_syntax_arrive() {
    in_both_roles(|case| {
        case.publish(&ArchiveBuilder::new("bar", "1.0.0").table("[features]\nextra = []"));
        let foo = case
            .cargo
            .package("foo", "1.0.0")
            .dependency("bar", &case.dep_with("version = \"1\", optional = true"))
            .line("features", "with", "[\"dep:bar\"]")
            .line("features", "weak", "[\"bar?/extra\"]")
            .line("features", "plain", "[]")
            .file("src/lib.rs", "#[cfg(feature = \"with\")] pub use bar;");
        case.cargo_publish(&foo);
        let line = &case.lines("foo")[0];
        assert_eq!(line["v"], 2, "{line}");
        let names = |key: &str| line[key].as_object().expect("a map").keys().cloned().collect::<Vec<_>>();
        let all: std::collections::BTreeSet<_> =
            [names("features"), names("features2")].concat().into_iter().collect();
        assert_eq!(all, ["plain", "weak", "with"].map(str::to_owned).into());

        let dep = case.dep_with("version = \"1\", features = [\"with\", \"weak\"]");
        let app = case.project("app").dependency("foo", &dep).file("src/lib.rs", "pub use foo::bar;");
        case.ok(&app.write().expect("a project"), &["check"]);
        let bare = case.project("bare").dependency("foo", &case.dep("1")).write().expect("a project");
        case.ok(&bare, &["check"]);
        let dep = case.dep_with("version = \"1\", features = [\"bar\"]");
        let hidden = case.project("hidden").dependency("foo", &dep).write().expect("a project");
        case.fails(&hidden, &["generate-lockfile"], &["bar"]);
    });
}

#[test]
fn the_resolver_knows_which_rust_a_version_needs() {
    in_both_roles(|case| {
        let with = |version, rust: &str| {
            ArchiveBuilder::new("bar", version).package_line(&format!("rust-version = {rust:?}"))
        };
        case.publish(&with("1.5.0", "1.50"));
        case.publish(&with("1.6.0", "1.65.0"));
        assert_eq!(case.lines("bar")[1]["rust_version"], "1.65.0");
        let app = |folder: &str, rust: &str| {
            let project = case.project(folder).field("resolver", "\"3\"");
            let project = project.field("rust-version", &format!("{rust:?}"));
            project.dependency("bar", &case.dep("1")).write().expect("a project")
        };
        let (old, new) = (app("old", "1.60"), app("new", "1.70"));
        case.ok(&old, &["generate-lockfile"]);
        case.ok(&new, &["generate-lockfile"]);
        assert_eq!(case.locked(&old), ["bar 1.5.0".to_owned()].into());
        assert_eq!(case.locked(&new), ["bar 1.6.0".to_owned()].into());
    });
}

#[test]
fn an_exact_version_may_be_yanked_or_carry_build_metadata() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "0.0.1"), ("bar", "0.0.2"), ("bar", "0.0.3+meta.7"), ("bar", "0.0.4")]);
        case.yank("bar", "0.0.2");
        let app = case.project_on(&[("bar", "*")]);
        case.ok(&app, &["generate-lockfile"]);
        case.ok(&app, &["update", "bar", "--precise", "0.0.2"]).says("yanked");
        assert_eq!(case.locked(&app), ["bar 0.0.2".to_owned()].into());
        for precise in ["0.0.3+meta.7", "0.0.3"] {
            case.ok(&app, &["update", "bar", "--precise", "0.0.1"]);
            case.ok(&app, &["update", "bar", "--precise", precise]);
            assert_eq!(case.locked(&app), ["bar 0.0.3+meta.7".to_owned()].into());
        }
        case.ok(&app, &["fetch"]);
        let asked = case.request_lines();
        assert!(asked.contains(&"GET /crates/bar/0.0.3+meta.7/download 200".to_owned()), "{asked:#?}");
        case.fails(&app, &["update", "bar", "--precise", "0.0.3+other"], &["bar"]);
    });
}

#[test]
fn an_update_tells_what_is_held_back() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "1.0.0"), ("bar", "1.0.1"), ("bar", "2.3.4")]);
        let app = case.project_on(&[("bar", "1")]);
        case.ok(&app, &["update", "--verbose"]);
        case.ok(&app, &["update", "--verbose", "--dry-run"]).says("v2.3.4");
    });
}

#[test]
fn the_index_says_what_there_was_on_a_day() {
    in_both_roles(|case| {
        // Only nightly cargos can be asked to resolve as of a day.
        if !case.is_nightly() {
            return;
        }
        case.publish_all(&[("bar", "0.0.1")]);
        let app = case.project_on(&[("bar", "0.0.1")]);
        let as_of =
            |day: &str| ["generate-lockfile", "-Zunstable-options", "--publish-time", day].map(str::to_owned);
        let (before, after) = (as_of("2015-05-15T00:00:00Z"), as_of("2199-01-01T00:00:00Z"));
        case.fails(&app, &before.each_ref().map(String::as_str), &["bar"]);
        case.ok(&app, &after.each_ref().map(String::as_str));
        assert_eq!(case.locked(&app), ["bar 0.0.1".to_owned()].into());
        case.forget_requests();
        case.ok(&app, &["generate-lockfile", "-Zno-index-update"]);
        assert_eq!(case.request_lines(), [""; 0]);
    });
}

#[test]
fn unpacked_files_keep_the_time_of_the_archive() {
    in_open(|case| {
        case.cargo_publish(&case.cargo.package("bar", "1.0.0"));
        let app = case.project_on(&[("bar", "1")]);
        case.ok(&app, &["fetch"]);
        let sources = case.cargo.home().join("registry/src");
        let folder = std::fs::read_dir(&sources).expect("cargo unpacked").flatten().next();
        let file = folder.expect("of one registry").path().join("bar-1.0.0/src/lib.rs");
        let time = std::fs::metadata(&file).and_then(|facts| facts.modified()).expect("a file has a time");
        let secs = time.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
        // cargo packs every file with this one moment of July 2006.
        assert_eq!(secs, 1_153_704_088);
    });
}
