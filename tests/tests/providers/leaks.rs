//! GitHub's secret scanning: alerts with good signatures and bad ones.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cratekeep_testkit::http::Reply;
use cratekeep_tests::{TokenWish, send};
use http::Method;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::stage::{Stage, on_both_stages};

on_both_stages![
    an_alert_revokes_what_is_ours_and_labels_the_rest,
    an_alert_without_a_good_signature_changes_nothing,
];

/// How the DER form of a P-256 public key begins (RFC 5480).
const HEAD: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200";

fn key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).expect("a key")
}

fn published(name: &str, key: &EcdsaKeyPair, is_current: bool) -> Value {
    let head = (0..HEAD.len()).step_by(2).map(|at| u8::from_str_radix(&HEAD[at..at + 2], 16).expect("hex"));
    let der: Vec<u8> = head.chain(key.public_key().as_ref().iter().copied()).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der));
    json!({"key_identifier": name, "key": pem, "is_current": is_current})
}

fn signature(key: &EcdsaKeyPair, body: &str) -> String {
    let signed = key.sign(&SystemRandom::new(), body.as_bytes()).expect("a signature");
    STANDARD.encode(signed)
}

async fn alert(stage: &Stage, name: &str, signature: &str, body: &str) -> Reply {
    let request = stage.app.nobody().request(Method::POST, "/api/github/secret-scanning/verify");
    let request = request.header("github-public-key-identifier", name);
    send(request.header("github-public-key-signature", signature).body(body.to_owned())).await
}

async fn an_alert_revokes_what_is_ours_and_labels_the_rest(stage: &Stage) {
    let key = key();
    stage.forge.publish_keys(vec![published("one", &key, true)]);
    let owner = stage.app.owner().await;
    let leaked = stage.app.token_for(&owner, TokenWish::default()).await;
    let body = json!([
        {"token": leaked.token(), "type": "cratekeep_token", "url": "https://git.example/leak", "source": "content"},
        {"token": "ckp_nothing", "type": "cratekeep_token", "url": null, "source": "content"},
    ])
    .to_string();
    for _ in 0..2 {
        let reply = alert(stage, "one", &signature(&key, &body), &body).await.expect_status(200);
        assert_eq!(
            reply.json(),
            json!([
                {"token_raw": leaked.token(), "token_type": "cratekeep_token", "label": "true_positive"},
                {"token_raw": "ckp_nothing", "token_type": "cratekeep_token", "label": "false_positive"},
            ])
        );
        let _ = leaked.fetch("/api/v1/me/tokens").await.expect_status(401);
    }
    let _ = owner.fetch("/api/v1/me/tokens").await.expect_status(200);
    for bad in ["{}", "[{}]", "no json"] {
        let reply = alert(stage, "one", &signature(&key, bad), bad).await.expect_status(400);
        assert!(
            reply.error_detail().starts_with("invalid secret alert request:"),
            "{}",
            reply.error_detail()
        );
    }
}

async fn an_alert_without_a_good_signature_changes_nothing(stage: &Stage) {
    let (good, old, foreign) = (key(), key(), key());
    stage.forge.publish_keys(vec![published("good", &good, true), published("old", &old, false)]);
    let owner = stage.app.owner().await;
    let body = json!([{"token": owner.token(), "type": "t", "url": "u", "source": "s"}]).to_string();
    let right = signature(&good, &body);
    for (name, signature) in [
        ("good", signature(&foreign, &body)),
        ("good", signature(&good, "another body")),
        ("good", "no base64!".to_owned()),
        ("good", String::new()),
        ("", right.clone()),
        ("unknown", right.clone()),
        ("old", signature(&old, &body)),
    ] {
        let reply = alert(stage, name, &signature, &body).await.expect_status(400);
        let detail = reply.error_detail();
        assert!(detail.starts_with("failed to verify request signature:"), "{name}: {detail}");
        assert!(!detail.contains("ckp_"), "{detail}");
    }
    let _ = owner.fetch("/api/v1/me/tokens").await.expect_status(200);
    // A key that GitHub published since is asked for, but not at every request.
    stage.forge.publish_keys(vec![published("new", &foreign, true)]);
    let _ = alert(stage, "new", &signature(&foreign, &body), &body).await.expect_status(400);
    stage.wait(60);
    let _ = alert(stage, "new", &signature(&foreign, &body), &body).await.expect_status(200);
}
