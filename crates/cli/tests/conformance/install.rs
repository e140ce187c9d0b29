//! `cargo install`: which version, from where, and what happens the second time.

use cratekeep_testkit::archive::ArchiveBuilder;

use crate::case::{Case, in_both_roles, in_open};

/// A program that prints its version.
fn tool(version: &str) -> ArchiveBuilder {
    ArchiveBuilder::new("tool", version)
        .table("[[bin]]\nname = \"tool\"\npath = \"src/main.rs\"")
        .file("src/main.rs", format!("fn main() {{ println!(\"tool {version}\") }}"))
}

fn install(case: &Case, args: &[&str]) -> cratekeep_testkit::cargo::CargoRun {
    let begin: &[&str] = &["install", "--debug", "--registry", "here"];
    case.ok(case.cargo.root(), &[begin, args].concat())
}

/// What is installed, as `cargo install --list` says it.
fn installed(case: &Case) -> String {
    case.ok(case.cargo.root(), &["install", "--list"]).stdout
}

#[test]
fn a_program_is_installed_by_name_and_by_index() {
    in_both_roles(|case| {
        case.publish_all(&[("helper", "0.1.0")]);
        let built = case.needs(tool("1.0.0"), "helper", "version = \"0.1\"");
        case.publish(&built);
        let home = case.cargo.root().to_owned();
        match case.role {
            crate::case::Role::Replacement => case.ok(&home, &["install", "--debug", "tool"]),
            crate::case::Role::Alternative => {
                case.ok(&home, &["install", "--debug", "--index", &case.index(), "tool"])
            }
        };
        let list = installed(case);
        assert!(list.contains("tool v1.0.0"), "{list}");
        assert_eq!(
            list.contains(case.world.recorder.url().as_str()),
            case.role == crate::case::Role::Alternative
        );
        let said = std::process::Command::new(case.cargo.home().join("bin/tool"))
            .output()
            .expect("it was installed");
        assert_eq!(String::from_utf8_lossy(&said.stdout), "tool 1.0.0\n");
    });
}

#[test]
fn the_right_version_is_installed() {
    in_open(|case| {
        for version in ["0.1.0", "0.2.0", "0.3.0-alpha", "0.1.7+meta"] {
            case.publish(&tool(version));
        }
        for (args, version) in [
            (&["tool"][..], "v0.2.0"),
            (&["tool", "--version", "=0.1.0"], "v0.1.0"),
            (&["tool", "--version", "^0.1"], "v0.1.7+meta"),
            (&["tool@0.3.0-alpha"], "v0.3.0-alpha"),
        ] {
            install(case, &[args, &["--force"]].concat());
            assert!(installed(case).contains(&format!("tool {version}")), "{args:?}: {}", installed(case));
        }
        case.forget_requests();
        install(case, &["tool@0.3.0-alpha"]);
        assert!(
            case.requests().iter().all(|seen| !seen.path.contains("/index/to/")),
            "{:?}",
            case.request_lines()
        );
    });
}

#[test]
fn what_is_absent_or_yanked_is_not_installed() {
    in_open(|case| {
        case.publish(&tool("0.1.0"));
        case.publish(&tool("0.2.0"));
        let home = case.cargo.root().to_owned();
        let begin = ["install", "--debug", "--registry", "here"];
        case.fails(&home, &[&begin[..], &["gone"]].concat(), &["gone"]);
        case.yank("tool", "0.2.0");
        install(case, &["tool"]);
        assert!(installed(case).contains("tool v0.1.0"));
        case.fails(&home, &[&begin[..], &["tool@0.2.0", "--force"]].concat(), &["yanked"]);
        case.yank("tool", "0.1.0");
        case.fails(&home, &[&begin[..], &["tool", "--force"]].concat(), &["tool"]);
    });
}

#[test]
fn a_new_version_replaces_the_old_one_and_a_yank_is_noticed() {
    in_open(|case| {
        case.publish(&tool("0.1.0"));
        install(case, &["tool"]);
        install(case, &["tool"]).says("already installed");
        case.publish(&tool("0.2.0"));
        if case.is_nightly() {
            install(case, &["tool", "--dry-run", "-Zunstable-options"]);
        }
        assert!(installed(case).contains("tool v0.1.0"));
        install(case, &["tool"]);
        assert!(installed(case).contains("tool v0.2.0"));
        case.yank("tool", "0.2.0");
        install(case, &["tool"]);
        assert!(installed(case).contains("tool v0.1.0"), "{}", installed(case));
    });
}

#[test]
fn a_program_too_new_for_this_rust_says_so() {
    in_open(|case| {
        case.publish(&tool("0.1.0").package_line("rust-version = \"1.60\""));
        case.publish(&tool("0.2.0").package_line("rust-version = \"1.999\""));
        let home = case.cargo.root().to_owned();
        let args = ["install", "--debug", "--registry", "here", "tool"];
        case.fails(&home, &args, &["1.999", "0.1.0"]);
        install(case, &["tool@0.1.0"]);
    });
}

#[test]
fn locked_means_the_lock_file_in_the_archive() {
    in_open(|case| {
        case.publish_all(&[("helper", "0.1.0")]);
        let package = |name: &str| {
            let text = case.cargo.package(name, "0.1.0").file("src/main.rs", "fn main() {}");
            text.dependency("helper", &case.dep("0.1"))
        };
        case.cargo_publish(&package("with-lock"));
        let unlocked = package("without-lock").write().expect("a package");
        case.ok(&unlocked, &["generate-lockfile"]);
        case.publish_all(&[("helper", "0.1.1")]);

        case.forget_requests();
        install(case, &["with-lock", "--locked"]);
        let asked = case.request_lines();
        assert!(asked.contains(&"GET /crates/helper/0.1.0/download 200".to_owned()), "{asked:#?}");
        install(case, &["with-lock", "--force"]);
        assert!(case.request_lines().contains(&"GET /crates/helper/0.1.1/download 200".to_owned()));

        let bare = case.needs(
            ArchiveBuilder::new("without-lock", "0.1.0").file("src/main.rs", "fn main() {}"),
            "helper",
            "version = \"0.1\"",
        );
        case.publish(&bare.table("[[bin]]\nname = \"without-lock\"\npath = \"src/main.rs\""));
        install(case, &["without-lock", "--locked"]).says("Cargo.lock");
    });
}
