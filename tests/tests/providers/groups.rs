//! Groups of providers give roles and teams, and take them away.

use cratekeep_app::{ProviderSettings, Shown};
use cratekeep_testkit::oidc::Lie;
use cratekeep_tests::Engine;
use cratekeep_types::{Actor, Role};
use cratekeep_wire::control::{AdminCommand, TeamCommand};
use serde_json::json;

use crate::browser::Browser;
use crate::stage::{Stage, on_both_stages, team};

on_both_stages![
    a_group_gives_a_role_and_takes_it_away,
    a_group_gives_a_team_and_takes_it_away,
    two_providers_give_each_their_own,
    what_is_not_there_gives_nothing,
    odd_groups_change_nothing,
];

async fn role(stage: &Stage, browser: &Browser) -> Option<Role> {
    stage.actor(browser).await.role_in(stage.app.app().default_registry().registry.id)
}

async fn is_admin(stage: &Stage, browser: &Browser) -> bool {
    stage.who(browser).await.is_some_and(|account| account.is_admin)
}

async fn a_group_gives_a_role_and_takes_it_away(stage: &Stage) {
    stage.at_corp("00u1", "ann", &["rust", "bosses"]);
    let first = stage.signed_in("corp").await;
    assert_eq!((role(stage, &first).await, is_admin(stage, &first).await), (Some(Role::Publisher), true));
    stage.at_corp("00u1", "ann", &["rust", "Bosses"]);
    let second = stage.signed_in("corp").await;
    // The session from before has lost it as well, at once.
    for browser in [&first, &second] {
        assert_eq!(
            (role(stage, browser).await, is_admin(stage, browser).await),
            (Some(Role::Publisher), false)
        );
    }
    stage.at_corp("00u1", "ann", &[]);
    let third = stage.signed_in("corp").await;
    assert_eq!((role(stage, &first).await, role(stage, &third).await), (None, None));
}

async fn a_group_gives_a_team_and_takes_it_away(stage: &Stage) {
    let _ = stage.app.admin(AdminCommand::Team(TeamCommand::Create { name: "core".to_owned() })).await;
    stage.at_corp("00u1", "ann", &["rust"]);
    let browser = stage.signed_in("corp").await;
    let teams = |actor: Actor| match actor {
        Actor::Account { memberships, .. } => memberships.teams.len(),
        _ => 0,
    };
    assert_eq!(teams(stage.actor(&browser).await), 1);
    let members = stage.app.admin(AdminCommand::Team(TeamCommand::Members { name: "core".to_owned() })).await;
    assert!(format!("{members:?}").contains("group:corp"), "{members:?}");
    stage.at_corp("00u1", "ann", &[]);
    let _ = stage.signed_in("corp").await;
    assert_eq!(teams(stage.actor(&browser).await), 0);
}

async fn two_providers_give_each_their_own(stage: &Stage) {
    stage.at_corp("00u1", "ann", &["rust"]);
    let browser = stage.signed_in("corp").await;
    let headers = [("x-auth-user", "e-1"), ("x-auth-groups", "rust")];
    let other = stage.browser();
    let _ = other.open_with("/sign-in/front", &headers).await.expect_status(303);
    assert_eq!(
        (role(stage, &browser).await, role(stage, &other).await),
        (Some(Role::Publisher), Some(Role::Publisher))
    );
    stage.at_corp("00u1", "ann", &[]);
    let _ = stage.signed_in("corp").await;
    assert_eq!((role(stage, &browser).await, role(stage, &other).await), (None, Some(Role::Publisher)));
}

async fn what_is_not_there_gives_nothing(stage: &Stage) {
    stage.at_corp("00u1", "ann", &["lost", "unknown", "ADMIN", "admin", "team:core"]);
    let browser = stage.signed_in("corp").await;
    assert_eq!((role(stage, &browser).await, is_admin(stage, &browser).await), (None, false));
}

async fn odd_groups_change_nothing(stage: &Stage) {
    stage.at_corp("00u1", "ann", &["rust"]);
    let browser = stage.signed_in("corp").await;
    let events = stage.last_event().await;
    stage.idp.lie(Lie::Claim("groups", json!("bosses")));
    assert_eq!(stage.browser().sign_in("corp").await.status, 403);
    assert_eq!(role(stage, &browser).await, Some(Role::Publisher), "it neither gives nor takes");
    assert_eq!(stage.last_event().await, events);
}

/// A stage whose provider `hub` is changed.
async fn with_hub(change: impl Fn(&mut ProviderSettings)) -> Stage {
    Stage::set_with(Engine::SqliteAndFolder, |providers| {
        providers.iter_mut().filter(|provider| provider.name == "hub").for_each(change);
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_members_may_come_where_it_says_so() {
    for allowed in ["acme", "acme/core", "id:7", "id:7/42"] {
        let stage = with_hub(|hub| {
            hub.allowed_groups = vec![allowed.to_owned()];
            hub.groups = vec![(allowed.to_owned(), vec!["publisher@main".parse().expect("a grant")])];
        })
        .await;
        stage.forge.person(17, "ann", None);
        let stranger = stage.browser();
        assert_eq!(stranger.sign_in("hub").await.status, 403, "{allowed}");
        assert_eq!(stranger.session(), None);
        stage.forge.team(team(&[17]));
        let member = stage.signed_in("hub").await;
        assert_eq!(role(&stage, &member).await, Some(Role::Publisher));
        stage.forge.delete_team(42);
        assert_eq!(stage.browser().sign_in("hub").await.status, 403);
        assert_eq!(role(&stage, &member).await, None, "who may no longer come loses what the group gave");
        stage.app.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_verified_addresses_of_a_domain_may_come_where_it_says_so() {
    let stage = Stage::set_with(Engine::SqliteAndFolder, |providers| {
        providers[0].allowed_domains = vec!["example.com".to_owned()];
    })
    .await;
    for (email, verified, may) in [
        ("ann@example.com", json!(true), true),
        ("ann@EXAMPLE.com", json!(true), true),
        ("ann@example.com", json!(false), false),
        ("ann@example.com", json!(null), false),
        ("ann@evil.example.com", json!(true), false),
        ("ann@example.com@evil.example", json!(true), false),
        ("ann@notexample.com", json!(true), false),
        ("example.com", json!(true), false),
    ] {
        let mut claims = json!({ "sub": format!("{email} {verified}"), "email": email, "groups": [] });
        if !verified.is_null() {
            claims["email_verified"] = verified.clone();
        }
        stage.idp.person(claims);
        let reply = stage.browser().sign_in("corp").await;
        assert_eq!(reply.status, if may { 303 } else { 403 }, "{email} {verified}");
    }
    stage.app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_sign_up_makes_no_accounts() {
    let stage = with_hub(|hub| hub.signs_up = false).await;
    // The first token that is sealed makes the key of the vault.
    stage.forge.person(16, "first", None);
    let _ = stage.signed_in("lab").await;
    stage.forge.person(17, "ann", None);
    let events = stage.last_event().await;
    let browser = stage.browser();
    assert_eq!((browser.sign_in("hub").await.status.as_u16(), browser.session()), (403, None));
    assert_eq!(stage.last_event().await, events);
    stage.app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_gone_from_the_settings_gives_nothing_any_more() {
    let stage = Stage::set(Engine::SqliteAndFolder).await;
    stage.at_corp("00u1", "ann", &["bosses"]);
    let browser = stage.signed_in("corp").await;
    assert!(is_admin(&stage, &browser).await);
    stage.app.app().forget_gone_providers().await.expect("nothing is gone");
    assert!(is_admin(&stage, &browser).await);
    let node = stage.app.second_node_with(|options| options.providers.retain(|one| one.name != "corp")).await;
    node.app().forget_gone_providers().await.expect("it is forgotten");
    let session = browser.session();
    let shown = Shown { session: session.as_deref(), ..Shown::default() };
    let actor = node.app().identify(&shown).await.expect("an answer");
    assert!(actor.account().is_some_and(|account| !account.is_admin));
    node.stop().await;
    stage.app.finish().await;
}
