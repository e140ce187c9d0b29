//! Identities that must not be good for anything: each is refused with its reason, and leaves no trace.

use cratekeep_testkit::issuer::{SigningKey, hmac, unsigned};
use http::Method;
use serde_json::{Value, json};

use super::{KRATE, Scene, TOKENS, builds, exchange};
use cratekeep_tests::send;

builds![
    identities_of_github_that_differ_are_refused,
    identities_of_gitlab_that_differ_are_refused,
    identities_of_another_issuer_that_differ_are_refused,
    forged_identities_are_refused,
    bodies_that_are_no_exchange_are_refused,
    a_refused_identity_is_not_used_up,
];

/// Shows an identity that must be refused with a 400 that says `said`.
async fn refused(scene: &Scene<'_>, what: &str, jwt: &str, said: &str) {
    let before = scene.app.footprint().await;
    let reply = exchange(&scene.app.nobody(), jwt).await;
    assert_eq!(reply.status.as_u16(), 400, "{what}: {:?}", reply.body);
    let detail = reply.error_detail();
    assert!(detail.contains(said), "{what}: {detail}");
    assert!(!detail.contains(jwt), "{what}: the identity is not repeated");
    assert_eq!(scene.app.footprint().await, before, "{what} left a trace");
}

async fn identities_of_github_that_differ_are_refused(scene: &Scene<'_>) {
    scene.trusts_github(KRATE, Some("release")).await;
    let now = scene.now_secs();
    let elsewhere = "acme/Widget/.github/workflows/ci.yml@refs/heads/main";
    let disguised = "acme/Widget/.github/workflows/ci.yml@refs/tags/x/.github/workflows/publish.yml@refs/y";
    let cases = [
        (json!({ "exp": now - 60 }), "expired at"),
        (json!({ "exp": null }), "no claim `exp`"),
        (json!({ "exp": "tomorrow" }), "`exp` is not a number"),
        (json!({ "iat": now + 61 }), "valid from"),
        (json!({ "nbf": now + 61 }), "valid from"),
        (json!({ "aud": "crates.io" }), "audience `crates.io`, not for `crates.test`"),
        (json!({ "aud": ["a", "b"] }), "not for `crates.test`"),
        (json!({ "aud": { "crates.test": true } }), "`aud` is not"),
        (json!({ "aud": null }), "no claim `aud`"),
        (json!({ "iss": "https://elsewhere.test" }), "Unsupported JWT issuer: https://elsewhere.test"),
        (json!({ "iss": format!("{}/", scene.platforms.github.url()) }), "Unsupported JWT issuer"),
        (json!({ "iss": scene.platforms.gitlab.url() }), ""),
        (json!({ "iss": null }), "no claim `iss`"),
        (json!({ "iss": 7 }), "`iss` is not a text"),
        (json!({ "jti": null }), "no claim `jti`"),
        (json!({ "jti": 7 }), "`jti` is not a text"),
        (json!({ "jti": "" }), "`jti` is not a text"),
        (json!({ "jti": "x".repeat(600) }), "`jti` is not a text"),
        (json!({ "event_name": "pull_request_target" }), "event `pull_request_target`"),
        (json!({ "event_name": "workflow_run" }), "event `workflow_run`"),
        (json!({ "event_name": ["push"] }), "lacks the claim `event_name`"),
        (json!({ "repository": "acme/other" }), "names no workflow of `acme/other`"),
        (
            json!({ "repository": "evil/widget", "workflow_ref": "evil/widget/.github/workflows/publish.yml@refs/x" }),
            "No Trusted Publishing config found for repository `evil/widget`.",
        ),
        (json!({ "repository": null }), "lacks the claim `repository`"),
        (json!({ "repository": { "name": "acme/widget" } }), "lacks the claim `repository`"),
        (json!({ "repository_owner_id": "43" }), "this build is of the owner `43`"),
        (json!({ "repository_owner_id": null }), "lacks the claim `repository_owner_id`"),
        (json!({ "workflow_ref": elsewhere }), "this build runs `ci.yml`"),
        (json!({ "workflow_ref": disguised }), "this build runs `ci.yml`"),
        (json!({ "workflow_ref": null }), "lacks the claim `workflow_ref`"),
        (json!({ "environment": null }), "this job is in none"),
        (json!({ "environment": "test" }), "this job is in `test`"),
        (json!({ "run_id": null }), "lacks the claim `run_id`"),
        (json!({ "sha": "" }), "lacks the claim `sha`"),
    ];
    for (changes, said) in cases {
        let jwt = scene.platforms.github.sign(&scene.github(&in_release(&changes)));
        refused(scene, &changes.to_string(), &jwt, said).await;
    }
    let good = scene.platforms.github.sign(&scene.github(&json!({ "environment": "release" })));
    let _ = exchange(&scene.app.nobody(), &good).await.expect_status(200);
    refused(scene, "a replay", &good, "JWT has already been used").await;
}

/// Changes of a job in the environment that the rule asks for, unless they say otherwise.
fn in_release(changes: &Value) -> Value {
    let mut whole = changes.as_object().expect("an object").clone();
    whole.entry("environment").or_insert_with(|| json!("release"));
    Value::Object(whole)
}

async fn identities_of_gitlab_that_differ_are_refused(scene: &Scene<'_>) {
    scene.trusts_gitlab(KRATE).await;
    let first = scene.platforms.gitlab.sign(&scene.gitlab(&json!({})));
    let _ = exchange(&scene.app.nobody(), &first).await.expect_status(200);
    let cases = [
        (json!({ "namespace_id": "8" }), "this build is of the namespace `8`"),
        (json!({ "namespace_id": null }), "lacks the claim `namespace_id`"),
        (json!({ "project_path": "acme/widget" }), "names no file of `acme/widget`"),
        (json!({ "project_path": "widget" }), "names no project"),
        (
            json!({ "project_path": "evil/tools/widget", "ci_config_ref_uri": "gitlab.test/evil/tools/widget//ci/publish.yml@refs/heads/main" }),
            "No Trusted Publishing config found for project `evil/tools/widget`.",
        ),
        (
            json!({ "ci_config_ref_uri": "gitlab.test/acme/tools/widget//.gitlab-ci.yml@refs/heads/x" }),
            "this build runs `.gitlab-ci.yml`",
        ),
        (
            json!({ "ci_config_ref_uri": "gitlab.test/evil/own//ci/publish.yml@refs/heads/x" }),
            "names no file of",
        ),
        (json!({ "ci_config_ref_uri": null }), "lacks the claim `ci_config_ref_uri`"),
        (json!({ "jti": null }), "no claim `jti`"),
        (json!({ "job_id": null }), "lacks the claim `job_id`"),
    ];
    for (changes, said) in cases {
        let jwt = scene.platforms.gitlab.sign(&scene.gitlab(&changes));
        refused(scene, &changes.to_string(), &jwt, said).await;
    }
}

async fn identities_of_another_issuer_that_differ_are_refused(scene: &Scene<'_>) {
    scene.trusts_forge().await;
    let cases = [
        (json!({ "protected": false }), "claim `protected` is `true`, here it is `false`"),
        (json!({ "protected": null }), "here it is absent"),
        (json!({ "protected": ["true"] }), "here it is absent"),
        (json!({ "sub": "repo:acme/widget-evil:main" }), "here it is `repo:acme/widget-evil:main`"),
        (json!({ "sub": null }), "here it is absent"),
        (json!({ "aud": "elsewhere" }), "audience `elsewhere`"),
    ];
    for (changes, said) in cases {
        let jwt = scene.platforms.forge.sign(&scene.forge(&changes));
        refused(scene, &changes.to_string(), &jwt, said).await;
    }
}

async fn forged_identities_are_refused(scene: &Scene<'_>) {
    scene.trusts_github(KRATE, None).await;
    let key = SigningKey::rsa("first");
    let claims = || scene.github(&json!({}));
    let own_key = json!({
        "alg": "RS256", "kid": "first", "jwk": SigningKey::other_rsa("first").jwk(),
        "jku": format!("{}/keys", scene.platforms.gitlab.url()), "x5u": "https://evil.test",
    });
    let good = key.sign(&claims());
    let (header, rest) = good.split_once('.').expect("three parts");
    let (_, signature) = rest.split_once('.').expect("three parts");
    let other = unsigned(&key.header(), &scene.github(&json!({ "repository": "acme/other" })));
    let twice = claims().to_string().replacen('{', "{\"repository\":\"acme/other\",", 1);
    let cases = [
        ("another key", SigningKey::other_rsa("first").sign(&claims()), "the signature was not made"),
        (
            "a key in the token",
            SigningKey::other_rsa("first").sign_text(&own_key.to_string(), &claims().to_string()),
            "the signature was not made",
        ),
        (
            "an elliptic key of the same name",
            SigningKey::elliptic("first").sign(&claims()),
            "the signature was not made",
        ),
        ("an unknown key", SigningKey::rsa("other").sign(&claims()), "Invalid JWT key ID"),
        ("no key", key.sign_text("{\"alg\":\"RS256\"}", &claims().to_string()), "Missing JWT key ID"),
        ("no signature", unsigned(&key.header(), &claims()), "the signature was not made"),
        ("alg none", unsigned(&json!({ "alg": "none", "kid": "first" }), &claims()), "signed with `none`"),
        ("alg nOnE", unsigned(&json!({ "alg": "nOnE", "kid": "first" }), &claims()), "signed with `nOnE`"),
        (
            "the public key as a secret",
            hmac(&key.public_bytes(), &json!({ "alg": "HS256", "kid": "first" }), &claims()),
            "signed with `HS256`",
        ),
        ("a swapped payload", format!("{other}{signature}"), "the signature was not made"),
        ("a swapped header", format!("e30.{rest}"), "names no algorithm"),
        (
            "a claim that stands twice",
            key.sign_text(&key.header().to_string(), &twice),
            "each key stands once",
        ),
        ("claims that are a list", key.sign_text(&key.header().to_string(), "[1]"), "each key stands once"),
        (
            "a critical extension",
            key.sign_text("{\"alg\":\"RS256\",\"kid\":\"first\",\"crit\":[\"b64\"]}", &claims().to_string()),
            "critical",
        ),
        ("two parts", format!("{header}.{signature}"), "three parts"),
        ("text", "hello".to_owned(), "three parts"),
        ("nothing", String::new(), "three parts"),
        ("NUL", "a\0.b.c".to_owned(), "not base64url"),
        (
            "a huge token",
            key.sign(&scene.github(&json!({ "x": "y".repeat(20_000) }))),
            "longer than 16384 bytes",
        ),
    ];
    for (what, jwt, said) in cases {
        let before = scene.app.footprint().await;
        let reply = exchange(&scene.app.nobody(), &jwt).await;
        assert_eq!(reply.status.as_u16(), 400, "{what}: {:?}", reply.body);
        assert!(reply.error_detail().contains(said), "{what}: {}", reply.error_detail());
        assert_eq!(scene.app.footprint().await, before, "{what} left a trace");
    }
}

async fn bodies_that_are_no_exchange_are_refused(scene: &Scene<'_>) {
    let nobody = scene.app.nobody();
    let post = |body: String| send(nobody.request(Method::POST, TOKENS).body(body));
    for body in ["", "jwt", "{}", "[]", "{\"jwt\":7}", "{\"jwt\":\"a.b.c\",\"crate\":7}"] {
        let reply = post(body.to_owned()).await.expect_status(400);
        assert_ne!(reply.error_detail(), "", "{body}");
    }
    let _ = post(format!("{{\"jwt\":\"{}\"}}", "a".repeat(70_000))).await.expect_status(413);
}

async fn a_refused_identity_is_not_used_up(scene: &Scene<'_>) {
    let jwt = scene.platforms.github.sign(&scene.github(&json!({})));
    refused(scene, "too early", &jwt, "No Trusted Publishing config found").await;
    scene.trusts_github(KRATE, None).await;
    scene.token(&jwt).await;
    refused(scene, "again", &jwt, "JWT has already been used").await;
}
