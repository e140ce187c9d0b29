//! Publishing many packages with one command: the order, the waves, cycles, and going on after a failure.

use cratekeep_testkit::cargo::PackageText;

use crate::case::{Case, in_open};

/// A member of a workspace in the folder `whole`, depending on other members by path and version.
fn member(case: &Case, name: &str, needs: &[&str]) -> PackageText {
    let text = case.cargo.package(&format!("whole/{name}"), "0.1.0").field("name", &format!("{name:?}"));
    needs.iter().fold(text, |text, need| {
        let dep = case.dep_with(&format!("path = \"../{need}\", version = \"0.1.0\""));
        text.dependency(need, &dep)
    })
}

/// The crates whose uploads the server took, in order.
fn published(case: &Case) -> usize {
    case.requests().iter().filter(|seen| seen.method == "PUT" && seen.status == 200).count()
}

#[test]
fn a_diamond_with_a_cycle_of_tests_goes_up_in_order() {
    in_open(|case| {
        // `base` is tested with `top`, which needs it: a cycle that only paths of dev-dependencies make.
        let base = member(case, "base", &[]).line("dev-dependencies", "top", "{ path = \"../top\" }");
        base.write().expect("a package");
        member(case, "left", &["base"]).write().expect("a package");
        member(case, "right", &["base"]).write().expect("a package");
        member(case, "top", &["left", "right"]).write().expect("a package");
        let folder = case.cargo.workspace("whole", &["base", "left", "right", "top"]).expect("a workspace");
        case.ok(&folder, &["publish", "--workspace", "--registry", "here"]);
        assert_eq!(published(case), 4, "{:#?}", case.request_lines());
        for (name, deps) in [("base", 0), ("left", 1), ("right", 1), ("top", 2)] {
            assert_eq!(case.lines(name)[0]["deps"].as_array().map(Vec::len), Some(deps), "{name}");
        }
        // Three waves, and none waits for a second look.
        let lines = case.request_lines();
        let polls = |name: &str| {
            let put = lines.iter().rposition(|line| line.starts_with("PUT")).expect("uploads");
            let path = format!("/{name} ");
            lines[put..].iter().filter(|line| line.contains(&path)).count()
        };
        assert_eq!(polls("top"), 1, "{lines:#?}");
        case.ok(&case.project_on(&[("top", "*")]), &["check"]);
    });
}

#[test]
fn chosen_packages_go_up_alone() {
    in_open(|case| {
        member(case, "a", &[]).write().expect("a package");
        member(case, "b", &[]).write().expect("a package");
        member(case, "c", &["b"]).write().expect("a package");
        let folder = case.cargo.workspace("whole", &["a", "b", "c"]).expect("a workspace");
        case.ok(&folder, &["publish", "-p", "b", "-p", "c", "--registry", "here", "--no-verify"]);
        let there = |name| case.lines(name).len();
        assert_eq!((there("a"), there("b"), there("c")), (0, 1, 1));
        let (all, rest) = (["publish", "--workspace"], ["--registry", "here", "--no-verify"]);
        case.fails(&folder, &[&all[..], &rest].concat(), &["already exists"]);
        assert_eq!(there("a"), 0);
        case.ok(&folder, &[&all[..], &["--exclude", "b", "--exclude", "c"], &rest].concat());
        assert_eq!(there("a"), 1);
    });
}

#[test]
fn a_dependency_that_is_nowhere_stops_it() {
    in_open(|case| {
        member(case, "a", &[]).write().expect("a package");
        let b = member(case, "b", &["a"]).dependency("gone", &case.dep("1"));
        b.write().expect("a package");
        let folder = case.cargo.workspace("whole", &["a", "b"]).expect("a workspace");
        case.fails(&folder, &["publish", "--workspace", "--registry", "here"], &["gone"]);
        assert_eq!(published(case), 0);
    });
}

#[test]
fn members_that_are_not_to_be_published_are_passed_over() {
    in_open(|case| {
        let private = member(case, "private", &[]).field("publish", "false");
        private.write().expect("a package");
        member(case, "public", &[]).write().expect("a package");
        let folder = case.cargo.workspace("whole", &["private", "public"]).expect("a workspace");
        let args = ["--registry", "here", "--no-verify"];
        case.fails(&folder, &[&["publish", "-p", "private"][..], &args].concat(), &["private"]);
        case.ok(&folder, &[&["publish", "--workspace"][..], &args].concat());
        assert_eq!((case.lines("private").len(), case.lines("public").len()), (0, 1));
        let only = case.cargo.workspace("whole", &["private"]).expect("a workspace");
        let run = case.run(&only, &[&["publish", "--workspace"][..], &args].concat());
        assert!(run.stderr.contains("nothing to publish") || !run.status.success(), "{run}");
    });
}

#[test]
fn a_cycle_of_versions_is_refused_before_the_first_upload() {
    in_open(|case| {
        // cargo 1.95 waits for ever at such a cycle; later ones see it.
        if !case.is_nightly() {
            return;
        }
        let a = member(case, "a", &[]);
        let dep = case.dep_with("path = \"../b\", version = \"0.1.0\"");
        a.line("dev-dependencies", "b", &dep).write().expect("a package");
        member(case, "b", &["a"]).write().expect("a package");
        let folder = case.cargo.workspace("whole", &["a", "b"]).expect("a workspace");
        case.fails(&folder, &["publish", "--workspace", "--registry", "here", "--no-verify"], &[]);
        assert_eq!(published(case), 0);
    });
}

#[test]
fn thirty_new_crates_go_up_and_the_rest_after_a_stop() {
    in_open(|case| {
        let names: Vec<String> = (0..30).map(|number| format!("many-{number:02}")).collect();
        for name in &names {
            member(case, name, &[]).write().expect("a package");
        }
        let members: Vec<&str> = names.iter().map(String::as_str).collect();
        let folder = case.cargo.workspace("whole", &members).expect("a workspace");
        // Somebody else takes the tenth name: cargo stops there, some crates are up, some are not.
        let taken = cratekeep_testkit::archive::ArchiveBuilder::new("many-09", "0.0.1");
        let upload =
            cratekeep_testkit::publish::Upload::of(&taken, cratekeep_testkit::publish::Target::CratesIo);
        let frame = upload.expect("a good manifest").frame();
        assert_eq!(case.send("PUT", "/api/v1/crates/new", &case.world.bob, &frame).status, 200);
        let args = ["publish", "--registry", "here", "--no-verify"];
        case.fails(&folder, &[&args[..], &["--workspace"]].concat(), &["many-09", "403"]);
        let there = |name: &&String| case.lines(name).iter().any(|line| line["vers"] == "0.1.0");
        let missing: Vec<_> = names.iter().filter(|name| !there(name)).collect();
        assert!(!missing.is_empty() && missing.len() < 30, "{missing:?}");

        case.ok(case.cargo.root(), &["owner", "--list", "--registry", "here", "many-09"]);
        let added = ["owner", "add", case.registry.as_str(), "many-09", "ann"];
        case.world.server.admin(&added).expect("the operator makes her an owner");
        let chosen = missing.iter().flat_map(|name| ["-p", name.as_str()]);
        case.ok(&folder, &args.iter().copied().chain(chosen).collect::<Vec<_>>());
        assert_eq!(names.iter().filter(there).count(), 30);
    });
}
