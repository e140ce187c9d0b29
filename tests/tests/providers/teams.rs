//! Teams of GitHub as owners: GitHub's word at the time counts, whatever anything is called there.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::forge::ForgeTeam;
use cratekeep_testkit::http::Reply;
use cratekeep_tests::Person;
use cratekeep_wire::control::{AdminCommand, VaultCommand};
use serde_json::json;

use crate::stage::{Stage, on_both_stages, team};

const TEAM: &str = "github:acme:core";
/// Longer than a word of GitHub is kept.
const LATER_SECS: i64 = 31;

on_both_stages![
    a_team_is_added_and_its_members_publish,
    who_is_in_no_team_adds_none,
    who_leaves_or_loses_the_team_publishes_no_more,
    a_renamed_organization_stays_the_same,
    a_name_that_went_to_another_team_gives_nothing,
    a_name_that_went_to_another_person_gives_nothing,
    without_github_nobody_is_let_in,
    sealed_tokens_survive_another_key,
];

/// Somebody who signed in by GitHub, with a token.
async fn comes(stage: &Stage, id: u64, login: &str) -> Person {
    stage.forge.person(id, login, None);
    let browser = stage.signed_in("hub").await;
    stage.app.holder(&stage.name(&browser).await).await
}

/// The crate `shared` of ann (17), owned by the team `core` with bob (18) in it.
async fn shared(stage: &Stage) -> (Person, Person) {
    let (ann, bob) = (comes(stage, 17, "ann").await, comes(stage, 18, "bob").await);
    stage.forge.team(team(&[17, 18]));
    ann.has_published("shared", "1.0.0").await;
    let said = ann.add_owners("shared", &[TEAM]).await.expect_status(200).json();
    assert_eq!(said["msg"], "team github:acme:core has been added as an owner of crate shared");
    (ann, bob)
}

async fn publish(who: &Person, version: &str) -> Reply {
    who.publish(&ArchiveBuilder::new("shared", version)).await
}

async fn refused(who: &Person, version: &str, words: &str) {
    let reply = publish(who, version).await.expect_status(403);
    assert!(reply.error_detail().contains(words), "{}", reply.error_detail());
}

async fn a_team_is_added_and_its_members_publish(stage: &Stage) {
    let (ann, bob) = shared(stage).await;
    let listed = stage.app.nobody().owners("shared").await.expect_status(200).json();
    let entry = &listed["users"][1];
    let page = format!("{}/acme", stage.forge.url());
    assert_eq!((&entry["login"], &entry["kind"]), (&json!(TEAM), &json!("team")));
    assert_eq!((&entry["url"], &entry["avatar"]), (&json!(page), &json!("https://avatars.example/7")));
    let teams = stage.app.nobody().fetch("/api/v1/crates/shared/owner_team").await.json();
    assert_eq!(teams["teams"], json!([entry]));
    let shown = stage.app.nobody().fetch("/api/v1/teams/github:acme:core").await.expect_status(200).json();
    assert_eq!(shown["team"]["avatar"], "https://avatars.example/7");
    let _ = publish(&bob, "1.1.0").await.expect_status(200);
    let _ = bob.yank("shared", "1.1.0").await.expect_status(200);
    let _ = bob.unyank("shared", "1.1.0").await.expect_status(200);
    let _ = bob.add_owners("shared", &["adam"]).await.expect_status(403);
    let _ = bob.remove_owners("shared", &[TEAM]).await.expect_status(403);
    refused(
        &comes(stage, 19, "carl").await,
        "1.2.0",
        "GitHub does not say that you are in `github:acme:core`",
    )
    .await;
    let stan = stage.app.stranger().await;
    refused(&stan, "1.2.0", "/settings/identities").await;
    let twice = ann.add_owners("shared", &["github:ACME:Core"]).await.expect_status(400);
    assert_eq!(twice.error_detail(), "`github:acme:core` is already an owner");
    let _ = ann.remove_owners("shared", &[TEAM]).await.expect_status(200);
    refused(&bob, "1.2.0", "you are not one of its owners").await;
}

async fn who_is_in_no_team_adds_none(stage: &Stage) {
    let carl = comes(stage, 19, "carl").await;
    carl.has_published("mine", "1.0.0").await;
    stage.forge.team(team(&[17]));
    let said = carl.add_owners("mine", &[TEAM]).await.expect_status(400).error_detail().to_owned();
    assert!(said.starts_with("could not find the github team acme/core."), "{said}");
    // In the organization, but not in the team.
    stage.forge.team(ForgeTeam { id: 50, slug: "guests".to_owned(), ..team(&[19]) });
    let reply = carl.add_owners("mine", &[TEAM]).await.expect_status(403);
    assert_eq!(reply.error_detail(), "only members of a team or organization owners can add it as an owner");
    stage.forge.team(ForgeTeam { owners: vec![19], ..team(&[17]) });
    let _ = carl.add_owners("mine", &[TEAM]).await.expect_status(200);
    let stan = stage.app.stranger().await;
    stan.has_published("other", "1.0.0").await;
    let reply = stan.add_owners("other", &[TEAM]).await.expect_status(403);
    assert!(reply.error_detail().contains("/settings/identities"), "{}", reply.error_detail());
    let listed = stage.app.nobody().owners("other").await.json();
    assert_eq!(listed["users"].as_array().map(Vec::len), Some(1), "nothing was added");
}

async fn who_leaves_or_loses_the_team_publishes_no_more(stage: &Stage) {
    let (_, bob) = shared(stage).await;
    let _ = publish(&bob, "1.1.0").await.expect_status(200);
    stage.forge.team(team(&[17]));
    stage.wait(LATER_SECS);
    refused(&bob, "1.2.0", "GitHub does not say that you are in").await;
    stage.forge.team(team(&[17, 18]));
    stage.wait(LATER_SECS);
    let _ = publish(&bob, "1.2.0").await.expect_status(200);
    stage.forge.delete_team(42);
    stage.wait(LATER_SECS);
    refused(&bob, "1.3.0", "GitHub does not say that you are in").await;
}

async fn a_renamed_organization_stays_the_same(stage: &Stage) {
    let (ann, bob) = shared(stage).await;
    stage.forge.team(ForgeTeam { organization: "Zenith".to_owned(), ..team(&[17, 18]) });
    let _ = publish(&bob, "1.1.0").await.expect_status(200);
    ann.has_published("second", "1.0.0").await;
    let _ = ann.add_owners("second", &["github:zenith:core"]).await.expect_status(200);
    let owners = stage.app.nobody().owners("shared").await.json();
    assert_eq!(owners["users"][1]["login"], "github:zenith:core", "it is the same team");
    let _ = ann.remove_owners("shared", &["github:zenith:core"]).await.expect_status(200);
}

async fn a_name_that_went_to_another_team_gives_nothing(stage: &Stage) {
    let (ann, bob) = shared(stage).await;
    stage.forge.delete_team(42);
    stage.forge.team(ForgeTeam { id: 43, organization_id: 8, ..team(&[17, 18]) });
    refused(&bob, "1.1.0", "GitHub does not say that you are in").await;
    ann.has_published("second", "1.0.0").await;
    let _ = ann.add_owners("second", &[TEAM]).await.expect_status(200);
    let _ = bob.publish(&ArchiveBuilder::new("second", "1.1.0")).await.expect_status(200);
    stage.wait(LATER_SECS);
    refused(&bob, "1.1.0", "`github:acme:core:42`").await;
    let _ = ann.remove_owners("shared", &["github:acme:core:42"]).await.expect_status(200);
}

async fn a_name_that_went_to_another_person_gives_nothing(stage: &Stage) {
    let (_, bob) = shared(stage).await;
    stage.forge.person(18, "bob-old", None);
    stage.forge.person(99, "bob", None);
    stage.forge.team(team(&[17, 99]));
    refused(&bob, "1.1.0", "GitHub does not say that you are in").await;
    stage.forge.team(team(&[17, 18]));
    stage.wait(LATER_SECS);
    let _ = publish(&bob, "1.1.0").await.expect_status(200);
}

async fn without_github_nobody_is_let_in(stage: &Stage) {
    let (ann, bob) = shared(stage).await;
    let _ = publish(&bob, "1.1.0").await.expect_status(200);
    stage.forge.set_down(true);
    let asked = stage.forge.times_asked();
    let _ = publish(&bob, "1.2.0").await.expect_status(200);
    assert_eq!(stage.forge.times_asked(), asked, "a word of GitHub counts for a moment");
    stage.wait(LATER_SECS);
    let reply = publish(&bob, "1.3.0").await.expect_status(503);
    assert!(reply.error_detail().contains("GitHub could not be asked about the team `github:acme:core`"));
    let _ = publish(&ann, "1.3.0").await.expect_status(200);
    let _ = stage.app.administrator().await.yank("shared", "1.3.0").await.expect_status(200);
    let reply = ann.add_owners("shared", &["github:acme:web"]).await.expect_status(503);
    assert!(reply.error_detail().contains("nothing was changed"), "{}", reply.error_detail());
    stage.forge.set_down(false);
    // The token no longer counts there.
    stage.forge.delete_person(18);
    refused(&bob, "1.4.0", "sign in with GitHub again").await;
}

async fn sealed_tokens_survive_another_key(stage: &Stage) {
    let (_, bob) = shared(stage).await;
    stage.app.admin(AdminCommand::Vault(VaultCommand::Rotate)).await;
    let _ = publish(&bob, "1.1.0").await.expect_status(200);
    let carl = comes(stage, 19, "carl").await;
    stage.forge.team(team(&[18, 19]));
    let _ = publish(&carl, "1.2.0").await.expect_status(200);
    stage.app.admin(AdminCommand::Vault(VaultCommand::Rotate)).await;
    stage.wait(LATER_SECS);
    for (who, version) in [(&bob, "1.3.0"), (&carl, "1.4.0")] {
        let _ = publish(who, version).await.expect_status(200);
    }
}
