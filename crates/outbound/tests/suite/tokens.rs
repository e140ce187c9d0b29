//! Tokens of builds and people: what is accepted, what is refused and how it is said, and how keys are kept.

use cratekeep_outbound::jwt::{Claims, Expected, JwtError, Presented, TOKEN_BYTES_MAX};
use cratekeep_outbound::{KeysError, Options, Outbound};
use cratekeep_testkit::issuer::{Issuer, SigningKey, hmac, unsigned};
use cratekeep_testkit::remote::{Remote, answer};
use cratekeep_types::Timestamp;
use serde_json::{Value, json};

/// The moment of every test, in seconds since 1970.
const NOW_SECS: i64 = 1_800_000_000;
const NOW: Timestamp = Timestamp(NOW_SECS * 1_000_000);

fn outbound() -> Outbound {
    Outbound::new(Options { allow_private: true, ..Options::default() }).expect("good options")
}

/// Good claims, with some of them changed; `null` takes one out.
fn claims(issuer: &Issuer, changes: &Value) -> Value {
    let mut claims = json!({
        "iss": issuer.url(), "aud": "house", "sub": "build", "jti": "1",
        "iat": NOW_SECS - 10, "nbf": NOW_SECS - 10, "exp": NOW_SECS + 300,
    });
    for (name, value) in changes.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    claims
}

/// Judges a token as a use case does. Keys that are not to be had count as a failed test.
async fn judge(out: &Outbound, issuer: &Issuer, token: &str) -> Result<Claims, JwtError> {
    let presented = Presented::read(token)?;
    let keys = out.keys(&issuer.url(), &presented, NOW).await.expect("the issuer answers");
    let url = issuer.url();
    presented.verify(
        &keys,
        &Expected { issuer: &url, audiences: &["house", "other-house"], now: NOW, leeway_secs: 60 },
    )
}

#[tokio::test]
async fn good_tokens_of_every_kind_of_key_are_accepted() {
    let (out, issuer) = (outbound(), Issuer::start().await);
    let keys = vec![SigningKey::rsa("r"), SigningKey::elliptic("p"), SigningKey::edwards("e")];
    issuer.publish(keys.clone());
    for key in &keys {
        let claims = judge(&out, &issuer, &key.sign(&claims(&issuer, &json!({})))).await.expect("good");
        assert_eq!((claims.text("sub"), claims.expires_secs()), (Ok("build"), NOW_SECS + 300));
        assert_eq!(claims.optional_text("none"), Ok(None));
    }
    assert_eq!(issuer.times_asked(), 1, "the keys are kept");
}

#[tokio::test]
async fn spellings_of_times_and_audiences_are_accepted() {
    let (out, issuer) = (outbound(), Issuer::start().await);
    let good = [
        json!({"aud": ["other", "house"]}),
        json!({"nbf": null}),
        json!({"exp": f64::from(1_800_000_100) + 0.5}),
        json!({"exp": NOW_SECS - 59}),
        json!({"iat": NOW_SECS + 60, "nbf": NOW_SECS + 60}),
    ];
    for changes in good {
        judge(&out, &issuer, &issuer.sign(&claims(&issuer, &changes)))
            .await
            .unwrap_or_else(|error| panic!("{changes}: {error}"));
    }
}

#[tokio::test]
async fn claims_that_are_not_as_expected_are_refused() {
    let (out, issuer) = (outbound(), Issuer::start().await);
    let cases = [
        (json!({"iss": "https://elsewhere"}), "is from `https://elsewhere`"),
        (json!({"iss": null}), "no claim `iss`"),
        (json!({"iss": ["a"]}), "`iss` is not a text"),
        (json!({"iss": ""}), "`iss` is not a text"),
        (json!({"aud": "elsewhere"}), "audience `elsewhere`, not for `house` or `other-house`"),
        (json!({"aud": "House"}), "audience `House`"),
        (json!({"aud": []}), "not for `house` or"),
        (json!({"aud": null}), "no claim `aud`"),
        (json!({"aud": 7}), "`aud` is not"),
        (json!({"aud": ["house", 7]}), "`aud` is not"),
        (json!({"aud": {"house": 1}}), "`aud` is not"),
        (json!({"exp": NOW_SECS - 60}), "expired at 2027-01-15T07:59:00Z"),
        (json!({"exp": null}), "no claim `exp`"),
        (json!({"exp": "1900000000"}), "`exp` is not a number"),
        (json!({"exp": 1e300}), "`exp` is not a number"),
        (json!({"exp": i64::MAX}), "`exp` is not a number"),
        (json!({"exp": -1}), "expired at 1969"),
        (json!({"nbf": NOW_SECS + 61}), "valid from"),
        (json!({"nbf": true}), "`nbf` is not a number"),
        (json!({"iat": NOW_SECS + 61}), "valid from"),
        (json!({"iat": null}), "no claim `iat`"),
        (json!({"iat": []}), "`iat` is not a number"),
    ];
    for (changes, said) in cases {
        let token = issuer.sign(&claims(&issuer, &changes));
        let error = judge(&out, &issuer, &token).await.expect_err(&changes.to_string()).to_string();
        assert!(error.contains(said), "{changes}: {error}");
    }
}

#[tokio::test]
async fn what_the_issuer_did_not_sign_is_refused() {
    let (out, issuer) = (outbound(), Issuer::start().await);
    let key = SigningKey::rsa("first");
    let good = claims(&issuer, &json!({}));
    let token = key.sign(&good);
    let (header, rest) = token.split_once('.').expect("three parts");
    let (_, signature) = rest.split_once('.').expect("three parts");
    let swapped = unsigned(&key.header(), &claims(&issuer, &json!({"sub": "other"})));
    let in_token = json!({
        "alg": "RS256", "kid": "first", "jwk": SigningKey::other_rsa("first").jwk(),
        "jku": "http://127.0.0.1:1/", "x5u": "http://127.0.0.1:1/",
    });
    let cases = [
        (SigningKey::other_rsa("first").sign(&good), JwtError::Signature),
        (
            SigningKey::other_rsa("first").sign_text(&in_token.to_string(), &good.to_string()),
            JwtError::Signature,
        ),
        (SigningKey::elliptic("first").sign(&good), JwtError::Signature),
        (SigningKey::rsa("other").sign(&good), JwtError::UnknownKey),
        (format!("{swapped}{signature}"), JwtError::Signature),
        (unsigned(&key.header(), &good), JwtError::Signature),
        (unsigned(&json!({"alg": "none", "kid": "first"}), &good), JwtError::Algorithm("none".to_owned())),
        (unsigned(&json!({"alg": "NONE", "kid": "first"}), &good), JwtError::Algorithm("NONE".to_owned())),
        (
            hmac(&key.public_bytes(), &json!({"alg": "HS256", "kid": "first"}), &good),
            JwtError::Algorithm("HS256".to_owned()),
        ),
        (key.sign_text(&json!({"alg": "RS256"}).to_string(), &good.to_string()), JwtError::NoKeyId),
        (key.sign_text("{\"alg\":\"RS256\",\"kid\":7}", &good.to_string()), JwtError::NoKeyId),
        ("a".repeat(TOKEN_BYTES_MAX + 1), JwtError::TooLong),
    ];
    for (token, wanted) in cases {
        assert_eq!(judge(&out, &issuer, &token).await.err(), Some(wanted), "{token}");
    }
    let twice = format!("{{\"sub\":\"other\",{}", &good.to_string()[1..]);
    let shapes = [
        String::new(),
        "a.b".to_owned(),
        format!("{token}.x"),
        format!("{header}=.{rest}"),
        format!("{header}.!.{signature}"),
        key.sign_text(&key.header().to_string(), "[]"),
        key.sign_text(&key.header().to_string(), &twice),
        key.sign_text("{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"first\"}", &good.to_string()),
        key.sign_text("{\"alg\":\"RS256\",\"kid\":\"first\",\"crit\":[\"x\"]}", &good.to_string()),
        key.sign_text("{\"alg\":256,\"kid\":\"first\"}", &good.to_string()),
    ];
    for token in shapes {
        let error = judge(&out, &issuer, &token).await.expect_err(&token);
        assert!(matches!(error, JwtError::Shape(_)), "{token}: {error}");
    }
}

#[tokio::test]
async fn new_keys_are_found_but_nobody_makes_us_ask_often() {
    let (out, issuer) = (outbound(), Issuer::start().await);
    let good = claims(&issuer, &json!({}));
    let old = Presented::read(&issuer.sign(&good)).expect("a token");
    let at = |secs| NOW.plus_secs(secs);
    out.keys(&issuer.url(), &old, at(0)).await.expect("keys");
    issuer.publish(vec![SigningKey::other_rsa("second")]);
    let new = Presented::read(&issuer.sign(&good)).expect("a token");
    for (secs, asked) in [(1, 1), (59, 1), (60, 2), (61, 2), (119, 2), (3_659, 2), (3_660, 3)] {
        out.keys(&issuer.url(), &new, at(secs)).await.expect("keys");
        assert_eq!(issuer.times_asked(), asked, "after {secs} s");
    }
    issuer.set_down(true);
    out.keys(&issuer.url(), &new, at(20_000)).await.expect("the old ones serve for a day");
    let gone = out.keys(&issuer.url(), &new, at(100_000)).await.expect_err("they do not serve for ever");
    assert!(gone.to_string().contains("discovery document"), "{gone}");
    issuer.set_down(false);
    assert!(out.keys(&issuer.url(), &new, at(100_004)).await.is_err(), "a failure is kept for a moment");
    out.keys(&issuer.url(), &new, at(100_005)).await.expect("it is back");
}

#[tokio::test]
async fn many_at_once_ask_once() {
    let (out, issuer) = (outbound(), Issuer::start().await);
    let token = Presented::read(&issuer.sign(&claims(&issuer, &json!({})))).expect("a token");
    let url = issuer.url();
    let asked = futures::future::join_all((0..32).map(|_| out.keys(&url, &token, NOW))).await;
    assert!(asked.iter().all(Result::is_ok));
    assert_eq!(issuer.times_asked(), 1);
}

#[tokio::test]
async fn documents_that_cannot_be_right_are_refused() {
    let issuer = Issuer::start().await;
    let token = Presented::read(&issuer.sign(&claims(&issuer, &json!({})))).expect("a token");
    let ask = |body: &'static str| {
        let token = token.clone();
        async move {
            let remote = Remote::start(move |request| {
                let port =
                    request.split("host: 127.0.0.1:").nth(1).and_then(|rest| rest.split("\r\n").next());
                let url = format!("http://127.0.0.1:{}", port.unwrap_or_default());
                answer(200, &body.replace("URL", &url))
            })
            .await;
            outbound().keys(&remote.url(""), &token, NOW).await.expect_err(body)
        }
    };
    assert!(matches!(ask("no json").await, KeysError::Call { .. }));
    assert!(matches!(ask("{\"issuer\":\"URL/\",\"jwks_uri\":\"URL\"}").await, KeysError::OtherIssuer(_)));
    let weak = "{\"issuer\":\"URL\",\"jwks_uri\":\"URL\",\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"YQ\"},\
                {\"kty\":\"RSA\",\"kid\":\"b\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}";
    assert!(matches!(ask(weak).await, KeysError::NoKeys(_)));
    let plain = Outbound::new(Options::default()).expect("good options");
    let error = plain.keys("http://issuer.example", &token, NOW).await.expect_err("not encrypted");
    assert!(matches!(error, KeysError::Plain(_)), "{error}");
}
