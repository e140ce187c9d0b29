//! The body of a publish, broken in every way, and bodies that should not be read at all.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::RawConnection;
use cratekeep_testkit::publish::{Upload, frame};
use cratekeep_tests::{Person, Spec, TestApp, TokenWish, noise, on_both_engines, send};
use http::Method;
use serde_json::json;

use crate::refused::Before;

on_both_engines![
    a_cut_off_body_is_refused_wherever_it_ends,
    lengths_that_lie_are_refused,
    metadata_that_is_no_metadata_is_refused,
    a_body_in_pieces_is_a_body,
    a_client_that_hangs_up_leaves_nothing,
    an_encoded_body_is_refused,
    nobody_may_send_ten_megabytes,
    a_client_that_asks_first_is_told_to_go_on,
];
on_both_engines![tight => limits_are_named_with_their_settings, a_body_within_the_limits_passes];

/// Limits that small uploads pass.
fn tight(spec: Spec) -> Spec {
    spec.options(|options| {
        options.frame.json_bytes_max = 2_000;
        options.frame.archive_bytes_max = 20_000;
    })
}

fn good(owner: &Person) -> Upload {
    owner.upload(&ArchiveBuilder::new("framed", "1.0.0"))
}

async fn a_cut_off_body_is_refused_wherever_it_ends(app: &TestApp) {
    let owner = app.owner().await;
    let upload = good(&owner);
    let (body, json) = (upload.frame(), upload.json.to_string().len());
    let before = Before::look(app).await;
    for (end, word) in [
        (0, "ended"),
        (3, "3 of its 4 bytes"),
        (4, "metadata"),
        (4 + json / 2, "metadata"),
        (4 + json, "tarball"),
        (4 + json + 2, "tarball"),
        (8 + json, "tarball"),
        (8 + json + 100, "100 came"),
        (body.len() - 1, "tarball"),
    ] {
        let reply = owner.send_frame(body[..end].to_vec()).await;
        before.refused(&format!("{end} of {} bytes", body.len()), reply, 400, &[word]).await;
    }
}

async fn lengths_that_lie_are_refused(app: &TestApp) {
    let owner = app.owner().await;
    let upload = good(&owner);
    let (json, archive) = (upload.json.to_string().into_bytes(), &upload.archive);
    let claim = |json_len: usize, archive_len: usize| {
        let mut body = frame(&json, archive);
        body[..4].copy_from_slice(&u32::try_from(json_len).expect("short").to_le_bytes());
        let at = 4 + json.len();
        body[at..at + 4].copy_from_slice(&u32::try_from(archive_len).expect("short").to_le_bytes());
        body
    };
    let before = Before::look(app).await;
    let mut trailing = upload.frame();
    trailing.push(0);
    for (what, body, status, word) in [
        ("JSON longer", claim(json.len() + 1, archive.len()), 400, "invalid upload request"),
        ("JSON shorter", claim(json.len() - 1, archive.len()), 400, "invalid upload request"),
        ("no JSON", claim(0, archive.len()), 400, "metadata"),
        ("huge JSON", claim(u32::MAX as usize, archive.len()), 413, "JSON metadata blob too large"),
        ("archive longer", claim(json.len(), archive.len() + 1), 400, "tarball"),
        ("archive shorter", claim(json.len(), archive.len() - 1), 400, "after the tarball"),
        ("no archive", claim(json.len(), 0), 400, "after the tarball"),
        ("huge archive", claim(json.len(), u32::MAX as usize), 413, "max upload size"),
        ("a byte behind", trailing, 400, "after the tarball"),
        ("an empty archive", frame(&json, b""), 400, "gzip"),
    ] {
        before.refused(what, owner.send_frame(body).await, status, &[word]).await;
    }
}

async fn metadata_that_is_no_metadata_is_refused(app: &TestApp) {
    let owner = app.owner().await;
    let archive = good(&owner).archive;
    let before = Before::look(app).await;
    let bad_deps = json!({ "name": "framed", "vers": "1.0.0", "deps": "none" }).to_string();
    for json in [
        &b"{\"name\":\"fr\xff\",\"vers\":\"1.0.0\"}"[..],
        b"{",
        b"[]",
        b"null",
        b"\"framed\"",
        b"{}",
        b"{\"name\":\"framed\"}",
        b"{\"name\":\"framed\",\"vers\":1}",
        b"{\"name\":null,\"vers\":\"1.0.0\"}",
        b"{\"name\":\"framed\",\"vers\":\"1.0.0\"} {}",
        bad_deps.as_bytes(),
        "[".repeat(100_000).as_bytes(),
    ] {
        let shown = String::from_utf8_lossy(&json[..json.len().min(60)]).into_owned();
        let reply = owner.send_frame(frame(json, &archive)).await;
        before.refused(&shown, reply, 400, &["invalid upload request"]).await;
    }
}

async fn limits_are_named_with_their_settings(app: &TestApp) {
    let owner = app.owner().await;
    let before = Before::look(app).await;
    let long = ArchiveBuilder::new("framed", "1.0.0")
        .package_line(&format!("description = \"{}\"", "x".repeat(2_000)));
    let words = ["limit is 2000", "limits.json_bytes_max"];
    before.refused("long metadata", owner.publish(&long).await, 413, &words).await;
    let large = ArchiveBuilder::new("framed", "1.0.0").file("noise.bin", noise(30_000));
    let words = ["max upload size is: 20000", "limits.archive_bytes_max"];
    before.refused("a large archive", owner.publish(&large).await, 413, &words).await;
}

async fn a_body_within_the_limits_passes(app: &TestApp) {
    app.owner().await.has_published("framed", "1.0.0").await;
}

async fn a_body_in_pieces_is_a_body(app: &TestApp) {
    let owner = app.owner().await;
    let upload = good(&owner);
    let head = format!(
        "PUT /api/v1/crates/new HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ntransfer-encoding: chunked\r\n\r\n",
        owner.token()
    );
    let mut connection =
        RawConnection::open(app.url().trim_start_matches("http://")).expect("the server listens");
    connection.send(head).expect("sent");
    for piece in upload.frame().chunks(7) {
        let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
        chunk.extend_from_slice(piece);
        chunk.extend_from_slice(b"\r\n");
        connection.send(chunk).expect("sent");
    }
    connection.send("0\r\n\r\n").expect("sent");
    assert_eq!(connection.read_reply().expect("an answer").status, 200);
    assert_eq!(app.nobody().download("framed", "1.0.0").await.body, upload.archive);
}

async fn a_client_that_hangs_up_leaves_nothing(app: &TestApp) {
    let owner = app.owner().await;
    let (body, print) = (good(&owner).frame(), app.footprint().await);
    for end in [2, 100, body.len() / 2, body.len() - 1] {
        let mut connection =
            RawConnection::open(app.url().trim_start_matches("http://")).expect("the server listens");
        let head = format!(
            "PUT /api/v1/crates/new HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-length: {}\r\n\r\n",
            owner.token(),
            body.len()
        );
        connection.send(head).expect("sent");
        connection.send(&body[..end]).expect("sent");
        drop(connection);
    }
    let _ = app.nobody().fetch("/health/ready").await.expect_status(200);
    assert_eq!(app.footprint().await, print);
}

async fn an_encoded_body_is_refused(app: &TestApp) {
    let owner = app.owner().await;
    let before = Before::look(app).await;
    for encoding in ["gzip", "deflate", "br", "identity, gzip"] {
        let request = owner.request(Method::PUT, "/api/v1/crates/new").header("content-encoding", encoding);
        let reply = send(request.body(good(&owner).frame())).await;
        before.refused(encoding, reply, 415, &["Content-Encoding"]).await;
    }
    let plain = owner.request(Method::PUT, "/api/v1/crates/new").header("content-encoding", "identity");
    let _ = send(plain.body(good(&owner).frame())).await.expect_status(200);
}

/// The answer must come from the head alone: not one byte of the body is ever sent.
async fn nobody_may_send_ten_megabytes(app: &TestApp) {
    let wish = TokenWish { scope: Some("yank"), ..TokenWish::default() };
    let reader = app.token_for(&app.owner().await, wish).await;
    for (token, status) in [("", 401), ("authorization: nonsense\r\n", 401), (reader.token(), 403)] {
        let shown = if status == 403 { format!("authorization: {token}\r\n") } else { token.to_owned() };
        let mut connection =
            RawConnection::open(app.url().trim_start_matches("http://")).expect("the server listens");
        let head =
            format!("PUT /api/v1/crates/new HTTP/1.1\r\nhost: x\r\n{shown}content-length: 10485760\r\n\r\n");
        connection.send(head).expect("sent");
        let reply = connection.read_reply().expect("an answer before the body");
        assert_eq!(reply.status, status, "{}", String::from_utf8_lossy(&reply.body));
        assert_eq!(reply.header("www-authenticate").is_some(), status == 401);
    }
}

async fn a_client_that_asks_first_is_told_to_go_on(app: &TestApp) {
    let owner = app.owner().await;
    let body = good(&owner).frame();
    let mut connection =
        RawConnection::open(app.url().trim_start_matches("http://")).expect("the server listens");
    let head = format!(
        "PUT /api/v1/crates/new HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        owner.token(),
        body.len()
    );
    connection.send(head).expect("sent");
    assert_eq!(connection.read_reply().expect("a word to go on").status, 100);
    connection.send(&body).expect("sent");
    assert_eq!(connection.read_reply().expect("an answer").status, 200);
    // The connection is still good for the next request.
    connection.send("GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").expect("sent");
    assert_eq!(connection.read_reply().expect("an answer").body, b"live\n");
}
