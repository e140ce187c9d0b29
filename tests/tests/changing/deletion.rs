//! Crates that are deleted: gone at once, everywhere, and never back with other bytes.

use cratekeep_app::{AppError, Caller};
use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::HttpClient;
use cratekeep_tests::{Engine, Person, Spec, TestApp, on_both_engines, run, send};
use cratekeep_types::{Actor, Credential, Memberships, SessionId, UserName};
use http::Method;
use serde_json::json;

use crate::site::{admin, command};

on_both_engines![
    a_deleted_crate_is_gone_and_comes_back_only_as_it_was,
    owners_delete_by_the_rules_of_crates_io,
    one_version_goes_and_the_others_stay,
];

const HOUR: i64 = 3_600;

async fn delete(who: &Person, krate: &str) -> cratekeep_testkit::http::Reply {
    let reason = "published by mistake";
    command(
        who,
        json!({"command": "crate", "action": "delete", "registry": "main", "krate": krate, "reason": reason}),
    )
    .await
}

async fn a_deleted_crate_is_gone_and_comes_back_only_as_it_was(app: &TestApp) {
    let (admin, owner, stranger) = (admin(app).await, app.owner().await, app.stranger().await);
    let upload = owner.has_published("mistaken", "1.0.0").await;
    let _ = (app.nobody().index("mistaken").await, app.nobody().download("mistaken", "1.0.0").await);
    let _ = delete(&stranger, "mistaken").await.expect_status(403);
    let _ = delete(&admin, "mistaken").await.expect_status(200);
    assert_eq!(app.nobody().index("mistaken").await.status, 404);
    assert_eq!(app.nobody().download("mistaken", "1.0.0").await.status, 404);
    assert_eq!(app.nobody().search("q=mistaken").await.json()["meta"]["total"], 0);
    let _ = delete(&admin, "mistaken").await.expect_status(404);
    // Too early for the last owner, never for others.
    let early = owner.send_upload(&upload).await.expect_status(403);
    assert!(early.error_detail().contains("publish it again after"), "{}", early.error_detail());
    app.clock().advance_secs(25 * HOUR);
    let others = stranger.publish(&ArchiveBuilder::new("Mistaken", "3.0.0")).await.expect_status(403);
    assert!(others.error_detail().contains("stays with its last owners"), "{}", others.error_detail());
    let again = ArchiveBuilder::new("mistaken", "1.0.0").readme("other bytes");
    let other_bytes = owner.publish(&again).await.expect_status(409);
    assert!(other_bytes.error_detail().contains("never come back"), "{}", other_bytes.error_detail());
    let _ = owner.send_upload(&upload).await.expect_status(200);
    assert_eq!(app.nobody().download("mistaken", "1.0.0").await.expect_status(200).body, upload.archive);
    // Released, the name is anybody's; the number is not.
    let _ = delete(&admin, "mistaken").await.expect_status(200);
    let release = json!({"command": "crate", "action": "release", "registry": "main", "krate": "mistaken"});
    let _ = command(&admin, release.clone()).await.expect_status(200);
    let _ = command(&admin, release).await.expect_status(404);
    let _ = stranger.publish(&again).await.expect_status(409);
    let _ = stranger.publish(&ArchiveBuilder::new("mistaken", "3.0.0")).await.expect_status(200);
}

/// The person as it asks from a browser.
async fn signed_in(app: &TestApp, person: &Person) -> Caller {
    let name: UserName = person.name().parse().expect("a user name");
    let mut conn = app.store().read().await.expect("a connection");
    let found = cratekeep_store::user::find_by_name(&mut conn, &name).await.expect("found").expect("there");
    let actor = Actor::Account {
        account: found.account,
        credential: Credential::Session { id: SessionId(1) },
        memberships: Memberships::default().into(),
    };
    Caller { actor, address: None }
}

async fn owners_delete_by_the_rules_of_crates_io(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    let caller = signed_in(app, &owner).await;
    let main = app.app().default_registry();
    for name in ["young", "shared", "needed"] {
        owner.has_published(name, "1.0.0").await;
    }
    let table = format!("[dependencies.needed]\nversion = \"1\"\nregistry-index = \"{}\"", owner.index_url());
    let needs = ArchiveBuilder::new("needs", "1.0.0").table(&table);
    let _ = owner.publish(&needs).await.expect_status(200);
    owner.shares("shared", &helper).await;
    let _ = send(owner.request(Method::DELETE, "/api/v1/crates/young")).await.expect_status(403);
    let refused = app.app().delete_crate(&caller, &main, "needed", None).await;
    let Err(AppError::Unprocessable(text)) = refused else { panic!("{refused:?}") };
    assert!(text.contains("needs@1.0.0 depends on this crate"), "{text}");
    let stranger = signed_in(app, &app.stranger().await).await;
    let refused = app.app().delete_crate(&stranger, &main, "young", None).await;
    assert!(matches!(refused, Err(AppError::Denied(_))), "{refused:?}");
    app.app().delete_crate(&caller, &main, "young", Some("no use".to_owned())).await.expect("it is young");
    app.clock().advance_secs(73 * HOUR);
    let refused = app.app().delete_crate(&caller, &main, "shared", None).await;
    let Err(AppError::Unprocessable(text)) = refused else { panic!("{refused:?}") };
    assert!(text.contains("single owner"), "{text}");
    app.app().delete_crate(&caller, &main, "needs", None).await.expect("alone, and nobody uses it");
    app.app().delete_crate(&caller, &main, "needed", None).await.expect("nothing needs it any more");
}

async fn one_version_goes_and_the_others_stay(app: &TestApp) {
    let (admin, owner) = (admin(app).await, app.owner().await);
    for num in ["1.0.0", "1.1.0", "2.0.0"] {
        owner.has_published("pruned", num).await;
    }
    let _ = app.nobody().index("pruned").await.expect_status(200);
    let _ = delete(&admin, "pruned@1.1.0").await.expect_status(200);
    let file = app.nobody().index("pruned").await.expect_status(200).text().to_owned();
    assert!(!file.contains("1.1.0") && file.lines().count() == 2, "{file}");
    assert_eq!(app.nobody().download("pruned", "1.1.0").await.status, 404);
    let other = ArchiveBuilder::new("pruned", "1.1.0").readme("other bytes");
    let _ = owner.publish(&other).await.expect_status(409);
    let _ = delete(&admin, "pruned@1.0.0").await.expect_status(200);
    let _ = delete(&admin, "pruned@2.0.0").await.expect_status(400);
    let _ = delete(&admin, "pruned@9.0.0").await.expect_status(404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_crate_is_gone_on_every_node_when_the_answer_comes() {
    run(Spec::on(Engine::PostgresAndS3), async |app| {
        let other = app.second_node().await;
        let there = HttpClient::plain(other.url()).expect("a client");
        app.owner().await.has_published("mistaken", "1.0.0").await;
        let paths = ["/index/mi/st/mistaken", "/crates/mistaken/1.0.0/download"];
        for path in paths {
            let _ = send(there.get(path)).await.expect_status(200);
        }
        let _ = delete(&admin(app).await, "mistaken").await.expect_status(200);
        for path in paths {
            let _ = send(there.get(path)).await.expect_status(404);
        }
        other.stop().await;
    })
    .await;
}
