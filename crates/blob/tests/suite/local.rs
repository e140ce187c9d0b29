//! What can go wrong with a local folder, and the order in which an object becomes durable.

use std::fs;
use std::sync::{Arc, Mutex, OnceLock};

use bytes::Bytes;
use cratekeep_blob::{Adopted, BlobClass, BlobError, BlobStore, DerivedKey, Listed, Options, Verdict};
use cratekeep_types::{Checksum, Steps};
use futures::TryStreamExt;

use crate::support::{INSTANCE, Place, bytes_of, files_in, put, read, spool_of, try_put};

#[tokio::test(flavor = "multi_thread")]
async fn a_name_appears_only_after_the_bytes_are_synced() {
    let bytes = bytes_of(5000, 1);
    let file = Arc::new(OnceLock::new());
    let passed = Arc::new(Mutex::new(Vec::new()));
    let (seen_file, seen) = (file.clone(), passed.clone());
    let place = Place::local(Steps::watched(Arc::new(move |step| {
        let there = seen_file.get().is_some_and(|file: &std::path::PathBuf| file.exists());
        seen.lock().expect("no panic").push((step, there));
    })))
    .await;
    file.set(place.object_file(BlobClass::Hosted, &Checksum::of(&bytes))).expect("set once");

    put(&place.store, BlobClass::Hosted, &bytes).await;
    let expected = [
        ("blob.spooled", false),
        ("blob.file-synced", false),
        ("blob.linked", true),
        ("blob.folders-synced", true),
    ];
    assert_eq!(*passed.lock().expect("no panic"), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_found_by_reading_and_by_storing_again() {
    let place = Place::local(Steps::unwatched()).await;
    let bytes = bytes_of(300_000, 2);
    let checksum = put(&place.store, BlobClass::Hosted, &bytes).await;
    let file = place.object_file(BlobClass::Hosted, &checksum);

    let mut flipped = bytes.to_vec();
    flipped[123_456] ^= 1;
    fs::write(&file, &flipped).expect("damaged");
    let verdict = place.store.verify(BlobClass::Hosted, &checksum).await.expect("read");
    assert_eq!(verdict, Verdict::Damaged { found: Checksum::of(&flipped), size: 300_000 });

    fs::write(&file, &bytes[..299_999]).expect("cut");
    let error = try_put(&place.store, BlobClass::Hosted, &bytes).await.expect_err("not the same length");
    assert!(matches!(error, BlobError::Damaged { .. }), "{error}");
    assert_eq!(fs::read(&file).expect("there").len(), 299_999, "nothing is overwritten");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_cut_while_it_is_read_ends_in_an_error() {
    let place = Place::local(Steps::unwatched()).await;
    let checksum = put(&place.store, BlobClass::Hosted, &bytes_of(2_000_000, 3)).await;
    let reader = place.store.open(BlobClass::Hosted, &checksum).await.expect("opens").expect("there");
    let file = place.object_file(BlobClass::Hosted, &checksum);
    fs::OpenOptions::new().write(true).open(file).expect("there").set_len(1_000_000).expect("cut");
    let answer: Result<Vec<Bytes>, _> = reader.stream(None).try_collect().await;
    assert!(matches!(answer, Err(BlobError::Damaged { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_cannot_be_synced_stops_all_writes() {
    let bytes = bytes_of(100, 4);
    let folder = Arc::new(OnceLock::<std::path::PathBuf>::new());
    let seen = folder.clone();
    let place = Place::local(Steps::watched(Arc::new(move |step| {
        if step == "blob.linked" {
            fs::remove_dir_all(seen.get().expect("set")).expect("removed");
        }
    })))
    .await;
    let file = place.object_file(BlobClass::Hosted, &Checksum::of(&bytes));
    folder.set(file.parent().expect("a folder").to_owned()).expect("set once");

    let other = spool_of(&place.store, &bytes_of(100, 5)).await;
    let error = try_put(&place.store, BlobClass::Hosted, &bytes).await.expect_err("not durable");
    assert!(matches!(error, BlobError::Durability { .. }), "{error}");
    assert!(place.store.writes_stopped());

    let error = place.store.adopt(BlobClass::Hosted, &other).await.expect_err("no more writes");
    assert!(matches!(error, BlobError::Durability { .. }), "{error}");
    let key = DerivedKey::new("kind", "1", "x").expect("a good key");
    let error = place.store.put_derived(&key, Bytes::new()).await.expect_err("no more writes");
    assert!(matches!(error, BlobError::Durability { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vanished_volume_is_noticed_and_never_made_anew() {
    let place = Place::local(Steps::unwatched()).await;
    let bytes = bytes_of(100, 6);
    let checksum = put(&place.store, BlobClass::Hosted, &bytes).await;
    let spool = spool_of(&place.store, &bytes).await;
    fs::rename(place.root(), place.folder.path().join("elsewhere")).expect("moved away");
    fs::create_dir(place.root()).expect("an empty mount point");

    let store = &place.store;
    let list: Result<Vec<Listed>, _> = store.list(BlobClass::Hosted).try_collect().await;
    let key = DerivedKey::new("kind", "1", "x").expect("a good key");
    let answers = [
        ("open", store.open(BlobClass::Hosted, &checksum).await.err()),
        ("stat", store.stat(BlobClass::Hosted, &checksum).await.err()),
        ("verify", store.verify(BlobClass::Hosted, &checksum).await.err()),
        ("delete", store.delete(BlobClass::Hosted, &checksum).await.err()),
        ("read_now", store.read_now(BlobClass::Hosted, &checksum, 1000).err()),
        ("list", list.err()),
        ("spool", store.spool().await.err()),
        ("adopt", store.adopt(BlobClass::Hosted, &spool).await.err()),
        ("put_derived", store.put_derived(&key, Bytes::new()).await.err()),
        ("check_marker", store.check_marker(INSTANCE).await.err()),
    ];
    for (call, error) in answers {
        assert!(matches!(error, Some(BlobError::Volume(_))), "{call}: {error:?}");
    }
    assert_eq!(files_in(&place.root()), 0, "nothing was made in the empty mount point");
    assert!(!store.writes_stopped(), "it can be mounted again without a restart");

    fs::remove_dir(place.root()).expect("still empty");
    fs::rename(place.folder.path().join("elsewhere"), place.root()).expect("mounted again");
    store.check_marker(INSTANCE).await.expect("it is the old one");
    assert!(read(store, BlobClass::Hosted, &checksum).await.expect("readable") == bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_initialisation_cut_short_can_be_done_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("a/b/blobs");
    let store = BlobStore::new(Options::local(&root), Steps::unwatched()).expect("good options");
    let error = store.check_marker(INSTANCE).await.expect_err("nothing is there yet");
    assert!(matches!(error, BlobError::Volume(_)), "{error}");
    assert!(!root.exists(), "asking makes nothing");

    fs::create_dir_all(root.join("hosted/sha256/00")).expect("half of an initialisation");
    store.init(INSTANCE).await.expect("completed");
    assert_eq!(files_in(&root.join("hosted/sha256")), 256);
    assert_eq!(files_in(&root.join("mirror/sha256")), 256);
    assert_eq!(files_in(&root.join("staging")), 0, "the marker's own temporary file is gone");
    store.check_marker(INSTANCE).await.expect("marked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_store_on_the_same_folder_sees_the_same_objects() {
    let place = Place::local(Steps::unwatched()).await;
    let second = BlobStore::new(Options::local(place.root()), Steps::unwatched()).expect("good options");
    let bytes = bytes_of(100, 7);
    put(&place.store, BlobClass::Hosted, &bytes).await;
    let again = try_put(&second, BlobClass::Hosted, &bytes).await.expect("stored before");
    assert_eq!(again, Adopted::Present);
}

#[tokio::test(flavor = "multi_thread")]
async fn stray_files_are_passed_over_in_a_list() {
    let place = Place::local(Steps::unwatched()).await;
    let checksum = put(&place.store, BlobClass::Hosted, &bytes_of(100, 8)).await;
    let top = place.root().join("hosted/sha256");
    fs::write(top.join("ab/stray"), "").expect("written");
    let beside =
        place.object_file(BlobClass::Hosted, &checksum).with_file_name(Checksum::of(b"x").to_string());
    fs::write(beside, "in the wrong folder").expect("written");
    let listed: Vec<Listed> = place.store.list(BlobClass::Hosted).try_collect().await.expect("listed");
    assert_eq!(listed.iter().map(|listed| listed.checksum).collect::<Vec<_>>(), [checksum]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_has_room_and_says_where_it_is() {
    let place = Place::local(Steps::unwatched()).await;
    assert!(place.store.disk_free().await.expect("asked").expect("a folder has a number") > 0);
    assert!(place.store.describe().contains(&place.root().display().to_string()));
}
