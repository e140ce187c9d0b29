//! How much memory a large object takes on its way in and out. A program of its own, because the peak is that of a
//! whole process, and so is the S3 server here: a second run of the same program.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use bytes::Bytes;
use cratekeep_blob::{BlobClass, BlobStore, Options, S3Options, Verdict};
use cratekeep_testkit::s3::{ACCESS_KEY, BUCKET, REGION, S3Server, SECRET_KEY};
use cratekeep_types::{Secret, Steps};
use futures::TryStreamExt;

/// Makes the program an S3 server until its input ends.
const BE_THE_SERVER: &str = "be-the-s3-server";
const MIB: usize = 1024 * 1024;
/// Much more than may be held.
const OBJECT_BYTES: usize = 96 * MIB;
/// What one request may take.
const GROWTH_BYTES_MAX: u64 = 32 * MIB as u64;

#[expect(clippy::print_stdout, reason = "a test program without the usual harness speaks for itself")]
fn main() {
    if std::env::args().any(|argument| argument == BE_THE_SERVER) {
        let server = S3Server::start().expect("a server");
        println!("{}", server.endpoint());
        std::io::stdin().lines().for_each(drop);
        return;
    }
    let program = std::env::current_exe().expect("the path of this program");
    let mut server = Command::new(program)
        .arg(BE_THE_SERVER)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("this program runs twice");
    let mut endpoint = String::new();
    BufReader::new(server.stdout.take().expect("piped")).read_line(&mut endpoint).expect("an endpoint");

    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = [
        Options::local(folder.path().join("blobs")),
        Options::s3(bucket(endpoint.trim()), folder.path().join("spool")),
    ];
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for (options, seed) in options.into_iter().zip(1..) {
        let store = BlobStore::new(options, Steps::unwatched()).expect("good options");
        let growth = runtime.block_on(async {
            store.init("instance").await.expect("empty");
            let before = peak();
            there_and_back(&store, seed).await;
            peak() - before
        });
        let text =
            format!("{} KiB more for {} MiB in {}", growth / 1024, OBJECT_BYTES / MIB, store.describe());
        assert!(growth <= GROWTH_BYTES_MAX, "{text}");
        println!("{text}");
    }
    drop(server.stdin.take());
    server.wait().expect("it ends with its input");
}

fn bucket(endpoint: &str) -> S3Options {
    S3Options {
        bucket: BUCKET.to_owned(),
        prefix: String::new(),
        endpoint: Some(endpoint.to_owned()),
        region: REGION.to_owned(),
        access_key: Some(ACCESS_KEY.to_owned()),
        secret_key: Some(Secret::new(SECRET_KEY.to_owned())),
        path_style: true,
        allow_http: true,
    }
}

/// The most memory this process has had at once, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number") * 1024
}

/// Takes the object in, reads it back, checks it.
async fn there_and_back(store: &BlobStore, seed: u8) {
    let mut writer = store.spool().await.expect("a spool");
    for chunk in 0..OBJECT_BYTES / (64 * 1024) {
        let mut bytes = vec![seed; 64 * 1024];
        bytes[..8].copy_from_slice(&chunk.to_be_bytes());
        writer.write(bytes.into()).await.expect("room");
    }
    let spool = writer.finish().await.expect("room");
    store.adopt(BlobClass::Hosted, &spool).await.expect("stored");
    let reader = store.open(BlobClass::Hosted, &spool.checksum()).await.expect("opens").expect("there");
    let count = |sum: usize, chunk: Bytes| async move { Ok(sum + chunk.len()) };
    let size = reader.stream(None).try_fold(0, count).await.expect("readable");
    assert_eq!(size, OBJECT_BYTES);
    let verdict = store.verify(BlobClass::Hosted, &spool.checksum()).await.expect("readable");
    assert_eq!(verdict, Verdict::Good { size: OBJECT_BYTES as u64 });
}
