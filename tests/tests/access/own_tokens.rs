//! What people do with their own tokens, and how tokens are kept small.

use std::collections::HashSet;

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::Reply;
use cratekeep_tests::{Browser, Engine, RegistryWish, Spec, TestApp, TokenWish, on_both_engines, send};
use cratekeep_types::Clock;
use http::Method;
use serde_json::{Value, json};

on_both_engines![
    a_token_is_made_shown_once_and_listed,
    only_a_browser_makes_tokens,
    bad_wishes_are_told_all_at_once,
    tokens_of_others_are_not_there,
    a_renewed_token_has_a_new_text_and_the_old_limits,
    a_token_takes_itself_back,
    a_token_for_a_registry_is_for_that,
    a_token_for_networks_is_for_those,
    administering_is_for_administrators,
    no_text_of_a_token_is_kept,
];

mod with_a_limit {
    use super::{Spec, a_limit_on_life_holds, on_both_engines};

    fn limited(spec: Spec) -> Spec {
        spec.options(|options| options.tokens.life_secs_max = Some(10 * 86_400))
    }

    on_both_engines![limited => a_limit_on_life_holds];
}

const PATH: &str = "/api/v1/me/tokens";

async fn make(browser: &Browser, wish: Value) -> Reply {
    browser.send(Method::PUT, PATH, &json!({ "api_token": wish })).await
}

fn text_of(reply: &Reply) -> String {
    reply.json()["api_token"]["token"].as_str().expect("a token").to_owned()
}

fn id_of(reply: &Reply) -> String {
    format!("{PATH}/{}", reply.json()["api_token"]["id"])
}

async fn a_token_is_made_shown_once_and_listed(app: &TestApp) {
    let browser = app.browser(&app.owner().await).await;
    let wish = json!({
        "name": " ci ", "crate_scopes": ["acme-*"], "endpoint_scopes": ["publish-new", "yank"],
        "expired_at": "2026-06-01T00:00:00Z", "registries": ["main"], "addresses": ["127.0.0.1", "10.1.2.3/8"],
    });
    let made = make(&browser, wish).await.expect_status(200);
    assert_eq!(made.header("cache-control"), "no-store");
    let text = text_of(&made);
    let token = app.nobody().showing(&text);
    let _ = token.publish(&ArchiveBuilder::new("acme-one", "1.0.0")).await.expect_status(200);

    let listed = browser.fetch(PATH).await.expect_status(200);
    assert!(!listed.text().contains(&text), "it is shown once");
    let listed = listed.json();
    let shown = &listed["api_tokens"][0];
    assert_eq!((&shown["name"], &shown["crate_scopes"]), (&json!("ci"), &json!(["acme-*"])));
    assert_eq!(shown["endpoint_scopes"], json!(["publish-new", "yank"]));
    assert_eq!(shown["expired_at"], json!("2026-06-01T00:00:00.000000Z"));
    assert_eq!(shown["registries"], json!(["main"]));
    assert_eq!(shown["addresses"], json!(["127.0.0.1/32", "10.0.0.0/8"]));
    assert_eq!(shown["last_used_at"], json!(app.clock().now().to_micros_text()));
    assert_eq!(shown["last_used_from"], json!("127.0.0.1"));
    assert_eq!(browser.fetch(&id_of(&made)).await.expect_status(200).json()["api_token"], *shown);

    assert_eq!(
        browser.send(Method::DELETE, &id_of(&made), &json!({})).await.expect_status(200).json(),
        json!({})
    );
    let _ = token.publish(&ArchiveBuilder::new("acme-two", "1.0.0")).await.expect_status(401);
    let _ = browser.send(Method::DELETE, &id_of(&made), &json!({})).await.expect_status(200);
    assert!(!browser.fetch(PATH).await.text().contains("acme-*"), "what was revoked is not listed");
}

async fn only_a_browser_makes_tokens(app: &TestApp) {
    let owner = app.owner().await;
    let whole = send(owner.request(Method::PUT, PATH).body(r#"{"api_token":{"name":"more"}}"#)).await;
    let detail = whole.expect_status(400).error_detail();
    assert!(detail.starts_with("cannot use an API token to create a new API token"), "{detail}");
    let narrow = app.token_for(&owner, TokenWish { scope: Some("read"), ..TokenWish::default() }).await;
    let refused = send(narrow.request(Method::PUT, PATH).body(r#"{"api_token":{"name":"more"}}"#)).await;
    let _ = refused.expect_status(403);
    let _ = narrow.fetch(PATH).await.expect_status(403);
    assert_eq!(
        owner.fetch(PATH).await.expect_status(200).json()["api_tokens"].as_array().map(Vec::len),
        Some(2)
    );

    let browser = app.browser(&owner).await;
    let path = format!("{PATH}/1/renew");
    let _ = send(owner.request(Method::PUT, &path)).await.expect_status(400);
    let elsewhere = browser.request_from_elsewhere(Method::PUT, PATH).body(r#"{"api_token":{"name":"x"}}"#);
    let _ = send(elsewhere).await.expect_status(403);
}

async fn bad_wishes_are_told_all_at_once(app: &TestApp) {
    let browser = app.browser(&app.owner().await).await;
    for (wish, told) in [
        (json!({"name": "  "}), vec!["name must have a value"]),
        (json!({"name": "x".repeat(101)}), vec!["100 characters"]),
        (json!({"name": "a\nb"}), vec!["one line"]),
        (
            json!({"name": "x", "endpoint_scopes": ["root", "yank!"]}),
            vec!["invalid endpoint scope", "`root`", "`yank!`"],
        ),
        (json!({"name": "x", "endpoint_scopes": []}), vec!["without a scope"]),
        (
            json!({"name": "x", "crate_scopes": ["a*b", "**", "1x"]}),
            vec!["invalid crate scope", "`a*b`", "`**`", "`1x`"],
        ),
        (json!({"name": "x", "registries": ["nowhere"]}), vec!["no registry `nowhere`"]),
        (json!({"name": "x", "registries": ["No Name"]}), vec!["No Name"]),
        (json!({"name": "x", "addresses": ["10.0.0.0/33", "home"]}), vec!["`10.0.0.0/33`", "`home`"]),
        (json!({"name": "x", "expired_at": "2026-05-01T00:00:00Z"}), vec!["in the past"]),
        (json!({"name": "x", "expired_at": "tomorrow"}), vec!["`tomorrow` is not a time"]),
        (json!({"name": "x", "expired_at": "2199-01-01T00:00:00Z"}), vec!["a hundred years"]),
        (json!({"name": "x", "endpoint_scopes": ["admin"]}), vec!["administrators"]),
        (json!({"name": "x", "crate_scopes": vec!["a"; 101]}), vec!["at most 100 crate patterns"]),
        (json!({"scopes": 7}), vec!["missing field `name`"]),
    ] {
        let reply = make(&browser, wish.clone()).await.expect_status(400);
        for part in told {
            assert!(reply.text().contains(part), "{wish}: no {part} in {}", reply.text());
        }
    }
    for query in ["expired_days=x", "expired_days=-1"] {
        let _ = browser.fetch(&format!("{PATH}?{query}")).await.expect_status(400);
    }
}

async fn tokens_of_others_are_not_there(app: &TestApp) {
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let theirs = make(&app.browser(&owner).await, json!({"name": "theirs"})).await.expect_status(200);
    let browser = app.browser(&stranger).await;
    let path = id_of(&theirs);
    for path in [path.as_str(), "/api/v1/me/tokens/999", "/api/v1/me/tokens/x", "/api/v1/me/tokens/-1"] {
        let reply = browser.fetch(path).await.expect_status(404);
        assert_eq!(reply.error_detail(), "Not Found", "{path}");
        let _ = browser.send(Method::DELETE, path, &json!({})).await.expect_status(200);
        let _ = browser.send(Method::PUT, &format!("{path}/renew"), &json!({})).await.expect_status(404);
    }
    let _ = app.nobody().showing(&text_of(&theirs)).fetch(PATH).await.expect_status(200);
}

async fn a_renewed_token_has_a_new_text_and_the_old_limits(app: &TestApp) {
    let browser = app.browser(&app.owner().await).await;
    let wish =
        json!({"name": "ci", "endpoint_scopes": ["publish-new"], "expired_at": "2026-05-14T03:02:01Z"});
    let first = make(&browser, wish).await.expect_status(200);
    app.clock().advance_secs(5 * 86_400);
    let renew =
        async |path: &str, body: Value| browser.send(Method::PUT, &format!("{path}/renew"), &body).await;
    let second = renew(&id_of(&first), json!({})).await.expect_status(200);
    let body = second.json();
    assert_eq!(
        (&body["api_token"]["name"], &body["api_token"]["endpoint_scopes"]),
        (&json!("ci"), &json!(["publish-new"]))
    );
    // Made for ten days, it lives ten days more from now on.
    assert_eq!(body["api_token"]["expired_at"].as_str().map(|text| &text[..10]), Some("2026-05-19"));
    let (old, new) = (app.nobody().showing(&text_of(&first)), app.nobody().showing(&text_of(&second)));
    new.has_published("renewed", "1.0.0").await;
    old.has_published("still-good", "1.0.0").await;
    app.clock().advance_secs(86_400);
    let _ = old.publish(&ArchiveBuilder::new("too-late", "1.0.0")).await.expect_status(401);
    new.has_published("in-time", "1.0.0").await;

    let third = renew(&id_of(&second), json!({"grace_secs": 0})).await.expect_status(200);
    let _ = new.publish(&ArchiveBuilder::new("too-late", "1.0.0")).await.expect_status(401);
    app.nobody().showing(&text_of(&third)).has_published("last", "1.0.0").await;
    let _ = renew(&id_of(&second), json!({})).await.expect_status(409);
    let _ = renew(&id_of(&third), json!({"grace_secs": 700_000})).await.expect_status(400);
    let _ = renew(&id_of(&third), json!([])).await.expect_status(400);
}

async fn a_token_takes_itself_back(app: &TestApp) {
    let owner = app.owner().await;
    let path = "/api/v1/tokens/current";
    for scope in [None, Some("read")] {
        let token = app.token_for(&owner, TokenWish { scope, ..TokenWish::default() }).await;
        let _ = send(token.request(Method::DELETE, path)).await.expect_status(204);
        let _ = send(token.request(Method::DELETE, path)).await.expect_status(401);
    }
    let browser = app.browser(&owner).await;
    let reply = browser.send(Method::DELETE, path, &json!({})).await.expect_status(400);
    assert_eq!(reply.error_detail(), "token not provided");
}

async fn a_token_for_a_registry_is_for_that(app: &TestApp) {
    for (name, closed) in [("vault", true), ("other", true), ("open", false)] {
        app.registry(name, RegistryWish { access: closed.then_some("internal"), ..RegistryWish::default() })
            .await;
    }
    let owner = app.owner().await;
    let token = app.token_for(&owner, TokenWish { registries: &["vault"], ..TokenWish::default() }).await;
    token.at("vault").has_published("inside", "1.0.0").await;
    let _ = token.at("vault").index("inside").await.expect_status(200);
    for elsewhere in [token.at("other"), token.at("open"), token.clone()] {
        let refused = elsewhere.publish(&ArchiveBuilder::new("inside", "1.0.0")).await.expect_status(403);
        assert!(refused.error_detail().contains("not for the registry"), "{}", refused.error_detail());
    }
    let _ = token.at("other").fetch("/index/config.json").await.expect_status(403);
    let _ = token.at("open").fetch("/index/config.json").await.expect_status(200);
    let _ = token.fetch(PATH).await.expect_status(403);
}

async fn a_token_for_networks_is_for_those(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let owner = app.owner().await;
    for (networks, is_here) in [
        (&["127.0.0.0/8"][..], true),
        (&["192.0.2.0/24", "127.0.0.1"], true),
        (&["::ffff:127.0.0.0/104"], true),
        (&["0.0.0.0/0"], true),
        (&["192.0.2.0/24"], false),
        (&["::/0"], false),
        (&["fd00::/8", "10.0.0.0/8"], false),
    ] {
        let token = app.token_for(&owner, TokenWish { addresses: networks, ..TokenWish::default() }).await;
        let reply = token.at("vault").fetch("/index/config.json").await;
        assert_eq!(reply.status, if is_here { 200 } else { 403 }, "{networks:?}");
        if !is_here {
            assert!(reply.error_detail().contains("network address"), "{}", reply.error_detail());
        }
        let _ = token.fetch("/index/config.json").await.expect_status(200);
    }
}

async fn administering_is_for_administrators(app: &TestApp) {
    let admin = app.administrator().await;
    let browser = app.browser(&admin).await;
    let made = make(&browser, json!({"name": "root", "endpoint_scopes": ["admin"]})).await.expect_status(200);
    let ask = async |token: &str| {
        let request = app.nobody().showing(token).request(Method::POST, "/api/v1/admin/commands");
        send(request.body(r#"{"command":"user","action":"list"}"#)).await.status.as_u16()
    };
    assert_eq!(ask(&text_of(&made)).await, 200);
    let whole = make(&browser, json!({"name": "usual"})).await.expect_status(200);
    assert_eq!(ask(&text_of(&whole)).await, 403, "administering is never part of everything");
}

async fn a_limit_on_life_holds(app: &TestApp) {
    let browser = app.browser(&app.owner().await).await;
    let made = make(&browser, json!({"name": "silent"})).await.expect_status(200);
    assert_eq!(made.json()["api_token"]["expired_at"], json!("2026-05-14T03:02:01.000500Z"));
    let long = make(&browser, json!({"name": "long", "expired_at": "2026-05-15T03:02:01Z"})).await;
    assert!(long.expect_status(400).error_detail().contains("tokens.life_secs_max"));
    let _ = make(&browser, json!({"name": "short", "expired_at": "2026-05-10T00:00:00Z"}))
        .await
        .expect_status(200);
}

async fn no_text_of_a_token_is_kept(app: &TestApp) {
    let mut texts = HashSet::new();
    for name in ["olga", "stan", "sue"] {
        let person = app.person(name).await;
        let browser = app.browser(&person).await;
        for _ in 0..if app.engine() == Engine::SqliteAndFolder { 340 } else { 20 } {
            let made = make(&browser, json!({"name": "one of many"})).await.expect_status(200);
            texts.insert(text_of(&made));
        }
    }
    if app.engine() != Engine::SqliteAndFolder {
        assert_eq!(texts.len(), 60);
        return;
    }
    assert_eq!(texts.len(), 1_020, "no two are alike");
    let kept = app.database_bytes();
    assert!(kept.windows(11).any(|bytes| bytes == b"one of many"), "this is where things are kept");
    let parts: HashSet<&[u8]> = texts.iter().map(|text| &text.as_bytes()[4..20]).collect();
    assert!(!kept.windows(16).any(|bytes| parts.contains(bytes)), "a part of a text is kept");
    // Every text begins alike.
    assert!(!kept.windows(4).any(|bytes| bytes == b"ckp_"));
}
