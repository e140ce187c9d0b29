//! What a lying, broken or foreign provider gets: nobody is signed in, no account is made, and the answer is ours.

use std::time::Duration;

use cratekeep_testkit::issuer::SigningKey;
use cratekeep_testkit::oidc::{Lie, Sign};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::stage::{Stage, on_both_stages};

on_both_stages![no_lie_signs_anybody_in, what_differs_without_being_wrong_is_accepted];

/// A thing that is wrong, with the lies that make it so.
struct Wrong(&'static str, Vec<Lie>);

async fn no_lie_signs_anybody_in(stage: &Stage) {
    stage.at_corp("00u0", "before", &[]);
    let _ = stage.signed_in("corp").await;
    stage.at_corp("00u1", "mallory", &["bosses"]);
    let tarpit = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let silent = format!("http://{}/token", tarpit.local_addr().expect("it is bound"));
    let all: Vec<Wrong> = [tokens(), types(), answers(&silent), callbacks()].into_iter().flatten().collect();
    assert!(all.len() >= 60, "only {} variants", all.len());
    let events = stage.last_event().await;
    let mut through = Vec::new();
    for Wrong(what, lies) in all {
        // What was known of the provider is forgotten, so that every document is read anew.
        stage.wait(661);
        lies.into_iter().for_each(|lie| stage.idp.lie(fresh(lie, stage.now_secs())));
        let browser = stage.browser();
        let reply = match browser.open("/sign-in/corp").await {
            sent if sent.status == 303 && sent.header("location").starts_with(&stage.idp.issuer()) => {
                let back = browser.go("/sign-in/corp").await;
                tokio::time::timeout(Duration::from_secs(30), browser.open(&back)).await.expect("an answer")
            }
            refused => refused,
        };
        if !reply.status.is_client_error() || browser.session().is_some() {
            through.push(format!("{what}: {}", reply.status));
        }
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert!(
            !text.contains("canary") && !text.contains("nonce") && !text.contains("127.0.0.1"),
            "{what}: {text}"
        );
        stage.idp.be_honest();
    }
    assert!(through.is_empty(), "{through:#?}");
    assert_eq!(stage.last_event().await, events, "no account was made");
    stage.wait(661);
    assert_eq!(stage.name(&stage.signed_in("corp").await).await, "mallory", "without lies it works");
}

async fn what_differs_without_being_wrong_is_accepted(stage: &Stage) {
    stage.at_corp("00u1", "ann", &[]);
    let lies = [
        Lie::Claim("aud", json!(["crates"])),
        Lie::Claim("azp", json!("crates")),
        Lie::Claim("exp", json!(-30)),
        Lie::Claim("iat", json!(30)),
        Lie::Claim("nbf", json!(30)),
        Lie::Claim("extra", json!({"deep": ["x"]})),
        Lie::NoClaim("groups"),
        Lie::NoClaim("preferred_username"),
        Lie::Header("typ", json!("jwt")),
        Lie::Discovery("userinfo_endpoint", Value::Null),
        Lie::Discovery("token_endpoint_auth_methods_supported", json!(["client_secret_post"])),
        Lie::Discovery("extra", json!(1)),
        Lie::Reply("scope", json!("openid")),
        Lie::Callback("session_state", Some("x")),
    ];
    for lie in lies {
        stage.wait(661);
        stage.idp.lie(fresh(lie.clone(), stage.now_secs()));
        let reply = stage.browser().sign_in("corp").await;
        assert_eq!(reply.status, 303, "{lie:?}: {}", String::from_utf8_lossy(&reply.body));
        stage.idp.be_honest();
    }
    stage.wait(661);
    stage.idp.rotate(SigningKey::elliptic("second"));
    assert_eq!(stage.name(&stage.signed_in("corp").await).await, "ann");
    stage.idp.rotate(SigningKey::other_rsa("third"));
    assert_eq!(stage.name(&stage.signed_in("corp").await).await, "ann");
}

/// Times in lies count from the moment of the lie.
fn fresh(lie: Lie, now_secs: i64) -> Lie {
    match lie {
        Lie::Claim(name @ ("exp" | "iat" | "nbf"), Value::Number(shift)) => {
            Lie::Claim(name, json!(now_secs + shift.as_i64().unwrap_or_default()))
        }
        other => other,
    }
}

fn tokens() -> Vec<Wrong> {
    let one = |what, lie| Wrong(what, vec![lie]);
    vec![
        one("no signature", Lie::Sign(Sign::Nothing)),
        one("signed with the public key as a secret", Lie::Sign(Sign::WithPublicKey)),
        one("signed with the client's secret", Lie::Sign(Sign::WithClientSecret)),
        one("signed by somebody else under our key's id", Lie::Sign(Sign::ByStranger)),
        one("signed by an unknown key", Lie::Sign(Sign::ByUnknown)),
        one("a broken signature", Lie::Sign(Sign::Broken)),
        one("a signature that is not on the list", Lie::Sign(Sign::Edwards)),
        one("no token at all", Lie::Sign(Sign::NoToken)),
        one("a huge token", Lie::Sign(Sign::Huge)),
        one("for another client", Lie::Claim("aud", json!("other"))),
        one("for several clients", Lie::Claim("aud", json!(["crates", "other"]))),
        one("for nobody", Lie::Claim("aud", json!([]))),
        one("without an audience", Lie::NoClaim("aud")),
        one("by another issuer", Lie::Claim("iss", json!("https://evil.example"))),
        one("by the issuer with a slash more", Lie::Claim("iss", json!("http://127.0.0.1/"))),
        one("without an issuer", Lie::NoClaim("iss")),
        one("made for another party", Lie::Claim("azp", json!("other"))),
        one("another nonce", Lie::Claim("nonce", json!("other"))),
        one("an empty nonce", Lie::Claim("nonce", json!(""))),
        one("without a nonce", Lie::NoClaim("nonce")),
        one("over since an hour", Lie::Claim("exp", json!(-3_600))),
        one("over since 61 seconds", Lie::Claim("exp", json!(-61))),
        one("without an end", Lie::NoClaim("exp")),
        one("issued in five minutes", Lie::Claim("iat", json!(300))),
        one("issued long ago", Lie::Claim("iat", json!(-90_000))),
        one("without a time of issue", Lie::NoClaim("iat")),
        one("counts from tomorrow on", Lie::Claim("nbf", json!(86_400))),
        one("without a subject", Lie::NoClaim("sub")),
        one("an empty subject", Lie::Claim("sub", json!(""))),
        one("a subject of 300 characters", Lie::Claim("sub", json!("x".repeat(300)))),
        one("a subject with a line break", Lie::Claim("sub", json!("a\nb"))),
        one("a critical header", Lie::Header("crit", json!(["b64"]))),
        one("another type of token", Lie::Header("typ", json!("at+jwt"))),
        one("a nested token", Lie::Header("cty", json!("JWT"))),
        one("an unknown algorithm", Lie::Header("alg", json!("XX256"))),
        one("RS512 in the header, RS256 in the signature", Lie::Header("alg", json!("RS512"))),
        one("the subject twice", Lie::Payload(|text| doubled(&text, "\"sub\":\"00u0\""))),
        one("the groups twice", Lie::Payload(|text| doubled(&text, "\"groups\":[\"bosses\"]"))),
        one("the audience twice", Lie::Payload(|text| doubled(&text, "\"aud\":\"crates\""))),
        one("claims that are a list", Lie::Payload(|_| "[]".to_owned())),
        one("claims that are no JSON", Lie::Payload(|text| text.replace('{', "("))),
    ]
}

/// The claims with one more in front.
fn doubled(claims: &str, more: &str) -> String {
    claims.replacen('{', &format!("{{{more},"), 1)
}

fn types() -> Vec<Wrong> {
    let one = |what, name, value: Value| Wrong(what, vec![Lie::Claim(name, value)]);
    vec![
        one("a subject that is a number", "sub", json!(7)),
        one("a subject that is null", "sub", Value::Null),
        one("a subject that is a list", "sub", json!(["00u0"])),
        one("an audience that is a number", "aud", json!(1)),
        one("an end that is a text", "exp", json!("tomorrow")),
        one("an issuer that is a list", "iss", json!([])),
        one("a start that is a text", "nbf", json!("now")),
        one("a party that is a list", "azp", json!(["crates"])),
        one("groups that are a text", "groups", json!("bosses")),
        one("groups that are an object", "groups", json!({"bosses": true})),
        one("groups that are numbers", "groups", json!([1, 2])),
        one("groups with a list among them", "groups", json!(["rust", ["bosses"]])),
        one("groups that are null", "groups", Value::Null),
        one("too many groups", "groups", json!(vec!["x"; 3_000])),
        one("a group with a long name", "groups", json!(["x".repeat(1_000)])),
        one("a name that is a number", "preferred_username", json!(1)),
        one("a verified mail address that is a text", "email_verified", json!("yes")),
    ]
}

fn answers(silent: &str) -> Vec<Wrong> {
    let one = |what, lie| Wrong(what, vec![lie]);
    let fault = |what, path, status, text| Wrong(what, vec![Lie::Fault(path, status, text)]);
    let discovery = "/.well-known/openid-configuration";
    vec![
        one("discovery with another issuer", Lie::Discovery("issuer", json!("https://evil.example"))),
        one("discovery without an issuer", Lie::Discovery("issuer", Value::Null)),
        one("discovery without a token endpoint", Lie::Discovery("token_endpoint", Value::Null)),
        one("discovery without keys", Lie::Discovery("jwks_uri", Value::Null)),
        one("a token endpoint inside a file", Lie::Discovery("token_endpoint", json!("file:///etc/passwd"))),
        one("a token endpoint that says nothing", Lie::Discovery("token_endpoint", json!(silent))),
        fault("discovery that is away", discovery, 404, "{}"),
        fault("discovery that fails", discovery, 500, "{}"),
        fault("discovery that is no JSON", discovery, 200, "<html>"),
        fault("discovery that is a list", discovery, 200, "[]"),
        one("discovery that sends around in a circle", Lie::Redirect(discovery, discovery.to_owned())),
        fault("keys that are away", "/keys", 404, "{}"),
        fault("keys that fail", "/keys", 503, ""),
        fault("keys that are no JSON", "/keys", 200, "no"),
        one("no keys", Lie::Keys(json!({ "keys": [] }))),
        one(
            "keys that are a shared secret",
            Lie::Keys(json!({"keys": [{"kty": "oct", "kid": "first", "k": "Zm9v"}]})),
        ),
        fault("a token endpoint that fails", "/token", 500, "{}"),
        fault("a token endpoint that is away", "/token", 404, ""),
        fault("a token endpoint that refuses", "/token", 400, r#"{"error":"invalid_grant"}"#),
        fault("a refusal with strange words", "/token", 400, r#"{"error":"<script>canary</script>"}"#),
        fault("an answer that is no JSON", "/token", 200, "token=abc"),
        fault("an answer that is a list", "/token", 200, "[]"),
        one("an answer without an ID token", Lie::Reply("id_token", Value::Null)),
        one("an answer without an access token", Lie::Reply("access_token", Value::Null)),
        one("an ID token that is a number", Lie::Reply("id_token", json!(1))),
        one("an ID token that is empty", Lie::Reply("id_token", json!(""))),
        one("a token endpoint that sends elsewhere", Lie::Redirect("/token", "/keys".to_owned())),
        Wrong(
            "groups of somebody else in the user info",
            vec![
                Lie::NoClaim("groups"),
                Lie::Fault("/userinfo", 200, r#"{"sub":"00u0","groups":["bosses"]}"#),
            ],
        ),
        Wrong(
            "odd groups in the user info",
            vec![Lie::NoClaim("groups"), Lie::Fault("/userinfo", 200, r#"{"sub":"00u1","groups":"bosses"}"#)],
        ),
        Wrong("user info that fails", vec![Lie::NoClaim("groups"), Lie::Fault("/userinfo", 500, "")]),
    ]
}

fn callbacks() -> Vec<Wrong> {
    let one = |what, name, value| Wrong(what, vec![Lie::Callback(name, value)]);
    vec![
        one("back without a state", "state", None),
        one("back with another state", "state", Some("0000")),
        one("back without a code", "code", None),
        one("back with an empty code", "code", Some("")),
        one("back with another code", "code", Some("code-999")),
        one("back with a long code", "code", Some("x\u{1}y")),
        one("back from another issuer", "iss", Some("https://evil.example")),
        one("back with an error beside the code", "error", Some("access_denied")),
    ]
}
