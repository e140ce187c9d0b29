//! `cargo add` and `cargo info`: what they read from one index file and one archive.

use cratekeep_testkit::archive::ArchiveBuilder;

use crate::case::{Case, in_both_roles, in_closed, in_open};

fn manifest(folder: &std::path::Path) -> String {
    std::fs::read_to_string(folder.join("Cargo.toml")).expect("there is a manifest")
}

fn app(case: &Case) -> std::path::PathBuf {
    case.project("app").write().expect("a project")
}

#[test]
fn add_takes_the_newest_and_lists_features() {
    in_open(|case| {
        case.publish(&ArchiveBuilder::new("my-package", "1.0.0"));
        let features = "[features]\ndefault = [\"nose\"]\nnose = []\nmouth = [\"nose\"]";
        case.publish(&ArchiveBuilder::new("my-package", "1.2.3+meta").table(features));
        case.publish(&ArchiveBuilder::new("my-package", "2.0.0-alpha"));
        let app = app(case);
        let run = case.ok(&app, &["add", "my-package", "--registry", "here", "--features", "mouth"]);
        let run = run.says("+ nose").says("+ mouth");
        let text = manifest(&app);
        assert!(text.contains("registry = \"here\"") && text.contains("version = \"1.2.3\""), "{text} {run}");
        assert!(case.request_lines().iter().all(|line| !line.contains("/download")));
        case.ok(&app, &["check"]);
        case.run(&app, &["add", "my-package", "--registry", "here", "--features", "ears"])
            .failure()
            .says("ears");
    });
}

#[test]
fn add_repairs_spelling_and_passes_over_yanks() {
    in_open(|case| {
        case.publish_all(&[("linked-hash-map", "0.5.4"), ("linked-hash-map", "0.5.5")]);
        case.yank("linked-hash-map", "0.5.5");
        let app = app(case);
        case.ok(&app, &["add", "linked_hash-map", "--registry", "here"]).says("linked-hash-map");
        let text = manifest(&app);
        assert!(text.contains("linked-hash-map") && text.contains("0.5.4"), "{text}");
        case.fails(&app, &["add", "nothing-like-it", "--registry", "here"], &["nothing-like-it"]);
    });
}

#[test]
fn add_from_a_replaced_crates_io_writes_a_plain_line() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "1.2.3")]);
        let app = app(case);
        match case.role {
            crate::case::Role::Replacement => case.ok(&app, &["add", "bar"]),
            crate::case::Role::Alternative => case.ok(&app, &["add", "bar", "--registry", "here"]),
        };
        let text = manifest(&app);
        assert_eq!(text.contains("bar = \"1.2.3\""), case.role == crate::case::Role::Replacement, "{text}");
        case.ok(&app, &["fetch"]);
    });
}

#[test]
fn add_picks_a_version_for_the_rust_at_hand() {
    in_open(|case| {
        case.publish(&ArchiveBuilder::new("bar", "1.0.0").package_line("rust-version = \"1.60\""));
        case.publish(&ArchiveBuilder::new("bar", "1.1.0").package_line("rust-version = \"1.74\""));
        for (rust, expected) in [("1.70", "1.0.0"), ("1.80", "1.1.0")] {
            let project =
                case.project("app").field("rust-version", &format!("{rust:?}")).write().expect("a project");
            case.ok(&project, &["add", "bar", "--registry", "here"]);
            assert!(
                manifest(&project).contains(&format!("version = {expected:?}")),
                "{}",
                manifest(&project)
            );
        }
    });
}

#[test]
fn info_shows_what_index_and_archive_say() {
    for run in [in_open as fn(fn(&mut Case)), in_closed] {
        run(|case| {
            let built = ArchiveBuilder::new("my-package", "1.0.0")
                .package_line("description = \"A package for information\"")
                .package_line("license = \"MIT OR Apache-2.0\"")
                .package_line("keywords = [\"informed\"]")
                .package_line("repository = \"https://example.org/my-package\"")
                .package_line("rust-version = \"1.60\"")
                .table("[features]\ndefault = [\"one\"]\none = []\ntwo = [\"one\"]");
            case.publish(&built);
            let home = case.cargo.root().to_owned();
            let run = case.ok(&home, &["info", "my-package", "--registry", "here"]);
            let said =
                ["A package for information", "MIT OR Apache-2.0", "informed", "1.60", "https://example.org"];
            let run = said.iter().fold(run, |run, word| run.says(word));
            assert!(run.stdout.contains("two"), "{run}");
            let paths: Vec<_> = case.requests().into_iter().map(|seen| seen.path).collect();
            assert!(paths.contains(&"/crates/my-package/1.0.0/download".to_owned()), "{paths:?}");
            assert!(!paths.iter().any(|path| path.contains("/api/")), "{paths:?}");
            case.ok(&home, &["info", "my_package", "--registry", "here"]).says("my-package");
            case.fails(&home, &["info", "nothing-like-it", "--registry", "here"], &["nothing-like-it"]);
        });
    }
}

#[test]
fn info_needs_no_token_and_no_network_twice() {
    in_open(|case| {
        case.publish_all(&[("bar", "1.0.0"), ("bar", "1.1.0"), ("bar", "2.0.0")]);
        let mut nobody = case.stranger();
        let home = nobody.cargo.root().to_owned();
        nobody.ok(&home, &["info", "bar", "--registry", "here"]).says("2.0.0");
        nobody.ok(&home, &["info", "bar@1.0.0", "--registry", "here"]).says("1.0.0");
        nobody.forget_requests();
        nobody.ok(&home, &["info", "bar@1.0.0", "--registry", "here", "--offline"]).says("1.0.0");
        assert_eq!(nobody.request_lines(), [""; 0]);
        nobody.cargo.default_registry("here").expect("settings");
        nobody.ok(&home, &["info", "bar"]).says("2.0.0");
        // Inside of a project, the version that the project has.
        let app = nobody.project_on(&[("bar", "1.0")]);
        nobody.ok(&app, &["update", "bar", "--precise", "1.0.0"]);
        nobody.ok(&app, &["info", "bar", "--registry", "here"]).says("version: 1.0.0");
    });
}

#[test]
fn info_picks_a_version_for_the_rust_at_hand() {
    in_open(|case| {
        case.publish(&ArchiveBuilder::new("bar", "1.0.0").package_line("rust-version = \"1.60\""));
        case.publish(&ArchiveBuilder::new("bar", "2.0.0").package_line("rust-version = \"1.999\""));
        let home = case.cargo.root().to_owned();
        case.ok(&home, &["info", "bar", "--registry", "here"]).says("version: 1.0.0");
        case.ok(&home, &["info", "bar@2.0.0", "--registry", "here"]).says("1.999");
    });
}
