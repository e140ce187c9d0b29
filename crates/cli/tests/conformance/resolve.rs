//! Finding crates and versions: what cargo makes of the index, of what is there and of what is not.

use cratekeep_testkit::archive::ArchiveBuilder;

use crate::case::{in_both_roles, in_open};

#[test]
fn a_build_asks_once_and_then_never_again() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let app = case.project_on(&[("bar", "0.0.1")]);
        case.forget_requests();
        case.ok(&app, &["check"]);
        let asked = case.request_lines();
        for line in
            ["GET /index/config.json 200", "GET /index/3/b/bar 200", "GET /crates/bar/0.0.1/download 200"]
        {
            assert_eq!(asked.iter().filter(|asked| *asked == line).count(), 1, "{line} in {asked:#?}");
        }
        case.ok(&app, &["clean"]);
        case.forget_requests();
        case.ok(&app, &["check"]);
        assert_eq!(case.request_lines(), [""; 0]);
    });
}

#[test]
fn what_a_crate_needs_comes_along() {
    in_both_roles(|case| {
        case.publish_all(&[("baz", "0.0.1")]);
        case.publish(&case.needs(ArchiveBuilder::new("bar", "0.0.1"), "baz", "version = \"0\""));
        let app = case.project_on(&[("bar", "0.0.1")]);
        case.ok(&app, &["fetch"]);
        assert_eq!(case.locked(&app), ["bar 0.0.1", "baz 0.0.1"].map(str::to_owned).into());
    });
}

#[test]
fn an_absent_crate_is_absent_in_every_spelling() {
    in_both_roles(|case| {
        let app = case.project_on(&[("no-such_crate", ">=0.0.0")]);
        let run = case.fails(&app, &["generate-lockfile"], &["no matching package", "no-such_crate"]);
        assert_eq!(run.status.code(), Some(101));
        let files: Vec<_> =
            case.requests().into_iter().filter(|seen| !seen.path.ends_with("config.json")).collect();
        assert!(!files.is_empty());
        for seen in &files {
            assert_eq!(seen.status, 404, "{seen:?}");
        }
        let paths: Vec<_> = files.iter().map(|seen| seen.path.as_str()).collect();
        for spelling in ["no-such_crate", "no-such-crate", "no_such_crate"] {
            let path = format!("/index/no/{}/{spelling}", &spelling[2..4]);
            assert!(paths.contains(&path.as_str()), "{path} in {paths:?}");
        }
    });
}

#[test]
fn another_case_is_another_name() {
    in_both_roles(|case| {
        case.publish_all(&[("init", "0.0.1")]);
        let app = case.project_on(&[("Init", "0.0.1")]);
        case.fails(&app, &["generate-lockfile"], &["Init", "init"]);
        assert!(case.request_lines().contains(&"GET /index/in/it/init 200".to_owned()));
    });
}

#[test]
fn another_hyphen_is_another_file() {
    in_both_roles(|case| {
        case.publish_all(&[("mis-hyphenated", "0.0.1")]);
        let app = case.project_on(&[("mis_hyphenated", "0.0.1")]);
        case.fails(&app, &["generate-lockfile"], &["mis_hyphenated", "mis-hyphenated"]);
        let asked = case.request_lines();
        assert!(asked.contains(&"GET /index/mi/s_/mis_hyphenated 404".to_owned()), "{asked:#?}");
        assert!(asked.contains(&"GET /index/mi/s-/mis-hyphenated 200".to_owned()), "{asked:#?}");
    });
}

#[test]
fn a_version_that_is_not_there_is_told_with_those_that_are() {
    in_both_roles(|case| {
        case.publish_all(&[("foo", "0.0.1"), ("foo", "0.0.2")]);
        let app = case.project_on(&[("foo", ">= 1.0.0")]);
        case.fails(&app, &["generate-lockfile"], &["foo", "0.0.2, 0.0.1"]);
    });
}

#[test]
fn a_pre_release_is_taken_only_when_asked_for() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "1.2.2"), ("bar", "1.2.3-alpha.0")]);
        let plain = case.project_on(&[("bar", "1")]);
        case.ok(&plain, &["generate-lockfile"]);
        assert!(case.locked(&plain).contains("bar 1.2.2"));
        let exact = case.project_on(&[("bar", "1.2.3-alpha.0")]);
        case.ok(&exact, &["generate-lockfile"]);
        assert!(case.locked(&exact).contains("bar 1.2.3-alpha.0"));
    });
}

#[test]
fn a_yanked_version_is_not_chosen() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "0.0.1"), ("bar", "0.0.2")]);
        case.yank("bar", "0.0.2");
        let app = case.project_on(&[("bar", "*")]);
        case.ok(&app, &["generate-lockfile"]);
        assert!(case.locked(&app).contains("bar 0.0.1"));
        let exact = case.project_on(&[("bar", "=0.0.2")]);
        std::fs::remove_file(exact.join("Cargo.lock")).expect("it was just made");
        case.fails(&exact, &["generate-lockfile"], &["bar"]);
    });
}

#[test]
fn crates_of_one_index_folder_do_not_disturb_each_other() {
    in_both_roles(|case| {
        case.publish_all(&[("foobar", "0.1.0"), ("foobaz", "0.2.0"), ("fo", "0.3.0"), ("f", "0.4.0")]);
        let app = case.project_on(&[("foobar", "0.1"), ("foobaz", "0.2"), ("fo", "0.3"), ("f", "0.4")]);
        case.ok(&app, &["fetch"]);
        let locked = ["f 0.4.0", "fo 0.3.0", "foobar 0.1.0", "foobaz 0.2.0"];
        assert_eq!(case.locked(&app), locked.map(str::to_owned).into());
    });
}

#[test]
fn only_what_is_built_is_downloaded() {
    in_both_roles(|case| {
        case.publish_all(&[("elsewhere", "0.1.0"), ("only-tests", "0.1.0")]);
        let bar = ArchiveBuilder::new("bar", "0.1.0")
            .table(&format!("[dev-dependencies.only-tests]\nversion = \"0.1\"\n{}", case.registry_index()));
        case.publish(&bar);
        let project = case
            .project("app")
            .dependency("bar", &case.dep("*"))
            .line("target.'cfg(any())'.dependencies", "elsewhere", &case.dep("*"))
            .write()
            .expect("a project");
        case.ok(&project, &["check"]);
        let asked = case.request_lines();
        assert!(asked.contains(&"GET /index/el/se/elsewhere 200".to_owned()), "{asked:#?}");
        let downloads: Vec<_> = asked.iter().filter(|line| line.contains("/download")).collect();
        assert_eq!(downloads, ["GET /crates/bar/0.1.0/download 200"]);
    });
}

#[test]
fn every_line_of_a_file_can_be_the_way_out() {
    in_both_roles(|case| {
        case.publish_all(&[("ground", "1.0.0"), ("ground", "1.1.0"), ("ground", "1.2.0")]);
        for (version, ground) in [("1.0.0", "=1.0.0"), ("1.1.0", "=1.1.0"), ("1.2.0", "=1.2.0")] {
            let built = ArchiveBuilder::new("roof", version);
            case.publish(&case.needs(built, "ground", &format!("version = {ground:?}")));
        }
        let app = case.project_on(&[("roof", "1"), ("ground", "=1.0.0")]);
        case.ok(&app, &["generate-lockfile"]);
        assert_eq!(case.locked(&app), ["ground 1.0.0", "roof 1.0.0"].map(str::to_owned).into());
    });
}

#[test]
fn a_package_inside_an_archive_does_not_replace_the_registry() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let inner = "[package]\nname = \"bar\"\nversion = \"9.9.9\"\n";
        let baz =
            ArchiveBuilder::new("baz", "0.0.1").file("bar/Cargo.toml", inner).file("bar/src/lib.rs", "");
        case.publish(&case.needs(baz, "bar", "version = \"0.0.1\""));
        let app = case.project_on(&[("baz", "*")]);
        case.ok(&app, &["check"]);
        assert_eq!(case.locked(&app), ["bar 0.0.1", "baz 0.0.1"].map(str::to_owned).into());
    });
}

#[test]
fn an_index_url_needs_its_slash_and_ours_has_it() {
    in_open(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let bare = case.index().trim_end_matches('/').to_owned();
        case.cargo.registry("bare", &bare).expect("settings");
        let app = case.project("app").dependency("bar", "{ version = \"*\", registry = \"bare\" }");
        let app = app.write().expect("a project");
        case.fails(&app, &["generate-lockfile"], &["end in a slash"]);
        let printed = case.world.server.stdout();
        let line = printed.lines().find(|line| line.trim_start().starts_with("index = "));
        let line = line.unwrap_or_else(|| panic!("the server prints how to configure cargo: {printed}"));
        assert_eq!(line.trim(), format!("index = {:?}", case.world.index("main")));
    });
}
