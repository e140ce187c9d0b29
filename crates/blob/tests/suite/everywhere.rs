//! What every backend must do alike.

use std::collections::BTreeSet;

use bytes::Bytes;
use cratekeep_blob::{Adopted, BlobClass, BlobError, DerivedKey, Listed, NowRead, Verdict};
use cratekeep_types::Checksum;
use futures::TryStreamExt;

use crate::support::{INSTANCE, Place, bytes_in_parts, bytes_of, put, read, spool_of, try_put};

const KIB: usize = 1024;

#[tokio::test(flavor = "multi_thread")]
async fn bytes_come_back_whole_whatever_their_length() {
    for place in Place::all().await {
        let lens = [0, 1, 64 * KIB, 64 * KIB + 1, 256 * KIB, 1024 * KIB + 7];
        let contents = lens.map(|len| bytes_of(len, 1)).into_iter().chain([bytes_in_parts(1)]);
        for bytes in contents {
            let what = format!("{} bytes on {}", bytes.len(), place.name);
            let checksum = put(&place.store, BlobClass::Hosted, &bytes).await;

            let reader = place.store.open(BlobClass::Hosted, &checksum).await.expect(&what).expect(&what);
            assert_eq!(reader.size(), bytes.len() as u64, "{what}");
            assert!(reader.read_all(bytes.len() as u64).await.expect(&what) == bytes, "{what}");
            assert!(read(&place.store, BlobClass::Hosted, &checksum).await.expect(&what) == bytes, "{what}");
            let stat = place.store.stat(BlobClass::Hosted, &checksum).await.expect(&what).expect(&what);
            assert_eq!(stat.size, bytes.len() as u64, "{what}");
            let verdict = place.store.verify(BlobClass::Hosted, &checksum).await.expect(&what);
            assert_eq!(verdict, Verdict::Good { size: bytes.len() as u64 }, "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_comes_in_chunks_of_bounded_size() {
    for place in Place::all().await {
        let bytes = bytes_of(1500 * KIB, 2);
        let checksum = put(&place.store, BlobClass::Mirror, &bytes).await;
        let reader =
            place.store.open(BlobClass::Mirror, &checksum).await.expect("it opens").expect("it is there");
        let chunks: Vec<Bytes> = reader.stream(None).try_collect().await.expect("it reads");
        let (last, others) = chunks.split_last().expect("there are bytes");
        assert!(
            others.iter().all(|chunk| (64 * KIB..=256 * KIB).contains(&chunk.len())),
            "on {}",
            place.name
        );
        assert!(last.len() <= 256 * KIB, "on {}", place.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_part_can_be_read_and_none_outside() {
    for place in Place::all().await {
        let bytes = bytes_of(700 * KIB, 3);
        let size = bytes.len() as u64;
        let checksum = put(&place.store, BlobClass::Hosted, &bytes).await;
        let open =
            async || place.store.open(BlobClass::Hosted, &checksum).await.expect("opens").expect("there");
        for range in [0..1, 0..size, 1..size, size - 1..size, 300_000..300_000, 100_000..600_001, size..size]
        {
            let what = format!("{range:?} on {}", place.name);
            let chunks: Vec<Bytes> =
                open().await.stream(Some(range.clone())).try_collect().await.expect(&what);
            let (start, end) = (range.start.try_into().expect("small"), range.end.try_into().expect("small"));
            let expected: &[u8] = &bytes[start..end];
            assert!(chunks.concat() == expected, "{what}");
        }
        #[expect(clippy::reversed_empty_ranges, reason = "this is what is tested")]
        for range in [0..size + 1, size + 1..size + 2, 5..4] {
            let answer: Result<Vec<Bytes>, _> = open().await.stream(Some(range.clone())).try_collect().await;
            assert!(matches!(answer, Err(BlobError::Range { .. })), "{range:?} on {}", place.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_are_kept_once_and_never_refused() {
    for place in Place::all().await {
        for bytes in [bytes_of(10, 4), bytes_in_parts(4)] {
            let first = try_put(&place.store, BlobClass::Hosted, &bytes).await.expect("stored");
            assert_eq!(first, Adopted::New, "on {}", place.name);
            let spool = spool_of(&place.store, &bytes).await;
            for _ in 0..2 {
                let again = place.store.adopt(BlobClass::Hosted, &spool).await.expect("stored before");
                assert_eq!(again, Adopted::Present, "on {}", place.name);
            }
            let other = place.store.adopt(BlobClass::Mirror, &spool).await.expect("stored");
            assert_eq!(other, Adopted::New, "classes are apart on {}", place.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_store_the_same_bytes_all_succeed() {
    for place in Place::all().await {
        for bytes in [bytes_of(50_000, 5), bytes_in_parts(5)] {
            let mut tasks = Vec::new();
            for _ in 0..8 {
                let (store, bytes) = (place.store.clone(), bytes.clone());
                tasks.push(tokio::spawn(async move { try_put(&store, BlobClass::Hosted, &bytes).await }));
            }
            let mut new = 0;
            for task in tasks {
                let adopted = task.await.expect("no panic").expect("stored");
                new += usize::from(adopted == Adopted::New);
            }
            assert!(new >= 1, "somebody was first on {}", place.name);
            // The test's own S3 server looks and writes in two steps, so there two can be first.
            assert!(new == 1 || place.name == "s3", "{new} were first on {}", place.name);
            let back = read(&place.store, BlobClass::Hosted, &Checksum::of(&bytes)).await.expect("readable");
            assert!(back == bytes, "on {}", place.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_no_error() {
    for place in Place::all().await {
        let checksum = Checksum::of(b"never stored");
        let store = &place.store;
        assert!(store.open(BlobClass::Hosted, &checksum).await.expect("asked").is_none(), "{}", place.name);
        assert_eq!(store.stat(BlobClass::Hosted, &checksum).await.expect("asked"), None);
        assert_eq!(store.verify(BlobClass::Hosted, &checksum).await.expect("asked"), Verdict::Missing);
        assert!(!store.delete(BlobClass::Hosted, &checksum).await.expect("asked"), "{}", place.name);
        let key = DerivedKey::new("kind", "1", "never").expect("a good key");
        assert_eq!(store.get_derived(&key, 10).await.expect("asked"), None);
        assert!(!store.delete_derived(&key).await.expect("asked"));
        let listed: Vec<Listed> = store.list(BlobClass::Hosted).try_collect().await.expect("asked");
        assert_eq!(listed, [], "{}", place.name);
        match store.read_now(BlobClass::Hosted, &checksum, 10).expect("asked") {
            NowRead::Later => assert_eq!(place.name, "s3"),
            now => assert_eq!(now, NowRead::Missing),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_object_is_gone_and_can_come_again() {
    for place in Place::all().await {
        let bytes = bytes_of(3000, 6);
        let checksum = put(&place.store, BlobClass::Hosted, &bytes).await;
        put(&place.store, BlobClass::Mirror, &bytes).await;
        assert!(place.store.delete(BlobClass::Hosted, &checksum).await.expect("deleted"));
        assert!(place.store.open(BlobClass::Hosted, &checksum).await.expect("asked").is_none());
        assert!(place.store.open(BlobClass::Mirror, &checksum).await.expect("asked").is_some());
        let again = try_put(&place.store, BlobClass::Hosted, &bytes).await.expect("stored");
        assert_eq!(again, Adopted::New, "on {}", place.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_complete_and_in_order() {
    for place in Place::all().await {
        let mut expected = BTreeSet::new();
        for seed in 0..40 {
            let bytes = bytes_of(usize::from(seed) + 1, seed);
            expected.insert((put(&place.store, BlobClass::Hosted, &bytes).await, bytes.len() as u64));
        }
        put(&place.store, BlobClass::Mirror, &bytes_of(5, 99)).await;
        let listed: Vec<Listed> = place.store.list(BlobClass::Hosted).try_collect().await.expect("listed");
        let listed: Vec<_> = listed.into_iter().map(|listed| (listed.checksum, listed.size)).collect();
        assert_eq!(listed, expected.into_iter().collect::<Vec<_>>(), "on {}", place.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_larger_than_asked_for_is_read() {
    for place in Place::all().await {
        let checksum = put(&place.store, BlobClass::Hosted, &bytes_of(100, 7)).await;
        let open =
            async || place.store.open(BlobClass::Hosted, &checksum).await.expect("opens").expect("there");
        assert!(matches!(open().await.read_all(99).await, Err(BlobError::TooLarge { size: 100, .. })));
        assert_eq!(open().await.read_all(100).await.expect("fits").len(), 100);
        let now = place.store.read_now(BlobClass::Hosted, &checksum, 99).expect("asked");
        assert_eq!(now, NowRead::Later, "on {}", place.name);
        if place.name != "s3" {
            let now = place.store.read_now(BlobClass::Hosted, &checksum, 100).expect("asked");
            assert_eq!(now, NowRead::Whole(bytes_of(100, 7)), "on {}", place.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn computed_things_are_replaced_and_removed() {
    for place in Place::all().await {
        let store = &place.store;
        let key = DerivedKey::new("readme-html", "2", "abc").expect("a good key");
        let other = DerivedKey::new("readme-html", "3", "abc").expect("a good key");
        store.put_derived(&key, Bytes::from_static(b"old")).await.expect("stored");
        store.put_derived(&key, Bytes::from_static(b"newer")).await.expect("stored");
        let back = store.get_derived(&key, 5).await.expect("read").expect("there");
        assert_eq!(back, "newer", "on {}", place.name);
        assert!(matches!(store.get_derived(&key, 4).await, Err(BlobError::TooLarge { .. })));
        assert_eq!(store.get_derived(&other, 5).await.expect("asked"), None, "versions are apart");
        assert!(store.delete_derived(&key).await.expect("removed"));
        assert_eq!(store.get_derived(&key, 5).await.expect("asked"), None, "on {}", place.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_knows_whose_it_is() {
    for place in Place::all().await {
        let store = &place.store;
        store.check_marker(INSTANCE).await.expect("its own");
        store.init(INSTANCE).await.expect("doing it again is harmless");
        let foreign = [store.check_marker("another").await, store.init("another").await];
        for answer in foreign {
            let error = answer.expect_err("not its own");
            assert!(matches!(error, BlobError::Volume(_)), "{error} on {}", place.name);
            assert!(error.to_string().contains(INSTANCE) && error.to_string().contains("another"), "{error}");
        }
        assert!(matches!(store.init("two words").await, Err(BlobError::Options(_))), "on {}", place.name);
    }
}
