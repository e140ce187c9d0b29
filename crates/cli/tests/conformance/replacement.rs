//! In the place of crates.io: which token goes where, which registry a command means, and vendored copies.

use std::path::Path;

use cratekeep_testkit::cargo::CargoCase;

use crate::case::{Case, Role, in_both_roles, in_open, toolchains};
use crate::world::Kind;

fn in_replica(test: impl Fn(&mut Case)) {
    for &toolchain in toolchains() {
        test(&mut Case::new(toolchain, Kind::Replica, Role::Replacement));
    }
}

#[test]
fn each_registry_sees_only_its_own_token() {
    in_replica(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        case.cargo.env("CARGO_REGISTRY_TOKEN", "of-crates-io");
        let app = case.project_on(&[("bar", "*")]);
        case.ok(&app, &["fetch"]);
        case.cargo_publish(&case.cargo.package("foo", "0.0.1").dependency("bar", &case.dep("0.0.1")));
        let sent: Vec<_> =
            case.requests().into_iter().filter(|seen| seen.header("authorization").is_some()).collect();
        assert_eq!(sent.len(), 1);
        assert_eq!(
            (sent[0].method.as_str(), sent[0].header("authorization")),
            ("PUT", Some(case.world.ann.as_str()))
        );
        assert_eq!(case.lines("foo")[0]["deps"][0]["registry"], serde_json::Value::Null);
    });
}

#[test]
fn a_command_that_changes_something_wants_to_know_where() {
    in_replica(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let home = case.cargo.root().to_owned();
        case.forget_requests();
        case.fails(&home, &["yank", "bar@0.0.1"], &["--registry here"]);
        let folder = case.cargo.package("foo", "0.0.1").write().expect("a package");
        case.fails(&folder, &["publish", "--no-verify"], &["--registry here"]);
        case.fails(&home, &["yank", "bar@0.0.1", "--registry", "nowhere"], &["nowhere"]);
        assert_eq!(case.request_lines(), [""; 0]);
        case.cargo.default_registry("here").expect("settings");
        case.ok(&home, &["yank", "bar@0.0.1"]);
        case.ok(&folder, &["publish", "--no-verify"]);
        assert_eq!(case.lines("foo").len(), 1);
    });
}

#[test]
fn a_publish_builds_from_the_replica_and_goes_to_the_named() {
    in_open(|case| {
        let replica = case.world.new_registry(Kind::Replica);
        case.cargo.registry("replica", &case.world.index(&replica)).expect("settings");
        case.cargo.replace_crates_io("replica").expect("settings");
        let other = Case::over(case.world.clone(), replica, case.toolchain, Role::Replacement);
        other.publish_all(&[("public", "1.0.0")]);
        let folder =
            case.cargo.package("foo", "0.0.1").dependency("public", "\"1\"").write().expect("a package");
        case.ok(&folder, &["publish", "--registry", "here"]);
        assert_eq!((case.lines("foo").len(), other.lines("foo").len()), (1, 0));
        assert!(other.request_lines().contains(&"GET /crates/public/1.0.0/download 200".to_owned()));
    });
}

#[test]
fn a_source_by_its_address_keeps_the_lock_file_as_it_is() {
    in_replica(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let mut by_url = CargoCase::with(case.toolchain).expect("a temporary folder");
        let source =
            format!("[source.crates-io]\nreplace-with = \"x\"\n[source.x]\nregistry = {:?}", case.index());
        by_url.configure(&source).expect("settings");
        let app = by_url.package("app", "0.1.0").dependency("bar", "\"*\"").write().expect("a project");
        by_url.run(&app, &["check"]).expect("cargo starts").success();
        let lock = std::fs::read_to_string(app.join("Cargo.lock")).expect("cargo wrote it");
        assert!(lock.contains("registry+https://github.com/rust-lang/crates.io-index"), "{lock}");
        assert!(!lock.contains("127.0.0.1"), "{lock}");
    });
}

/// Vendors and builds from the copy alone.
fn vendor(case: &mut Case, app: &Path) {
    // Without the flag it would pass the replacement by and ask crates.io.
    let printed = case.ok(app, &["vendor", "--respect-source-config"]).stdout;
    case.cargo.empty_home().expect("settings");
    std::fs::create_dir_all(app.join(".cargo")).expect("a folder");
    // The last word on a source wins in cargo's settings; the project's come before those of the home.
    std::fs::write(app.join(".cargo/config.toml"), &printed).expect("settings can be written");
    case.forget_requests();
    case.ok(app, &["check", "--offline", "--locked"]);
    assert_eq!(case.request_lines(), [""; 0]);
}

#[test]
fn a_vendored_copy_builds_without_the_registry() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "0.8.0"), ("bar", "0.7.0"), ("log", "0.3.5")]);
        let app = case
            .project("app")
            .dependency("log", &case.dep("0.3"))
            .dependency("bar", &case.dep("0.8"))
            .dependency("older", &case.dep_with("version = \"0.7\", package = \"bar\""))
            .write()
            .expect("a project");
        vendor(case, &app);
        let copy = |name: &str| app.join("vendor").join(name).join("Cargo.toml");
        let versions: Vec<_> =
            ["bar", "bar-0.7.0", "log"].iter().filter(|name| copy(name).exists()).collect();
        assert_eq!(versions.len(), 3, "{versions:?}");
        let sums =
            std::fs::read_to_string(app.join("vendor/log/.cargo-checksum.json")).expect("cargo wrote it");
        assert!(sums.contains(case.lines("log")[0]["cksum"].as_str().expect("a text")), "{sums}");
    });
}
