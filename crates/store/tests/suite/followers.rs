//! Hints that wake followers.

use std::time::Duration;

use cratekeep_store::{Store, StoreError};
use cratekeep_types::Steps;

use crate::world::{World, on_both};

on_both! {
    a_listener_hears_of_writes_of_its_own_node
    counts_wake_nobody
    a_closed_store_has_no_listeners
}

/// Long enough for any machine; a hint ends the wait at once.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(50);

async fn a_listener_hears_of_writes_of_its_own_node(world: World) {
    let mut listener = world.store.listen().await.expect("listening");
    world.user("someone").await;
    assert!(listener.changed(LONG).await);
    let mut late = world.store.listen().await.expect("listening");
    world.user("someone-else").await;
    assert!(late.changed(LONG).await && listener.changed(LONG).await);
}

async fn counts_wake_nobody(world: World) {
    let mut listener = world.store.listen().await.expect("listening");
    // PostgreSQL gives a hint when it begins to listen, in case something was missed before.
    while listener.changed(SHORT).await {}
    world.store.count("test", |_| Box::pin(async move { Ok(()) })).await.expect("counted");
    assert!(!listener.changed(SHORT).await);
}

async fn a_closed_store_has_no_listeners(world: World) {
    let mut listener = world.store.listen().await.expect("listening");
    world.store.close().await;
    let begun = std::time::Instant::now();
    while listener.changed(SHORT).await {}
    assert!(begun.elapsed() >= SHORT, "a follower of a closed store does not spin");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_hears_of_events() {
    let world = World::postgres().await;
    let node = Store::open(world.place.options(), Steps::unwatched()).await.expect("a second node");
    let mut listener = node.listen().await.expect("listening");
    while listener.changed(SHORT).await {}
    for round in 0_i64.. {
        // Listening begins in the background, so the first events may come too early to be heard.
        let write = world.store.write("test", move |tx| {
            Box::pin(async move {
                let kind = cratekeep_store::event::EventKind::UserChanged;
                let at = crate::world::NOON;
                tx.emit(cratekeep_store::event::Event {
                    subject: Some(round),
                    ..cratekeep_store::event::Event::new(kind, at)
                });
                Ok::<_, StoreError>(())
            })
        });
        write.await.expect("committed");
        if listener.changed(Duration::from_secs(1)).await {
            break;
        }
        assert!(round < 60, "no hint came");
    }
}
