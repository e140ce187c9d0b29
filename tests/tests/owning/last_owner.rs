//! A crate always has a person who owns it, whatever path somebody takes.

use cratekeep_tests::{TestApp, on_both_engines};
use cratekeep_wire::control::{
    AdminCommand, AdminReply, MemberCommand, OwnerCommand, TeamCommand, UserCommand,
};
use futures::future::join_all;
use serde_json::Value;

on_both_engines![no_path_takes_the_last_person_away, owners_who_remove_each_other_leave_one];

const REFUSAL: &str = "cannot remove all individual owners";

async fn users(app: &TestApp) -> Vec<String> {
    let list = app.nobody().fetch("/api/v1/crates/shared/owner_user").await.expect_status(200).json();
    let users = list["users"].as_array().expect("a list");
    users.iter().filter_map(|user| user["login"].as_str().map(str::to_owned)).collect()
}

async fn no_path_takes_the_last_person_away(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    owner.has_published("shared", "1.0.0").await;
    app.admin(AdminCommand::Team(TeamCommand::Create { name: "core".to_owned() })).await;
    for user in ["olga", "helga"] {
        let (name, user) = ("core".to_owned(), user.to_owned());
        app.admin(AdminCommand::Team(TeamCommand::AddMember { name, user })).await;
    }
    let _ = owner.add_owners("shared", &["team:core"]).await.expect_status(200);
    // A team beside the person does not count, nor does somebody who was only invited, nor both in one request.
    let _ = owner.add_owners("shared", &["helga"]).await.expect_status(200);
    for logins in [&["olga"][..], &["olga", "helga"], &["olga", "team:core"]] {
        let refused = owner.remove_owners("shared", logins).await.expect_status(400);
        assert!(refused.error_detail().contains(REFUSAL), "{}", refused.text());
    }
    // An administrator may not either, by the API or at the shell.
    let refused = app.administrator().await.remove_owners("shared", &["olga"]).await.expect_status(400);
    assert!(refused.error_detail().contains(REFUSAL), "{}", refused.text());
    let (registry, krate, login) = ("main".to_owned(), "shared".to_owned(), "olga".to_owned());
    let remove = OwnerCommand::Remove { registry, krate, login };
    let reply = app.app().run_at_shell(AdminCommand::Owner(remove)).await;
    let AdminReply::Refused { problems } = reply else { panic!("{reply:?}") };
    assert!(problems[0].contains(REFUSAL), "{problems:?}");
    // A team's end, a member's end and a lock take nobody's crate.
    let _ = owner.remove_owners("shared", &["team:core"]).await.expect_status(200);
    let (registry, who) = ("main".to_owned(), "olga".to_owned());
    app.member("main", "olga", "publisher").await;
    app.admin(AdminCommand::Member(MemberCommand::Remove { registry, who })).await;
    app.admin(AdminCommand::Team(TeamCommand::Delete { name: "core".to_owned() })).await;
    let (name, reason) = ("olga".to_owned(), "a test".to_owned());
    app.admin(AdminCommand::User(UserCommand::Lock { name, reason, until: None })).await;
    assert_eq!(users(app).await, ["olga"]);
    // While the owner is locked, somebody else can be put beside, and only then the first one goes.
    let put = |login: &str| OwnerCommand::Add {
        registry: "main".to_owned(),
        krate: "shared".to_owned(),
        login: login.to_owned(),
    };
    app.admin(AdminCommand::Owner(put("helga"))).await;
    let _ = helper.remove_owners("shared", &["olga"]).await.expect_status(200);
    assert_eq!(users(app).await, ["helga"]);
}

async fn owners_who_remove_each_other_leave_one(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("shared", "1.0.0").await;
    let mut people = vec![owner.clone()];
    for name in ["ann", "ben", "cleo"] {
        let person = app.person(name).await;
        owner.shares("shared", &person).await;
        people.push(person);
    }
    // Each removes somebody else, all at once, until nobody may any more.
    for _ in 0..4 {
        let names: Vec<_> = people.iter().map(|person| person.name().to_owned()).collect();
        let steps = people.iter().enumerate().map(|(n, person)| {
            let other = names[(n + 1) % names.len()].clone();
            async move { person.remove_owners("shared", &[&other]).await.status.as_u16() }
        });
        let answers = join_all(steps).await;
        assert!(answers.iter().all(|status| [200, 400, 403].contains(status)), "{answers:?}");
    }
    let left = users(app).await;
    assert!(!left.is_empty(), "somebody is left");
    let listed = app.nobody().owners("shared").await.expect_status(200).json();
    assert_ne!(listed["users"], Value::from(Vec::<Value>::new()));
}
