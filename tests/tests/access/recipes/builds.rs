//! Trusted publishing.

use cratekeep_tests::send;
use cratekeep_wire::control::{AdminCommand, TrustCommand};
use http::Method;
use serde_json::{Value, json};

use super::{Ask, Asking};
use crate::scene::KRATE;

const BASE: &str = "/api/v1/trusted_publishing";

pub(super) async fn ask(asking: &Asking<'_>) -> Option<Ask> {
    let (method, path) = asking.route();
    let Some(tail) = path.strip_prefix("/api/v1/trusted_publishing/") else {
        if method == "PATCH" && path == "/api/v1/crates/{name}" {
            return Some(patch(asking).await);
        }
        return None;
    };
    Some(match (method, tail) {
        // Who asks does not matter, only what is shown: nobody here has the identity or the token of a build.
        ("POST", "tokens") => Ask::with(path, json!({ "jwt": "a.b.c" }).to_string()).passing_with(400),
        ("DELETE", "tokens") => Ask::of(path).passing_with(401),
        ("GET", configs) => Ask::of(format!("{BASE}/{configs}?crate={KRATE}")),
        ("POST", configs) => {
            allow_issuer(asking).await;
            // A crate has few of them: one that is full shows the right as well.
            Ask::with(path, config(configs).to_string()).passing_with(409)
        }
        ("DELETE", one) => {
            let configs = one.strip_suffix("/{id}")?;
            Ask::of(format!("{BASE}/{configs}/{}", there(asking, configs).await))
        }
        _ => return None,
    })
}

/// A change of a crate of its own, for who may make it.
async fn patch(asking: &Asking<'_>) -> Ask {
    let name = if asking.passes { asking.new_crate().await } else { KRATE.to_owned() };
    Ask::with(format!("/api/v1/crates/{name}"), json!({ "crate": { "trustpub_only": true } }).to_string())
}

fn config(configs: &str) -> Value {
    match configs {
        "github_configs" => json!({ "github_config": {
            "crate": KRATE, "repository_owner": "acme", "repository_name": "widget",
            "workflow_filename": "publish.yml",
        }}),
        "gitlab_configs" => json!({ "gitlab_config": {
            "crate": KRATE, "namespace": "acme", "project": "widget", "workflow_filepath": "publish.yml",
        }}),
        _ => json!({ "oidc_config": { "crate": KRATE, "issuer": "ci", "claims": { "sub": "acme" } } }),
    }
}

/// Done again and again; it is there after the first time.
async fn allow_issuer(asking: &Asking<'_>) {
    let command = TrustCommand::IssuerAdd {
        name: "ci".to_owned(),
        url: "https://ci.test".to_owned(),
        audience: "crates".to_owned(),
        require: Vec::new(),
    };
    let _ = asking.app.app().run_at_shell(AdminCommand::Trust(command)).await;
}

/// The number of a config that is there; the owner makes one when there is none.
async fn there(asking: &Asking<'_>, configs: &str) -> i64 {
    let owner = asking.here(&asking.scene.owner);
    allow_issuer(asking).await;
    loop {
        let list = owner.fetch(&format!("{BASE}/{configs}?crate={KRATE}")).await.expect_status(200).json();
        if let Some(id) = list[configs][0]["id"].as_i64() {
            return id;
        }
        let request = owner.request(Method::POST, &format!("{BASE}/{configs}")).json(&config(configs));
        let _ = send(request).await.expect_status(200);
    }
}
