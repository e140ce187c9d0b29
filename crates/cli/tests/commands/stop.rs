//! How a server ends: by a signal, in good order, or at a step where it was told to die.

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::{HttpClient, RawConnection};
use cratekeep_testkit::publish::{Target, Upload};
use cratekeep_testkit::server::Server;
use rustix::process::Signal;

use crate::program;

/// Opens a request that has not sent all of its body, and waits until the server has taken its head.
fn half_an_upload(server: &Server, token: &str) -> RawConnection {
    let mut upload = RawConnection::open(&server.address()).expect("it listens");
    let head = format!(
        "PUT /api/v1/crates/new HTTP/1.1\r\nHost: {}\r\nAuthorization: {token}\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n",
        server.address()
    );
    upload.send(head).expect("it listens");
    assert_eq!(upload.read_reply().expect("it wants the body").status, 100);
    upload
}

fn wait_until_closed(server: &Server) {
    while RawConnection::open(&server.address()).is_ok() {
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_request_under_way_is_answered_before_the_end() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = program().start().expect("the server starts");
        let token = server.user("ann").expect("it is made");
        let mut upload = half_an_upload(&server, &token);
        server.signal(signal);
        wait_until_closed(&server);
        assert!(server.is_running(), "it waits for the request");
        upload.send([0; 8]).expect("it still listens to this one");
        let reply = upload.read_reply().expect("an answer");
        assert_eq!(reply.status, 400, "{}", String::from_utf8_lossy(&reply.body));
        let status = server.wait(Duration::from_secs(60)).expect("it ends");
        assert!(status.success(), "{status}\n{}", server.stderr());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn downloads_counted_before_a_stop_are_there_after_it() {
    let spec = program().env("CRATEKEEP_LIMITS__FLUSH_SECS", "1h");
    let mut server = spec.start().expect("the server starts");
    let token = server.user("ann").expect("it is made");
    let client = HttpClient::plain(server.url()).expect("a client");
    let upload =
        Upload::of(&ArchiveBuilder::new("counted", "1.0.0"), Target::Registry(&server.index_url("main")));
    let frame = upload.expect("a good crate").frame();
    let published = client.put("/api/v1/crates/new", frame).token(&token).send().await.expect("an answer");
    let _ = published.expect_status(200);
    for _ in 0..7 {
        let _ =
            client.get("/crates/counted/1.0.0/download").send().await.expect("an answer").expect_status(200);
    }
    assert!(server.terminate().expect("it stops").success());
    server.restart().expect("it starts again");
    let found = client.get("/api/v1/crates?q=counted").send().await.expect("an answer").expect_status(200);
    assert_eq!(found.json()["crates"][0]["downloads"], 7);
}

#[test]
fn a_request_that_never_ends_does_not_keep_the_server_from_ending() {
    let mut server = program().env("CRATEKEEP_SERVER__DRAIN_SECS", "0").start().expect("the server starts");
    let token = server.user("ann").expect("it is made");
    let _upload = half_an_upload(&server, &token);
    assert!(server.terminate().expect("it ends").success());
    assert!(
        server.stderr().contains("requests that went on for too long were cut off"),
        "{}",
        server.stderr()
    );
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut server = program().env("CRATEKEEP_SERVER__DRAIN_SECS", "1h").start().expect("the server starts");
    let token = server.user("ann").expect("it is made");
    let _upload = half_an_upload(&server, &token);
    server.signal(Signal::INT);
    wait_until_closed(&server);
    server.signal(Signal::INT);
    let status = server.wait(Duration::from_secs(60)).expect("it ends");
    assert_eq!(status.code(), Some(1));
    assert!(server.stderr().contains("stopped at once by a second signal"), "{}", server.stderr());
}

#[test]
fn what_a_killed_server_left_of_an_upload_is_removed_at_the_next_start() {
    let spec = program().env("CRATEKEEP_TESTING__KILL_AT", "blob.spooled:1");
    let mut server = spec.start().expect("the server starts");
    let staging = server.data_dir().join("blobs/staging");
    let uploads = || {
        let entries = std::fs::read_dir(&staging).expect("it is there");
        entries.filter(|entry| entry.as_ref().is_ok_and(|entry| entry.path().is_file())).count()
    };
    let token = server.user("ann").expect("it is made");
    let json = br#"{"name":"a","vers":"1.0.0","deps":[],"features":{}}"#;
    let length = u32::try_from(json.len()).expect("it is short");
    let body: Vec<u8> = [&length.to_le_bytes()[..], json, &1_u32.to_le_bytes(), &[0]].concat();
    let mut upload = RawConnection::open(&server.address()).expect("it listens");
    let head = format!(
        "PUT /api/v1/crates/new HTTP/1.1\r\nHost: {}\r\nAuthorization: {token}\r\nContent-Length: {}\r\n\r\n",
        server.address(),
        body.len()
    );
    upload.send([head.as_bytes(), &body].concat()).expect("it listens");
    let status = server.wait(Duration::from_secs(60)).expect("it dies");
    assert_eq!(status.signal(), Some(9), "{status}");
    assert_eq!(uploads(), 1);
    server.restart().expect("it starts again");
    assert_eq!(uploads(), 0);
}
