//! The checks at the end of every test can fail.

use cratekeep_store::StoreError;
use cratekeep_store::krate::{Head, NewHead};
use cratekeep_tests::{Engine, Spec, TestApp};
use cratekeep_types::{CanonName, Checksum, Timestamp};

async fn started() -> TestApp {
    TestApp::start(Spec::on(Engine::SqliteAndFolder)).await
}

/// What the checks said when they failed.
async fn complaint(app: TestApp) -> String {
    let failed = tokio::spawn(app.finish()).await.expect_err("the checks must fail");
    let panic = failed.into_panic();
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .expect("text")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_object_is_noticed() {
    let app = started().await;
    let upload = app.owner().await.has_published("damaged", "1.0.0").await;
    let file = app.object_file(&Checksum::of(&upload.archive));
    std::fs::remove_file(&file).expect("the object is there");
    std::fs::write(&file, b"other bytes").expect("the file can be made");
    assert!(complaint(app).await.contains("damaged"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_object_is_noticed() {
    let app = started().await;
    let upload = app.owner().await.has_published("lost", "1.0.0").await;
    std::fs::remove_file(app.object_file(&Checksum::of(&upload.archive))).expect("the object is there");
    assert!(complaint(app).await.contains("Missing"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_head_is_noticed() {
    let app = started().await;
    app.owner().await.has_published("headed", "1.0.0").await;
    let registry = app.app().default_registry().registry.id;
    let id = {
        let mut conn = app.store().read().await.expect("a connection");
        let found = cratekeep_store::krate::find(&mut conn, registry, &CanonName::of("headed")).await;
        found.expect("the database answers").expect("it was published").id
    };
    let head = Head { fold: [7; 32], length: 7, etag: "\"7\"".to_owned() };
    let new = NewHead { head, description: None, updated_at: Timestamp(0) };
    let written = app.store().write::<_, StoreError, _>("spoil", move |tx| {
        let new = new.clone();
        Box::pin(async move { cratekeep_store::krate::set_head(tx, id, &new).await })
    });
    written.await.expect("it can be spoiled");
    assert!(complaint(app).await.contains("headed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_that_nothing_names_is_noticed() {
    let app = started().await;
    app.owner().await.has_published("named", "1.0.0").await;
    let stray = app.object_file(&Checksum::of(b"stray"));
    std::fs::create_dir_all(stray.parent().expect("a folder")).expect("the folder can be made");
    std::fs::write(&stray, b"stray").expect("the file can be made");
    assert!(complaint(app).await.contains(&Checksum::of(b"stray").to_string()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_temporary_file_is_noticed() {
    let app = started().await;
    app.owner().await.has_published("tidy", "1.0.0").await;
    std::fs::write(app.spool_folder().join("left.spool"), b"left").expect("the file can be made");
    assert!(complaint(app).await.contains("left.spool"));
}
