//! One-time links to set a password: good once, for a day, and never for somebody else's account.

use cratekeep_tests::{PASSWORD, TestApp, on_both_engines};
use cratekeep_wire::control::{AdminCommand, UserCommand};

on_both_engines![
    a_link_sets_a_password_once,
    a_link_is_good_for_a_day,
    a_newer_link_replaces_the_one_before,
    a_bad_password_leaves_the_link_good,
    a_link_of_a_locked_account_is_no_way_in,
    a_link_ends_what_was_open,
    made_up_links_are_not_there,
];

const NEW: &str = "a sentence of one's own";

async fn use_it(app: &TestApp, link: &str, password: &str) -> u16 {
    let mut visitor = app.visitor();
    let reply = visitor.submit(link, &[("password", password)]).await;
    assert_eq!(visitor.session().is_some(), reply.status == 303);
    reply.status.as_u16()
}

async fn a_link_sets_a_password_once(app: &TestApp) {
    let _ = app.person("olga").await;
    let link = app.password_link("olga").await;
    let page = app.visitor().open(&link).await.expect_status(200);
    assert!(page.text().contains("olga"));
    assert_eq!(use_it(app, &link, NEW).await, 303);
    assert_eq!(use_it(app, &link, "another one for eve").await, 404);
    let _ = app.visitor().open(&link).await.expect_status(404);
    app.visitor().sign_in("olga", NEW).await;
}

async fn a_link_is_good_for_a_day(app: &TestApp) {
    let _ = app.person("olga").await;
    let link = app.password_link("olga").await;
    app.clock().advance_secs(86_399);
    let _ = app.visitor().open(&link).await.expect_status(200);
    app.clock().advance_secs(1);
    let _ = app.visitor().open(&link).await.expect_status(404);
    assert_eq!(use_it(app, &link, NEW).await, 404);
}

async fn a_newer_link_replaces_the_one_before(app: &TestApp) {
    let _ = app.person("olga").await;
    let first = app.password_link("olga").await;
    let second = app.password_link("olga").await;
    assert_eq!(use_it(app, &first, NEW).await, 404);
    assert_eq!(use_it(app, &second, NEW).await, 303);
}

async fn a_bad_password_leaves_the_link_good(app: &TestApp) {
    let _ = app.person("olga").await;
    let link = app.password_link("olga").await;
    assert_eq!(use_it(app, &link, "short").await, 400);
    assert_eq!(use_it(app, &link, NEW).await, 303);
}

async fn a_link_of_a_locked_account_is_no_way_in(app: &TestApp) {
    let _ = app.signed_in("olga").await;
    let link = app.password_link("olga").await;
    let (name, reason) = ("olga".to_owned(), "a test".to_owned());
    app.admin(AdminCommand::User(UserCommand::Lock { name, reason, until: None })).await;
    assert_eq!(use_it(app, &link, NEW).await, 403);
    app.admin(AdminCommand::User(UserCommand::Unlock { name: "olga".to_owned() })).await;
    app.visitor().sign_in("olga", PASSWORD).await;
}

async fn a_link_ends_what_was_open(app: &TestApp) {
    let mut before = app.signed_in("olga").await;
    let link = app.password_link("olga").await;
    assert_eq!(before.who().await.as_deref(), Some("olga"));
    assert_eq!(use_it(app, &link, NEW).await, 303);
    assert_eq!(before.who().await, None);
}

async fn made_up_links_are_not_there(app: &TestApp) {
    let _ = app.person("olga").await;
    let link = app.password_link("olga").await;
    let other = link.chars().rev().collect::<String>();
    for secret in ["", "x", "%00", &"0".repeat(64), &link.to_uppercase()[6..], &other[..64]] {
        let status = app.visitor().open(&format!("/link/{secret}")).await.status.as_u16();
        assert!([400, 404].contains(&status), "{secret}: {status}");
    }
}
