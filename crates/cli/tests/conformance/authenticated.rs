//! A closed registry: a token on every request, from wherever cargo takes it, and clear words without one.

use cratekeep_testkit::cargo::CargoCase;

use crate::case::{Case, in_closed, in_open};

/// What cargo reads its settings from.
fn settings_path(case: &Case) -> std::path::PathBuf {
    case.cargo.home().join("config.toml")
}

#[test]
fn every_request_carries_the_token() {
    in_closed(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let app = case.project_on(&[("bar", "*")]);
        case.forget_requests();
        case.ok(&app, &["check"]);
        let asked = case.requests();
        let ann = case.world.ann.as_str();
        assert_eq!((asked[0].path.as_str(), asked[0].status), ("/index/config.json", 401));
        assert_eq!(asked[0].header("authorization"), None);
        for seen in &asked[1..] {
            assert_eq!((seen.header("authorization"), seen.status), (Some(ann), 200), "{seen:?}");
        }
        assert!(asked.iter().any(|seen| seen.path == "/crates/bar/0.0.1/download"));
    });
}

#[test]
fn the_environment_is_enough() {
    in_closed(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let mut bare = CargoCase::with(case.toolchain).expect("a temporary folder");
        std::fs::write(bare.home().join("config.toml"), "").expect("settings can be emptied");
        bare.env("CARGO_REGISTRIES_HERE_INDEX", &case.index());
        bare.env("CARGO_REGISTRIES_HERE_TOKEN", &case.world.ann);
        bare.env("CARGO_REGISTRY_GLOBAL_CREDENTIAL_PROVIDERS", "cargo:token");
        let app =
            bare.package("app", "0.1.0").dependency("bar", &case.dep("0.0.1")).write().expect("a project");
        bare.run(&app, &["check"]).expect("cargo starts").success();
        bare.run(&app, &["publish", "--registry", "here", "--no-verify"]).expect("cargo starts").success();
        assert_eq!(case.lines("app").len(), 1);
    });
}

#[test]
fn without_a_good_token_cargo_says_what_to_do() {
    in_closed(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let stranger = case.stranger();
        let app = stranger.project_on(&[("bar", "*")]);
        stranger.fails(&app, &["check"], &["no token found", "cargo login"]);

        let mut wrong = case.stranger();
        for token in ["junk", "Bearer junk"] {
            wrong.cargo.token("here", token).expect("settings");
            let app = wrong.project_on(&[("bar", "*")]);
            let body = case.ask("GET", "/index/config.json", &[("Authorization", token)], b"").text();
            let detail: serde_json::Value = serde_json::from_str(&body).expect("an error in JSON");
            let detail = detail["errors"][0]["detail"].as_str().expect("a sentence").to_owned();
            wrong.fails(&app, &["check"], &["token rejected for `here`", "cargo login", &detail]);
        }
        assert!(wrong.requests().iter().all(|seen| seen.status == 401));
    });
}

#[test]
fn a_token_with_a_scheme_word_is_as_good() {
    in_closed(|case| {
        let bearer = format!("Bearer {}", case.world.ann);
        case.cargo.token("here", &bearer).expect("settings");
        case.cargo_publish(&case.cargo.package("bar", "0.0.1"));
        case.ok(&case.project_on(&[("bar", "*")]), &["check"]);
        let sent =
            case.requests().into_iter().filter_map(|seen| seen.header("authorization").map(str::to_owned));
        assert!(sent.into_iter().all(|header| header == bearer));
    });
}

#[test]
fn a_closed_registry_that_nobody_configured_is_asked_once() {
    in_closed(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let unaware = CargoCase::with(case.toolchain).expect("a temporary folder");
        case.forget_requests();
        let run = unaware.run(unaware.root(), &["install", "--index", &case.index(), "bar"]);
        run.expect("cargo starts").failure().says("registries");
        assert_eq!(case.request_lines(), ["GET /index/config.json 401"]);
    });
}

#[test]
fn login_takes_a_token_over_none_and_over_others() {
    in_closed(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        let mut newcomer = case.stranger();
        let app = newcomer.project_on(&[("bar", "*")]);
        let typed = format!("{}\n", case.world.ann);
        let login = |case: &Case| {
            let run = case.cargo.run_with_input(&app, &["login", "--registry", "here"], &typed);
            run.expect("cargo starts").success()
        };
        login(&newcomer);
        newcomer.ok(&app, &["check"]);
        let page = case.send("GET", "/me", "", b"");
        assert!(matches!(page.status, 200 | 302 | 303 | 307), "{}: {}", page.status, page.text());

        // Once more over a token that is there, and over one that is rejected.
        login(&newcomer);
        newcomer.cargo.token("here", "junk").expect("settings");
        login(&newcomer);
        newcomer.ok(&app, &["update"]);
    });
}

#[test]
fn a_closed_registry_needs_a_credential_provider() {
    in_closed(|case| {
        let text = format!("[registries.here]\nindex = {:?}\n", case.index());
        std::fs::write(settings_path(case), text).expect("settings can be written");
        let app = case.project_on(&[("bar", "*")]);
        case.fails(&app, &["check"], &["credential-provider"]);
    });
}

#[test]
fn a_publish_is_authorised_throughout_and_never_shows_the_token() {
    in_closed(|case| {
        case.cargo.env("CARGO_HTTP_DEBUG", "true");
        case.cargo.env("CARGO_LOG", "trace");
        let run = case.cargo_publish(&case.cargo.package("bar", "0.0.1"));
        assert!(!run.stderr.contains(&case.world.ann) && !run.stdout.contains(&case.world.ann));
        let asked = case.requests();
        let anonymous = asked.iter().filter(|seen| seen.header("authorization").is_none()).count();
        assert_eq!(anonymous, 1, "{:#?}", case.request_lines());
        assert_eq!(asked.iter().filter(|seen| seen.status == 401).count(), 1);
        assert!((5..=12).contains(&asked.len()), "{:#?}", case.request_lines());
    });
}

#[test]
fn an_open_registry_sees_the_token_only_where_it_is_needed() {
    in_open(|case| {
        case.cargo_publish(&case.cargo.package("bar", "0.0.1"));
        case.ok(&case.project_on(&[("bar", "*")]), &["check"]);
        case.ok(case.cargo.root(), &["search", "bar", "--registry", "here"]);
        for seen in case.requests() {
            let with = seen.header("authorization").is_some();
            assert_eq!(with, seen.method == "PUT", "{seen:?}");
        }
    });
}
