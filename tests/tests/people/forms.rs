//! Forms and changes that other sites would like to send in somebody's name, and where a sign-in goes on to.

use cratekeep_tests::{PASSWORD, TestApp, form, on_both_engines, send};
use http::Method;

on_both_engines![
    changes_by_session_have_to_come_from_our_pages,
    forms_carry_the_key_of_their_session,
    a_sign_in_form_from_elsewhere_is_refused,
    a_sign_in_goes_on_to_own_paths_only,
];

/// Each change that a session can make, with a body that would be good.
const CHANGES: [(&str, &str, &str); 8] = [
    ("POST", "/settings/profile", "display_name=Eve"),
    ("POST", "/settings/mail", "email=eve%40evil.example"),
    ("POST", "/settings/password", "old=correct%20horse%20battery&new=known%20to%20eve%20now"),
    ("POST", "/settings/sessions", "others=yes"),
    ("POST", "/sign-out", ""),
    ("PUT", "/api/v1/me/tokens", "{\"api_token\":{\"name\":\"eve\"}}"),
    ("PUT", "/api/v1/users/1", "{\"user\":{\"email\":\"eve@evil.example\"}}"),
    ("DELETE", "/api/private/session", ""),
];

async fn changes_by_session_have_to_come_from_our_pages(app: &TestApp) {
    let mut visitor = app.signed_in("olga").await;
    let key = visitor.key.clone();
    let elsewhere: [&[(&str, &str)]; 6] = [
        &[],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
    ];
    for (method, path, body) in CHANGES {
        for headers in elsewhere {
            let method = Method::try_from(method).expect("a method");
            let mut request = visitor.request(method, path).body(format!("{body}&key={key}"));
            for (name, value) in headers {
                request = request.header(name, value);
            }
            assert_eq!(send(request).await.status, 403, "{path} with {headers:?}");
        }
    }
    assert_eq!(visitor.who().await.as_deref(), Some("olga"));
    let page = visitor.open("/settings/profile").await;
    assert!(!page.text().contains("Eve") && !page.text().contains("evil.example"));
}

async fn forms_carry_the_key_of_their_session(app: &TestApp) {
    let mut visitor = app.signed_in("olga").await;
    let right = visitor.key.clone();
    let other = app.signed_in("stan").await.key;
    for (_, path, body) in CHANGES.into_iter().filter(|(method, ..)| *method == "POST") {
        for key in ["", "x", other.as_str(), &right.to_uppercase()] {
            let request = visitor
                .request(Method::POST, path)
                .header("sec-fetch-site", "same-origin")
                .body(format!("{body}&key={key}"));
            assert_eq!(send(request).await.status, 403, "{path} with the key `{key}`");
        }
    }
    assert_eq!(visitor.who().await.as_deref(), Some("olga"));
    let json = visitor
        .request(Method::POST, "/settings/profile")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/json")
        .body(format!("{{\"key\":\"{right}\"}}"));
    assert_eq!(send(json).await.status, 400);
}

async fn a_sign_in_form_from_elsewhere_is_refused(app: &TestApp) {
    let _ = app.signed_in("olga").await;
    let body = form(&[("name", "olga"), ("password", PASSWORD)]);
    for headers in [None, Some(("sec-fetch-site", "cross-site")), Some(("origin", "https://evil.example"))] {
        let mut request = app.visitor().request(Method::POST, "/sign-in").body(body.clone());
        if let Some((name, value)) = headers {
            request = request.header(name, value);
        }
        let reply = send(request).await.expect_status(403);
        assert_eq!(reply.header("set-cookie"), "", "{headers:?}");
    }
}

async fn a_sign_in_goes_on_to_own_paths_only(app: &TestApp) {
    let _ = app.signed_in("olga").await;
    let targets = [
        ("/settings/sessions", "/settings/sessions"),
        ("/settings/tokens?a=b", "/settings/tokens?a=b"),
        ("https://evil.example", "/me"),
        ("//evil.example", "/me"),
        ("/\\evil.example", "/me"),
        ("\\\\evil.example", "/me"),
        ("/\t/evil.example", "/me"),
        ("javascript:alert(1)", "/me"),
        ("evil.example", "/me"),
        ("/a\r\nset-cookie: x=y", "/me"),
        ("", "/me"),
    ];
    for (asked, gone_to) in targets {
        let mut visitor = app.visitor();
        let fields = [("name", "olga"), ("password", PASSWORD), ("next", asked)];
        let reply = visitor.submit("/sign-in", &fields).await.expect_status(303);
        assert_eq!(reply.header("location"), gone_to, "{asked:?}");
        // Who is signed in already is sent on at once, by the same rule.
        let query = form(&[("next", asked)]);
        let reply = visitor.open(&format!("/sign-in?{query}")).await.expect_status(303);
        assert_eq!(reply.header("location"), gone_to, "{asked:?}");
        // Tries are counted.
        app.clock().advance_secs(3_600);
    }
}
