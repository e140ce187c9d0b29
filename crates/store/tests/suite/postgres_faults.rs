//! PostgreSQL: lost connections, deadlocks, and commits that nobody answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cratekeep_store::krate::{self, NewHead};
use cratekeep_store::{StoreError, Tx, user};
use cratekeep_types::{CrateId, Steps};
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
