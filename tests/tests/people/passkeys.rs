//! Passkeys, with an authenticator made of software: added, asked for after the password, used alone, taken away.

use cratekeep_tests::{Authenticator, PASSWORD, Spec, TestApp, Visitor, on_both_engines};
use serde_json::Value;

on_both_engines![
    over_https => a_passkey_is_asked_for_after_the_password,
    a_passkey_alone_signs_in_and_may_be_the_only_way,
    answers_that_are_not_good_get_nowhere,
    a_name_without_passkeys_gets_a_challenge_too,
    adding_one_needs_the_password_and_its_own_session,
    who_lost_them_all_is_helped_by_an_administrator,
];
on_both_engines![over_http_there_are_no_passkeys];

const ORIGIN: &str = "https://crates.example";

fn over_https(spec: Spec) -> Spec {
    spec.options(|options| options.base_url = ORIGIN.to_owned())
}

async fn begin(visitor: &mut Visitor, label: &str) -> Value {
    let fields = [("label", label), ("old", PASSWORD)];
    visitor.submit("/settings/passkeys/begin", &fields).await.expect_status(200).json()
}

/// Adds a passkey for who is signed in.
async fn add(visitor: &mut Visitor) -> Authenticator {
    let mut key = Authenticator::new(ORIGIN);
    let offer = begin(visitor, "laptop").await;
    let answer = key.register(&offer["options"]);
    let ticket = offer["ticket"].as_str().expect("a ticket");
    let fields = [("ticket", ticket), ("answer", answer.as_str())];
    let _ = visitor.submit("/settings/passkeys/finish", &fields).await.expect_status(200);
    key
}

/// What the server asks of somebody of this name; empty after the password.
async fn asked(visitor: &mut Visitor, name: &str) -> Value {
    visitor.submit("/passkey/begin", &[("name", name)]).await.expect_status(200).json()
}

async fn answer(visitor: &mut Visitor, offer: &Value, answer: &str) -> u16 {
    let ticket = offer["ticket"].as_str().expect("a ticket");
    let fields = [("ticket", ticket), ("answer", answer), ("next", "/settings/passkeys")];
    let reply = visitor.submit("/passkey/finish", &fields).await;
    if reply.status == 200 {
        assert_eq!(reply.json()["next"], "/settings/passkeys");
    }
    reply.status.as_u16()
}

async fn a_passkey_is_asked_for_after_the_password(app: &TestApp) {
    let mut key = add(&mut app.signed_in("olga").await).await;
    let mut visitor = app.visitor();
    let reply =
        visitor.submit("/sign-in", &[("name", "olga"), ("password", PASSWORD)]).await.expect_status(303);
    assert_eq!(reply.header("location"), "/passkey?next=%2Fme");
    assert_eq!(visitor.session(), None);
    assert_eq!(visitor.who().await, None);
    let offer = asked(&mut visitor, "").await;
    let signed = key.sign(&offer["options"]);
    assert_eq!(answer(&mut visitor, &offer, &signed).await, 200);
    assert_eq!(visitor.who().await.as_deref(), Some("olga"));
    let page = visitor.open("/settings/sessions").await;
    assert!(page.text().contains("password and passkey"));
    // The same answer is worth nothing a second time, and the first step is used up.
    let mut again = app.visitor();
    assert_eq!(answer(&mut again, &offer, &signed).await, 401);
    assert!(!visitor.cookies.iter().any(|(name, _)| name.contains("step")));
}

async fn a_passkey_alone_signs_in_and_may_be_the_only_way(app: &TestApp) {
    let mut visitor = app.signed_in("olga").await;
    let reply = visitor.submit("/settings/passkeys/remove", &[("id", "password"), ("old", PASSWORD)]).await;
    assert_eq!(reply.status, 409, "without a passkey there would be no way in");
    let mut key = add(&mut visitor).await;
    let fields = [("id", "password"), ("old", PASSWORD)];
    let _ = visitor.submit("/settings/passkeys/remove", &fields).await.expect_status(303);
    let reply = app.visitor().submit("/sign-in", &[("name", "olga"), ("password", PASSWORD)]).await;
    assert_eq!(reply.status, 401);
    let mut fresh = app.visitor();
    let offer = asked(&mut fresh, "Olga").await;
    let signed = key.sign(&offer["options"]);
    assert_eq!(answer(&mut fresh, &offer, &signed).await, 200);
    assert_eq!(fresh.who().await.as_deref(), Some("olga"));
    let _ = fresh.open("/settings/passkeys").await;
    let reply = fresh.submit("/settings/passkeys/remove", &[("id", "1")]).await;
    assert_eq!(reply.status, 409, "it is the last way in");
}

async fn answers_that_are_not_good_get_nowhere(app: &TestApp) {
    let mut key = add(&mut app.signed_in("olga").await).await;
    let mut other = add(&mut app.signed_in("stan").await).await;
    for case in ["elsewhere", "unverified", "other-key", "other-challenge", "old", "not-json", "clone"] {
        let mut visitor = app.visitor();
        let offer = asked(&mut visitor, "olga").await;
        let signed = match case {
            "elsewhere" => {
                key.origin = "https://evil.example".to_owned();
                let signed = key.sign(&offer["options"]);
                key.origin = ORIGIN.to_owned();
                signed
            }
            "unverified" => {
                key.is_verified = false;
                let signed = key.sign(&offer["options"]);
                key.is_verified = true;
                signed
            }
            "other-key" => other.sign(&offer["options"]),
            "other-challenge" => {
                let earlier = asked(&mut visitor, "olga").await;
                key.sign(&earlier["options"])
            }
            "old" => {
                let signed = key.sign(&offer["options"]);
                app.clock().advance_secs(301);
                signed
            }
            "clone" => {
                // A good answer first; then one whose counter was seen before.
                let good = key.sign(&offer["options"]);
                assert_eq!(answer(&mut visitor, &offer, &good).await, 200);
                let again = asked(&mut app.visitor(), "olga").await;
                key.counter = 0;
                let signed = key.sign(&again["options"]);
                assert_eq!(answer(&mut app.visitor(), &again, &signed).await, 401, "{case}");
                continue;
            }
            _ => "{".to_owned(),
        };
        assert_eq!(answer(&mut visitor, &offer, &signed).await, 401, "{case}");
        assert_eq!(visitor.session(), None, "{case}");
    }
}

async fn a_name_without_passkeys_gets_a_challenge_too(app: &TestApp) {
    let mut key = add(&mut app.signed_in("olga").await).await;
    let _ = app.signed_in("stan").await;
    let mut visitor = app.visitor();
    let known = asked(&mut visitor, "olga").await;
    let shape = |offer: &Value| {
        let mut options = offer["options"]["publicKey"].clone();
        let length = options["allowCredentials"][0]["id"].as_str().map(str::len);
        options["challenge"] = Value::from(options["challenge"].as_str().map(str::len));
        options["allowCredentials"][0]["id"] = Value::from(length);
        options
    };
    let credential = |offer: &Value| offer["options"]["publicKey"]["allowCredentials"].clone();
    for name in ["stan", "nobody-here"] {
        let offer = asked(&mut visitor, name).await;
        assert_eq!(shape(&offer), shape(&known), "{name}");
        let again = asked(&mut visitor, name).await;
        assert_eq!(credential(&offer), credential(&again), "{name}: the same at each time");
        let signed = key.sign(&offer["options"]);
        assert_eq!(answer(&mut visitor, &offer, &signed).await, 401, "{name}");
    }
}

async fn adding_one_needs_the_password_and_its_own_session(app: &TestApp) {
    let mut olga = app.signed_in("olga").await;
    let reply = olga.submit("/settings/passkeys/begin", &[("label", "x"), ("old", "a wrong password")]).await;
    assert!(reply.expect_status(400).text().contains("not your present password"));
    let reply = olga.submit("/settings/passkeys/begin", &[("label", ""), ("old", PASSWORD)]).await;
    assert_eq!(reply.status, 400);
    let offer = begin(&mut olga, "travel key").await;
    let mut key = Authenticator::new(ORIGIN);
    let made = key.register(&offer["options"]);
    let ticket = offer["ticket"].as_str().expect("a ticket");
    let fields = [("ticket", ticket), ("answer", made.as_str())];
    // Somebody else's session cannot finish it; it is used up by the try.
    let mut stan = app.signed_in("stan").await;
    assert_eq!(stan.submit("/settings/passkeys/finish", &fields).await.status, 400);
    assert_eq!(olga.submit("/settings/passkeys/finish", &fields).await.status, 400);
    assert!(!olga.open("/settings/passkeys").await.text().contains("travel key"));
}

async fn who_lost_them_all_is_helped_by_an_administrator(app: &TestApp) {
    use cratekeep_wire::control::{AdminCommand, UserCommand};
    let _ = add(&mut app.signed_in("olga").await).await;
    // A link alone sets the password, but is no way around the passkey.
    let link = app.password_link("olga").await;
    let mut visitor = app.visitor();
    let reply = visitor.submit(&link, &[("password", PASSWORD)]).await.expect_status(303);
    assert!(reply.header("location").starts_with("/passkey"));
    assert_eq!(visitor.session(), None);
    let command = UserCommand::Link { name: "olga".to_owned(), drop_passkeys: true };
    app.admin(AdminCommand::User(command)).await;
    let mut visitor = app.visitor();
    visitor.sign_in("olga", PASSWORD).await;
}

async fn over_http_there_are_no_passkeys(app: &TestApp) {
    let mut visitor = app.signed_in("olga").await;
    let page = visitor.open("/settings/passkeys").await.expect_status(200);
    assert!(page.text().contains("over https"));
    let reply = visitor.submit("/settings/passkeys/begin", &[("label", "x"), ("old", PASSWORD)]).await;
    assert_eq!(reply.status, 400);
}
