//! Following crates, and what is new in them; users with what they have.

use cratekeep_testkit::http::Reply;
use cratekeep_tests::{Person, RegistryWish, TestApp, TokenWish, on_both_engines, send};
use http::Method;
use serde_json::{Value, json};

on_both_engines![
    a_followed_crate_tells_what_is_new,
    who_may_follow_what,
    private_crates_stay_private,
    users_are_shown_with_their_downloads,
];

async fn follow(who: &Person, method: Method, name: &str) -> Reply {
    send(who.request(method, &format!("/api/v1/crates/{name}/follow"))).await
}

async fn follows(who: &Person, name: &str) -> Value {
    let reply = who.fetch(&format!("/api/v1/crates/{name}/following")).await.expect_status(200);
    reply.json()["following"].clone()
}

/// The versions of a page, and whether there are more.
async fn updates(who: &Person, query: &str) -> (Vec<String>, bool) {
    let reply = who.fetch(&format!("/api/v1/me/updates{query}")).await.expect_status(200).json();
    let shown = |one: &Value| {
        format!("{} {}", one["crate"].as_str().expect("a name"), one["num"].as_str().expect("a number"))
    };
    let versions = reply["versions"].as_array().expect("a list").iter().map(shown).collect();
    (versions, reply["meta"]["more"].as_bool().expect("a word"))
}

async fn a_followed_crate_tells_what_is_new(app: &TestApp) {
    let (owner, fan) = (app.owner().await, app.person("fay").await);
    for (name, version) in [("alpha", "1.0.0"), ("beta", "0.1.0"), ("gamma", "2.0.0"), ("alpha", "1.1.0")] {
        owner.has_published(name, version).await;
    }
    assert_eq!(follows(&fan, "alpha").await, false);
    assert_eq!(updates(&fan, "").await, (vec![], false));
    for name in ["Alpha", "alpha", "beta"] {
        let reply = follow(&fan, Method::PUT, name).await.expect_status(200).json();
        assert_eq!(reply, json!({ "ok": true }));
    }
    assert_eq!((follows(&fan, "alpha").await, follows(&fan, "gamma").await), (json!(true), json!(false)));
    let all = ["alpha 1.1.0", "beta 0.1.0", "alpha 1.0.0"].map(str::to_owned);
    assert_eq!(updates(&fan, "").await, (all.to_vec(), false));
    assert_eq!(updates(&fan, "?per_page=2").await, (all[..2].to_vec(), true));
    assert_eq!(updates(&fan, "?per_page=2&page=2").await, (all[2..].to_vec(), false));
    assert_eq!(updates(&fan, "?page=9").await, (vec![], false));
    let one = fan.fetch("/api/v1/me/updates").await.json()["versions"][0].clone();
    let shown = app.nobody().fetch("/api/v1/crates/alpha/1.1.0").await.json();
    assert_eq!(one, shown["version"], "a version as elsewhere");
    for _ in 0..2 {
        let _ = follow(&fan, Method::DELETE, "alpha").await.expect_status(200);
    }
    assert_eq!(updates(&fan, "").await, (vec!["beta 0.1.0".to_owned()], false));
    assert_eq!(updates(&owner, "").await, (vec![], false), "everybody has a list of their own");
    let _ = fan.fetch("/api/v1/me/updates?page=201").await.expect_status(400);
}

async fn who_may_follow_what(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("alpha", "1.0.0").await;
    let small =
        app.token_for(&owner, TokenWish { scope: Some("publish-update"), ..TokenWish::default() }).await;
    let browser = app.browser(&owner).await;
    let nobody = app.nobody();
    let path = "/api/v1/crates/alpha/follow";
    let _ = send(nobody.request(Method::PUT, path)).await.expect_status(401);
    let _ = nobody.fetch("/api/v1/crates/alpha/following").await.expect_status(401);
    let _ = nobody.fetch("/api/v1/me/updates").await.expect_status(401);
    let _ = follow(&small, Method::PUT, "alpha").await.expect_status(403);
    let _ = small.fetch("/api/v1/me/updates").await.expect_status(403);
    let _ = send(browser.request_from_elsewhere(Method::PUT, path)).await.expect_status(403);
    let _ = browser.send(Method::PUT, path, &Value::Null).await.expect_status(200);
    assert_eq!(follows(&owner, "alpha").await, true);
    for method in [Method::PUT, Method::DELETE] {
        let reply = follow(&owner, method, "nothing").await.expect_status(404);
        assert_eq!(reply.error_detail(), "crate `nothing` does not exist");
    }
}

async fn private_crates_stay_private(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("closed"), ..RegistryWish::default() }).await;
    let (owner, fan) = (app.owner().await, app.person("fay").await);
    for name in ["olga", "fay"] {
        app.member("vault", name, if name == "olga" { "publisher" } else { "reader" }).await;
    }
    let (inside, there) = (owner.at("vault"), fan.at("vault"));
    inside.has_published("secret", "1.0.0").await;
    let _ = follow(&there, Method::PUT, "secret").await.expect_status(200);
    assert_eq!(updates(&there, "").await.0, ["secret 1.0.0"]);
    assert_eq!(updates(&fan, "").await.0, Vec::<String>::new(), "each registry has its own");
    let limit = json!({ "limited": true, "readers": [] });
    let request = inside.request(Method::PUT, "/api/v1/crates/secret/readers");
    let _ = send(request.json(&limit)).await.expect_status(200);
    assert_eq!(updates(&there, "").await.0, Vec::<String>::new(), "what is hidden now is not told");
    let _ = there.fetch("/api/v1/crates/secret/following").await.expect_status(404);
    let _ = follow(&there, Method::DELETE, "secret").await.expect_status(404);
    let stranger = app.stranger().await.at("vault");
    let _ = stranger.fetch("/api/v1/me/updates").await.expect_status(403);
    // A followed crate can be deleted.
    owner.has_published("short", "1.0.0").await;
    let _ = follow(&fan, Method::PUT, "short").await.expect_status(200);
    let browser = app.browser(&owner).await;
    let _ = browser.send(Method::DELETE, "/api/v1/crates/short", &Value::Null).await;
    let _ = app.nobody().fetch("/api/v1/crates/short").await.expect_status(404);
    assert_eq!(updates(&fan, "").await.0, Vec::<String>::new());
}

async fn users_are_shown_with_their_downloads(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("alpha", "1.0.0").await;
    for _ in 0..3 {
        let _ = app.nobody().download("alpha", "1.0.0").await.expect_status(200);
    }
    app.app().flush_counts().await.expect("the counts are written");
    let user = app.nobody().fetch("/api/v1/users/OLGA").await.expect_status(200).json()["user"].clone();
    assert_eq!((&user["login"], &user["github_username_matches"]), (&json!("olga"), &json!(true)));
    assert_eq!(user["created_at"], "2026-05-04T03:02:01.000500Z");
    let stats = app.nobody().fetch(&format!("/api/v1/users/{}/stats", user["id"])).await.expect_status(200);
    assert_eq!(stats.json(), json!({ "total_downloads": 3 }));
    for id in ["999999", "0"] {
        let stats = app.nobody().fetch(&format!("/api/v1/users/{id}/stats")).await.expect_status(200);
        assert_eq!(stats.json(), json!({ "total_downloads": 0 }));
    }
    let _ = app.nobody().fetch("/api/v1/users/olga/stats").await.expect_status(400);
    let old = json!([{ "id": 1, "email_notifications": false }]);
    let path = "/api/v1/me/email_notifications";
    let reply = send(owner.request(Method::PUT, path).json(&old)).await.expect_status(200);
    assert_eq!(reply.json(), json!({ "ok": true }));
    let _ = send(owner.request(Method::PUT, path).json(&json!({}))).await.expect_status(400);
    let _ = send(app.nobody().request(Method::PUT, path).json(&old)).await.expect_status(401);
}
