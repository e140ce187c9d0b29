//! Signing in with passwords: what is said to whom, how often, and from where.

use cratekeep_app::Rates;
use cratekeep_tests::{PASSWORD, Spec, TestApp, on_both_engines};
use cratekeep_types::Rate;

on_both_engines![
    unknown_users_and_wrong_passwords_look_the_same,
    no_default_pair_signs_in_on_a_fresh_server,
    an_account_without_a_password_has_none_to_guess,
    bad_passwords_are_refused_with_a_reason,
    the_first_administrator_is_signed_in,
];
on_both_engines![throttled => tries_are_limited_by_account_and_by_address];
on_both_engines![behind_a_proxy => over_plain_http_passwords_come_from_this_machine_only];

fn throttled(spec: Spec) -> Spec {
    let often = |burst| Some(Rate { burst, refill_micros: 60_000_000 });
    spec.options(move |options| {
        options.rates = Rates { sign_in: often(3), sign_in_address: often(12), ..Rates::default() };
    })
}

fn behind_a_proxy(spec: Spec) -> Spec {
    spec.trusting(&["127.0.0.0/8"])
}

async fn try_it(app: &TestApp, name: &str, password: &str) -> (u16, String) {
    let mut visitor = app.visitor();
    let reply = visitor.submit("/sign-in", &[("name", name), ("password", password)]).await;
    assert!(visitor.session().is_none() || reply.status == 303);
    let text = reply.text().replace(name, "NAME");
    (reply.status.as_u16(), text)
}

async fn unknown_users_and_wrong_passwords_look_the_same(app: &TestApp) {
    let _ = app.signed_in("olga").await;
    let _ = app.person("nopassword").await;
    let known = try_it(app, "olga", "a wrong password").await;
    assert_eq!(known.0, 401);
    assert!(known.1.contains("the user name or the password is wrong"), "{}", known.1);
    for name in ["nobody-here", "nopassword", "a b", "über"] {
        assert_eq!(try_it(app, name, "a wrong password").await, known, "{name}");
    }
}

async fn no_default_pair_signs_in_on_a_fresh_server(app: &TestApp) {
    app.administrator().await;
    for name in ["admin", "administrator", "root", "user", "test", "cratekeep", "guest", "adam"] {
        for password in ["", name, "admin", "password", "changeme", "cratekeep", "123456", "secret"] {
            assert_ne!(try_it(app, name, password).await.0, 303, "{name} with {password}");
        }
    }
}

async fn an_account_without_a_password_has_none_to_guess(app: &TestApp) {
    let _ = app.person("olga").await;
    for password in ["", " ", "$argon2id$", "null"] {
        assert_eq!(try_it(app, "olga", password).await.0, 401);
    }
}

async fn bad_passwords_are_refused_with_a_reason(app: &TestApp) {
    let mut visitor = app.signed_in("olga").await;
    for (new, reason) in [
        ("short", "at least 10 characters"),
        ("olga-olga1", "little more than the user name"),
        ("aaaaaaaaaaaa", "again and again"),
        ("", "at least 10 characters"),
        (&"x1".repeat(600), "at most 1024 bytes"),
    ] {
        let reply = visitor.submit("/settings/password", &[("old", PASSWORD), ("new", new)]).await;
        let reply = reply.expect_status(400);
        assert!(reply.text().contains(reason), "{reason}: {}", reply.text());
    }
    let reply = visitor.submit("/settings/password", &[("old", "not the old one"), ("new", PASSWORD)]).await;
    assert!(reply.expect_status(400).text().contains("not your present password"));
    visitor.sign_in("olga", PASSWORD).await;
}

async fn the_first_administrator_is_signed_in(app: &TestApp) {
    let code = app.app().offer_setup().await.expect("an answer").expect("nobody administers yet");
    let path = format!("/setup/{}", code.expose());
    let mut visitor = app.visitor();
    assert!(visitor.open(&path).await.expect_status(200).text().contains("type=\"password\""));
    let reply = visitor.submit(&path, &[("name", "ada"), ("password", "short")]).await.expect_status(400);
    assert!(reply.text().contains("at least 10 characters"));
    let reply = visitor.submit(&path, &[("name", "ada"), ("password", PASSWORD)]).await.expect_status(200);
    assert!(reply.text().contains("ckp_"));
    assert_eq!(visitor.who().await.as_deref(), Some("ada"));
    let mut again = app.visitor();
    again.sign_in("ada", PASSWORD).await;
}

async fn tries_are_limited_by_account_and_by_address(app: &TestApp) {
    let _ = app.signed_in("olga").await;
    for _ in 0..3 {
        assert_eq!(try_it(app, "olga", "a wrong password").await.0, 401);
    }
    // The right password as well: whoever guesses must not learn that it was right.
    let (status, text) = try_it(app, "olga", PASSWORD).await;
    assert_eq!(status, 429);
    assert!(text.contains("too many attempts to sign in to this account"), "{text}");
    for _ in 0..3 {
        assert_eq!(try_it(app, "not-there", "a wrong password").await.0, 401);
    }
    assert_eq!(try_it(app, "not-there", "a wrong password").await.0, 429, "as for one who is there");
    for n in 0..4 {
        assert_eq!(try_it(app, &format!("spray-{n}"), "a wrong password").await.0, 401);
    }
    let (status, text) = try_it(app, "spray-5", "a wrong password").await;
    assert_eq!(status, 429);
    assert!(text.contains("from your address"), "{text}");
    app.clock().advance_secs(61);
    assert_eq!(try_it(app, "olga", PASSWORD).await.0, 303);
}

async fn over_plain_http_passwords_come_from_this_machine_only(app: &TestApp) {
    let _ = app.signed_in("olga").await;
    let far = |request: cratekeep_testkit::http::Request| request.header("x-forwarded-for", "203.0.113.9");
    let page = cratekeep_tests::send(far(app.visitor().request(http::Method::GET, "/sign-in"))).await;
    assert!(!page.text().contains("type=\"password\""));
    assert!(page.text().contains("auth.allow_plain_http"));
    let body = cratekeep_tests::form(&[("name", "olga"), ("password", PASSWORD)]);
    let request =
        app.visitor().request(http::Method::POST, "/sign-in").header("sec-fetch-site", "same-origin");
    let reply = cratekeep_tests::send(far(request).body(body)).await.expect_status(403);
    assert!(reply.text().contains("plain http"), "{}", reply.text());
}
