//! What happens while an upload is on its way.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::{RawConnection, RawReply};
use cratekeep_testkit::publish::{Upload, frame};
use cratekeep_tests::{Person, Spec, TestApp, noise, on_both_engines};

on_both_engines![
    an_early_no_reaches_who_is_still_sending,
    nobody_is_asked_to_go_on,
    an_owner_removed_meanwhile_publishes_no_more,
    a_version_published_meanwhile_is_there,
];
on_both_engines![one_second => a_slow_upload_is_cut_off];
on_both_engines![one_at_a_time => a_busy_server_says_so];

fn one_second(spec: Spec) -> Spec {
    spec.options(|options| options.upload_secs_max = 1)
}

fn one_at_a_time(spec: Spec) -> Spec {
    spec.options(|options| options.requests_max = 1)
}

/// An upload that stops half way until it is told to go on.
struct Halted {
    connection: RawConnection,
    rest: Vec<u8>,
}

impl Halted {
    /// Sends the metadata once the server has asked for it: from then on the request has its place.
    fn begin(app: &TestApp, who: &Person, upload: &Upload) -> Self {
        let body = upload.frame();
        let head = format!(
            "PUT /api/v1/crates/new HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\ncontent-length: {}\r\n\
             expect: 100-continue\r\n\r\n",
            who.token(),
            body.len()
        );
        let mut connection = connect(app);
        connection.send(head).expect("sent");
        assert_eq!(connection.read_reply().expect("a word to go on").status, 100);
        let half = 8 + upload.json.to_string().len();
        connection.send(&body[..half]).expect("sent");
        Self { connection, rest: body[half..].to_vec() }
    }

    fn go_on(mut self) -> RawReply {
        self.connection.send(&self.rest).expect("sent");
        self.connection.read_reply().expect("an answer")
    }
}

fn connect(app: &TestApp) -> RawConnection {
    RawConnection::open(app.url().trim_start_matches("http://")).expect("the server listens")
}

/// cargo sends on after the answer has come and reads it then; it must not be lost.
async fn an_early_no_reaches_who_is_still_sending(app: &TestApp) {
    let owner = app.owner().await;
    let upload = owner.upload(&ArchiveBuilder::new("eager", "1.0.0"));
    let body = frame(upload.json.to_string().as_bytes(), &noise(12 << 20));
    let print = app.footprint().await;
    let known = format!("authorization: {}\r\n", owner.token());
    for (shown, status, word) in [(known.as_str(), 413, "max upload size"), ("", 401, "token")] {
        let mut connection = connect(app);
        let length = body.len();
        let head =
            format!("PUT /api/v1/crates/new HTTP/1.1\r\nhost: x\r\n{shown}content-length: {length}\r\n\r\n");
        connection.send(head).expect("sent");
        // The server may have closed its ear by now.
        let _ = connection.send(&body);
        let reply = connection.read_reply().expect("the answer is not lost");
        assert_eq!(reply.status, status);
        assert!(String::from_utf8_lossy(&reply.body).contains(word));
        assert_eq!(app.footprint().await, print);
    }
}

async fn nobody_is_asked_to_go_on(app: &TestApp) {
    let mut connection = connect(app);
    let head = "PUT /api/v1/crates/new HTTP/1.1\r\nhost: x\r\ncontent-length: 10485760\r\nexpect: 100-continue\r\n\r\n";
    connection.send(head).expect("sent");
    assert_eq!(connection.read_reply().expect("an answer").status, 401, "not 100");
}

async fn an_owner_removed_meanwhile_publishes_no_more(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    owner.has_published("contested", "1.0.0").await;
    owner.shares("contested", &helper).await;
    let halted = Halted::begin(app, &helper, &helper.upload(&ArchiveBuilder::new("contested", "1.0.1")));
    let _ = owner.remove_owners("contested", &["helga"]).await.expect_status(200);
    let before = owner.index("contested").await;
    let reply = halted.go_on();
    assert_eq!(reply.status, 403, "{}", String::from_utf8_lossy(&reply.body));
    assert_eq!(owner.index("contested").await.text(), before.text());
}

async fn a_version_published_meanwhile_is_there(app: &TestApp) {
    let owner = app.owner().await;
    let slow = owner.upload(&ArchiveBuilder::new("overtaken", "1.0.0").file("src/slow.rs", "// slow\n"));
    let (other, same) =
        (Halted::begin(app, &owner, &slow), owner.upload(&ArchiveBuilder::new("overtaken", "1.0.0")));
    let twin = Halted::begin(app, &owner, &same);
    let _ = owner.send_upload(&same).await.expect_status(200);
    assert_eq!(other.go_on().status, 409);
    assert_eq!(twin.go_on().status, 200);
    assert_eq!(owner.index("overtaken").await.text().lines().count(), 1);
}

async fn a_slow_upload_is_cut_off(app: &TestApp) {
    let owner = app.owner().await;
    let mut halted = Halted::begin(app, &owner, &owner.upload(&ArchiveBuilder::new("slow", "1.0.0")));
    let reply = halted.connection.read_reply().expect("an answer, in its time");
    assert!((400..500).contains(&reply.status), "{}", reply.status);
    assert!(String::from_utf8_lossy(&reply.body).contains("limits.upload_secs_max"));
    let _ = app.nobody().index("slow").await.expect_status(404);
}

async fn a_busy_server_says_so(app: &TestApp) {
    let owner = app.owner().await;
    let upload = owner.upload(&ArchiveBuilder::new("busy", "1.0.0"));
    let halted = Halted::begin(app, &owner, &upload);
    let busy = app.nobody().fetch("/api/v1/crates").await.expect_status(503);
    assert_ne!(busy.header("retry-after"), "");
    assert_ne!(busy.error_detail(), "");
    assert_eq!(halted.go_on().status, 200);
    let _ = app.nobody().index("busy").await.expect_status(200);
}
