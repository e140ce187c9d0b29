//! Owners: listed, added, removed.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{RegistryWish, Spec, TestApp, on_both_engines, send};
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};

use crate::refused::Before;

on_both_engines![
    the_list_has_what_readers_need,
    an_added_owner_may_do_what_owners_do,
    a_removed_owner_may_not,
    the_last_owner_stays,
    all_or_none,
    the_body_may_use_the_old_key,
    bodies_that_are_no_list_are_refused,
    racing_removals_leave_an_owner,
];
on_both_engines![three_at_once => a_request_names_so_many];

fn three_at_once(spec: Spec) -> Spec {
    spec.options(|options| options.owners_per_request_max = 3)
}

fn logins(reply: &Value) -> Vec<&str> {
    let users = reply["users"].as_array().expect("a list of users");
    users.iter().map(|user| user["login"].as_str().expect("a login")).collect()
}

async fn the_list_has_what_readers_need(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let (owner, helper) = (app.owner().await, app.person("Helga-1").await);
    owner.has_published("owned", "1.0.0").await;
    owner.shares("owned", &helper).await;
    let list = app.nobody().owners("Owned").await.expect_status(200).json();
    assert_eq!(logins(&list), [owner.name(), "Helga-1"], "the first owner first");
    for user in list["users"].as_array().expect("a list") {
        assert!(
            user["id"].as_u64().is_some_and(|id| u32::try_from(id).is_ok()),
            "cargo reads 32 bits: {user}"
        );
        assert_eq!(user["kind"], "user");
        assert!(user["url"].as_str().is_some_and(|url| url.starts_with("http")), "{user}");
        assert!(
            user.get("name").is_some() && user.get("avatar").is_some(),
            "the keys are always there: {user}"
        );
    }
    assert_eq!(app.nobody().owners("absent").await.status, 404);
    assert_eq!(app.nobody().at("vault").owners("owned").await.status, 401);
    assert_eq!(owner.at("vault").owners("owned").await.status, 404);
}

async fn an_added_owner_may_do_what_owners_do(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    owner.has_published("shared", "1.0.0").await;
    let _ = helper.publish(&ArchiveBuilder::new("shared", "1.0.1")).await.expect_status(403);
    let reply = owner.add_owners("shared", &["helga"]).await.expect_status(200).json();
    let msg = "user helga has been invited to be an owner of crate shared";
    assert_eq!(reply, json!({ "ok": true, "msg": msg }));
    let _ = helper.publish(&ArchiveBuilder::new("shared", "1.0.1")).await.expect_status(403);
    let _ = helper.answer("shared", true).await.expect_status(200);
    helper.has_published("shared", "1.0.1").await;
    let _ = helper.yank("shared", "1.0.0").await.expect_status(200);
    let _ = helper.add_owners("shared", &[app.stranger().await.name()]).await.expect_status(200);
    let _ = helper.remove_owners("shared", &[owner.name()]).await.expect_status(200);
    let _ = owner.yank("shared", "1.0.1").await.expect_status(403);
}

async fn a_removed_owner_may_not(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    owner.has_published("shared", "1.0.0").await;
    owner.shares("shared", &helper).await;
    let reply = owner.remove_owners("shared", &["helga"]).await.expect_status(200).json();
    assert_eq!(reply["ok"], true);
    assert!(reply["msg"].is_string(), "cargo wants it after a removal too: {reply}");
    let before = Before::look(app).await;
    let publish = helper.publish(&ArchiveBuilder::new("shared", "1.0.1")).await;
    before.refused("a publish", publish, 403, &["owner"]).await;
    before.refused("a yank", helper.yank("shared", "1.0.0").await, 403, &["owner"]).await;
    before.refused("a return", helper.add_owners("shared", &["helga"]).await, 403, &["owner"]).await;
}

async fn the_last_owner_stays(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    owner.has_published("lonely", "1.0.0").await;
    let before = Before::look(app).await;
    let reply = owner.remove_owners("lonely", &[owner.name()]).await;
    before.refused("the last owner", reply, 400, &["cannot remove all individual owners"]).await;
    owner.shares("lonely", &helper).await;
    let before = Before::look(app).await;
    let reply = owner.remove_owners("lonely", &["helga", owner.name()]).await;
    before.refused("both owners", reply, 400, &["cannot remove all individual owners"]).await;
    let _ = owner.remove_owners("lonely", &[owner.name()]).await.expect_status(200);
    assert_eq!(logins(&app.nobody().owners("lonely").await.json()), [helper.name()]);
}

async fn all_or_none(app: &TestApp) {
    let owner = app.owner().await;
    let helper = app.person("helga").await;
    owner.has_published("exact", "1.0.0").await;
    let before = Before::look(app).await;
    let words = ["`nemo`", "`team:none`", "unknown organization handler"];
    let reply = owner.add_owners("exact", &["helga", "nemo", "team:none", "gitlab:org:team"]).await;
    before.refused("two unknown names", reply, 400, &words).await;
    let reply = owner.add_owners("exact", &["helga", owner.name()]).await;
    before.refused("an owner already", reply, 400, &[owner.name(), "already an owner"]).await;
    let reply = owner.remove_owners("exact", &["helga"]).await;
    before.refused("no owner", reply, 400, &["`helga`"]).await;
    let reply = owner.add_owners("absent", &["helga"]).await;
    before.refused("no crate", reply, 404, &["`absent`"]).await;
    let _ = owner.add_owners("exact", &["helga", "helga"]).await.expect_status(200);
    let _ = helper.answer("exact", true).await.expect_status(200);
    assert_eq!(logins(&app.nobody().owners("exact").await.json()), [owner.name(), "helga"]);
}

async fn the_body_may_use_the_old_key(app: &TestApp) {
    let owner = app.owner().await;
    app.person("helga").await;
    owner.has_published("old", "1.0.0").await;
    let body = json!({ "owners": ["helga"], "more": 1 });
    let request = owner.request(Method::PUT, "/api/v1/crates/old/owners").json(&body);
    let _ = send(request).await.expect_status(200);
    // cargo sends a body with DELETE; some clients leave the content type out.
    let request = owner.request(Method::DELETE, "/api/v1/crates/old/owners").body(body.to_string());
    let _ = send(request).await.expect_status(200);
}

async fn bodies_that_are_no_list_are_refused(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("strict", "1.0.0").await;
    let before = Before::look(app).await;
    for body in [
        "",
        "{",
        "[]",
        "{}",
        "{\"users\":\"x\"}",
        "{\"users\":[1]}",
        "{\"users\":null}",
        "{\"users\":[]}",
        "\u{ff}",
    ] {
        for method in [Method::PUT, Method::DELETE] {
            let what = format!("{method} {body:?}");
            let request = owner.request(method, "/api/v1/crates/strict/owners").body(body.to_owned());
            before.refused(&what, send(request).await, 400, &["users"]).await;
        }
    }
    for name in ["", "a\0b", "na\u{ef}ve"] {
        before
            .refused(
                &format!("{name:?}"),
                owner.add_owners("strict", &[name]).await,
                400,
                &["could not find"],
            )
            .await;
    }
    let huge = json!({ "users": ["x".repeat(100_000)] });
    let request = owner.request(Method::PUT, "/api/v1/crates/strict/owners").json(&huge);
    before.refused("a huge body", send(request).await, 413, &["larger than"]).await;
}

async fn racing_removals_leave_an_owner(app: &TestApp) {
    let mut owners = vec![app.owner().await];
    owners[0].has_published("contested", "1.0.0").await;
    for n in 0..3 {
        owners.push(app.person(&format!("heir-{n}")).await);
        owners[0].shares("contested", &owners[n + 1]).await;
    }
    // Everyone removes themselves at the same moment.
    let names: Vec<_> = owners.iter().map(|owner| [owner.name().to_owned()]).collect();
    let replies = join_all(
        owners
            .iter()
            .zip(&names)
            .map(|(owner, name)| async move { owner.remove_owners("contested", &[name[0].as_str()]).await }),
    )
    .await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 3);
    assert_eq!(logins(&app.nobody().owners("contested").await.json()).len(), 1);
}

async fn a_request_names_so_many(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("crowded", "1.0.0").await;
    let before = Before::look(app).await;
    let reply = owner.add_owners("crowded", &["a", "b", "c", "d"]).await;
    before.refused("four", reply, 400, &["too many invites for this request - maximum 3"]).await;
}
