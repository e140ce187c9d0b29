//! Search, login and logout.

use cratekeep_testkit::archive::ArchiveBuilder;

use crate::case::{Case, in_both_roles, in_closed, in_open};

fn search(case: &Case, args: &[&str]) -> String {
    case.ok(case.cargo.root(), &[&["search", "--registry", "here"], args].concat()).stdout
}

#[test]
fn search_finds_by_name_and_words() {
    in_open(|case| {
        let with = |name: &str, about: &str| {
            ArchiveBuilder::new(name, "1.0.0").package_line(&format!("description = {about:?}"))
        };
        case.publish(&with("hoare", "Design by contract\nin two lines"));
        case.publish(&with("hoare-macros", "Helps another crate"));
        case.publish(&with("unrelated", "Nothing to see"));
        case.publish_all(&[("hoare", "1.1.0"), ("hoare", "2.0.0-rc.1"), ("hoare", "1.2.0")]);
        case.yank("hoare", "1.2.0");
        let found = search(case, &["hoare"]);
        let lines: Vec<_> = found.lines().collect();
        assert!(
            lines[0].starts_with("hoare = \"1.1.0\""),
            "the name itself is first, with its release: {found}"
        );
        assert!(lines[1].starts_with("hoare-macros = \"1.0.0\"") && !found.contains("unrelated"), "{found}");
        assert!(search(case, &["another crate"]).contains("hoare-macros"));
        assert!(search(case, &["hoare", "macros"]).contains("hoare-macros"));
        assert_eq!(search(case, &["no-such-thing"]), "");
        assert!(case.request_lines().iter().any(|line| line.contains("?q=another%20crate&per_page=10")));
    });
}

#[test]
fn search_counts_what_it_does_not_show() {
    in_open(|case| {
        for number in 0..12 {
            case.publish_all(&[(&format!("many{number}"), "0.1.0")]);
        }
        let first = search(case, &["many"]);
        assert_eq!(first.lines().filter(|line| line.starts_with("many")).count(), 10, "{first}");
        assert!(first.contains("and 2 crates more"), "{first}");
        let all = search(case, &["many", "--limit", "50"]);
        assert_eq!(all.lines().filter(|line| line.starts_with("many")).count(), 12, "{all}");
        search(case, &["many", "--limit", "1000", "--quiet"]);
        assert!(case.request_lines().iter().any(|line| line.ends_with("per_page=100 200")));
    });
}

#[test]
fn a_second_search_asks_nothing_but_the_search() {
    in_open(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        search(case, &["bar"]);
        assert!(case.request_lines().iter().all(|line| !line.contains("/index/3/")));
        case.forget_requests();
        search(case, &["bar"]);
        let asked = case.request_lines();
        assert!(
            asked.iter().all(|line| line.contains("config.json") || line.contains("/api/v1/crates?")),
            "{asked:?}"
        );
    });
}

#[test]
fn search_of_a_replaced_source_wants_to_know_where() {
    in_both_roles(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        assert!(search(case, &["bar"]).starts_with("bar = \"0.0.1\""));
        if case.role == crate::case::Role::Replacement {
            case.forget_requests();
            case.fails(case.cargo.root(), &["search", "bar"], &["--registry here"]);
            assert_eq!(case.request_lines(), [""; 0]);
        }
    });
}

#[test]
fn search_of_a_closed_registry_carries_the_token() {
    in_closed(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        assert!(search(case, &["bar"]).contains("bar"));
        let stranger = case.stranger();
        stranger.fails(case.cargo.root(), &["search", "bar", "--registry", "here"], &["no token found"]);
        let hidden = case.ask("GET", "/api/v1/crates?q=bar", &[], b"");
        assert_eq!(hidden.status, 401);
        assert!(!hidden.text().contains("0.0.1"));
    });
}

#[test]
fn login_keeps_a_token_and_logout_forgets_it() {
    in_open(|case| {
        let mut new = case.stranger();
        let home = new.cargo.root().to_owned();
        let folder = new.cargo.package("bar", "0.0.1").write().expect("a package");
        let publish = ["publish", "--registry", "here", "--no-verify"];
        new.fails(&folder, &publish, &["no token found"]);
        for bad in ["\n", "tok\u{1}en\n"] {
            let run = new.cargo.run_with_input(&home, &["login", "--registry", "here"], bad);
            run.expect("cargo starts").failure();
        }
        new.forget_requests();
        let typed = format!("{}\n", case.world.ann);
        let run = new.cargo.run_with_input(&home, &["login", "--registry", "here"], &typed);
        run.expect("cargo starts").success();
        assert!(
            new.requests().iter().all(|seen| seen.path.ends_with("config.json")),
            "{:?}",
            new.request_lines()
        );
        new.ok(&folder, &publish);

        new.forget_requests();
        new.ok(&home, &["logout", "--registry", "here"]);
        assert_eq!(new.request_lines(), [""; 0]);
        new.fails(&home, &["yank", "bar@0.0.1", "--registry", "here"], &["no token found"]);
        // The registry that commands use when none is named.
        new.cargo.default_registry("here").expect("settings");
        new.cargo.run_with_input(&home, &["login"], &typed).expect("cargo starts").success();
        new.ok(&home, &["yank", "bar@0.0.1"]);
        new.ok(&home, &["logout"]);
        new.fails(&home, &["yank", "bar@0.0.1", "--undo"], &["no token found"]);
    });
}
