//! A registry beside crates.io: what lines, lock files and packaged manifests call it, and others next to it.

use std::sync::Arc;

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::publish::{Target, Upload};

use crate::case::{Case, Role, in_open};
use crate::world::{Kind, World};

/// How everybody names crates.io.
const CRATES_IO: &str = "https://github.com/rust-lang/crates.io-index";

/// Gives the case's cargo a second registry of the same server under the name `there`.
fn with_second_registry(case: &mut Case, kind: Kind) -> Case {
    let name = case.world.new_registry(kind);
    case.cargo.registry("there", &case.world.index(&name)).expect("settings");
    case.cargo.token("there", &case.world.ann).expect("settings");
    let role = if kind == Kind::Replica { Role::Replacement } else { Role::Alternative };
    Case::over(Arc::clone(&case.world), name, case.toolchain, role)
}

#[test]
fn a_dependency_on_its_own_registry_has_no_address() {
    in_open(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let foo = case.cargo.package("foo", "0.0.1").dependency("bar", &case.dep("0.0.1"));
        case.cargo_publish(&foo);
        // The same again from a client that spells the address out.
        let spelled = case.needs(ArchiveBuilder::new("spelled", "0.0.1"), "bar", "version = \"0.0.1\"");
        let upload = Upload::of(&spelled, Target::CratesIo).expect("a good manifest");
        assert_eq!(upload.json["deps"][0]["registry"], case.index());
        let reply = case.send("PUT", "/api/v1/crates/new", &case.world.ann, &upload.frame());
        assert_eq!(reply.status, 200, "{}", reply.text());

        for name in ["foo", "spelled"] {
            let line = &case.lines(name)[0];
            assert!(line["deps"][0]["registry"].is_null(), "{line}");
        }
        let app = case.project_on(&[("foo", "*"), ("spelled", "*")]);
        case.ok(&app, &["check"]);
        let locked = ["bar 0.0.1", "foo 0.0.1", "spelled 0.0.1"];
        assert_eq!(case.locked(&app), locked.map(str::to_owned).into());
    });
}

#[test]
fn a_lock_file_names_the_registry_by_its_index() {
    in_open(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let app = case.project_on(&[("bar", "*")]);
        case.ok(&app, &["generate-lockfile"]);
        let text = std::fs::read_to_string(app.join("Cargo.lock")).expect("it was just made");
        assert!(text.contains(&format!("source = {:?}", case.index())), "{text}");
        case.cargo.empty_home().expect("settings");
        case.ok(&app, &["fetch", "--locked"]);
        let metadata = case.ok(&app, &["metadata", "--format-version", "1"]);
        assert!(metadata.stdout.contains(&case.index()), "{metadata}");
    });
}

#[test]
fn crates_from_here_and_from_crates_io_build_together() {
    in_open(|case| {
        let replica = with_second_registry(case, Kind::Replica);
        case.cargo.replace_crates_io("there").expect("settings");
        replica.publish_all(&[("public", "1.0.0"), ("common", "1.0.0")]);
        let foo = case.cargo.package("foo", "0.0.1").dependency("public", "\"1\"");
        case.cargo_publish(&foo);
        let line = &case.lines("foo")[0];
        assert_eq!(line["deps"][0]["registry"], CRATES_IO, "{line}");
        assert_eq!(line["deps"][0]["req"], "^1");

        let app = case.project("app").dependency("foo", &case.dep("*")).dependency("common", "\"1\"");
        let app = app.write().expect("a project");
        case.ok(&app, &["check"]);
        let lock = std::fs::read_to_string(app.join("Cargo.lock")).expect("cargo wrote it");
        assert_eq!(lock.matches(&format!("source = \"registry+{CRATES_IO}\"")).count(), 2, "{lock}");
        assert_eq!(lock.matches(&format!("source = {:?}", case.index())).count(), 1, "{lock}");
    });
}

#[test]
fn a_dependency_on_a_sibling_registry_keeps_its_address() {
    in_open(|case| {
        let sibling = with_second_registry(case, Kind::Open);
        sibling.publish_all(&[("bar", "0.0.1")]);
        let needs = "{ version = \"0.0.1\", registry = \"there\" }";
        case.cargo_publish(&case.cargo.package("foo", "0.0.1").dependency("bar", needs));
        let line = &case.lines("foo")[0];
        assert_eq!(line["deps"][0]["registry"], sibling.index(), "{line}");
        let app = case.project_on(&[("foo", "*")]);
        case.ok(&app, &["check"]);
        assert_eq!(case.locked(&app), ["bar 0.0.1", "foo 0.0.1"].map(str::to_owned).into());
    });
}

#[test]
fn a_dependency_on_an_unknown_registry_is_refused_by_name() {
    in_open(|case| {
        let foreign = "sparse+https://crates.example.org/index/";
        let table = format!("[dependencies.bar]\nversion = \"1\"\nregistry-index = {foreign:?}");
        let upload =
            Upload::of(&ArchiveBuilder::new("foo", "0.0.1").table(&table), Target::Registry(&case.index()));
        let frame = upload.expect("a good manifest").frame();
        let reply = case.send("PUT", "/api/v1/crates/new", &case.world.ann, &frame);
        assert_eq!(reply.status, 400);
        assert!(reply.text().contains(foreign) && reply.text().contains("bar"), "{}", reply.text());
        assert_eq!(case.lines("foo").len(), 0);
    });
}

#[test]
fn a_path_beside_the_version_stays_at_home() {
    in_open(|case| {
        let bar = case.cargo.package("bar", "0.0.1");
        let foo = case.cargo.package("foo", "0.0.1");
        let foo = foo.dependency("bar", &case.dep_with("path = \"../bar\", version = \"0.0.1\""));
        let folder = foo.write().expect("a package");
        bar.write().expect("a package");
        case.fails(&folder, &["publish", "--registry", "here", "--no-verify"], &["bar"]);
        assert_eq!(case.lines("foo").len(), 0);

        case.cargo_publish(&bar);
        case.ok(&folder, &["package", "--registry", "here"]);
        case.ok(&folder, &["publish", "--registry", "here"]);
        let app = case.project_on(&[("foo", "*")]);
        case.ok(&app, &["check"]);
        let lock = std::fs::read_to_string(app.join("Cargo.lock")).expect("cargo wrote it");
        assert_eq!(lock.matches(&case.index()).count(), 2, "{lock}");
    });
}

#[test]
fn a_patch_stands_in_for_a_crate_of_ours() {
    in_open(|case| {
        case.publish_all(&[("bar", "0.1.0")]);
        case.cargo.package("mended", "0.1.1").field("name", "\"bar\"").write().expect("a package");
        let app = case.project("app").dependency("bar", &case.dep("0.1"));
        let app = app.line("patch.here", "bar", "{ path = \"../mended\" }").write().expect("a project");
        case.forget_requests();
        case.ok(&app, &["check"]);
        let asked = case.request_lines();
        assert!(asked.contains(&"GET /index/3/b/bar 200".to_owned()), "{asked:#?}");
        assert!(!asked.iter().any(|line| line.contains("/download")), "{asked:#?}");
    });
}

#[test]
fn the_default_registry_answers_at_the_root_and_only_there() {
    for &toolchain in crate::case::toolchains() {
        let world = World::shared();
        let mut case = Case::over(world, "main".to_owned(), toolchain, Role::Alternative);
        case.cargo.token("here", &case.world.ann).expect("settings");
        let name = format!("at-root-{toolchain:?}").to_lowercase();
        case.cargo_publish(&case.cargo.package(&name, "0.1.0"));
        case.ok(&case.project_on(&[(name.as_str(), "0.1")]), &["check"]);

        let twice = format!("sparse+{}/r/main/index/", case.world.recorder.url());
        case.cargo.registry("twice", &twice).expect("settings");
        let app = case.project("again").dependency(&name, "{ version = \"*\", registry = \"twice\" }");
        case.fails(&app.write().expect("a project"), &["generate-lockfile"], &["twice"]);
        let path = format!("/r/main/index/{}", cratekeep_wire::sparse_path(&name));
        let reply = case.send("GET", &path, "", b"");
        assert_eq!(reply.status, 404);
        assert!(reply.text().contains(&case.index()), "the right address is named: {}", reply.text());
    }
}
