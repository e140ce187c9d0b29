//! What can go wrong between us and an S3-compatible server, and what is sent to it.

use std::fs;
use std::time::Duration;

use bytes::Bytes;
use cratekeep_blob::{Adopted, BlobClass, BlobError, BlobStore, Location, Options, Verdict};
use cratekeep_testkit::s3::{Effect, Fault, S3Server};
use cratekeep_types::{Checksum, Secret, Steps};
use futures::TryStreamExt;
use reqwest::Method;

use crate::support::{
    INSTANCE, PREFIX, Place, bytes_in_parts, bytes_of, files_in, put, read, s3_options, spool_of, try_put,
};

async fn place() -> Place {
    Place::s3(Steps::unwatched()).await
}

fn on_put(effect: Effect) -> Fault {
    Fault::new(effect).method(Method::PUT).uri_part("/hosted/sha256/")
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_are_create_only_and_carry_their_checksum() {
    let place = place().await;
    let bytes = bytes_of(1000, 1);
    put(&place.store, BlobClass::Hosted, &bytes).await;
    let requests = place.server().requests();
    let [sent] = &requests[..] else { panic!("one request, not {requests:?}") };
    assert!(sent.uri.contains(&format!("/{PREFIX}/hosted/sha256/")), "{}", sent.uri);
    assert_eq!(sent.headers["if-none-match"], "*");
    // The base64 form of the checksum, which S3 compares with what it received.
    assert_eq!(sent.headers["x-amz-checksum-sha256"].len(), 44);
    assert_eq!(sent.headers["x-amz-content-sha256"], Checksum::of(&bytes).to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_in_parts_are_create_only_and_checked_part_by_part() {
    let place = place().await;
    put(&place.store, BlobClass::Hosted, &bytes_in_parts(2)).await;
    let requests = place.server().requests();
    let parts: Vec<_> = requests.iter().filter(|sent| sent.uri.contains("partNumber=")).collect();
    assert_eq!(parts.len(), 4);
    assert!(parts.iter().all(|part| part.headers.contains_key("x-amz-checksum-sha256")));
    assert!(
        parts.iter().all(|part| part.headers["content-length"].parse::<u64>().expect("a number") <= 5 << 20)
    );
    let complete = requests.iter().find(|sent| sent.method == Method::POST && sent.uri.contains("uploadId="));
    assert_eq!(complete.expect("it was completed").headers["if-none-match"], "*");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passing_failure_is_overcome() {
    let effects = [
        Effect::Answer(500),
        Effect::Answer(503),
        Effect::Answer(429),
        Effect::Answer(409),
        Effect::HangUp,
        Effect::Delay(Duration::from_millis(50)),
    ];
    let place = place().await;
    for (seed, effect) in (10..).zip(effects) {
        let bytes = bytes_of(1000, seed);
        place.server().order(on_put(effect).times(1));
        let adopted = try_put(&place.store, BlobClass::Hosted, &bytes).await.expect("tried again");
        assert_eq!(adopted, Adopted::New, "{effect:?}");
        let back = read(&place.store, BlobClass::Hosted, &Checksum::of(&bytes)).await.expect("readable");
        assert!(back == bytes, "{effect:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_no_lost_object() {
    let place = place().await;
    for (seed, effect) in
        (20..).zip([Effect::DoThenAnswer(500), Effect::DoThenHangUp, Effect::DoThenAnswer(409)])
    {
        let bytes = bytes_of(1000, seed);
        place.server().order(on_put(effect).times(1));
        let adopted = try_put(&place.store, BlobClass::Hosted, &bytes).await.expect("it is there");
        assert_eq!(adopted, Adopted::Present, "{effect:?}: our own second try meets the first");
    }
    let in_parts = bytes_in_parts(23);
    let complete = Fault::new(Effect::DoThenHangUp).method(Method::POST).uri_part("uploadId=").times(1);
    place.server().order(complete);
    try_put(&place.store, BlobClass::Hosted, &in_parts).await.expect("it is there");
    let back = read(&place.store, BlobClass::Hosted, &Checksum::of(&in_parts)).await.expect("readable");
    assert!(back == in_parts);
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_parts_are_sent_again_or_given_up_with_the_whole() {
    let place = place().await;
    place.server().order(Fault::new(Effect::Answer(500)).uri_part("partNumber=2").times(2));
    put(&place.store, BlobClass::Hosted, &bytes_in_parts(30)).await;

    let bytes = bytes_in_parts(31);
    place.server().order(Fault::new(Effect::Answer(500)).uri_part("partNumber=2"));
    place.server().clear_requests();
    let error = try_put(&place.store, BlobClass::Hosted, &bytes).await.expect_err("part 2 never comes");
    assert!(matches!(error, BlobError::Unavailable { .. }), "{error}");
    let aborted = place.server().requests().iter().filter(|sent| sent.method == Method::DELETE).count();
    let begun = place.server().requests().iter().filter(|sent| sent.uri.contains("?uploads")).count();
    assert_eq!(aborted, begun, "every upload that was begun is taken back");
    let there = place.store.stat(BlobClass::Hosted, &Checksum::of(&bytes)).await.expect("asked");
    assert_eq!(there, None, "nothing half-way is visible");
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_are_bounded() {
    let place = place().await;
    place.server().order(on_put(Effect::Answer(503)));
    let error = try_put(&place.store, BlobClass::Hosted, &bytes_of(10, 40)).await.expect_err("never works");
    assert!(matches!(error, BlobError::Unavailable { .. }), "{error}");
    let puts = place.server().requests().iter().filter(|sent| sent.method == Method::PUT).count();
    assert!((2..=12).contains(&puts), "{puts} tries");
    assert_eq!(files_in(&place.staging()), 0, "the upload is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_is_not_waited_for_without_end() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = S3Server::start().expect("a server");
    let options = Options { request_timeout: Duration::from_millis(200), ..s3_options(&server, &folder) };
    let store = BlobStore::new(options, Steps::unwatched()).expect("good options");
    store.init(INSTANCE).await.expect("an empty bucket");
    server.order(Fault::new(Effect::Delay(Duration::from_secs(3600))));
    let error = store.stat(BlobClass::Hosted, &Checksum::of(b"x")).await.expect_err("no answer");
    assert!(matches!(error, BlobError::Unavailable { .. }), "{error}");
    let error = try_put(&store, BlobClass::Hosted, &bytes_of(10, 41)).await.expect_err("no answer");
    assert!(matches!(error, BlobError::Unavailable { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_answer_is_resumed_or_ends_in_an_error_but_never_short() {
    let place = place().await;
    let bytes = bytes_of(900_000, 50);
    let checksum = put(&place.store, BlobClass::Hosted, &bytes).await;
    let on_get = |times| Fault::new(Effect::CutAnswer(100_000)).method(Method::GET).times(times);

    place.server().order(on_get(1));
    let back = read(&place.store, BlobClass::Hosted, &checksum).await.expect("the rest is asked for");
    assert!(back == bytes);

    place.server().order(on_get(u32::MAX).skip(1));
    let reader = place.store.open(BlobClass::Hosted, &checksum).await.expect("opens").expect("there");
    let part: Result<Vec<Bytes>, _> = reader.stream(Some(1..800_000)).try_collect().await;
    assert!(matches!(part, Err(BlobError::Unavailable { .. })), "{part:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_found_by_reading_and_by_storing_again() {
    let place = place().await;
    let bytes = bytes_of(300_000, 60);
    let checksum = put(&place.store, BlobClass::Hosted, &bytes).await;
    let file = place.object_file(BlobClass::Hosted, &checksum);
    let mut flipped = bytes.to_vec();
    flipped[7] ^= 1;
    fs::write(&file, &flipped).expect("damaged");
    let verdict = place.store.verify(BlobClass::Hosted, &checksum).await.expect("read");
    assert_eq!(verdict, Verdict::Damaged { found: Checksum::of(&flipped), size: 300_000 });

    fs::write(&file, &bytes[1..]).expect("cut");
    let error = try_put(&place.store, BlobClass::Hosted, &bytes).await.expect_err("not the same length");
    assert!(matches!(error, BlobError::Damaged { .. }), "{error}");
    assert_eq!(fs::read(&file).expect("there").len(), 299_999, "nothing is overwritten");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spool_that_changed_on_disk_is_never_stored() {
    let place = place().await;
    for bytes in [bytes_of(1000, 70), bytes_in_parts(70)] {
        let spool = spool_of(&place.store, &bytes).await;
        let staged =
            fs::read_dir(place.staging()).expect("there").next().expect("one file").expect("readable");
        let mut flipped = bytes.to_vec();
        *flipped.last_mut().expect("bytes") ^= 1;
        fs::write(staged.path(), &flipped).expect("damaged");
        let error = place.store.adopt(BlobClass::Hosted, &spool).await.expect_err("other bytes");
        assert!(matches!(error, BlobError::Damaged { .. }), "{error}");
        let there = place.store.stat(BlobClass::Hosted, &spool.checksum()).await.expect("asked");
        assert_eq!(there, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_not_tried_again() {
    let place = place().await;
    let mut options = s3_options(place.server(), &place.folder);
    if let Location::S3(s3) = &mut options.location {
        s3.secret_key = Some(Secret::new("not the secret".to_owned()));
    }
    let stranger = BlobStore::new(options, Steps::unwatched()).expect("good options");
    let error = try_put(&stranger, BlobClass::Hosted, &bytes_of(10, 80)).await.expect_err("a stranger");
    assert!(matches!(error, BlobError::Refused { .. }), "{error}");
    assert!(!format!("{error:?} {error}").contains("not the secret"));
    let puts = place.server().requests().iter().filter(|sent| sent.method == Method::PUT).count();
    assert_eq!(puts, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_lacks_is_told_apart() {
    let place = place().await;
    let checksum = Checksum::of(b"x");
    place.server().order(Fault::new(Effect::AnswerCode(404, "NoSuchKey")).times(1));
    assert!(place.store.open(BlobClass::Hosted, &checksum).await.expect("asked").is_none());
    place.server().order(Fault::new(Effect::AnswerCode(404, "NoSuchBucket")).times(1));
    let error = place.store.open(BlobClass::Hosted, &checksum).await.expect_err("no bucket");
    assert!(matches!(error, BlobError::Refused { .. }), "{error}");
    place.server().order(on_put(Effect::AnswerCode(507, "XMinioStorageFull")));
    let error = try_put(&place.store, BlobClass::Hosted, &bytes_of(10, 81)).await.expect_err("no room");
    assert!(matches!(error, BlobError::Full { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_is_named_with_the_cause() {
    let place = Place::s3(Steps::unwatched()).await;
    let Place { store, s3, .. } = place;
    let endpoint = s3.as_ref().expect("a server").endpoint();
    drop(s3);
    let error = store.stat(BlobClass::Hosted, &Checksum::of(b"x")).await.expect_err("nobody listens");
    assert!(matches!(error, BlobError::Unavailable { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(&endpoint) && text.contains("refused"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_without_our_marker_is_noticed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = S3Server::start().expect("a server");
    let store = BlobStore::new(s3_options(&server, &folder), Steps::unwatched()).expect("good options");
    let error = store.check_marker(INSTANCE).await.expect_err("an empty bucket");
    assert!(matches!(error, BlobError::Volume(_)), "{error}");
    assert_eq!(store.describe(), format!("s3://crates/{PREFIX}"));
    assert_eq!(store.disk_free().await.expect("asked"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_crash_steps_are_passed_here_too() {
    let passed = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = passed.clone();
    let place = Place::s3(Steps::watched(std::sync::Arc::new(move |step| {
        seen.lock().expect("no panic").push(step);
    })))
    .await;
    put(&place.store, BlobClass::Hosted, &bytes_of(10, 90)).await;
    let expected = ["blob.spooled", "blob.file-synced", "blob.linked", "blob.folders-synced"];
    assert_eq!(*passed.lock().expect("no panic"), expected);
}
