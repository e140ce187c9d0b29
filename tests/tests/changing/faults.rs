//! A storage or a database that fails under the server: an honest answer, nothing half done, and work again as soon as
//! it can be done.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::s3::{Effect, Fault};
use cratekeep_tests::{Engine, Spec, TestApp, noise, run};
use cratekeep_types::Checksum;
use http::Method;

use crate::refused::Before;

async fn on_postgres_and_s3(case: impl AsyncFn(&TestApp)) {
    run(Spec::on(Engine::PostgresAndS3), case).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storage_that_refuses_uploads_lets_nothing_be_published() {
    on_postgres_and_s3(async |app| {
        let owner = app.owner().await;
        let upload = owner.upload(&ArchiveBuilder::new("waiting", "1.0.0"));
        let before = Before::look(app).await;
        for effect in [Effect::Answer(500), Effect::Answer(403), Effect::HangUp] {
            app.s3().order(Fault::new(effect).method(Method::PUT));
            let reply = owner.send_upload(&upload).await;
            assert_eq!(reply.header("retry-after").is_empty(), reply.status != 503, "{effect:?}");
            assert!(!reply.text().contains("127.0.0.1"), "inner words stay inside: {}", reply.text());
            let status = reply.status.as_u16();
            assert!([500, 503].contains(&status), "{effect:?}: {status}");
            app.s3().clear_faults();
            before.refused(&format!("{effect:?}"), reply, status, &[]).await;
            assert_eq!(app.nobody().index("waiting").await.status, 404);
        }
        let _ = owner.send_upload(&upload).await.expect_status(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_whose_answer_is_lost_is_found_again() {
    on_postgres_and_s3(async |app| {
        let owner = app.owner().await;
        for (n, effect) in [Effect::DoThenHangUp, Effect::DoThenAnswer(500), Effect::DoThenAnswer(503)]
            .into_iter()
            .enumerate()
        {
            let version = format!("1.0.{n}");
            let upload = owner.upload(&ArchiveBuilder::new("found", &version));
            app.s3().order(Fault::new(effect).method(Method::PUT).times(1));
            let first = owner.send_upload(&upload).await.status.as_u16();
            assert!([200, 500, 503].contains(&first), "{effect:?}: {first}");
            app.s3().clear_faults();
            let _ = owner.send_upload(&upload).await.expect_status(200);
            assert_eq!(
                app.nobody().download("found", &version).await.expect_status(200).body,
                upload.archive
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storage_that_cannot_be_read_fails_downloads_only() {
    on_postgres_and_s3(async |app| {
        let owner = app.owner().await;
        let large = owner.upload(&ArchiveBuilder::new("faraway", "1.0.0").file("noise.bin", noise(300_000)));
        let _ = owner.send_upload(&large).await.expect_status(200);
        app.s3().order(Fault::new(Effect::Answer(500)).method(Method::GET));
        let reply = app.nobody().download("faraway", "1.0.0").await;
        assert!([500, 503].contains(&reply.status.as_u16()), "{}", reply.status);
        assert_ne!(reply.error_detail(), "");
        let _ = app.nobody().index("faraway").await.expect_status(200);
        app.s3().clear_faults();
        app.s3().order(Fault::new(Effect::CutAnswer(1_000)).method(Method::GET).times(20));
        match app.nobody().get("/crates/faraway/1.0.0/download").send().await {
            Ok(reply) if reply.status == 200 => assert_eq!(reply.body, large.archive, "the server read on"),
            Ok(reply) => assert!(reply.status.is_server_error(), "{}", reply.status),
            Err(error) => assert!(error.to_string().contains("broke off"), "{error:#}"),
        }
        app.s3().clear_faults();
        let whole = app.nobody().download("faraway", "1.0.0").await.expect_status(200);
        assert_eq!(Checksum::of(&whole.body), Checksum::of(&large.archive));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_database_connections_are_made_again() {
    on_postgres_and_s3(async |app| {
        let owner = app.owner().await;
        for n in 0..4 {
            let version = format!("1.0.{n}");
            let upload = owner.upload(&ArchiveBuilder::new("cutoff", &version));
            app.postgres().disconnect_all().expect("the connections are cut");
            let first = owner.send_upload(&upload).await;
            assert!([200, 503].contains(&first.status.as_u16()), "{}: {}", first.status, first.text());
            // At most one answer per lost connection may be bad; the pool has several.
            let mut status = first.status.as_u16();
            for _ in 0..20 {
                if status == 200 {
                    break;
                }
                status = owner.send_upload(&upload).await.status.as_u16();
            }
            assert_eq!(status, 200, "turn {n}");
            assert_eq!(
                app.nobody().line("cutoff", &version).await["cksum"],
                Checksum::of(&upload.archive).to_string()
            );
        }
    })
    .await;
}
