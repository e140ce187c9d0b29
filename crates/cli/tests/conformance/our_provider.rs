//! Our own credential provider with real cargo: in through a browser, out again, and what happens in between.

use std::path::{Path, PathBuf};
use std::time::Duration;

use cratekeep_testkit::http::RawConnection;
use cratekeep_types::Checksum;
use serde_json::Value;
use sqlx::{Connection as _, SqliteConnection};

use crate::case::{Case, in_closed, in_open};

/// A browser that only notes which page it is to open.
const BROWSER: &str = "#!/bin/sh\necho \"$1\" >\"$(dirname \"$0\")/page\"\n";
/// What the session of `ann` in the browser is known by.
const SESSION: &str = "5e55105e55105e55105e55105e55105e55105e55105e55105e55105e55105e55";
const FORM_KEY: &str = "0123456789abcdef0123456789abcdef";

/// A cargo that has no token and asks our provider.
fn with_provider(case: &mut Case) {
    let mut stranger = case.stranger();
    let settings = stranger.cargo.home().join("config.toml");
    let text = std::fs::read_to_string(&settings).expect("there are settings");
    let provider = format!("[{:?}, \"credential\"]", env!("CARGO_BIN_EXE_cratekeep"));
    let text = text.replace("[\"cargo:token\"]", "[\"ours\"]");
    let text = format!("{text}[credential-alias]\nours = {provider}\n");
    std::fs::write(&settings, text).expect("settings can be written");
    let (script, browser) = (stranger.cargo.root().join("text"), browser(&stranger));
    std::fs::write(&script, BROWSER).expect("a file can be written");
    // Copied by another program: a file that this process has just written may be busy.
    let status = std::process::Command::new("install").args(["-m", "755"]).args([&script, &browser]).status();
    assert!(status.expect("install is part of every system").success());
    stranger.cargo.env("BROWSER", &browser.to_string_lossy());
    *case = stranger;
    sign_ann_in(case);
}

fn browser(case: &Case) -> PathBuf {
    case.cargo.root().join("browser")
}

fn kept_file(case: &Case) -> PathBuf {
    case.cargo.root().join(".config/cratekeep/credentials.json")
}

/// Gives `ann` a browser session, as a sign-in would.
fn sign_ann_in(case: &Case) {
    let database = case.world.server.data_dir().join("cratekeep.db");
    let insert = "INSERT OR IGNORE INTO session (account_id, hash, method, form_key, created_at, seen_at, expires_at)
        SELECT id, $1, 'password', $2, unixepoch() * 1000000, unixepoch() * 1000000, (unixepoch() + 86400) * 1000000
        FROM account WHERE name = 'ann'";
    let work = async {
        let mut conn = SqliteConnection::connect(&format!("sqlite:{}", database.display())).await?;
        let hash = Checksum::of(SESSION.as_bytes());
        sqlx::query(insert).bind(&hash.as_bytes()[..]).bind(FORM_KEY).execute(&mut conn).await?;
        conn.close().await
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(work).expect("the session is kept");
}

/// Runs `cargo login` while a person answers in the browser.
fn log_in(case: &Case, answer: &str) -> cratekeep_testkit::cargo::CargoRun {
    let page = case.cargo.root().join("page");
    let _ = std::fs::remove_file(&page);
    std::thread::scope(|scope| {
        let login = scope.spawn(|| case.run(case.cargo.root(), &["login", "--registry", "here"]));
        confirm(case, &wait_for(&page), answer);
        login.join().expect("cargo ends")
    })
}

fn wait_for(page: &Path) -> String {
    for _ in 0..600 {
        match std::fs::read_to_string(page) {
            Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
            _ => std::thread::sleep(Duration::from_millis(100)),
        }
    }
    panic!("no browser was opened");
}

fn confirm(case: &Case, page: &str, answer: &str) {
    let (_, code) = page.split_once("/connect?code=").expect("the page has the code");
    let body = format!("key={FORM_KEY}&code={code}&life=3600&answer={answer}");
    let cookie = format!("cratekeep={SESSION}");
    let headers = [
        ("Cookie", cookie.as_str()),
        ("Sec-Fetch-Site", "same-origin"),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    let mut connection = RawConnection::open(&case.world.server.address()).expect("the server listens");
    let reply = connection.request("POST", "/connect", &headers, body.as_bytes()).expect("an answer");
    assert_eq!(reply.status, 200, "{}", reply.text());
}

fn kept(case: &Case) -> Value {
    let text = std::fs::read_to_string(kept_file(case)).expect("there is a file");
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn a_browser_signs_cargo_in_to_publish_and_build() {
    in_closed(|case| {
        with_provider(case);
        let package = case.cargo.package("ours", "0.1.0");
        let folder = package.write().expect("a package");
        case.fails(
            &folder,
            &["publish", "--registry", "here", "--no-verify"],
            &["no token found", "credential provider"],
        );

        log_in(case, "let+in").success().says("/connect?code=");
        let token = kept(case)[case.index()]["token"].as_str().expect("a token").to_owned();
        assert!(token.starts_with("ckp_"));
        case.cargo_publish(&package);
        case.ok(&case.project_on(&[("ours", "*")]), &["check"]);
        case.ok(&folder, &["yank", "ours@0.1.0", "--registry", "here"]);

        case.ok(&folder, &["logout", "--registry", "here"]);
        assert_eq!(kept(case), serde_json::json!({}));
        let gone = case.send("GET", "/index/config.json", &token, b"");
        assert_eq!(gone.status, 401, "the server knows it no more");
        case.fails(
            &folder,
            &["yank", "ours@0.1.0", "--undo", "--registry", "here"],
            &["credential provider"],
        );
    });
}

#[test]
fn a_sign_in_that_is_over_or_refused_is_said_so() {
    in_closed(|case| {
        with_provider(case);
        log_in(case, "turn+away").failure().says("turned away");
        assert!(!kept_file(case).exists());

        log_in(case, "let+in").success();
        let mut lines = kept(case);
        lines[case.index()]["ends_at"] = 1.into();
        std::fs::write(kept_file(case), lines.to_string()).expect("it can be changed");
        let app = case.project_on(&[("ours", "*")]);
        case.fails(&app, &["check"], &["is over", "cargo login --registry here"]);
    });
}

#[test]
fn a_typed_token_is_kept_and_other_registries_are_left_to_others() {
    in_open(|case| {
        let ann = case.world.ann.clone();
        with_provider(case);
        let typed = format!("{ann}\n");
        let run = case.cargo.run_with_input(case.cargo.root(), &["login", "--registry", "here"], &typed);
        run.expect("cargo starts").success();
        case.cargo_publish(&case.cargo.package("ours", "0.1.0"));
        case.ok(case.cargo.root(), &["logout", "--registry", "here"]);
        assert_eq!(case.send("GET", "/api/v1/me/tokens", &ann, b"").status, 200, "a typed token stays good");

        let index = format!("{}x/", case.index());
        case.cargo.env("CARGO_REGISTRIES_OTHER_INDEX", &index);
        let run = case.run(case.cargo.root(), &["logout", "--registry", "other"]).failure();
        assert!(run.stderr.contains("credential"), "{run}");
    });
}
