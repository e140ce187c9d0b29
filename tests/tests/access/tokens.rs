//! Tokens as clients present them, and how they stop being good.

use cratekeep_app::Caller;
use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{RegistryWish, TestApp, TokenWish, on_both_engines};
use cratekeep_types::{Clock, TokenText};

on_both_engines![
    a_token_is_known_with_and_without_a_scheme,
    each_bad_token_is_told_what_is_wrong_with_it,
    a_bad_token_does_not_matter_where_none_is_needed,
    a_token_ends_at_its_time,
    a_revoked_token_is_dead_at_once,
    scopes_are_kept_apart,
    a_token_for_some_crates_is_for_those,
    a_token_speaks_for_its_holder,
    the_last_use_is_remembered,
];

fn never_given() -> TokenText {
    TokenText::from_entropy([0xCD; 32])
}

async fn a_token_is_known_with_and_without_a_scheme(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("known", "1.0.0").await;
    let token = owner.token();
    assert!(token.starts_with("ckp_") && token.len() == 42, "{token}");
    for (n, shown) in
        [token.to_owned(), format!("Bearer {token}"), format!("bearer {token}"), format!("Token {token}")]
            .iter()
            .enumerate()
    {
        let who = app.nobody().showing(shown);
        let reply =
            if n % 2 == 0 { who.yank("known", "1.0.0").await } else { who.unyank("known", "1.0.0").await };
        assert_eq!(reply.status, 200, "form {n}");
    }
    for shown in [format!("Basic {token}"), format!("{token}x"), token.to_lowercase(), token[..41].to_owned()]
    {
        assert_eq!(app.nobody().showing(&shown).yank("known", "1.0.0").await.status, 401, "{shown}");
    }
}

async fn each_bad_token_is_told_what_is_wrong_with_it(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("safe", "1.0.0").await;
    let expired = app.token_for(&owner, TokenWish { expires_secs: Some(10), ..TokenWish::default() }).await;
    let revoked = app.token_for(&owner, TokenWish::default()).await;
    app.revoke(&revoked).await;
    app.clock().advance_secs(10);
    for (credential, word) in [
        (None, "needs a token"),
        (Some("sesame"), "not one of this server"),
        (Some(""), "not one of this server"),
        (Some(never_given().expose()), "unknown"),
        (Some(expired.token()), "expired"),
        (Some(revoked.token()), "revoked"),
    ] {
        let who = credential.map_or_else(|| app.nobody(), |text| app.nobody().showing(text));
        for reply in
            [who.yank("safe", "1.0.0").await, who.publish(&ArchiveBuilder::new("safe", "1.1.0")).await]
        {
            let reply = reply.expect_status(401);
            assert!(reply.error_detail().contains(word), "{word} in {}", reply.error_detail());
            assert_eq!(reply.header("www-authenticate"), format!("Cargo login_url=\"{}/me\"", app.url()));
            assert!(!reply.text().contains("ckp_"), "a token is never repeated");
        }
    }
}

async fn a_bad_token_does_not_matter_where_none_is_needed(app: &TestApp) {
    app.owner().await.has_published("public", "1.0.0").await;
    for shown in ["Token a-placeholder", "", "\u{e9}", never_given().expose()] {
        let who = app.nobody().showing(shown);
        let _ = who.fetch("/index/config.json").await.expect_status(200);
        let _ = who.index("public").await.expect_status(200);
        let _ = who.download("public", "1.0.0").await.expect_status(200);
        let _ = who.search("q=public").await.expect_status(200);
        let _ = who.owners("public").await.expect_status(200);
        assert_eq!(who.index("absent").await.status, 404);
    }
}

async fn a_token_ends_at_its_time(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let owner = app.owner().await;
    let short = app.token_for(&owner, TokenWish { expires_secs: Some(60), ..TokenWish::default() }).await;
    short.has_published("timed", "1.0.0").await;
    app.clock().advance_secs(59);
    short.has_published("timed", "1.0.1").await;
    let _ = short.at("vault").fetch("/index/config.json").await.expect_status(200);
    app.clock().advance_secs(1);
    let _ = short.publish(&ArchiveBuilder::new("timed", "1.0.2")).await.expect_status(401);
    let _ = short.at("vault").fetch("/index/config.json").await.expect_status(401);
    owner.has_published("timed", "1.0.2").await;
}

async fn a_revoked_token_is_dead_at_once(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let owner = app.owner().await;
    let extra = app.token_for(&owner, TokenWish::default()).await;
    extra.has_published("handed", "1.0.0").await;
    let _ = extra.at("vault").fetch("/index/config.json").await.expect_status(200);
    app.revoke(&extra).await;
    let _ = extra.publish(&ArchiveBuilder::new("handed", "1.0.1")).await.expect_status(401);
    let _ = extra.at("vault").fetch("/index/config.json").await.expect_status(401);
    let _ = extra.fetch("/index/config.json").await.expect_status(200);
    app.revoke(&extra).await;
    owner.has_published("handed", "1.0.1").await;
}

async fn scopes_are_kept_apart(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("scoped", "1.0.0").await;
    let new = app.token_for(&owner, TokenWish { scope: Some("publish-new"), ..TokenWish::default() }).await;
    let update =
        app.token_for(&owner, TokenWish { scope: Some("publish-update"), ..TokenWish::default() }).await;
    let refused = new.publish(&ArchiveBuilder::new("scoped", "1.0.1")).await.expect_status(403);
    assert!(refused.error_detail().contains("`publish-update`"), "{}", refused.error_detail());
    let refused = update.publish(&ArchiveBuilder::new("fresh", "1.0.0")).await.expect_status(403);
    assert!(refused.error_detail().contains("`publish-new`"), "{}", refused.error_detail());
    new.has_published("fresh", "1.0.0").await;
    update.has_published("scoped", "1.0.1").await;
    let _ = update.yank("scoped", "1.0.1").await.expect_status(403);
    let _ = update.add_owners("scoped", &["olga"]).await.expect_status(403);
}

async fn a_token_for_some_crates_is_for_those(app: &TestApp) {
    let owner = app.owner().await;
    let wish = TokenWish { crates: &["acme-*", "exactly"], ..TokenWish::default() };
    let some = app.token_for(&owner, wish).await;
    for inside in ["acme-core", "Acme_Net", "exactly"] {
        some.has_published(inside, "1.0.0").await;
    }
    for outside in ["acme", "acmecore", "exactly-not", "other"] {
        let refused = some.publish(&ArchiveBuilder::new(outside, "1.0.0")).await.expect_status(403);
        let detail = refused.error_detail();
        assert!(detail.contains("acme-*") && detail.contains(outside), "{detail}");
    }
    owner.has_published("other", "1.0.0").await;
    let _ = some.yank("other", "1.0.0").await.expect_status(403);
    let _ = some.yank("acme-core", "1.0.0").await.expect_status(200);
}

async fn the_last_use_is_remembered(app: &TestApp) {
    let owner = app.owner().await;
    let name = owner.name().parse().expect("a user name");
    let last_use = async || {
        let held =
            app.app().list_tokens(&Caller::operator(), Some(&name)).await.expect("the tokens are listed");
        held[0].token.used_at
    };
    assert_eq!(last_use().await, None);
    for _ in 0..2 {
        app.clock().advance_secs(100);
        owner.has_published("used", "1.0.0").await;
        assert_eq!(last_use().await, Some(app.clock().now()));
    }
}

async fn a_token_speaks_for_its_holder(app: &TestApp) {
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    owner.has_published("spoken-for", "1.0.0").await;
    let wish = TokenWish { crates: &["spoken-for"], ..TokenWish::default() };
    let theirs = app.token_for(&stranger, wish).await;
    let _ = theirs.publish(&ArchiveBuilder::new("spoken-for", "1.0.1")).await.expect_status(403);
    owner.shares("spoken-for", &stranger).await;
    theirs.has_published("spoken-for", "1.0.1").await;
}
