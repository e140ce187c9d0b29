//! The sweep takes what nothing names, never what somebody wants.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use cratekeep_app::SweepReport;
use cratekeep_blob::BlobClass;
use cratekeep_store::StoreError;
use cratekeep_store::blob::{
    BlobRow, DELETE_SECS_MAX, State, find, forget, mark_doomed_older_than, take_doomed,
};
use cratekeep_types::{Checksum, Clock, Timestamp};

use crate::house::{DAY, HOSTED, House, upload};

impl House {
    async fn sweep(&self) -> SweepReport {
        self.app.sweep().await.expect("database and storage answer")
    }

    /// As another node's sweep begins: marks what nobody wants.
    async fn mark(&self) -> u64 {
        let at = self.clock.now();
        let marked = self.store.write::<_, StoreError, _>("mark", move |tx| {
            Box::pin(async move { mark_doomed_older_than(tx, HOSTED, at.plus_secs(-86_400), at).await })
        });
        marked.await.expect("a write").value
    }

    /// As another node's sweep goes on: takes what is doomed.
    async fn take(&self, at: Timestamp) -> Vec<BlobRow> {
        let taken = self.store.write::<_, StoreError, _>("take", move |tx| {
            Box::pin(async move { take_doomed(tx, HOSTED, 100, at).await })
        });
        taken.await.expect("a write").value
    }

    async fn forget(&self, checksum: Checksum) {
        let forgotten = self.store.write::<_, StoreError, _>("forget", move |tx| {
            Box::pin(async move { forget(tx, HOSTED, &checksum).await })
        });
        assert!(forgotten.await.expect("a write").value, "it was being deleted");
    }
}

fn did(doomed: u64, deleted: u64, noted: u64) -> SweepReport {
    SweepReport { doomed, deleted, noted }
}

#[tokio::test]
async fn an_abandoned_publish_is_removed_after_a_day_and_a_live_one_never() {
    let house = House::build().await;
    let live = house.publish(&upload("demo", "1.0.0")).await;
    let orphan = house.abandon(b"half a publish").await;
    assert_eq!(house.sweep().await, did(0, 0, 0), "it is young");
    house.clock.advance_secs(DAY);
    assert_eq!(house.sweep().await, did(1, 1, 0));
    assert!(!house.has(&orphan).await && house.has(&live).await);
    assert_eq!(house.sweep().await, did(0, 0, 0), "doing it again does nothing");
    house.expect_well().await;
}

#[tokio::test]
async fn more_orphans_than_one_turn_takes_are_all_removed() {
    let house = House::build().await;
    for number in 0..230 {
        house.abandon(format!("orphan {number}").as_bytes()).await;
    }
    house.clock.advance_secs(DAY);
    assert_eq!(house.sweep().await, did(230, 230, 0));
}

#[tokio::test]
async fn an_object_without_row_gets_one_first_and_goes_next_time() {
    let house = House::build().await;
    let live = house.publish(&upload("demo", "1.0.0")).await;
    let stray = house.put(b"from nowhere").await;
    assert_eq!(house.sweep().await, did(0, 0, 0), "it is young");
    house.clock.advance_secs(DAY);
    assert_eq!(house.sweep().await, did(0, 0, 1));
    assert!(house.has(&stray).await, "a publish may want it yet");
    assert_eq!(house.sweep().await, did(1, 1, 0));
    assert!(!house.has(&stray).await && house.has(&live).await);
    house.expect_well().await;
}

#[tokio::test]
async fn a_stray_that_is_published_meanwhile_stays() {
    let house = House::build().await;
    let upload = upload("demo", "1.0.0");
    let checksum = house.put(&upload.archive).await;
    house.clock.advance_secs(DAY);
    assert_eq!(house.sweep().await, did(0, 0, 1));
    house.publish(&upload).await;
    assert_eq!(house.sweep().await, did(0, 0, 0));
    assert!(house.has(&checksum).await);
    house.expect_well().await;
}

#[tokio::test]
async fn a_publish_brings_a_doomed_object_back() {
    let house = House::build().await;
    let upload = upload("demo", "1.0.0");
    let checksum = house.abandon(&upload.archive).await;
    house.clock.advance_secs(DAY);
    assert_eq!(house.mark().await, 1);
    house.publish(&upload).await;
    assert_eq!(house.sweep().await, did(0, 0, 0));
    assert!(house.has(&checksum).await);
    house.expect_well().await;
}

#[tokio::test]
async fn a_publish_waits_for_a_delete_under_way_and_puts_the_bytes_again() {
    let house = House::build().await;
    let upload = upload("demo", "1.0.0");
    let checksum = house.abandon(&upload.archive).await;
    house.clock.advance_secs(DAY);
    assert_eq!(house.mark().await, 1);
    let now = house.store.now().await.expect("a time");
    assert_eq!(house.take(now).await.len(), 1);
    // Another sweep is in the middle of it, so ours leaves it alone.
    assert_eq!(house.sweep().await, did(0, 0, 0));
    let deleting = async {
        tokio::task::yield_now().await;
        house.blobs.delete(BlobClass::Hosted, &checksum).await.expect("the volume is there");
        house.forget(checksum).await;
    };
    tokio::join!(house.publish(&upload), deleting);
    assert!(house.has(&checksum).await);
    house.expect_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_row_says_deleting_as_long_as_the_object_may_go() {
    let orphan = Checksum::of(b"half a publish");
    let seen = Arc::new(AtomicU8::new(0));
    let count = Arc::clone(&seen);
    let house = House::build_hooked(move |house, step| {
        let count = Arc::clone(&count);
        async move {
            let there = match step {
                "sweep.taken" => true,
                "sweep.deleted" => false,
                _ => return,
            };
            let mut conn = house.store.read().await.expect("a connection");
            let row = find(&mut conn, HOSTED, &orphan).await.expect("an answer");
            if row.is_some_and(|row| row.state == State::Deleting) && house.has(&orphan).await == there {
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    })
    .await;
    house.abandon(b"half a publish").await;
    house.clock.advance_secs(DAY);
    assert_eq!(house.sweep().await, did(1, 1, 0));
    assert_eq!(seen.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_object_that_cannot_be_deleted_keeps_back_no_other() {
    let house = House::build().await;
    let stuck = house.abandon(b"stuck").await;
    let orphan = house.abandon(b"half a publish").await;
    // A folder in the place of a file cannot be removed as one.
    fs::remove_file(house.path_of(&stuck))
        .and_then(|()| fs::create_dir(house.path_of(&stuck)))
        .expect("a folder");
    house.clock.advance_secs(DAY);
    assert!(house.app.sweep().await.is_err());
    assert!(!house.has(&orphan).await);
}

#[tokio::test]
async fn what_a_crashed_sweep_took_is_finished_by_a_later_one() {
    let house = House::build().await;
    let orphan = house.abandon(b"half a publish").await;
    house.clock.advance_secs(DAY);
    assert_eq!(house.mark().await, 1);
    let long_ago = house.store.now().await.expect("a time").plus_secs(-DELETE_SECS_MAX - 1);
    assert_eq!(house.take(long_ago).await.len(), 1);
    assert_eq!(house.sweep().await, did(0, 1, 0));
    assert!(!house.has(&orphan).await);
    house.expect_well().await;
}

#[tokio::test]
async fn sweeps_of_two_nodes_beside_publishes_of_the_same_bytes_lose_nothing() {
    let house = House::build().await;
    let uploads: Vec<_> = (0..16).map(|number| upload("demo", &format!("1.0.{number}"))).collect();
    for upload in &uploads {
        house.abandon(&upload.archive).await;
    }
    house.clock.advance_secs(DAY);
    let publishing = async {
        for upload in &uploads {
            house.publish(upload).await;
        }
    };
    let sweeping = || async {
        for _ in 0..40 {
            house.sweep().await;
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(publishing, sweeping(), sweeping());
    for upload in &uploads {
        assert!(house.has(&Checksum::of(&upload.archive)).await);
    }
    house.expect_well().await;
}
