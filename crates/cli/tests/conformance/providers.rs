//! Credential providers: what cargo tells a program that hands out tokens, and how ours are taken from one.

use serde_json::{Value, json};

use crate::case::{Case, in_closed, in_open};

/// A provider that notes every request and answers `get` with the token in the file beside it.
const PROVIDER: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo '{"v":[1]}'
while read -r request; do
    echo "$request" >>"$here/requests"
    case "$request" in
        *'"kind":"get"'*)
            token=$(cat "$here/token")
            echo "{\"Ok\":{\"kind\":\"get\",\"token\":\"$token\",$(cat "$here/cache")}}" ;;
        *'"kind":"login"'*) echo '{"Ok":{"kind":"login"}}' ;;
        *'"kind":"logout"'*) echo '{"Ok":{"kind":"logout"}}' ;;
        *) echo '{"Err":{"kind":"operation-not-supported"}}' ;;
    esac
done
"#;

/// Takes the token out of the case's credentials and gives it to a provider.
fn give_to_provider(case: &mut Case, token: &str, cache: &str) {
    let stranger = case.stranger();
    let home = stranger.cargo.root().join("provider");
    std::fs::create_dir_all(&home).expect("a folder");
    for (file, text) in [("text", PROVIDER), ("token", token), ("cache", cache), ("requests", "")] {
        std::fs::write(home.join(file), text).expect("a file can be written");
    }
    let program = home.join("provider");
    // Copied by another program: a file that this process has just written may be busy.
    let status = std::process::Command::new("install")
        .args(["-m", "755"])
        .args([&home.join("text"), &program])
        .status();
    assert!(status.expect("install is part of every system").success());
    *case = stranger;
    let settings = case.cargo.home().join("config.toml");
    let text = std::fs::read_to_string(&settings).expect("there are settings");
    let provider = format!("{:?}", program.to_string_lossy());
    std::fs::write(&settings, text.replace("\"cargo:token\"", &provider)).expect("settings can be written");
}

fn noted(case: &Case) -> Vec<Value> {
    let path = case.cargo.root().join("provider/requests");
    let text = std::fs::read_to_string(path).expect("the provider wrote it");
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

/// Runs cargo and gives what it told the provider meanwhile, without what is the same in all of it.
fn told(case: &Case, folder: &std::path::Path, args: &[&str]) -> Vec<Value> {
    let before = noted(case).len();
    let run = case.cargo.run_with_input(folder, args, "typed\n").expect("cargo starts").success();
    let mut told = noted(case).split_off(before);
    for request in &mut told {
        assert_eq!(request["registry"]["index-url"], case.index(), "{run}");
        assert_eq!(request["registry"]["name"], "here", "{run}");
        let request = request.as_object_mut().expect("an object");
        for key in ["v", "registry", "args"] {
            request.remove(key);
        }
    }
    told
}

#[test]
fn a_provider_hears_of_every_operation() {
    in_open(|case| {
        let ann = case.world.ann.clone();
        give_to_provider(case, &ann, "\"cache\":\"never\",\"operation_independent\":false");
        let folder = case.cargo.package("foo", "0.1.0").write().expect("a package");
        let get = |operation: &str, more: Value| {
            let mut expected = json!({"kind": "get", "operation": operation});
            let keys = expected.as_object_mut().expect("an object");
            keys.extend(more.as_object().expect("an object").clone());
            expected
        };
        let of = json!({"name": "foo", "vers": "0.1.0"});

        let publish = told(case, &folder, &["publish", "--registry", "here", "--no-verify"]);
        let cksum = &case.lines("foo")[0]["cksum"];
        let expected = get("publish", json!({"name": "foo", "vers": "0.1.0", "cksum": cksum}));
        assert_eq!(publish.last(), Some(&expected));
        let yank = told(case, &folder, &["yank", "foo@0.1.0", "--registry", "here"]);
        assert_eq!(yank, [get("yank", of.clone())]);
        let undo = told(case, &folder, &["yank", "foo@0.1.0", "--undo", "--registry", "here"]);
        assert_eq!(undo, [get("unyank", of)]);
        let owner = told(case, &folder, &["owner", "foo", "--list", "--registry", "here"]);
        assert_eq!(owner, [get("owners", json!({"name": "foo"}))]);
        let login = told(case, &folder, &["login", "--registry", "here"]);
        let me = format!("{}/me", case.world.address(&case.registry));
        assert_eq!((&login[0]["kind"], &login[0]["login-url"]), (&json!("login"), &json!(me)));
        assert_eq!(told(case, &folder, &["logout", "--registry", "here"]), [json!({"kind": "logout"})]);
    });
}

#[test]
fn a_token_for_one_operation_is_asked_for_again() {
    in_closed(|case| {
        let ann = case.world.ann.clone();
        for (independent, expected) in [("false", 2), ("true", 1)] {
            give_to_provider(
                case,
                &ann,
                &format!("\"cache\":\"session\",\"operation_independent\":{independent}"),
            );
            let package =
                case.cargo.package(&format!("foo-{independent}"), "0.1.0").write().expect("a package");
            let told = told(case, &package, &["publish", "--registry", "here", "--no-verify"]);
            let kinds: Vec<_> = told.iter().map(|request| &request["operation"]).collect();
            assert_eq!(kinds.len(), expected, "{kinds:?}");
            assert_eq!(kinds[0], "read");
        }
    });
}

#[test]
fn a_provider_sees_our_challenge_and_a_bad_token_is_rejected() {
    in_closed(|case| {
        case.publish_all(&[("bar", "0.0.1")]);
        give_to_provider(case, "junk", "\"cache\":\"never\",\"operation_independent\":true");
        let app = case.project_on(&[("bar", "*")]);
        case.fails(&app, &["check"], &["token rejected for `here`"]);
        let headers = noted(case)[0]["registry"]["headers"].to_string().to_lowercase();
        assert!(
            headers.contains("www-authenticate: cargo login_url=") && headers.contains("/me"),
            "{headers}"
        );
    });
}
