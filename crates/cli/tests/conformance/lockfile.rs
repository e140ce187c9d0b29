//! Lock files against an index that moves on: what stays, what is found, and what nobody asks for.

use cratekeep_testkit::archive::ArchiveBuilder;

use crate::case::{Case, in_both_roles};

fn set(crates: &[&str]) -> std::collections::BTreeSet<String> {
    crates.iter().map(|&one| one.to_owned()).collect()
}

/// Publishes `name` at `version`, which needs `dep` in nearly any version.
fn publish_on(case: &Case, name: &str, version: &str, dep: &str) {
    case.publish(&case.needs(ArchiveBuilder::new(name, version), dep, "version = \">=0\""));
}

#[test]
fn what_is_published_later_is_found() {
    in_both_roles(|case| {
        let app = case.project_on(&[("bar", "0.0.1")]);
        case.fails(&app, &["generate-lockfile"], &["bar"]);
        case.publish_all(&[("bar", "0.0.1")]);
        case.ok(&app, &["fetch"]);
        case.publish_all(&[("bar", "0.0.2"), ("foo", "0.1.0")]);
        let app = case.project_on(&[("bar", "0.0.2"), ("foo", "0.1.0")]);
        case.ok(&app, &["fetch"]);
        assert_eq!(case.locked(&app), set(&["bar 0.0.2", "foo 0.1.0"]));
    });
}

#[test]
fn a_lock_outlives_newer_versions() {
    in_both_roles(|case| {
        case.publish_all(&[("baz", "0.0.1")]);
        publish_on(case, "bar", "0.0.1", "baz");
        let app = case.project_on(&[("bar", "*")]);
        case.ok(&app, &["generate-lockfile"]);
        case.publish_all(&[("baz", "0.0.2")]);
        publish_on(case, "bar", "0.0.2", "baz");
        case.ok(&app, &["fetch"]);
        assert_eq!(case.locked(&app), set(&["bar 0.0.1", "baz 0.0.1"]));
    });
}

#[test]
fn a_locked_version_survives_its_yank() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "0.0.1"), ("other", "0.0.1")]);
        let app = case.project_on(&[("bar", "*"), ("other", "*")]);
        case.ok(&app, &["generate-lockfile"]);
        case.yank("bar", "0.0.1");
        case.cargo.empty_home().expect("settings");
        case.ok(&app, &["fetch", "--locked"]);

        case.publish_all(&[("other", "0.0.2"), ("third", "0.0.1")]);
        case.ok(&app, &["update", "other"]);
        assert_eq!(case.locked(&app), set(&["bar 0.0.1", "other 0.0.2"]));

        case.project_on(&[("bar", "*"), ("other", "*"), ("third", "*")]);
        case.ok(&app, &["fetch"]);
        assert_eq!(case.locked(&app), set(&["bar 0.0.1", "other 0.0.2", "third 0.0.1"]));
        case.fails(&app, &["update"], &["bar"]);
    });
}

#[test]
fn an_empty_cache_is_filled_from_the_lock() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let app = case.project_on(&[("bar", "*")]);
        case.ok(&app, &["fetch"]);
        case.cargo.empty_home().expect("settings");
        case.forget_requests();
        case.ok(&app, &["fetch", "--locked"]);
        let asked = case.request_lines();
        for line in ["GET /index/3/b/bar 200", "GET /crates/bar/0.0.1/download 200"] {
            assert!(asked.contains(&line.to_owned()), "{line} in {asked:#?}");
        }
    });
}

#[test]
fn an_update_goes_where_it_is_told() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "0.0.1"), ("foo", "0.0.1")]);
        let app = case.project_on(&[("bar", "*"), ("foo", "*")]);
        case.ok(&app, &["generate-lockfile"]);
        case.publish_all(&[("bar", "0.0.2"), ("bar", "0.0.3"), ("foo", "0.0.2")]);
        case.ok(&app, &["update", "bar", "--precise", "0.0.2"]);
        assert_eq!(case.locked(&app), set(&["bar 0.0.2", "foo 0.0.1"]));
        case.ok(&app, &["update", "bar"]);
        assert_eq!(case.locked(&app), set(&["bar 0.0.3", "foo 0.0.1"]));
        case.publish_all(&[("bar", "0.0.4")]);
        case.ok(&app, &["update", "bar", "foo"]);
        assert_eq!(case.locked(&app), set(&["bar 0.0.4", "foo 0.0.2"]));
    });
}

#[test]
fn an_update_reaches_what_is_needed_further_down() {
    in_both_roles(|case| {
        case.publish_all(&[("deep", "0.1.0")]);
        publish_on(case, "middle", "0.1.0", "deep");
        let app = case.project_on(&[("middle", "*")]);
        case.ok(&app, &["generate-lockfile"]);
        case.publish_all(&[("deep", "0.1.1")]);
        publish_on(case, "middle", "0.1.1", "deep");
        case.ok(&app, &["update", "deep"]);
        assert_eq!(case.locked(&app), set(&["deep 0.1.1", "middle 0.1.0"]));
    });
}

#[test]
fn an_update_backtracks_over_one_picture_of_the_index() {
    in_both_roles(|case| {
        let on = |name, version, dep: &str, req: &str| {
            let built = ArchiveBuilder::new(name, version);
            case.publish(&case.needs(built, dep, &format!("version = {req:?}")));
        };
        case.publish_all(&[("lock", "0.1.0")]);
        on("cookie", "0.1.0", "lock", "0.1");
        let on_both = |name, version, lock: &str| {
            let built = case.needs(ArchiveBuilder::new(name, version), "cookie", "version = \"0.1.0\"");
            case.publish(&case.needs(built, "lock", &format!("version = {lock:?}")));
        };
        on_both("net", "0.6.5", "0.1");
        on("steering", "0.1.0", "net", "0.6");
        let app = case.project_on(&[("steering", "0.1")]);
        case.ok(&app, &["generate-lockfile"]);
        case.publish_all(&[("lock", "0.1.1")]);
        on_both("net", "0.6.6", "0.1.1");
        case.ok(&app, &["update", "net"]);
        assert_eq!(case.locked(&app), set(&["cookie 0.1.0", "lock 0.1.1", "net 0.6.6", "steering 0.1.0"]));
    });
}

#[test]
fn a_path_dependency_may_ask_for_more_than_it_did() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let part = |req: &str| {
            let text = case.cargo.package("app/part", "0.0.1").field("name", "\"part\"");
            text.dependency("bar", &case.dep(req)).write().expect("a package")
        };
        part("0.0.1");
        let app = case.project("app").dependency("part", "{ path = \"part\" }").write().expect("a project");
        case.ok(&app, &["generate-lockfile"]);
        case.publish_all(&[("bar", "0.1.0")]);
        part("0.1.0");
        case.ok(&app, &["fetch"]);
        assert_eq!(case.locked(&app), set(&["bar 0.1.0"]));
    });
}

#[test]
fn a_lock_from_elsewhere_refreshes_an_old_cache() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let app = case.project_on(&[("bar", "*")]);
        case.ok(&app, &["fetch"]);
        case.publish_all(&[("bar", "0.0.2")]);
        let elsewhere = case.stranger();
        let their = elsewhere.project_on(&[("bar", "*")]);
        elsewhere.ok(&their, &["generate-lockfile"]);
        std::fs::copy(their.join("Cargo.lock"), app.join("Cargo.lock")).expect("both are there");
        case.ok(&app, &["fetch", "--locked"]);
        assert_eq!(case.locked(&app), set(&["bar 0.0.2"]));
    });
}

#[test]
fn what_is_locked_and_cached_asks_nothing() {
    in_both_roles(|case| {
        case.publish_all(&[("baz", "0.0.1")]);
        publish_on(case, "bar", "0.0.1", "baz");
        let app = case.project_on(&[("bar", "0.0.1")]);
        case.forget_requests();
        case.run(&app, &["check", "--frozen"]).failure();
        assert_eq!(case.request_lines(), [""; 0]);
        case.ok(&app, &["fetch"]);

        case.forget_requests();
        case.ok(&app, &["check", "--frozen"]);
        case.project_on(&[("bar", "0.0.1"), ("baz", "0.0.1")]);
        case.ok(&app, &["fetch"]);
        let bump = case.project("app").field("version", "\"0.2.0\"").dependency("bar", &case.dep("0.0.1"));
        bump.write().expect("a project");
        case.ok(&app, &["fetch"]);
        assert_eq!(case.request_lines(), [""; 0]);
    });
}

#[test]
fn a_cached_index_serves_an_update_offline() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let app = case.project_on(&[("bar", "*")]);
        case.forget_requests();
        case.fails(&app, &["update", "--offline"], &["bar"]);
        case.ok(&app, &["fetch"]);
        case.forget_requests();
        case.ok(&app, &["update", "--offline"]);
        assert_eq!(case.request_lines(), [""; 0]);
    });
}

#[test]
fn another_checksum_in_the_lock_is_an_error() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let app = case.project_on(&[("bar", "*")]);
        case.ok(&app, &["generate-lockfile"]);
        let path = app.join("Cargo.lock");
        let text = std::fs::read_to_string(&path).expect("it was just made");
        let checksum = case.lines("bar")[0]["cksum"].as_str().expect("a text").to_owned();
        assert!(text.contains(&checksum), "{checksum} in {text}");
        std::fs::write(&path, text.replace(&checksum, &"0".repeat(64))).expect("it can be written");
        case.fails(&app, &["fetch"], &["checksum for `bar v0.0.1", "changed"]);
    });
}
