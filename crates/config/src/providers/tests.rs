//! What a provider's table accepts and refuses, and where it may stand.

use std::ffi::OsString;

use insta::assert_snapshot;
use tempfile::TempDir;

use super::*;
use crate::{Settings, Sources};

const GOOD: &str = r#"
[[provider]]
name = "corp"
kind = "oidc"
title = "Example Corp"
issuer = "https://id.example.com/"
client_id = "crates"
client_secret = "canary-secret"
allowed_domains = ["Example.com"]
groups = { staff = ["reader@main"], "crate admins" = ["admin", "team:core", "administrator@main"] }

[[provider]]
name = "forge"
kind = "github"
url = "https://github.example.com/"
client_id = "Iv1"
client_secret_file = "github.secret"

[[provider]]
name = "lab"
kind = "gitlab"
client_id = "x"
client_secret = "canary-secret"
sign_up = "closed"
[provider.groups]
"acme/rust" = ["publisher@main"]

[[provider]]
name = "front"
kind = "proxy"
networks = ["10.0.0.0/8", "::1"]
user_header = "X-Auth-User"
"#;

fn folder(toml: &str) -> (TempDir, Sources) {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, toml).expect("a temporary folder can be written");
    std::fs::write(folder.path().join("github.secret"), "canary-secret\n").expect("a file");
    (folder, Sources { config_file: Some(file), ..Sources::default() })
}

fn load(toml: &str) -> Settings {
    let (_folder, sources) = folder(toml);
    Settings::load(&sources).unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems(toml: &str) -> String {
    let (folder, sources) = folder(toml);
    let problems = Settings::load(&sources).expect_err("these settings are bad").to_string();
    problems.replace(&folder.path().display().to_string(), "FOLDER")
}

#[test]
fn every_kind_is_read_with_its_defaults() {
    let providers = load(GOOD).providers;
    let [corp, forge, lab, front] = providers.as_slice() else { panic!("{providers:?}") };
    let ProviderKind::Oidc(oidc) = &corp.kind else { panic!("{corp:?}") };
    assert_eq!((corp.title.as_str(), oidc.issuer.as_str()), ("Example Corp", "https://id.example.com/"));
    assert_eq!(
        (corp.signs_up, corp.allowed_domains.as_slice()),
        (true, ["example.com".to_owned()].as_slice())
    );
    let admins = corp.groups.iter().find(|(group, _)| group == "crate admins").expect("the group is read");
    assert_eq!(
        admins.1.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        "admin team:core administrator@main"
    );
    let ProviderKind::GitHub(github) = &forge.kind else { panic!("{forge:?}") };
    assert_eq!(
        (github.url.as_str(), github.api_url.as_str()),
        ("https://github.example.com", "https://github.example.com/api/v3")
    );
    assert_eq!(github.client_secret.expose(), "canary-secret");
    let ProviderKind::GitLab(gitlab) = &lab.kind else { panic!("{lab:?}") };
    assert_eq!((gitlab.api_url.as_str(), lab.signs_up), ("https://gitlab.com/api/v4", false));
    assert_eq!(gitlab.scopes, ["read_user", "read_api"]);
    let ProviderKind::Proxy(proxy) = &front.kind else { panic!("{front:?}") };
    let networks: Vec<_> = proxy.networks.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["10.0.0.0/8", "::1/128"]);
}

#[test]
fn secrets_are_not_shown() {
    let settings = load(GOOD);
    let shown = format!("{:?} {:?}", settings.shown(), settings.providers);
    assert!(shown.contains("provider.corp.client_secret") && !shown.contains("canary"), "{shown}");
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    assert_snapshot!(problems(
        r#"
[[provider]]
name = "Corp"
kind = "oidc"
issuer = "http://id.example.com"
client_secret = ""
scopes = ["email"]
networks = ["10.0.0.0/8"]

[[provider]]
name = "code"
kind = "saml"
titel = "?"

[[provider]]
name = "github"
kind = "github"
client_id = "x"
client_secret = "canary"
client_secret_file = "github.secret"
sign_up = "maybe"

[[provider]]
name = "hub"
kind = "github"
client_id = "x"
client_secret = "canary"
groups = { acme = ["boss", "reader@API"] }

[[provider]]
name = "hub"
kind = "proxy"
networks = ["10.0.0.0/33"]
user_header = "X User"

[[provider]]
name = "hub"
kind = "gitlab"
url = "http://lab.example.com"
client_id = "x"
client_secret_file = "absent"
[provider.extra]
a = 1
"#
    ));
}

#[test]
fn names_are_given_once() {
    let one =
        "[[provider]]\nname = \"p\"\nkind = \"proxy\"\nnetworks = [\"10.0.0.1\"]\nuser_header = \"X-User\"\n";
    let text = problems(&format!("{one}{one}"));
    assert_eq!(text, "FOLDER/settings.toml:6: there is already a provider `p`; give each a name of its own");
}

#[test]
fn anybody_may_come_only_when_that_is_written() {
    let hub = "[[provider]]\nname = \"hub\"\nkind = \"github\"\nclient_id = \"x\"\nclient_secret = \"y\"\n";
    assert!(problems(hub).contains("write sign_up = \"open\""));
    for rest in [
        "sign_up = \"open\"",
        "sign_up = \"closed\"",
        "allowed_groups = [\"acme\"]",
        "url = \"https://own.example\"",
    ] {
        assert_eq!(load(&format!("{hub}{rest}\n")).providers.len(), 1, "{rest}");
    }
}

#[test]
fn a_container_gives_them_in_a_variable_or_a_file() {
    let (folder, mut sources) = folder("");
    let own = folder.path().join("providers.toml");
    std::fs::write(&own, GOOD).expect("a file");
    let set = |name: &str, value: &str| vec![(OsString::from(name), OsString::from(value))];
    sources.environment = set(
        "CRATEKEEP_AUTH__PROVIDERS",
        &GOOD.replace("client_secret_file = \"github.secret\"", "client_secret = \"x\""),
    );
    assert_eq!(Settings::load(&sources).expect("good").providers.len(), 4);
    sources.environment = set("CRATEKEEP_AUTH__PROVIDERS__FILE", own.to_str().expect("a path"));
    assert_eq!(Settings::load(&sources).expect("good").providers.len(), 4);
    sources.environment =
        set("CRATEKEEP_AUTH__PROVIDERS", "[server]\nlisten = \"canary\"\n[[provider]]\nname = 1");
    let text = Settings::load(&sources).expect_err("bad").to_string();
    assert!(
        text.contains("`server`; auth.providers has [[provider]] tables only") && !text.contains("canary"),
        "{text}"
    );
    assert!(text.contains("environment CRATEKEEP_AUTH__PROVIDERS: provider.1: kind is missing"), "{text}");
}
