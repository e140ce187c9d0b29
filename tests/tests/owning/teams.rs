//! Teams as owners: what their members may do, and from when on.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{Engine, Person, TestApp, on_both_engines};
use cratekeep_wire::control::{AdminCommand, AdminReply, TeamCommand};
use serde_json::json;

on_both_engines![
    rights_of_owners_teams_and_strangers,
    members_come_and_go_at_once_on_every_node,
    a_team_is_listed_and_shown,
    what_cannot_be_done_with_teams,
];

async fn team(app: &TestApp, command: TeamCommand) -> AdminReply {
    app.admin(AdminCommand::Team(command)).await
}

async fn core_with(app: &TestApp, member: &Person) {
    team(app, TeamCommand::Create { name: "Core".to_owned() }).await;
    let (name, user) = ("core".to_owned(), member.name().to_owned());
    team(app, TeamCommand::AddMember { name, user }).await;
}

/// The table: who, and the answers to publish, yank, unyank, inviting, adding a team, removing an owner.
async fn rights_of_owners_teams_and_strangers(app: &TestApp) {
    let (owner, member, stranger) = (app.owner().await, app.person("mia").await, app.stranger().await);
    let guest = app.person("gus").await;
    core_with(app, &member).await;
    team(app, TeamCommand::Create { name: "other".to_owned() }).await;
    owner.has_published("shared", "1.0.0").await;
    let msg = owner.add_owners("shared", &["team:core"]).await.expect_status(200).json();
    assert_eq!(msg["msg"], "team team:core has been added as an owner of crate shared");
    for (n, (who, expected)) in [
        (&stranger, [403, 403, 403, 403, 403, 403]),
        (&member, [200, 200, 200, 403, 403, 403]),
        (&owner, [200, 200, 200, 200, 200, 200]),
    ]
    .into_iter()
    .enumerate()
    {
        let version = format!("1.{n}.1");
        let answers = [
            who.publish(&ArchiveBuilder::new("shared", &version)).await,
            who.yank("shared", "1.0.0").await,
            who.unyank("shared", "1.0.0").await,
            who.add_owners("shared", &[guest.name()]).await,
            who.add_owners("shared", &["team:other"]).await,
            who.remove_owners("shared", &["team:core"]).await,
        ];
        let seen: Vec<_> = answers.iter().map(|reply| reply.status.as_u16()).collect();
        assert_eq!(seen, expected, "{}", who.name());
        if who.name() == "mia" {
            let text = answers[3].error_detail();
            assert!(text.starts_with("team members don't have permission to modify owners"), "{text}");
        }
    }
    // The team is gone, and with it what its members could do.
    let _ = member.publish(&ArchiveBuilder::new("shared", "2.0.0")).await.expect_status(403);
}

async fn members_come_and_go_at_once_on_every_node(app: &TestApp) {
    let (owner, member) = (app.owner().await, app.person("mia").await);
    // Only there are several processes.
    let node = match app.engine() {
        Engine::SqliteAndFolder => None,
        Engine::PostgresAndS3 => Some(app.second_node().await),
    };
    let there = node.as_ref().map(|node| member.at_node(node));
    let everywhere: Vec<_> = there.iter().chain([&member]).collect();
    owner.has_published("shared", "1.0.0").await;
    core_with(app, &member).await;
    let _ = owner.add_owners("shared", &["team:core"]).await.expect_status(200);
    for who in &everywhere {
        let _ = who.yank("shared", "1.0.0").await.expect_status(200);
    }
    let (name, user) = ("team:core".to_owned(), "mia".to_owned());
    team(app, TeamCommand::RemoveMember { name, user }).await;
    for who in &everywhere {
        let _ = who.unyank("shared", "1.0.0").await.expect_status(403);
    }
    if let Some(node) = node {
        node.stop().await;
    }
}

async fn a_team_is_listed_and_shown(app: &TestApp) {
    let (owner, member) = (app.owner().await, app.person("mia").await);
    core_with(app, &member).await;
    owner.has_published("shared", "1.0.0").await;
    let _ = owner.add_owners("shared", &["team:CORE"]).await.expect_status(200);
    let all = app.nobody().owners("shared").await.expect_status(200).json();
    let shown: Vec<_> =
        all["users"].as_array().expect("a list").iter().map(|one| (&one["login"], &one["kind"])).collect();
    assert_eq!(shown, [(&json!("olga"), &json!("user")), (&json!("team:core"), &json!("team"))]);
    let users = app.nobody().fetch("/api/v1/crates/shared/owner_user").await.expect_status(200).json();
    assert_eq!(users["users"], json!([all["users"][0]]));
    let teams = app.nobody().fetch("/api/v1/crates/shared/owner_team").await.expect_status(200).json();
    assert_eq!(teams["teams"], json!([all["users"][1]]));
    let one = app.nobody().fetch("/api/v1/teams/team:core").await.expect_status(200).json();
    assert_eq!((&one["team"]["login"], &one["team"]["name"]), (&json!("team:core"), &json!("Core")));
    let user = app.nobody().fetch("/api/v1/users/OLGA").await.expect_status(200).json();
    assert_eq!(user["user"]["login"], "olga");
    for path in
        ["/api/v1/teams/team:none", "/api/v1/teams/core", "/api/v1/users/nemo", "/api/v1/users/%C3%A9"]
    {
        let _ = app.nobody().fetch(path).await.expect_status(404);
    }
}

async fn what_cannot_be_done_with_teams(app: &TestApp) {
    let (owner, member) = (app.owner().await, app.person("mia").await);
    core_with(app, &member).await;
    owner.has_published("shared", "1.0.0").await;
    let _ = owner.add_owners("shared", &["team:core"]).await.expect_status(200);
    for (logins, status, words) in [
        (&["team:core"][..], 400, "`team:core` is already an owner"),
        (&["team:"], 400, "name"),
        (&["team:\u{e9}quipe"], 400, "team"),
        (&["github:org"], 400, "missing github team argument; format is github:org:team"),
        (&["github:o/g:team"], 400, "cannot contain special characters like /"),
        (&["github:org:team"], 400, "could not find the github team org/team"),
        (&["\u{202e}core"], 400, "could not find user"),
    ] {
        let reply = owner.add_owners("shared", logins).await.expect_status(status);
        assert!(reply.error_detail().contains(words), "{logins:?}: {}", reply.error_detail());
    }
    let reply = owner.remove_owners("shared", &["team:core", "olga"]).await.expect_status(400);
    assert!(reply.error_detail().starts_with("cannot remove all individual owners of a crate."));
    for (command, words) in [
        (TeamCommand::Create { name: "CORE".to_owned() }, "already a team"),
        (TeamCommand::Create { name: "a b".to_owned() }, "no name of a team"),
        (TeamCommand::Delete { name: "core".to_owned() }, "owns crates"),
        (TeamCommand::AddMember { name: "core".to_owned(), user: "nemo".to_owned() }, "no user"),
        (TeamCommand::RemoveMember { name: "core".to_owned(), user: "olga".to_owned() }, "not in the team"),
    ] {
        let shown = format!("{command:?}");
        let reply = app.app().run_at_shell(AdminCommand::Team(command)).await;
        let AdminReply::Refused { problems } = reply else { panic!("{shown} was done: {reply:?}") };
        assert!(problems[0].contains(words), "{shown}: {problems:?}");
    }
    let _ = owner.remove_owners("shared", &["team:core"]).await.expect_status(200);
    team(app, TeamCommand::Delete { name: "core".to_owned() }).await;
}
