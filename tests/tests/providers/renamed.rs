//! Names and mail addresses go from one person to the next; rights do not.

use cratekeep_app::ProviderKind;
use cratekeep_outbound::provider::ProviderOptions;
use cratekeep_testkit::forge::Forge;
use cratekeep_testkit::oidc::OidcProvider;
use cratekeep_tests::Engine;
use serde_json::json;

use crate::stage::{self, Stage, on_both_stages};

on_both_stages![
    a_name_at_the_forge_goes_to_somebody_else,
    a_deleted_account_at_the_forge_is_made_again,
    a_renamed_person_stays_the_same,
    an_equal_mail_address_leads_nowhere,
    an_equal_name_leads_nowhere,
    an_equal_id_at_another_provider_is_another_person,
    an_id_in_another_spelling_is_another_person,
    a_recreated_team_has_another_id,
];

/// Signs in by a provider; the account's id.
async fn comes(stage: &Stage, provider: &str) -> (i64, String) {
    let account = stage.who(&stage.signed_in(provider).await).await.expect("somebody is signed in");
    (account.id.0, account.name.to_string())
}

async fn a_name_at_the_forge_goes_to_somebody_else(stage: &Stage) {
    stage.forge.person(17, "ann", Some("ann@example.com"));
    let (old, _) = comes(stage, "hub").await;
    stage.forge.person(17, "ann-old", Some("ann@example.com"));
    stage.forge.person(99, "ann", Some("ann@example.com"));
    let (new, name) = comes(stage, "hub").await;
    assert_ne!(new, old, "the name is not the person");
    assert_eq!(name, "ann-2");
}

async fn a_deleted_account_at_the_forge_is_made_again(stage: &Stage) {
    stage.forge.person(17, "ann", None);
    let (old, _) = comes(stage, "lab").await;
    stage.forge.delete_person(17);
    stage.forge.person(18, "ann", None);
    assert_ne!(comes(stage, "lab").await.0, old);
}

async fn a_renamed_person_stays_the_same(stage: &Stage) {
    stage.forge.person(17, "ann", None);
    let (old, _) = comes(stage, "hub").await;
    stage.forge.person(17, "bob", None);
    let (same, name) = comes(stage, "hub").await;
    assert_eq!((same, name.as_str()), (old, "ann"), "the name here stays");
    stage.at_corp("00u1", "Case", &[]);
    let (old, _) = comes(stage, "corp").await;
    stage.at_corp("00u1", "other", &[]);
    assert_eq!(comes(stage, "corp").await, (old, "Case".to_owned()));
}

async fn an_equal_mail_address_leads_nowhere(stage: &Stage) {
    stage.forge.person(17, "ann", Some("ann@example.com"));
    let (old, _) = comes(stage, "hub").await;
    let claims = json!({
        "sub": "evil", "preferred_username": "mallory", "email": "ann@example.com", "email_verified": true,
        "groups": [],
    });
    stage.idp.person(claims);
    assert_ne!(comes(stage, "corp").await.0, old);
    stage.forge.person(18, "mallory2", Some("ANN@example.com"));
    assert_ne!(comes(stage, "lab").await.0, old);
}

async fn an_equal_name_leads_nowhere(stage: &Stage) {
    // Accounts that were made here, an administrator's among them.
    let _ = stage.app.person("ann").await;
    for (subject, login) in [("1", "ann"), ("2", "ANN"), ("3", "adam"), ("4", "Adam@example.com")] {
        stage.at_corp(subject, login, &[]);
        let browser = stage.signed_in("corp").await;
        let account = stage.who(&browser).await.expect("somebody is signed in");
        assert!(!account.is_admin, "{login}");
        let number = account.name.as_str().rsplit_once('-').map(|(_, number)| number.to_owned());
        assert!(number.is_some_and(|number| number.parse::<u32>().is_ok()), "{}", account.name);
    }
}

async fn an_equal_id_at_another_provider_is_another_person(stage: &Stage) {
    stage.forge.person(17, "ann", None);
    stage.at_corp("17", "ann", &[]);
    let ids = [comes(stage, "hub").await.0, comes(stage, "lab").await.0, comes(stage, "corp").await.0];
    let browser = stage.browser();
    let _ = browser.open_with("/sign-in/front", &[("x-auth-user", "17")]).await.expect_status(303);
    let fourth = stage.who(&browser).await.expect("somebody is signed in").id.0;
    assert!(!ids.contains(&fourth) && ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
}

async fn an_id_in_another_spelling_is_another_person(stage: &Stage) {
    let mut seen = Vec::new();
    for subject in ["abc", "ABC", "abc ", "abç", "a%62c"] {
        stage.at_corp(subject, "x", &[]);
        let (id, _) = comes(stage, "corp").await;
        assert!(!seen.contains(&id), "{subject}");
        seen.push(id);
    }
}

async fn a_recreated_team_has_another_id(stage: &Stage) {
    stage.forge.person(17, "ann", None);
    stage.forge.team(stage::team(&[17]));
    let api = cratekeep_outbound::GitHubApi::new(&stage.forge.github_api(), outbound().client().clone());
    let token = cratekeep_types::Secret::new(Forge::token_of(17));
    assert_eq!(api.is_member(7, 42, "ann", &token).await, Ok(true));
    stage.forge.delete_team(42);
    stage.forge.team(cratekeep_testkit::forge::ForgeTeam { id: 43, ..stage::team(&[17]) });
    assert_eq!(api.is_member(7, 42, "ann", &token).await, Ok(false), "the old id has no members");
    // An organisation of the same name made anew is another one too.
    stage.forge.delete_team(43);
    let other = cratekeep_testkit::forge::ForgeTeam { organization_id: 8, ..stage::team(&[17]) };
    stage.forge.team(other);
    assert_eq!(api.is_member(7, 42, "ann", &token).await, Ok(false));
}

fn outbound() -> cratekeep_outbound::Outbound {
    let options =
        cratekeep_outbound::Options { allow_private: true, ..cratekeep_outbound::Options::default() };
    cratekeep_outbound::Outbound::new(options).expect("the options are good")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_place_under_the_same_name_in_the_settings_takes_over_nobody() {
    let stage = Stage::set(Engine::SqliteAndFolder).await;
    stage.at_corp("1", "ann", &["bosses"]);
    let (old, _) = comes(&stage, "corp").await;
    let other = OidcProvider::start(stage.now_secs()).await;
    other.person(json!({ "sub": "1", "preferred_username": "mallory", "groups": [] }));
    let node = stage
        .app
        .second_node_with(|options| {
            for provider in &mut options.providers {
                if let ProviderKind::Asked(ProviderOptions::Oidc(oidc)) = &mut provider.kind {
                    oidc.issuer = other.issuer();
                }
            }
        })
        .await;
    let browser = crate::browser::Browser::at(node.url());
    let sent = browser.open("/sign-in/corp").await.expect_status(303);
    assert!(sent.header("location").starts_with(&other.issuer()));
    let back = browser.go("/sign-in/corp").await.replace(stage.app.url(), node.url());
    let _ = browser.open(&back).await.expect_status(303);
    let mallory = stage.who(&browser).await.expect("somebody is signed in");
    assert_ne!(mallory.id.0, old);
    assert!(!mallory.is_admin);
    node.stop().await;
    stage.app.finish().await;
}
