//! PostgreSQL: lost connections, deadlocks, and commits that nobody answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cratekeep_store::krate::{self, NewHead};
use cratekeep_store::{Conn, DatabaseUrl, Options, Store, StoreError, Tx, user};
use cratekeep_types::{CrateId, Secret, Steps};
use futures::future::BoxFuture;
use sqlx::Row;
use tokio::sync::Barrier;

use crate::world::{NOON, Place, World, head, insert_user};

/// A world whose connections are all cut once, when a write has passed `step`.
async fn cut_at(step: &'static str) -> (World, Arc<AtomicU32>) {
    let place = Place::postgres().await;
    let Place::Server(database) = &place else {
        panic!("these tests are about PostgreSQL");
    };
    let database = database.handle();
    let cuts_left = Arc::new(AtomicU32::new(0));
    let left = Arc::clone(&cuts_left);
    let steps = Steps::watched(Arc::new(move |passed| {
        let cut = passed == step
            && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if cut {
            database.disconnect_all().expect("the connections are cut");
        }
    }));
    (World::open(place, steps).await, cuts_left)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_whose_connection_is_lost_is_run_again() {
    let (world, cuts) = cut_at("store.begun").await;
    cuts.store(2, Ordering::SeqCst);
    let runs = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&runs);
    world
        .write(move |tx| {
            let runs = Arc::clone(&counter);
            Box::pin(async move {
                runs.fetch_add(1, Ordering::SeqCst);
                insert_user(tx, "stubborn").await
            })
        })
        .await;
    assert_eq!(runs.load(Ordering::SeqCst), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_is_run_again_three_times_at_most() {
    let (world, cuts) = cut_at("store.begun").await;
    cuts.store(100, Ordering::SeqCst);
    let lost =
        world.store.write("test", |tx: &mut Tx| Box::pin(async move { insert_user(tx, "lost").await })).await;
    assert!(matches!(lost, Err(StoreError::Unavailable { .. })), "{lost:?}");
    assert_eq!(cuts.load(Ordering::SeqCst), 96, "the first try and three more");
    cuts.store(0, Ordering::SeqCst);
    world.user("found").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_without_answer_is_reported_as_unknown_and_not_repeated() {
    let (world, cuts) = cut_at("store.numbered").await;
    cuts.store(1, Ordering::SeqCst);
    let runs = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&runs);
    let unknown = world
        .store
        .write("test", move |tx: &mut Tx| {
            let runs = Arc::clone(&counter);
            Box::pin(async move {
                runs.fetch_add(1, Ordering::SeqCst);
                insert_user(tx, "who-knows").await
            })
        })
        .await;
    assert!(matches!(unknown, Err(StoreError::CommitUnknown { .. })), "{unknown:?}");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    let name = "who-knows".parse().expect("a name");
    let mut conn = world.store.read().await.expect("the pool finds a live connection");
    // Here the connection was cut before the commit reached the server.
    assert_eq!(user::find_by_name(&mut conn, &name).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_block_each_other_both_succeed() {
    let world = World::postgres().await;
    let registry = world.registry("main").await;
    let (one, two) = (world.krate(registry, "one").await, world.krate(registry, "two").await);
    let barrier = Arc::new(Barrier::new(2));
    let tries = Arc::new(AtomicU32::new(0));
    let cross = |first: CrateId, second: CrateId| {
        let (barrier, tries) = (Arc::clone(&barrier), Arc::clone(&tries));
        world.store.write("test", move |tx: &mut Tx| {
            let (barrier, tries) = (Arc::clone(&barrier), Arc::clone(&tries));
            Box::pin(async move {
                let new = NewHead { head: head(b"x"), description: None, updated_at: NOON };
                krate::set_head(tx, first, &new).await?;
                if tries.fetch_add(1, Ordering::SeqCst) < 2 {
                    barrier.wait().await;
                }
                krate::set_head(tx, second, &new).await
            })
        })
    };
    let (left, right) = futures::join!(cross(one, two), cross(two, one));
    assert!(left.is_ok() && right.is_ok(), "{left:?} {right:?}");
    assert_eq!(tries.load(Ordering::SeqCst), 3, "one of them was run again");
}

/// What a setting is on the connection of a write.
fn synchronous_commit(tx: &mut Tx) -> BoxFuture<'_, Result<String, StoreError>> {
    let conn: &mut Conn = tx;
    Box::pin(async move {
        match conn {
            Conn::Postgres(link) => Ok(sqlx::query("SHOW synchronous_commit")
                .fetch_one(link.inner())
                .await
                .expect("an answer")
                .get(0)),
            Conn::Sqlite(_) => panic!("these tests are about PostgreSQL"),
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_sync_and_only_relaxed_ones_do_not() {
    let world = World::postgres().await;
    for _ in 0..2 {
        let full = world.store.write("test", synchronous_commit).await.expect("committed").value;
        let relaxed = world.store.write_relaxed("test", synchronous_commit).await.expect("committed").value;
        assert_eq!((full.as_str(), relaxed.as_str()), ("on", "off"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_address_is_told_at_once() {
    let place = Place::postgres().await;
    let DatabaseUrl::Postgres { url } = place.options().url else {
        panic!("these tests are about PostgreSQL");
    };
    let open = async |url: String| {
        let url = DatabaseUrl::Postgres { url: Secret::new(url) };
        Store::open(Options::new(url), Steps::unwatched()).await.expect_err("refused")
    };
    let absent = open(format!("{}_absent", url.expose())).await;
    assert!(matches!(&absent, StoreError::Setting(reason) if reason.contains("does not exist")), "{absent}");
    let (_, server) = url.expose().split_once('@').expect("the URL names a user");
    let nobody = open(format!("postgres://not-a-user:wrong@{server}")).await;
    assert!(matches!(nobody, StoreError::Setting(_)), "{nobody}");
    let nowhere = open("postgres://someone@127.0.0.1:1/x".to_owned()).await;
    assert!(matches!(nowhere, StoreError::Unavailable { .. }), "{nowhere}");
}

/// Writes that wait for each other leave connections for reads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_go_on_while_writes_wait() {
    let world = World::postgres().await;
    let go = tokio::sync::watch::Sender::new(false);
    let stuck = (0..20).map(|_| {
        let wait = go.subscribe();
        world.store.write("stuck", move |_: &mut Tx| {
            let mut wait = wait.clone();
            Box::pin(async move {
                wait.wait_for(|go| *go).await.expect("the test goes on");
                Ok::<_, StoreError>(())
            })
        })
    });
    let reads = async {
        for _ in 0..20 {
            user::count_admins(&mut *world.read().await).await.expect("read");
        }
        go.send_replace(true);
    };
    let (stuck, ()) = futures::join!(futures::future::join_all(stuck), reads);
    assert!(stuck.iter().all(Result::is_ok), "{stuck:?}");
}
