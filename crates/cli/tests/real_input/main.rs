//! The several hundred crates that this project is built from, published into a registry that stands for crates.io:
//! every line means what crates.io's own line means, and the project's lock file is good against the registry alone.

mod closure;
mod index_cache;

use std::fmt::Write as _;
use std::path::Path;

use cratekeep_testkit::cargo::CargoCase;
use cratekeep_testkit::http::RawConnection;
use cratekeep_testkit::publish::{Target, Upload};
use cratekeep_testkit::readers::read_by_all;
use cratekeep_testkit::server::{Server, ServerSpec};
use cratekeep_wire::{IndexEntry, same_meaning, sparse_path};

use closure::{Closure, Downloaded};

/// Fewer than this would mean that the wrong thing was found.
const CRATES_MIN: usize = 200;
/// crates.io allows 300 features and lifts that for single crates by hand; `web-sys` has 1,727.
const FEATURES_MAX: &str = "2000";
/// The registry that stands for crates.io.
const REPLICA: &str = "replica";

#[test]
fn our_own_dependencies_are_published_and_used() {
    let closure = Closure::find().expect("cargo knows what it downloaded");
    assert!(closure.crates.len() > CRATES_MIN, "only {} crates", closure.crates.len());
    let server = ServerSpec::new(env!("CARGO_BIN_EXE_cratekeep"))
        .env("CRATEKEEP_LOG__LEVEL", "warn")
        .env("CRATEKEEP_LIMITS__FEATURES_MAX", FEATURES_MAX)
        .start()
        .expect("the server starts");
    let flags = ["--kind", "hosted", "--stands-for-crates-io", "--unknown-dependencies", "allow"];
    server.admin(&[&["registry", "create", REPLICA][..], &flags].concat()).expect("a registry can be made");
    let token = server.user("ann").expect("a user can be made");

    publish_all(&server, &token, &closure.crates);
    compare_lines(&server, &closure.crates);
    use_them(&server, &closure);
    let output = server.command(&["verify"]).expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn publish_all(server: &Server, token: &str, crates: &[Downloaded]) {
    let mut connection = RawConnection::open(&server.address()).expect("the server listens");
    let mut refused = String::new();
    for krate in crates {
        let archive = std::fs::read(&krate.archive).expect("cargo has downloaded it");
        let upload = Upload::of_crate_file(archive, Target::CratesIo).expect("an archive that cargo takes");
        let path = format!("/r/{REPLICA}/api/v1/crates/new");
        let reply = connection.request("PUT", &path, &[("Authorization", token)], &upload.frame());
        let reply = reply.expect("the server answers");
        if reply.status != 200 {
            let _ = writeln!(refused, "{} {}: {} {}", krate.name, krate.version, reply.status, reply.text());
        }
    }
    assert!(refused.is_empty(), "refused, though crates.io took them:\n{refused}");
}

/// Not compared is what is the registry's own: when it was published, and whether it is yanked there.
fn compare_lines(server: &Server, crates: &[Downloaded]) {
    let mut connection = RawConnection::open(&server.address()).expect("the server listens");
    let mut differences = String::new();
    for krate in crates {
        let theirs =
            index_cache::read(&krate.index_cache).expect("cargo keeps the lines of what it downloaded");
        let theirs = theirs.get(&krate.version).expect("cargo resolved to this version");
        let path = format!("/r/{REPLICA}/index/{}", sparse_path(&krate.name));
        let reply = connection.request("GET", &path, &[], b"").expect("the server answers");
        assert_eq!(reply.status, 200, "{path}");
        let text = reply.text();
        read_by_all(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error:#}"));
        let ours = text
            .lines()
            .map(|line| IndexEntry::from_line(line).expect("our own line"))
            .find(|entry| entry.vers == krate.version)
            .unwrap_or_else(|| panic!("{} is not in {text}", krate.version));
        if let Err(difference) = same_meaning(&ours, theirs) {
            let _ = writeln!(differences, "{} {}: {difference}", krate.name, krate.version);
        }
        assert!(ours.pubtime.is_some() && !ours.yanked, "{} {}", krate.name, krate.version);
    }
    assert!(differences.is_empty(), "ours against crates.io's:\n{differences}");
}

/// This workspace as cargo sees it, its sources empty, against the registry with an empty cargo home.
fn use_them(server: &Server, closure: &Closure) {
    let mut cargo = CargoCase::new().expect("a temporary folder");
    cargo.registry("replica", &server.index_url(REPLICA)).expect("settings");
    cargo.replace_crates_io("replica").expect("settings");
    let copy = cargo.root().join("copy");
    for file in ["Cargo.toml", "Cargo.lock"].map(Path::new).into_iter().chain(manifests(closure)) {
        let target = copy.join(file);
        std::fs::create_dir_all(target.parent().expect("it is in a folder")).expect("a folder");
        std::fs::copy(closure.root.join(file), target).expect("the workspace can be read");
    }
    for source in closure.members.iter().flat_map(|member| &member.sources) {
        let target = copy.join(source);
        std::fs::create_dir_all(target.parent().expect("it is in a folder")).expect("a folder");
        std::fs::write(target, "fn main() {}").expect("a file can be written");
    }
    let run = |args: &[&str]| cargo.run(&copy, args).expect("cargo starts").success();
    run(&["fetch", "--locked"]);
    run(&["tree", "--locked", "--offline", "--workspace"]).says("serde v1");
    let metadata = run(&["metadata", "--locked", "--offline", "--format-version", "1"]).stdout;
    for krate in &closure.crates {
        assert!(metadata.contains(&format!("{:?}", krate.id)), "{} is not there", krate.id);
    }
    run(&["check", "--locked", "--offline", "--package", "cratekeep-wire"]);
}

fn manifests(closure: &Closure) -> impl Iterator<Item = &Path> {
    closure.members.iter().map(|member| member.manifest.as_path())
}
