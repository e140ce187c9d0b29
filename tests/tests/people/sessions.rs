//! The life of a session: how it begins, what it is good for, and everything that ends it, on every node.

use cratekeep_tests::{PASSWORD, TestApp, Visitor, on_both_engines, send};
use cratekeep_wire::control::{AdminCommand, UserCommand};
use http::Method;

on_both_engines![
    the_oldest_of_very_many_sessions_ends,
    a_session_is_a_new_random_cookie_that_scripts_cannot_read,
    a_preset_session_is_not_adopted,
    a_sign_in_ends_the_session_before,
    signing_out_ends_the_session_and_the_cookie,
    sessions_are_listed_and_ended_one_by_one,
    ending_all_others_keeps_this_one,
    nobody_ends_sessions_of_others,
    a_changed_password_ends_every_other_session,
    a_lock_ends_sessions_and_stops_tokens,
    a_lock_until_a_day_is_over_then,
    a_session_unused_for_long_is_over,
    a_session_in_use_lasts_until_its_end,
    a_session_and_a_token_together_mean_the_session,
    twice_the_cookie_is_none,
    what_ends_a_session_ends_it_on_the_other_node,
];
on_both_engines![over_https => over_https_the_cookie_is_bound_to_host_and_tls];

const DAY: i64 = 86_400;

fn over_https(spec: cratekeep_tests::Spec) -> cratekeep_tests::Spec {
    spec.options(|options| options.base_url = "https://crates.example".to_owned())
}

async fn admin(app: &TestApp, command: UserCommand) {
    app.admin(AdminCommand::User(command)).await;
}

async fn lock(app: &TestApp, name: &str, until: Option<&str>) {
    let (name, reason, until) = (name.to_owned(), "a test".to_owned(), until.map(str::to_owned));
    admin(app, UserCommand::Lock { name, reason, until }).await;
}

async fn a_session_is_a_new_random_cookie_that_scripts_cannot_read(app: &TestApp) {
    let first = app.signed_in("olga").await;
    let mut second = app.visitor();
    let reply = second.submit("/sign-in", &[("name", "Olga"), ("password", PASSWORD)]).await;
    let cookie = reply.header("set-cookie").to_owned();
    for part in ["cratekeep=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"), "{cookie}");
    assert_ne!(first.session(), second.session());
    assert_eq!(second.session().map(str::len), Some(64));
    assert_eq!(second.who().await.as_deref(), Some("olga"));
}

async fn over_https_the_cookie_is_bound_to_host_and_tls(app: &TestApp) {
    let _ = app.signed_in("olga").await;
    let mut visitor = app.visitor();
    let reply = visitor.submit("/sign-in", &[("name", "olga"), ("password", PASSWORD)]).await;
    let cookie = reply.header("set-cookie");
    assert!(cookie.starts_with("__Host-cratekeep=") && cookie.contains("Secure"), "{cookie}");
    // The name without its prefix is nobody's.
    visitor.cookies[0].0 = "cratekeep".to_owned();
    assert_eq!(visitor.who().await, None);
}

async fn a_preset_session_is_not_adopted(app: &TestApp) {
    let _ = app.signed_in("olga").await;
    let preset = "ab".repeat(32);
    let mut visitor = app.visitor();
    visitor.cookies.push(("cratekeep".to_owned(), preset.clone()));
    assert_eq!(visitor.who().await, None);
    visitor.sign_in("olga", PASSWORD).await;
    assert_ne!(visitor.session(), Some(preset.as_str()));
    let mut other = app.visitor();
    other.cookies.push(("cratekeep".to_owned(), preset));
    assert_eq!(other.who().await, None);
}

async fn a_sign_in_ends_the_session_before(app: &TestApp) {
    let mut visitor = app.signed_in("olga").await;
    let mut before = visitor.clone();
    let _ = app.signed_in("stan").await;
    visitor.sign_in("stan", PASSWORD).await;
    assert_eq!(visitor.who().await.as_deref(), Some("stan"));
    assert_eq!(before.who().await, None);
}

async fn signing_out_ends_the_session_and_the_cookie(app: &TestApp) {
    let mut visitor = app.signed_in("olga").await;
    let mut copy = visitor.clone();
    let reply = visitor.submit("/sign-out", &[]).await.expect_status(303);
    assert!(reply.header("set-cookie").contains("Max-Age=0"), "{}", reply.header("set-cookie"));
    assert_eq!(visitor.session(), None);
    assert_eq!(copy.who().await, None);
    let reply = copy.open("/settings/profile").await.expect_status(303);
    assert_eq!(reply.header("location"), "/sign-in?next=%2Fsettings%2Fprofile");
    // Without a session it is done already; clients of the API say it their way.
    let _ = app.visitor().submit("/sign-out", &[]).await.expect_status(303);
    let again = app.signed_in("olga").await;
    let request = again.request(Method::DELETE, "/api/private/session").header("origin", app.url());
    let _ = send(request).await.expect_status(200);
    assert_eq!(again.clone().who().await, None);
}

/// The numbers of the sessions that can be ended from the list.
async fn others(visitor: &mut Visitor) -> Vec<String> {
    let page = visitor.open("/settings/sessions").await.expect_status(200);
    let parts = page.text().split("name=\"id\" value=\"").skip(1);
    parts.filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

async fn sessions_are_listed_and_ended_one_by_one(app: &TestApp) {
    let mut here = app.signed_in("olga").await;
    let mut there = app.visitor();
    there.sign_in("olga", PASSWORD).await;
    let listed = others(&mut here).await;
    assert_eq!(listed.len(), 1);
    let _ = here.submit("/settings/sessions", &[("id", &listed[0])]).await.expect_status(303);
    assert_eq!(there.who().await, None);
    assert_eq!(here.who().await.as_deref(), Some("olga"));
    let _ = here.open("/settings/sessions").await;
    let _ = here.submit("/settings/sessions", &[("id", &listed[0])]).await.expect_status(404);
    let _ = here.submit("/settings/sessions", &[("id", "x")]).await.expect_status(400);
}

async fn ending_all_others_keeps_this_one(app: &TestApp) {
    let mut here = app.signed_in("olga").await;
    let (mut second, mut third) = (app.visitor(), app.visitor());
    second.sign_in("olga", PASSWORD).await;
    third.sign_in("olga", PASSWORD).await;
    let _ = here.open("/settings/sessions").await;
    let _ = here.submit("/settings/sessions", &[("others", "yes")]).await.expect_status(303);
    assert_eq!((second.who().await, third.who().await), (None, None));
    assert_eq!(here.who().await.as_deref(), Some("olga"));
}

async fn nobody_ends_sessions_of_others(app: &TestApp) {
    let mut olga = app.signed_in("olga").await;
    let mut twin = app.visitor();
    twin.sign_in("olga", PASSWORD).await;
    let id = others(&mut olga).await.remove(0);
    let mut stan = app.signed_in("stan").await;
    let _ = stan.submit("/settings/sessions", &[("id", &id)]).await.expect_status(404);
    let _ = stan.open("/settings/sessions").await;
    let _ = stan.submit("/settings/sessions", &[("others", "yes")]).await.expect_status(303);
    assert_eq!(twin.who().await.as_deref(), Some("olga"));
}

async fn a_changed_password_ends_every_other_session(app: &TestApp) {
    let mut here = app.signed_in("olga").await;
    let mut stolen = here.clone();
    let mut there = app.visitor();
    there.sign_in("olga", PASSWORD).await;
    let _ = here.open("/settings/profile").await;
    let fields = [("old", PASSWORD), ("new", "another long sentence")];
    let _ = here.submit("/settings/password", &fields).await.expect_status(303);
    assert_eq!(here.who().await.as_deref(), Some("olga"));
    assert_eq!((there.who().await, stolen.who().await), (None, None));
    let reply = app.visitor().submit("/sign-in", &[("name", "olga"), ("password", PASSWORD)]).await;
    let _ = reply.expect_status(401);
    app.visitor().sign_in("olga", "another long sentence").await;
}

async fn a_lock_ends_sessions_and_stops_tokens(app: &TestApp) {
    let olga = app.owner().await;
    let mut visitor = app.signed_in("olga").await;
    lock(app, "olga", None).await;
    assert_eq!(visitor.who().await, None);
    let refused = olga.add_owners("none", &["stan"]).await.expect_status(403);
    assert_eq!(refused.error_detail(), "This account is indefinitely locked. Reason: a test");
    let reply = app.visitor().submit("/sign-in", &[("name", "olga"), ("password", PASSWORD)]).await;
    assert!(reply.expect_status(403).text().contains("indefinitely locked"));
    // Only who knows the password is told.
    let reply = app.visitor().submit("/sign-in", &[("name", "olga"), ("password", "a guess at it")]).await;
    assert!(!reply.expect_status(401).text().contains("locked"));
    admin(app, UserCommand::Unlock { name: "olga".to_owned() }).await;
    assert_eq!(visitor.who().await, None, "what was ended stays ended");
    visitor.sign_in("olga", PASSWORD).await;
    assert_eq!(olga.add_owners("none", &["stan"]).await.status, 404);
}

async fn a_lock_until_a_day_is_over_then(app: &TestApp) {
    let mut visitor = app.signed_in("olga").await;
    lock(app, "olga", Some("2026-05-06")).await;
    let reply = visitor.submit("/sign-in", &[("name", "olga"), ("password", PASSWORD)]).await;
    let text = "This account is locked until 2026-05-06 at 00:00:00 UTC. Reason: a test";
    assert!(reply.expect_status(403).text().contains(text));
    app.clock().advance_secs(2 * DAY);
    visitor.sign_in("olga", PASSWORD).await;
}

async fn a_session_unused_for_long_is_over(app: &TestApp) {
    let mut visitor = app.signed_in("olga").await;
    app.clock().advance_secs(14 * DAY - 60);
    assert_eq!(visitor.who().await.as_deref(), Some("olga"));
    app.clock().advance_secs(14 * DAY);
    assert_eq!(visitor.who().await, None);
}

async fn a_session_in_use_lasts_until_its_end(app: &TestApp) {
    let mut visitor = app.signed_in("olga").await;
    for _ in 0..8 {
        app.clock().advance_secs(11 * DAY);
        assert_eq!(visitor.who().await.as_deref(), Some("olga"));
    }
    app.clock().advance_secs(2 * DAY);
    assert_eq!(visitor.who().await, None, "after ninety days it is over, in use or not");
}

async fn a_session_and_a_token_together_mean_the_session(app: &TestApp) {
    let stan = app.stranger().await;
    let visitor = app.signed_in("olga").await;
    let request = visitor.request(Method::GET, "/api/v1/me").header("authorization", stan.token());
    assert_eq!(send(request).await.expect_status(200).json()["user"]["login"], "olga");
    let mut gone = visitor.clone();
    gone.cookies[0].1 = "ab".repeat(32);
    let request = gone.request(Method::GET, "/api/v1/me").header("authorization", stan.token());
    assert_eq!(send(request).await.expect_status(200).json()["user"]["login"], "stan");
}

async fn twice_the_cookie_is_none(app: &TestApp) {
    let mut visitor = app.signed_in("olga").await;
    let own = visitor.cookies[0].clone();
    visitor.cookies.push((own.0, "cd".repeat(32)));
    assert_eq!(visitor.who().await, None);
}

async fn what_ends_a_session_ends_it_on_the_other_node(app: &TestApp) {
    if app.engine() == cratekeep_tests::Engine::SqliteAndFolder {
        return;
    }
    let node = app.second_node().await;
    let olga = app.owner().await;
    for end in ["sign-out", "shell", "password", "lock"] {
        let mut here = app.signed_in("olga").await;
        let mut there = here.at_node(&node);
        assert_eq!(there.who().await.as_deref(), Some("olga"), "{end}");
        match end {
            "sign-out" => drop(here.submit("/sign-out", &[]).await.expect_status(303)),
            "shell" => admin(app, UserCommand::SessionsEnd { name: "olga".to_owned() }).await,
            "password" => drop(app.signed_in("olga").await),
            _ => lock(app, "olga", None).await,
        }
        // The answer came when the other node knew.
        assert_eq!(there.who().await, None, "{end}");
    }
    assert_eq!(olga.at_node(&node).add_owners("none", &["stan"]).await.status, 403);
    assert_eq!(node.stop().await.cut_off, 0);
}

async fn the_oldest_of_very_many_sessions_ends(app: &TestApp) {
    let mut first = app.signed_in("olga").await;
    let person = app.person("olga").await;
    let mut open = Vec::new();
    for _ in 0..50 {
        open.push(app.browser(&person).await);
    }
    let mut last = app.visitor();
    last.sign_in("olga", PASSWORD).await;
    assert_eq!((first.who().await, last.who().await.as_deref()), (None, Some("olga")));
    let _ = open[0].fetch("/api/v1/me").await.expect_status(401);
    let _ = open[1].fetch("/api/v1/me").await.expect_status(200);
    let _ = open[49].fetch("/api/v1/me").await.expect_status(200);
}
