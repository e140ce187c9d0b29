//! What a write promises, on either engine.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use cratekeep_store::event::{self, Event, EventKind};
use cratekeep_store::meta::{self, Key};
use cratekeep_store::version;
use cratekeep_store::{Store, StoreError, Tx, krate, user};
use cratekeep_types::{CanonName, EventNumber, Steps, UserId};
use tokio::sync::{Notify, oneshot};

use crate::world::{NOON, Place, World, insert_krate, insert_user, new_version, on_both};

on_both! {
    a_write_passes_its_steps_in_order
    a_refused_write_leaves_nothing
    a_write_ends_with_its_first_failed_statement
    a_panicking_write_leaves_nothing_and_harms_nobody
    a_write_that_takes_too_long_is_rolled_back
    a_begun_write_goes_on_when_its_caller_is_gone
    one_of_many_racing_publishers_wins
    crates_and_versions_can_be_made_side_by_side
    a_write_sees_its_own_rows_and_readers_do_not
    a_relaxed_write_is_seen_at_once
    a_closed_store_refuses
}

async fn a_write_passes_its_steps_in_order(world: World) {
    let passed = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&passed);
    let steps = Steps::watched(Arc::new(move |step| log.lock().expect("not poisoned").push(step)));
    let world = World::open(world.place.another().await, steps).await;
    world
        .write(|tx| {
            tx.emit(Event::new(EventKind::UserCreated, NOON));
            Box::pin(async move { insert_user(tx, "someone").await })
        })
        .await;
    passed.lock().expect("not poisoned").push("answered");
    world.store.count("test", |_| Box::pin(async move { Ok(()) })).await.expect("counts pass no steps");
    let passed = passed.lock().expect("not poisoned").clone();
    assert_eq!(passed, ["store.begun", "store.written", "store.numbered", "store.committed", "answered"]);
}

async fn a_refused_write_leaves_nothing(world: World) {
    let refused = world
        .store
        .write("test", |tx: &mut Tx| {
            tx.emit(Event::new(EventKind::UserCreated, NOON));
            Box::pin(async move {
                insert_user(tx, "someone").await?;
                Err::<(), _>(StoreError::Setting("no".to_owned()))
            })
        })
        .await;
    assert_eq!(refused, Err(StoreError::Setting("no".to_owned())));
    let mut conn = world.read().await;
    assert_eq!(user::list(&mut conn, UserId(0), 10).await, Ok(Vec::new()));
    assert_eq!(event::head(&mut conn).await, Ok(EventNumber(0)));
}

/// Both engines must refuse what comes after a failure: PostgreSQL would, and SQLite's transaction may be gone.
async fn a_write_ends_with_its_first_failed_statement(world: World) {
    world.user("taken").await;
    let heard = Arc::new(Mutex::new(None));
    let hearing = Arc::clone(&heard);
    let silent = world
        .store
        .write("test", move |tx: &mut Tx| {
            let heard = Arc::clone(&hearing);
            Box::pin(async move {
                let clash = insert_user(tx, "taken").await;
                let after = insert_user(tx, "after").await;
                *heard.lock().expect("not poisoned") = Some((clash, after));
                Ok::<_, StoreError>(())
            })
        })
        .await;
    let (clash, after) = heard.lock().expect("not poisoned").take().expect("the write ran");
    assert_eq!(clash, Err(StoreError::Conflict { what: "user" }));
    assert!(matches!(after, Err(StoreError::Internal(_))), "{after:?}");
    assert!(matches!(silent, Err(StoreError::Internal(_))), "{silent:?}");
    let users = user::list(&mut *world.read().await, UserId(0), 10).await.expect("listed");
    assert_eq!(users.len(), 1);
}

async fn a_panicking_write_leaves_nothing_and_harms_nobody(world: World) {
    let writes = (0..6).map(|number| {
        world.store.write("test", move |tx: &mut Tx| {
            Box::pin(async move {
                insert_user(tx, &format!("u{number}")).await?;
                assert!(number != 3, "number three fails on purpose");
                Ok::<_, StoreError>(())
            })
        })
    });
    let results = futures::future::join_all(writes).await;
    for (number, result) in results.iter().enumerate() {
        match number {
            3 => assert!(matches!(result, Err(StoreError::Internal(_))), "{result:?}"),
            _ => assert!(result.is_ok(), "{result:?}"),
        }
    }
    let users = user::list(&mut *world.read().await, UserId(0), 10).await.expect("listed");
    assert_eq!(users.len(), 5);
}

async fn a_write_that_takes_too_long_is_rolled_back(world: World) {
    let mut options = world.place.options();
    options.write_secs_max = 1;
    let store = Store::open(options, Steps::unwatched()).await.expect("a second way in");
    let stuck = store
        .write("test", |tx: &mut Tx| {
            Box::pin(async move {
                insert_user(tx, "stuck").await?;
                std::future::pending::<()>().await;
                Ok::<_, StoreError>(())
            })
        })
        .await;
    assert!(matches!(stuck, Err(StoreError::Unavailable { .. })), "{stuck:?}");
    let next =
        store.write("test", |tx: &mut Tx| Box::pin(async move { insert_user(tx, "next").await })).await;
    next.expect("the way is free again");
    let users = user::list(&mut *world.read().await, UserId(0), 10).await.expect("listed");
    assert_eq!(users.iter().map(|row| row.account.name.as_str()).collect::<Vec<_>>(), ["next"]);
}

async fn a_begun_write_goes_on_when_its_caller_is_gone(world: World) {
    let (begun, has_begun) = oneshot::channel();
    let begun = Arc::new(Mutex::new(Some(begun)));
    let go = Arc::new(Notify::new());
    let may_go = Arc::clone(&go);
    let store = world.store.clone();
    let caller = tokio::spawn(async move {
        store
            .write("test", move |tx: &mut Tx| {
                let (begun, go) = (Arc::clone(&begun), Arc::clone(&may_go));
                Box::pin(async move {
                    insert_user(tx, "orphan").await?;
                    if let Some(begun) = begun.lock().expect("not poisoned").take() {
                        begun.send(()).expect("the test waits");
                    }
                    go.notified().await;
                    Ok::<_, StoreError>(())
                })
            })
            .await
    });
    has_begun.await.expect("the write begins");
    caller.abort();
    assert!(caller.await.expect_err("hung up").is_cancelled());
    go.notify_one();
    // The next write waits its turn on SQLite; on PostgreSQL the orphan may need a moment more.
    world.user("next").await;
    let name = "orphan".parse().expect("a name");
    let found = async || user::find_by_name(&mut *world.read().await, &name).await.expect("found");
    while found().await.is_none() {
        tokio::task::yield_now().await;
    }
}

async fn one_of_many_racing_publishers_wins(world: World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "demo").await;
    let races = (0..16).map(|racer| {
        let store = world.store.clone();
        tokio::spawn(async move {
            let publish = store.write("test", move |tx: &mut Tx| {
                Box::pin(async move {
                    let locked = krate::lock_crate(tx, registry, &CanonName::of("demo")).await?;
                    assert!(locked.is_some());
                    tx.emit(Event { krate: Some(krate), ..Event::new(EventKind::VersionPublished, NOON) });
                    version::insert(tx, &new_version(krate, &format!("1.0.0+{racer}"))).await
                })
            });
            publish.await
        })
    });
    let results: Vec<_> =
        futures::future::join_all(races).await.into_iter().map(|race| race.expect("no panic")).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    let lost = StoreError::Conflict { what: "version" };
    assert_eq!(results.iter().filter(|result| result.as_ref().err() == Some(&lost)).count(), 15);
    assert_eq!(event::head(&mut *world.read().await).await, Ok(EventNumber(1)));
}

/// Four publishers make crates and versions, some of them the same crate: whoever loses the race for the crate
/// runs again and finds it.
async fn crates_and_versions_can_be_made_side_by_side(world: World) {
    let registry = world.registry("main").await;
    let publish = async |store: &Store, name: String, num: String| {
        loop {
            let (name, num) = (name.clone(), num.clone());
            let result = store
                .write("test", move |tx: &mut Tx| {
                    let (name, num) = (name.clone(), num.clone());
                    Box::pin(async move {
                        let krate = match krate::lock_crate(tx, registry, &CanonName::of(&name)).await? {
                            Some(row) => row.id,
                            None => insert_krate(tx, registry, &name).await?,
                        };
                        tx.emit(Event {
                            krate: Some(krate),
                            ..Event::new(EventKind::VersionPublished, NOON)
                        });
                        version::insert(tx, &new_version(krate, &num)).await
                    })
                })
                .await;
            match result {
                Err(StoreError::Conflict { what: "crate" }) => {}
                result => return result.expect("published"),
            }
        }
    };
    let publishers = (0..4).map(|publisher| {
        let store = &world.store;
        async move {
            for round in 0..10 {
                publish(store, format!("shared-{round}"), format!("1.0.{publisher}")).await;
                publish(store, format!("own-{publisher}"), format!("1.0.{round}")).await;
            }
        }
    });
    futures::future::join_all(publishers).await;
    let mut conn = world.read().await;
    assert_eq!(krate::count(&mut conn, registry).await, Ok(14));
    assert_eq!(event::head(&mut conn).await, Ok(EventNumber(80)));
    let file = version::index_file(&mut conn, registry, "shared-7").await.expect("read").expect("there");
    assert_eq!(file.text.lines().count(), 4);
}

async fn a_write_sees_its_own_rows_and_readers_do_not(world: World) {
    let store = world.store.clone();
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    world
        .write(move |tx| {
            let (store, counted) = (store.clone(), Arc::clone(&counted));
            Box::pin(async move {
                counted.fetch_add(1, Ordering::SeqCst);
                let id = insert_user(tx, "someone").await?;
                assert!(user::find(tx, id).await?.is_some());
                assert!(user::find(&mut *store.read().await?, id).await?.is_none(), "not committed yet");
                Ok(())
            })
        })
        .await;
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(user::list(&mut *world.read().await, UserId(0), 10).await.expect("listed").len(), 1);
}

async fn a_relaxed_write_is_seen_at_once(world: World) {
    for round in 0..3 {
        let name = format!("relaxed-{round}");
        let relaxed = world.store.write_relaxed("test", move |tx: &mut Tx| {
            let name = name.clone();
            Box::pin(async move { insert_user(tx, &name).await })
        });
        let id = relaxed.await.expect("committed").value;
        assert!(user::find(&mut *world.read().await, id).await.expect("found").is_some());
        world.write(move |tx| Box::pin(async move { meta::set(tx, Key::BaseUrl, "x").await })).await;
    }
}

async fn a_closed_store_refuses(world: World) {
    world.user("before").await;
    world.store.close().await;
    let write = world
        .store
        .write("test", |tx: &mut Tx| Box::pin(async move { insert_user(tx, "after").await }))
        .await;
    assert!(matches!(write, Err(StoreError::Unavailable { .. })), "{write:?}");
    assert!(matches!(world.store.read().await, Err(StoreError::Unavailable { .. })));
    let again = Store::open(world.place.options(), Steps::unwatched()).await.expect("opened again");
    assert_eq!(
        user::list(&mut again.read().await.expect("read"), UserId(0), 10).await.expect("listed").len(),
        1
    );
    let elsewhere = Place::sqlite().options();
    let missing =
        Store::open(cratekeep_store::Options { create: false, ..elsewhere }, Steps::unwatched()).await;
    assert!(matches!(missing, Err(StoreError::Setting(_))), "{missing:?}");
}
