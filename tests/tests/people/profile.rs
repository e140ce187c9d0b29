//! What people say of themselves, on the pages and over the API, and mail addresses with their confirmation.

use cratekeep_tests::{Spec, TestApp, on_both_engines, send};
use http::Method;
use serde_json::json;

on_both_engines![a_profile_is_changed_on_its_page, the_api_answers_for_the_account_that_asks];
on_both_engines![with_mail => an_address_is_confirmed_by_its_letter, a_forgotten_password_is_set_by_a_letter];

fn with_mail(spec: Spec) -> Spec {
    spec.with_mail()
}

async fn a_profile_is_changed_on_its_page(app: &TestApp) {
    let mut visitor = app.signed_in("olga").await;
    let fields = [("display_name", "Olga <b>O</b>")];
    let _ = visitor.submit("/settings/profile", &fields).await.expect_status(303);
    let page = visitor.open("/settings/profile").await;
    assert!(page.text().contains("Olga &#60;b&#62;O"), "{}", page.text());
    assert!(!page.text().contains("checked"), "the box was not ticked");
    let reply = visitor.submit("/settings/profile", &[("display_name", &"x".repeat(101))]).await;
    assert!(reply.expect_status(400).text().contains("at most 100 characters"));
    for bad in ["", "x", "a@b", "a b@c.example", "@c.example", "a@b@c.example"] {
        let reply = visitor.submit("/settings/mail", &[("email", bad)]).await;
        assert_eq!(reply.status, 400, "{bad}");
    }
}

async fn the_api_answers_for_the_account_that_asks(app: &TestApp) {
    let olga = app.owner().await;
    olga.has_published("mine", "1.0.0").await;
    let me = olga.fetch("/api/v1/me").await.expect_status(200).json();
    assert_eq!((&me["user"]["login"], &me["user"]["email"]), (&json!("olga"), &json!(null)));
    assert_eq!(me["owned_crates"][0]["name"], "mine");
    let id = me["user"]["id"].as_i64().expect("a number");
    let put = |path: String, body: serde_json::Value| send(olga.request(Method::PUT, &path).json(&body));
    let body = json!({ "user": { "email": "olga@mail.example", "publish_notifications": false } });
    assert_eq!(put(format!("/api/v1/users/{id}"), body.clone()).await.expect_status(200).json()["ok"], true);
    let me = olga.fetch("/api/v1/me").await.json();
    assert_eq!(me["user"]["email"], "olga@mail.example");
    assert_eq!(
        (&me["user"]["email_verified"], &me["user"]["publish_notifications"]),
        (&json!(false), &json!(false))
    );
    let other = put(format!("/api/v1/users/{}", id + 1), body).await.expect_status(400);
    assert_eq!(other.error_detail(), "current user does not match requested user");
    let empty = put(format!("/api/v1/users/{id}"), json!({ "user": { "email": "" } })).await;
    assert_eq!(empty.expect_status(400).error_detail(), "empty email rejected");
    let bad = put(format!("/api/v1/users/{id}"), json!({ "user": { "email": "x" } })).await;
    assert_eq!(bad.expect_status(400).error_detail(), "invalid email address");
    let token = "0".repeat(64);
    let unknown = put(format!("/api/v1/confirm/{token}"), json!({})).await.expect_status(400);
    assert_eq!(unknown.error_detail(), "Email belonging to token not found.");
}

async fn an_address_is_confirmed_by_its_letter(app: &TestApp) {
    let mut visitor = app.signed_in("olga").await;
    let _ = visitor.submit("/settings/mail", &[("email", "olga@mail.example")]).await.expect_status(303);
    let letter = app.letters().await.pop().expect("a letter");
    assert_eq!(letter.to, "olga@mail.example");
    let link = letter.link("/confirm/");
    assert!(visitor.open("/settings/profile").await.text().contains("not confirmed"));
    // A program that follows links confirms nothing.
    let mut stranger = app.visitor();
    let _ = stranger.open(&link).await.expect_status(200);
    assert!(visitor.open("/settings/profile").await.text().contains("not confirmed"));
    let _ = stranger.submit(&link, &[]).await.expect_status(200);
    assert!(!visitor.open("/settings/profile").await.text().contains("not confirmed"));
    let _ = stranger.submit(&link, &[]).await.expect_status(404);

    // Another address, a letter that comes too late, and one about an address that was changed since.
    let _ = visitor.submit("/settings/mail", &[("email", "late@mail.example")]).await.expect_status(303);
    assert!(visitor.open("/settings/profile").await.text().contains("not confirmed"));
    let late = app.letters().await.pop().expect("a letter").link("/confirm/");
    app.clock().advance_secs(86_400);
    let _ = stranger.submit(&late, &[]).await.expect_status(404);
    let _ = visitor.submit("/settings/mail", &[("email", "late@mail.example")]).await.expect_status(303);
    let again = app.letters().await.pop().expect("a letter").link("/confirm/");
    let _ = visitor.submit("/settings/mail", &[("email", "other@mail.example")]).await.expect_status(303);
    let _ = stranger.submit(&again, &[]).await.expect_status(404);
    let last = app.letters().await.pop().expect("a letter").link("/confirm/");
    let path = format!("/api/v1{last}");
    let reply = send(app.nobody().request(Method::PUT, &path)).await;
    assert_eq!(reply.expect_status(200).json()["ok"], true);
}

async fn a_forgotten_password_is_set_by_a_letter(app: &TestApp) {
    let mut visitor = app.signed_in("olga").await;
    let ask = |email: &'static str| async move {
        let mut stranger = app.visitor();
        stranger.submit("/link", &[("email", email)]).await.expect_status(200).text().to_owned()
    };
    let _ = visitor.submit("/settings/mail", &[("email", "olga@mail.example")]).await.expect_status(303);
    let confirm = app.letters().await.pop().expect("a letter").link("/confirm/");
    let count = app.letters().await.len();
    let unknown = ask("nobody@mail.example").await;
    assert_eq!(ask("olga@mail.example").await, unknown, "the answers are the same");
    assert_eq!(app.letters().await.len(), count, "an address that is not confirmed gets nothing");
    let _ = visitor.open(&confirm).await;
    let _ = visitor.submit(&confirm, &[]).await.expect_status(200);
    assert_eq!(ask("olga@mail.example").await, unknown);
    let letters = app.letters().await;
    assert_eq!(letters.len(), count + 1);
    let link = letters.last().expect("a letter").link("/link/");
    let mut found = app.visitor();
    let _ = found.submit(&link, &[("password", "known by heart now")]).await.expect_status(303);
    assert_eq!(found.who().await.as_deref(), Some("olga"));
    assert_eq!(visitor.who().await, None);
}
