//! Two servers on one PostgreSQL and one S3: what one of them does, the other knows when the answer comes.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::HttpClient;
use cratekeep_tests::{Engine, Spec, TestApp, run, send};
use cratekeep_types::Checksum;
use futures::future::join_all;

async fn on_two_nodes(case: impl AsyncFn(&TestApp)) {
    run(Spec::on(Engine::PostgresAndS3), case).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_changes_the_other_shows_at_once() {
    on_two_nodes(async |app| {
        let other = app.second_node().await;
        let there = HttpClient::plain(other.url()).expect("a client");
        let owner = app.owner().await;
        for n in 0..5 {
            let (version, path) = (format!("1.0.{n}"), "/index/ev/er/everywhere");
            // Both nodes remember what there is now.
            let _ = (send(there.get(path)).await, app.nobody().fetch(path).await);
            let upload = owner.has_published("everywhere", &version).await;
            let seen = send(there.get(path)).await.expect_status(200);
            assert!(
                seen.text().contains(&format!("\"vers\":\"{version}\"")),
                "{version} is not in {}",
                seen.text()
            );
            let file =
                send(there.get(&format!("/crates/everywhere/{version}/download"))).await.expect_status(200);
            assert_eq!(file.body, upload.archive);
            let _ = owner.yank("everywhere", &version).await.expect_status(200);
            let seen = send(there.get(path)).await.expect_status(200);
            assert!(!seen.text().contains("\"yanked\":false"), "{}", seen.text());
        }
        other.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_token_is_dead_on_every_node() {
    on_two_nodes(async |app| {
        let other = app.second_node().await;
        let owner = app.owner().await;
        owner.has_published("held", "1.0.0").await;
        let _ = owner.at_node(&other).yank("held", "1.0.0").await.expect_status(200);
        app.revoke(&owner).await;
        let _ = owner.at_node(&other).unyank("held", "1.0.0").await.expect_status(401);
        let _ = owner.unyank("held", "1.0.0").await.expect_status(401);
        other.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_registry_is_served_by_every_node() {
    on_two_nodes(async |app| {
        let other = app.second_node().await;
        let there = HttpClient::plain(other.url()).expect("a client");
        assert_eq!(send(there.get("/r/fresh/index/config.json")).await.status, 404);
        app.registry("fresh", cratekeep_tests::RegistryWish::default()).await;
        let _ = send(there.get("/r/fresh/index/config.json")).await.expect_status(200);
        other.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_racing_for_one_version_have_one_winner() {
    on_two_nodes(async |app| {
        let other = app.second_node().await;
        let (here, there) = (app.owner().await, app.owner().await.at_node(&other));
        for krate in ["contested", "contested-2", "contested-3"] {
            let racers: Vec<_> = (0..4)
                .map(|n| {
                    here.upload(&ArchiveBuilder::new(krate, "1.0.0").file("src/n.rs", format!("// {n}\n")))
                })
                .collect();
            let sides = [&here, &there, &here, &there];
            let replies =
                join_all(racers.iter().zip(sides).map(|(upload, side)| side.send_upload(upload))).await;
            let won: Vec<_> = (0..4).filter(|&n| replies[n].status == 200).collect();
            assert_eq!(won.len(), 1, "{:?}", replies.iter().map(|reply| reply.text()).collect::<Vec<_>>());
            assert!(replies.iter().all(|reply| reply.status == 200 || reply.status == 409));
            let winner = Checksum::of(&racers[won[0]].archive).to_string();
            for side in [&here, &there] {
                assert_eq!(side.line(krate, "1.0.0").await["cksum"], winner);
            }
        }
        other.stop().await;
    })
    .await;
}
