//! Publishing one package: what is sent, what is kept, what is refused, and that cargo sees it at once.

use cratekeep_types::Checksum;

use crate::case::{Case, in_both_roles, in_closed, in_open};

/// What cargo asked after its upload: the search for the version it has just published.
fn after_upload(case: &Case) -> Vec<String> {
    let lines = case.request_lines();
    let put = lines.iter().position(|line| line.starts_with("PUT /api/v1/crates/new")).expect("an upload");
    lines[put + 1..].to_vec()
}

#[test]
fn what_is_published_is_what_was_packed() {
    in_both_roles(|case| {
        let text =
            case.cargo.package("foo-bar", "0.1.0").file("README.md", "# Foo").field("keywords", "[\"x\"]");
        let folder = text.write().expect("a package");
        case.ok(&folder, &["package", "--registry", "here", "--no-verify"]);
        let packed = folder.join("target/package/foo-bar-0.1.0.crate");
        let packed = std::fs::read(packed).expect("cargo packed it");
        case.ok(&folder, &["publish", "--registry", "here"]).says("Published");
        let download = case.send("GET", "/crates/foo-bar/0.1.0/download", &case.world.ann, b"");
        assert!(download.body == packed, "the download is what was packed");
        let lines = case.lines("foo-bar");
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["cksum"], Checksum::of(&packed).to_string());
        let uploads = case.requests().into_iter().filter(|seen| seen.method == "PUT").count();
        assert_eq!(uploads, 1);
    });
}

#[test]
fn the_first_poll_finds_the_new_version() {
    for publish in [in_open as fn(fn(&mut Case)), in_closed] {
        publish(|case| {
            for (version, name) in [("0.1.0", "snake_case"), ("0.1.1", "snake_case"), ("0.1.0", "b")] {
                let before = case.ask("GET", &index_path(name), &[("Authorization", &case.world.ann)], b"");
                case.forget_requests();
                case.cargo_publish(&case.cargo.package(name, version));
                let file = format!("GET {} 200", index_path(name));
                assert_eq!(after_upload(case), ["GET /index/config.json 200", &file], "{name} {version}");
                let after = case.ask("GET", &index_path(name), &[("Authorization", &case.world.ann)], b"");
                assert_ne!(before.header("etag"), after.header("etag"));
            }
        });
    }
}

fn index_path(name: &str) -> String {
    format!("/index/{}", cratekeep_wire::sparse_path(name))
}

#[test]
fn an_index_address_and_a_token_on_the_command_line_do() {
    in_open(|case| {
        let stranger = case.stranger();
        let folder = stranger.cargo.package("foo", "0.1.0").write().expect("a package");
        let index = case.index();
        let args = ["publish", "--no-verify", "--index", &index, "--token", &case.world.ann];
        stranger.ok(&folder, &args);
        assert_eq!(case.lines("foo").len(), 1);
    });
}

#[test]
fn a_version_is_published_once() {
    in_open(|case| {
        let first = case.cargo.package("foo", "0.1.0");
        case.cargo_publish(&first);
        let other = first.file("src/lib.rs", "//! Something else.").write().expect("a package");
        let again = ["publish", "--registry", "here", "--no-verify"];
        case.fails(&other, &again, &["already exists"]);
        case.yank("foo", "0.1.0");
        // cargo 1.95 does not see the yanked version and asks the server, later ones look themselves.
        case.fails(&other, &again, &["already"]);
        let with_build = case.cargo.package("foo", "0.1.0+two").file("src/lib.rs", "//! A third thing.");
        case.fails(&with_build.write().expect("a package"), &again, &["already"]);
        let lines = case.lines("foo");
        assert_eq!((lines.len(), &lines[0]["yanked"]), (1, &serde_json::json!(true)));
    });
}

#[test]
fn the_words_of_a_refusal_reach_the_publisher() {
    in_open(|case| {
        let nameless = case.cargo.package("foo", "0.1.0").without("description").without("license");
        let folder = nameless.write().expect("a package");
        let publish = ["publish", "--registry", "here", "--no-verify"];
        case.fails(&folder, &publish, &["400", "description", "license"]);
        let reserved = case.cargo.package("reserved", "0.1.0").field("name", "\"core\"");
        case.fails(&reserved.write().expect("a package"), &publish, &["400", "core"]);
        case.publish_all(&[("Foo-Bar", "0.1.0")]);
        let folded = case.cargo.package("foo_bar", "0.1.1").write().expect("a package");
        case.fails(&folded, &publish, &["400", "Foo-Bar"]);
        assert_eq!(case.lines("foo").len() + case.lines("core").len() + case.lines("foo_bar").len(), 0);
    });
}

#[test]
fn a_dry_run_uploads_nothing() {
    in_open(|case| {
        let folder = case.cargo.package("foo", "0.1.0").write().expect("a package");
        case.ok(&folder, &["publish", "--dry-run", "--registry", "here"]).says("dry run");
        case.ok(&folder, &["publish", "--dry-run", "--registry", "here", "--no-verify"]);
        assert!(case.requests().iter().all(|seen| seen.method == "GET"), "{:#?}", case.request_lines());
        assert_eq!(case.lines("foo").len(), 0);
        let stranger = case.stranger();
        stranger.ok(&folder, &["publish", "--dry-run", "--registry", "here", "--no-verify"]);
    });
}

#[test]
fn without_a_token_nothing_is_built_or_sent() {
    in_open(|case| {
        let stranger = case.stranger();
        let folder = stranger.cargo.package("foo", "0.1.0").write().expect("a package");
        let run =
            stranger.fails(&folder, &["publish", "--registry", "here"], &["no token found", "cargo login"]);
        assert!(!run.stderr.contains("Verifying"), "{run}");
        assert!(stranger.requests().iter().all(|seen| seen.method == "GET"));
    });
}

#[test]
fn dev_dependencies_by_path_alone_vanish() {
    in_open(|case| {
        case.cargo.package("helper", "0.0.1").line("features", "cat", "[]").write().expect("a package");
        case.publish_all(&[("kept", "1.0.0")]);
        let foo = case
            .cargo
            .package("foo", "0.1.0")
            .line("dev-dependencies", "helper", "{ path = \"../helper\" }")
            .line("dev-dependencies", "kept", &case.dep("1"))
            .line("features", "animals", "[\"helper/cat\"]");
        let run = case.cargo_publish(&foo);
        assert!(!run.stderr.contains("warning"), "JSON and manifest agree: {run}");
        let line = &case.lines("foo")[0];
        assert_eq!(line["deps"].as_array().map(Vec::len), Some(1), "{line}");
        assert_eq!((&line["deps"][0]["name"], &line["deps"][0]["kind"]), (&"kept".into(), &"dev".into()));
        assert_eq!(line["features"], serde_json::json!({"animals": []}));
        case.ok(&case.project_on(&[("foo", "*")]), &["check"]);
    });
}

#[test]
fn the_lock_file_travels_and_warns_of_yanks() {
    in_open(|case| {
        case.publish_all(&[("bar", "0.0.1"), ("bar", "0.0.2")]);
        let tool = case.cargo.package("tool", "0.1.0").file("src/main.rs", "fn main() {}");
        let folder = tool.dependency("bar", &case.dep(">=0")).write().expect("a package");
        case.ok(&folder, &["update"]);
        case.yank("bar", "0.0.2");
        let run = case.ok(&folder, &["publish", "--registry", "here"]);
        run.says("package `bar v0.0.2").says("yanked");
        let listed = case.ok(&folder, &["package", "--list", "--registry", "here"]);
        assert!(listed.stdout.lines().any(|line| line == "Cargo.lock"), "{listed}");
    });
}

#[test]
fn packing_is_repeatable_and_names_the_registry() {
    in_open(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let foo = case.cargo.package("foo", "0.1.0").dependency("bar", &case.dep(">=0"));
        let folder = foo.write().expect("a package");
        let pack = || {
            case.ok(&folder, &["package", "--no-verify", "--registry", "here"]);
            std::fs::read(folder.join("target/package/foo-0.1.0.crate")).expect("cargo packed it")
        };
        let first = pack();
        assert!(first == pack(), "two runs give the same bytes");
        case.ok(&folder, &["package", "--registry", "here"]);
        let unpacked = folder.join("target/package/foo-0.1.0/Cargo.toml");
        let manifest = std::fs::read_to_string(unpacked).expect("cargo unpacked it to build it");
        assert!(manifest.contains(&format!("registry-index = {:?}", case.index())), "{manifest}");
    });
}

#[test]
fn the_checksum_of_the_index_decides() {
    in_open(|case| {
        let part = case.cargo.package("whole/part", "0.1.0").field("name", "\"part\"");
        part.write().expect("a package");
        let whole = case.cargo.package("whole/top", "0.1.0").field("name", "\"top\"");
        let dep = case.dep_with("path = \"../part\", version = \"0.1\"");
        whole.dependency("part", &dep).write().expect("a package");
        let folder = case.cargo.workspace("whole", &["part", "top"]).expect("a workspace");
        case.ok(&folder, &["publish", "-p", "part", "--registry", "here", "--no-verify"]);
        part.file("src/lib.rs", "//! Other bytes under the same number.").write().expect("a package");
        let dry = ["publish", "--workspace", "--dry-run", "--registry", "here"];
        case.ok(&folder, &dry).says("part@0.1.0 already exists");
        case.fails(
            &folder,
            &["publish", "--workspace", "--registry", "here"],
            &["part@0.1.0 already exists"],
        );
        case.ok(&folder, &["publish", "-p", "top", "--registry", "here"]);
        case.ok(&case.project_on(&[("top", "*")]), &["check"]);
    });
}
