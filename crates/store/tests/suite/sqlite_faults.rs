//! SQLite's one writer: groups, and what becomes of them when something fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use cratekeep_store::{Conn, StoreError, Tx, user, version};
use cratekeep_types::{CrateId, Steps, UserId};
use futures::FutureExt;
use futures::future::BoxFuture;
use sqlx::{Executor, Row};
use tokio::sync::{Notify, watch};

use crate::world::{Place, World, insert_user, new_version};

/// Runs SQL that no function of the store would.
async fn damage(tx: &mut Tx, sql: &'static str) {
    let conn: &mut Conn = tx;
    match conn {
        Conn::Sqlite(link) => link.inner().execute(sql).await.map(|_| ()).expect("the damage is done"),
        Conn::Postgres(_) => panic!("these tests are about SQLite"),
    }
}

/// Keeps the writer busy until `queued` writes wait behind it, so that they become one group.
async fn behind_a_busy_writer<T>(world: &World, queued: impl Future<Output = T>) -> T {
    let begun = Arc::new(Notify::new());
    let go = watch::Sender::new(false);
    let (tell, wait) = (Arc::clone(&begun), go.subscribe());
    let busy = world.store.write("busy", move |_: &mut Tx| {
        let (tell, mut wait) = (Arc::clone(&tell), wait.clone());
        Box::pin(async move {
            tell.notify_one();
            wait.wait_for(|go| *go).await.expect("the test goes on");
            Ok::<_, StoreError>(())
        })
    });
    let (busy, given) = futures::join!(busy, async {
        begun.notified().await;
        let mut queued = Box::pin(queued);
        // One poll puts every write into the queue, which has room for all.
        assert!(queued.as_mut().now_or_never().is_none());
        go.send_replace(true);
        queued.await
    });
    busy.expect("the busy write commits");
    given
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_that_wait_are_committed_together() {
    let commits = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&commits);
    let steps = Steps::watched(Arc::new(move |step| {
        if step == "store.committed" {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    }));
    let world = World::open(Place::sqlite(), steps).await;
    let writes = (0..100).map(|number| {
        world.store.write("test", move |tx: &mut Tx| {
            Box::pin(async move { insert_user(tx, &format!("u{number}")).await })
        })
    });
    let results = behind_a_busy_writer(&world, futures::future::join_all(writes)).await;
    assert!(results.iter().all(Result::is_ok));
    let commits = commits.load(Ordering::SeqCst);
    // One for the busy write, then groups of at most 64.
    assert!((3..=60).contains(&commits), "{commits} commits for 101 writes");
    assert_eq!(user::list(&mut *world.read().await, UserId(0), 200).await.expect("listed").len(), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_write_does_not_harm_its_group() {
    let world = World::sqlite().await;
    let writes = (0..10).map(|number| {
        world.store.write("test", move |tx: &mut Tx| {
            Box::pin(async move {
                insert_user(tx, &format!("u{number}")).await?;
                insert_user(tx, &format!("v{number}")).await?;
                // Every third write fails on a name that an earlier one of the group took.
                insert_user(tx, if number % 3 == 2 { "U0" } else { "free" }).await?;
                Err::<(), _>(StoreError::Full)
            })
        })
    });
    let good =
        world.store.write("test", |tx: &mut Tx| Box::pin(async move { insert_user(tx, "good").await }));
    let (bad, good) =
        behind_a_busy_writer(&world, futures::future::join(futures::future::join_all(writes), good)).await;
    good.expect("the good write commits");
    assert!(bad.iter().all(Result::is_err));
    let users = user::list(&mut *world.read().await, UserId(0), 100).await.expect("listed");
    assert_eq!(users.iter().map(|row| row.account.name.as_str()).collect::<Vec<_>>(), ["good"]);
}

/// A write whose rows only the commit refuses: its foreign key is checked at the end.
async fn insert_dangling(tx: &mut Tx) -> Result<(), StoreError> {
    damage(tx, "PRAGMA defer_foreign_keys = ON").await;
    version::insert(tx, &new_version(CrateId(999), "1.0.0")).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_a_commit_fails_each_write_is_run_alone() {
    let world = World::sqlite().await;
    let mut ran_twice = false;
    for round in 0..20 {
        let runs = Arc::new(AtomicU32::new(0));
        let good = |name: &'static str| {
            let runs = Arc::clone(&runs);
            world.store.write("good", move |tx: &mut Tx| {
                let runs = Arc::clone(&runs);
                Box::pin(async move {
                    runs.fetch_add(1, Ordering::SeqCst);
                    insert_user(tx, &format!("{name}-{round}")).await
                })
            })
        };
        let bad = world.store.write("bad", |tx: &mut Tx| Box::pin(insert_dangling(tx)));
        let writes = futures::future::join3(good("first"), bad, good("second"));
        let (first, bad, second) = behind_a_busy_writer(&world, writes).await;
        assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
        assert!(matches!(bad, Err(StoreError::Dangling { .. })), "{bad:?}");
        ran_twice |= runs.load(Ordering::SeqCst) > 2;
    }
    assert!(ran_twice, "the three writes never were one group");
    let mut conn = world.read().await;
    assert_eq!(user::list(&mut conn, UserId(0), 100).await.expect("listed").len(), 40);
    assert_eq!(version::count(&mut conn, CrateId(999)).await, Ok(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_database_fails_only_who_fills_it() {
    let world = World::sqlite().await;
    let good = |name: &'static str| {
        world.store.write("good", move |tx: &mut Tx| Box::pin(async move { insert_user(tx, name).await }))
    };
    world
        .write(|tx| {
            Box::pin(async move {
                damage(tx, "PRAGMA max_page_count = 1").await;
                Ok(())
            })
        })
        .await;
    let filler = world.store.write("filler", |tx: &mut Tx| {
        Box::pin(async move {
            for number in 0..100_000 {
                insert_user(tx, &format!("filler-{number}")).await?;
            }
            Ok::<_, StoreError>(())
        })
    });
    let writes = futures::future::join3(good("first"), filler, good("second"));
    let (first, filler, second) = behind_a_busy_writer(&world, writes).await;
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(filler, Err(StoreError::Full));
    assert_eq!(world.store.fault(), None, "a full volume can be mended without a restart");
    let users = user::list(&mut *world.read().await, UserId(0), 100).await.expect("listed");
    assert_eq!(users.iter().map(|row| row.account.name.as_str()).collect::<Vec<_>>(), ["first", "second"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_nobody_waits_for_never_begins() {
    let world = World::sqlite().await;
    let runs = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&runs);
    let hung_up = world.store.write("test", move |_: &mut Tx| {
        let runs = Arc::clone(&counter);
        Box::pin(async move {
            runs.fetch_add(1, Ordering::SeqCst);
            Ok::<_, StoreError>(())
        })
    });
    let mut queued = false;
    let mut hung_up = Some(Box::pin(hung_up));
    behind_a_busy_writer(
        &world,
        std::future::poll_fn(|context| {
            // First poll: the write is queued. Second poll, after the writer was let go: nobody waits any more.
            if let Some(write) = &mut hung_up {
                queued = write.as_mut().poll(context).is_pending();
                hung_up = None;
                context.waker().wake_by_ref();
                return std::task::Poll::Pending;
            }
            std::task::Poll::Ready(())
        }),
    )
    .await;
    assert!(queued);
    world.user("next").await;
    assert_eq!(runs.load(Ordering::SeqCst), 0);
}

/// What SQLite says about the connection of a write.
async fn ask(tx: &mut Tx, sql: &'static str) -> i64 {
    let conn: &mut Conn = tx;
    match conn {
        Conn::Sqlite(link) => sqlx::query(sql).fetch_one(link.inner()).await.expect("an answer").get(0),
        Conn::Postgres(_) => panic!("these tests are about SQLite"),
    }
}

fn synchronous(tx: &mut Tx) -> BoxFuture<'_, Result<i64, StoreError>> {
    Box::pin(async move { Ok(ask(tx, "PRAGMA main.synchronous").await) })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_sync_and_only_relaxed_ones_do_not() {
    let world = World::sqlite().await;
    for _ in 0..2 {
        let full = world.store.write("test", synchronous).await.expect("committed").value;
        let relaxed = world.store.write_relaxed("test", synchronous).await.expect("committed").value;
        assert_eq!((full, relaxed), (2, 1), "2 is FULL, 1 is NORMAL");
    }
    let foreign_keys =
        world.write(|tx| Box::pin(async move { Ok(ask(tx, "PRAGMA foreign_keys").await) })).await;
    assert_eq!(foreign_keys, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_cannot_write() {
    let world = World::sqlite().await;
    let mut conn = world.read().await;
    for sql in ["DELETE FROM account", "DELETE FROM node"] {
        let refused = match &mut *conn {
            Conn::Sqlite(link) => link.inner().execute(sql).await.expect_err("refused").to_string(),
            Conn::Postgres(_) => panic!("these tests are about SQLite"),
        };
        assert!(refused.contains("readonly"), "{refused}");
    }
}
