//! Uploads before they are adopted.

use std::io::Read;

use cratekeep_blob::BlobClass;
use cratekeep_types::Checksum;

use crate::support::{Place, bytes_of, files_in, read, spool_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_spool_knows_length_and_checksum_and_can_be_read() {
    for place in Place::all().await {
        for len in [0, 1, 300_000] {
            let bytes = bytes_of(len, 1);
            let spool = spool_of(&place.store, &bytes).await;
            assert_eq!((spool.size(), spool.checksum()), (len as u64, Checksum::of(&bytes)));
            for _ in 0..2 {
                let mut back = Vec::new();
                spool.open().expect("the file is there").read_to_end(&mut back).expect("readable");
                assert!(back == bytes, "each opening begins at the start, {len} bytes on {}", place.name);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_spool_leaves_nothing_and_an_adopted_object_stays() {
    for place in Place::all().await {
        let bytes = bytes_of(400_000, 2);
        let mut writer = place.store.spool().await.expect("a spool");
        writer.write(bytes.clone()).await.expect("room");
        assert_eq!(files_in(&place.staging()), 1, "on {}", place.name);
        drop(writer);
        assert_eq!(files_in(&place.staging()), 0, "on {}", place.name);

        let spool = spool_of(&place.store, &bytes).await;
        let clone = spool.clone();
        place.store.adopt(BlobClass::Hosted, &spool).await.expect("stored");
        drop(spool);
        assert_eq!(files_in(&place.staging()), 1, "a clone still needs it on {}", place.name);
        drop(clone);
        assert_eq!(files_in(&place.staging()), 0, "on {}", place.name);
        let back = read(&place.store, BlobClass::Hosted, &Checksum::of(&bytes)).await.expect("readable");
        assert!(back == bytes, "on {}", place.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_given_up_half_way_cannot_be_finished() {
    for place in Place::all().await {
        let mut writer = place.store.spool().await.expect("a spool");
        let polled = futures::poll!(Box::pin(writer.write(bytes_of(1_000_000, 3))));
        // A disk can be quicker than we look away.
        if polled.is_pending() {
            writer.finish().await.expect_err("bytes are missing");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sweep_takes_what_is_left_over_and_spares_what_is_in_use() {
    for place in Place::all().await {
        let left_over = place.staging().join("4711-0.spool");
        let foreign = place.staging().join("notes.txt");
        std::fs::write(&left_over, "half an upload").expect("written");
        std::fs::write(&foreign, "not ours").expect("written");
        let bytes = bytes_of(500_000, 4);
        let mut open = place.store.spool().await.expect("a spool");
        open.write(bytes.clone()).await.expect("room");
        let finished = spool_of(&place.store, &bytes).await;

        assert_eq!(place.store.sweep_staging().await.expect("swept"), 1, "on {}", place.name);
        assert!(!left_over.exists() && foreign.exists(), "on {}", place.name);
        place.store.adopt(BlobClass::Hosted, &finished).await.expect("its file was spared");
        let late = open.finish().await.expect("its file was spared");
        assert_eq!(late.checksum(), finished.checksum());
    }
}
