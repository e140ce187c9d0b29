//! Invitations to own a crate, by the API.

use cratekeep_tests::{Person, RegistryWish, TestApp, on_both_engines, send};
use cratekeep_wire::control::{AdminCommand, MemberCommand, OwnerCommand};
use http::Method;
use serde_json::{Value, json};

on_both_engines![
    an_invitation_is_listed_accepted_and_gone,
    nobody_else_can_answer,
    an_expired_one_is_gone_and_replaced,
    a_declined_one_is_gone,
    one_taken_back_is_gone,
    owners_see_what_is_pending,
    lists_have_pages,
    codes_of_letters_that_never_were,
    only_who_may_read_the_registry_is_invited,
    an_administrator_adds_at_once,
];

const DAY_SECS: i64 = 86_400;

async fn pending(person: &Person) -> Vec<Value> {
    let list = person.fetch("/api/v1/me/crate_owner_invitations").await.expect_status(200).json();
    list["crate_owner_invitations"].as_array().expect("a list").clone()
}

async fn logins(app: &TestApp, krate: &str) -> Vec<String> {
    let list = app.nobody().owners(krate).await.expect_status(200).json();
    let users = list["users"].as_array().expect("a list");
    users.iter().map(|user| user["login"].as_str().expect("a login").to_owned()).collect()
}

async fn an_invitation_is_listed_accepted_and_gone(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    owner.has_published("shared", "1.0.0").await;
    let _ = owner.add_owners("shared", &["HELGA"]).await.expect_status(200);
    let again = owner.add_owners("shared", &["helga"]).await.expect_status(200).json();
    assert_eq!(again["msg"], "user helga already has a pending invitation to be an owner of crate shared");
    assert_eq!(logins(app, "shared").await, ["olga"]);
    let list = helper.fetch("/api/v1/me/crate_owner_invitations").await.expect_status(200).json();
    let open = &list["crate_owner_invitations"][0];
    assert_eq!((&open["crate_name"], &open["invited_by_username"]), (&json!("shared"), &json!("olga")));
    for key in ["invitee_id", "inviter_id", "crate_id"] {
        assert!(open[key].is_i64(), "{key} in {open}");
    }
    let users: Vec<_> = list["users"].as_array().expect("users").iter().map(|user| &user["login"]).collect();
    assert_eq!(users, ["olga", "helga"]);
    let reply = helper.answer("shared", true).await.expect_status(200).json();
    assert_eq!(reply["crate_owner_invitation"], json!({ "crate_id": open["crate_id"], "accepted": true }));
    assert_eq!(logins(app, "shared").await, ["olga", "helga"]);
    assert_eq!(pending(&helper).await, Vec::<Value>::new());
    let _ = helper.answer_by_id(&open["crate_id"], true).await.expect_status(404);
    let reply = owner.add_owners("shared", &["helga"]).await.expect_status(400);
    assert_eq!(reply.error_detail(), "`helga` is already an owner");
}

async fn nobody_else_can_answer(app: &TestApp) {
    let (owner, helper, stranger) = (app.owner().await, app.person("helga").await, app.stranger().await);
    owner.has_published("shared", "1.0.0").await;
    let _ = owner.add_owners("shared", &["helga"]).await.expect_status(200);
    let id = &pending(&helper).await[0]["crate_id"];
    for other in [&stranger, &owner, &app.administrator().await] {
        for accepted in [true, false] {
            let _ = other.answer_by_id(id, accepted).await.expect_status(404);
        }
    }
    assert_eq!(pending(&stranger).await, Vec::<Value>::new());
    assert_eq!(pending(&helper).await.len(), 1);
    assert_eq!(logins(app, "shared").await, ["olga"]);
}

async fn an_expired_one_is_gone_and_replaced(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    owner.has_published("shared", "1.0.0").await;
    let _ = owner.add_owners("shared", &["helga"]).await.expect_status(200);
    let id = pending(&helper).await[0]["crate_id"].clone();
    app.clock().advance_secs(30 * DAY_SECS);
    assert_eq!(pending(&helper).await, Vec::<Value>::new());
    let reply = helper.answer_by_id(&id, true).await.expect_status(410);
    let begins = "The invitation to become an owner of the shared crate expired.";
    assert!(reply.error_detail().starts_with(begins), "{}", reply.error_detail());
    let reply = owner.remove_owners("shared", &["helga"]).await.expect_status(400);
    assert_eq!(reply.error_detail(), "could not find owner with login `helga`");
    let again = owner.add_owners("shared", &["helga"]).await.expect_status(200).json();
    assert_eq!(again["msg"], "user helga has been invited to be an owner of crate shared");
    let _ = helper.answer("shared", true).await.expect_status(200);
}

async fn a_declined_one_is_gone(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    owner.has_published("shared", "1.0.0").await;
    let _ = owner.add_owners("shared", &["helga"]).await.expect_status(200);
    let reply = helper.answer("shared", false).await.expect_status(200).json();
    assert_eq!(reply["crate_owner_invitation"]["accepted"], false);
    assert_eq!(pending(&helper).await, Vec::<Value>::new());
    assert_eq!(logins(app, "shared").await, ["olga"]);
    owner.shares("shared", &helper).await;
}

async fn one_taken_back_is_gone(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    owner.has_published("shared", "1.0.0").await;
    let _ = owner.add_owners("shared", &["helga"]).await.expect_status(200);
    let id = pending(&helper).await[0]["crate_id"].clone();
    let _ = owner.remove_owners("shared", &["helga"]).await.expect_status(200);
    let _ = helper.answer_by_id(&id, true).await.expect_status(404);
    assert_eq!(logins(app, "shared").await, ["olga"]);
}

async fn owners_see_what_is_pending(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    owner.has_published("shared", "1.0.0").await;
    let _ = owner.add_owners("shared", &["helga"]).await.expect_status(200);
    let path = "/api/private/crate_owner_invitations";
    let list = owner.fetch(&format!("{path}?crate_name=shared")).await.expect_status(200).json();
    assert_eq!(list["invitations"][0]["crate_name"], "shared");
    assert_eq!(list["meta"]["next_page"], Value::Null);
    let id = list["invitations"][0]["invitee_id"].clone();
    let mine = helper.fetch(&format!("{path}?invitee_id={id}")).await.expect_status(200).json();
    assert_eq!(mine["invitations"], list["invitations"]);
    for (who, query, status, words) in [
        (&helper, "crate_name=shared".to_owned(), 403, "only crate owners can query"),
        (&owner, format!("invitee_id={id}"), 403, "only the invitee can query"),
        (&owner, "invitee_id=x".to_owned(), 400, "missing or invalid filter"),
        (&owner, String::new(), 400, "missing or invalid filter"),
        (&owner, "crate_name=absent".to_owned(), 404, "absent"),
    ] {
        let reply = who.fetch(&format!("{path}?{query}")).await.expect_status(status);
        assert!(reply.error_detail().contains(words), "{query}: {}", reply.error_detail());
    }
}

async fn lists_have_pages(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    for n in 0..3 {
        owner.has_published(&format!("shared-{n}"), "1.0.0").await;
        let _ = owner.add_owners(&format!("shared-{n}"), &["helga"]).await.expect_status(200);
    }
    let id = pending(&helper).await[0]["invitee_id"].clone();
    let path = "/api/private/crate_owner_invitations";
    let (mut query, mut seen) = (format!("?invitee_id={id}&per_page=2"), Vec::new());
    loop {
        let list = helper.fetch(&format!("{path}{query}")).await.expect_status(200).json();
        let names = list["invitations"].as_array().expect("a list").iter();
        seen.extend(names.map(|one| one["crate_name"].as_str().expect("a name").to_owned()));
        match list["meta"]["next_page"].as_str() {
            Some(next) => query = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, ["shared-0", "shared-1", "shared-2"]);
}

async fn codes_of_letters_that_never_were(app: &TestApp) {
    for code in ["0", "x", "%C3%A9", "00000000000000000000000000000000"] {
        let path = format!("/api/v1/me/crate_owner_invitations/accept/{code}");
        let _ = send(app.nobody().request(Method::PUT, &path)).await.expect_status(404);
    }
}

async fn only_who_may_read_the_registry_is_invited(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("closed"), ..RegistryWish::default() }).await;
    let (owner, helper) = (app.owner().await.at("vault"), app.person("helga").await.at("vault"));
    app.member("vault", "olga", "publisher").await;
    owner.has_published("secret", "1.0.0").await;
    let reply = owner.add_owners("secret", &["helga"]).await.expect_status(400);
    assert!(reply.error_detail().contains("`helga` is no member of the registry `vault`"));
    app.member("vault", "helga", "reader").await;
    let _ = owner.add_owners("secret", &["helga"]).await.expect_status(200);
    let id = pending(&helper).await[0]["crate_id"].clone();
    let (registry, who) = ("vault".to_owned(), "helga".to_owned());
    app.admin(AdminCommand::Member(MemberCommand::Remove { registry, who })).await;
    assert_eq!(
        pending(&helper).await,
        Vec::<Value>::new(),
        "the name of the crate is no longer hers to know"
    );
    let _ = helper.answer_by_id(&id, true).await.expect_status(404);
    app.member("vault", "helga", "reader").await;
    let _ = helper.answer("secret", true).await.expect_status(200);
}

async fn an_administrator_adds_at_once(app: &TestApp) {
    let owner = app.owner().await;
    app.person("helga").await;
    owner.has_published("shared", "1.0.0").await;
    let _ = owner.add_owners("shared", &["helga"]).await.expect_status(200);
    let command = |login: &str| {
        let (registry, krate) = ("main".to_owned(), "shared".to_owned());
        AdminCommand::Owner(OwnerCommand::Add { registry, krate, login: login.to_owned() })
    };
    app.admin(command("helga")).await;
    assert_eq!(logins(app, "shared").await, ["olga", "helga"]);
    let stranger = app.stranger().await;
    let request = stranger.request(Method::POST, "/api/v1/admin/commands").json(
        &json!({ "command": "owner", "action": "add", "registry": "main", "krate": "shared", "login": "stan" }),
    );
    let _ = send(request).await.expect_status(403);
    assert_eq!(logins(app, "shared").await, ["olga", "helga"]);
}
