//! The good ways in.

use cratekeep_types::Secret;

use crate::stage::{Stage, on_both_stages};

on_both_stages![
    every_kind_of_provider_signs_in,
    the_same_person_comes_back_to_the_same_account,
    one_goes_on_to_own_pages_only,
    a_locked_account_stays_out,
    nothing_secret_is_kept_in_the_open,
    two_tabs_and_two_nodes,
    read_only_mode_lets_in_who_is_known,
];

async fn every_kind_of_provider_signs_in(stage: &Stage) {
    stage.at_corp("00u1", "ann", &[]);
    assert_eq!(stage.name(&stage.signed_in("corp").await).await, "ann");
    stage.forge.person(17, "bob", Some("bob@example.com"));
    assert_eq!(stage.name(&stage.signed_in("hub").await).await, "bob");
    stage.forge.person(18, "cleo", None);
    assert_eq!(stage.name(&stage.signed_in("lab").await).await, "cleo");
    let offered: Vec<_> = stage.app.app().sign_in_providers().into_iter().map(|offer| offer.name).collect();
    assert_eq!(offered, ["corp", "hub", "lab", "front"]);
}

async fn the_same_person_comes_back_to_the_same_account(stage: &Stage) {
    stage.at_corp("00u1", "ann", &[]);
    let first = stage.who(&stage.signed_in("corp").await).await.expect("she is signed in");
    let events = stage.last_event().await;
    let again = stage.who(&stage.signed_in("corp").await).await.expect("she is signed in");
    assert_eq!(first, again);
    assert_eq!(stage.last_event().await, events, "nothing changed but the session");
}

async fn one_goes_on_to_own_pages_only(stage: &Stage) {
    stage.at_corp("00u1", "ann", &[]);
    for (next, on) in [
        ("/me", "/me"),
        ("/settings/tokens?a=b", "/settings/tokens?a=b"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("\\/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/%0d%0aLocation:x", "/%0d%0aLocation:x"),
        ("/\t/evil.example", "/"),
        ("@evil.example", "/"),
        (".evil.example", "/"),
    ] {
        let browser = stage.browser();
        let query: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        let back = browser.go(&format!("/sign-in/corp?{query}")).await;
        let reply = browser.open(&back).await.expect_status(303);
        assert_eq!(reply.header("location"), format!("{}{on}", stage.app.url()), "{next}");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
}

async fn a_locked_account_stays_out(stage: &Stage) {
    stage.at_corp("00u1", "ann", &[]);
    let browser = stage.signed_in("corp").await;
    let account = stage.who(&browser).await.expect("she is signed in").id;
    let at = cratekeep_types::Timestamp(1);
    let done = stage
        .app
        .store()
        .write::<_, cratekeep_store::StoreError, _>("lock", move |tx| {
            let lock = cratekeep_store::user::Lock { at, until: None, reason: "left".to_owned() };
            Box::pin(async move { cratekeep_store::user::set_lock(tx, account, Some(&lock)).await })
        })
        .await;
    assert!(done.expect("the lock is written").value);
    let again = stage.browser();
    let reply = again.sign_in("corp").await.expect_status(403);
    assert!(reply.text().contains("left"), "{}", reply.text());
    assert_eq!(again.session(), None);
}

async fn nothing_secret_is_kept_in_the_open(stage: &Stage) {
    stage.forge.person(17, "bob", None);
    let browser = stage.signed_in("hub").await;
    let account = stage.who(&browser).await.expect("he is signed in").id;
    let mut conn = stage.app.store().read().await.expect("a connection");
    let kept = cratekeep_store::identity::list_by_account(&mut conn, account).await.expect("identities");
    let sealed = kept[0].sealed_token.as_deref().expect("a token is kept, sealed");
    let token = Secret::new(cratekeep_testkit::forge::Forge::token_of(17));
    let is_open = sealed.windows(token.expose().len()).any(|part| part == token.expose().as_bytes());
    assert!(!is_open, "the provider's token is not readable");
    assert_eq!(kept[0].provider, format!("github {}", stage.forge.url()));
}

async fn two_tabs_and_two_nodes(stage: &Stage) {
    stage.at_corp("00u1", "ann", &[]);
    // The way out begins at one node and ends at another.
    let node = stage.app.second_node().await;
    let browser = stage.browser();
    let back = browser.go("/sign-in/corp").await;
    let elsewhere = back.replace(stage.app.url(), node.url());
    let reply = browser.open(&elsewhere).await.expect_status(303);
    assert!(reply.header("location").starts_with(stage.app.url()), "{}", reply.header("location"));
    assert_eq!(stage.name(&browser).await, "ann");
    node.stop().await;
}

async fn read_only_mode_lets_in_who_is_known(stage: &Stage) {
    use cratekeep_wire::control::{AdminCommand, SiteCommand};
    stage.at_corp("00u1", "ann", &[]);
    let _ = stage.signed_in("corp").await;
    stage.app.admin(AdminCommand::Site(SiteCommand::ReadOnly { on: true, reason: None })).await;
    let events = stage.last_event().await;
    assert_eq!(stage.name(&stage.signed_in("corp").await).await, "ann");
    stage.at_corp("00u2", "new", &[]);
    let browser = stage.browser();
    let reply = browser.sign_in("corp").await.expect_status(503);
    assert!(reply.text().contains("read-only mode"), "{}", reply.text());
    assert_eq!((browser.session(), stage.last_event().await), (None, events), "nobody new");
}
