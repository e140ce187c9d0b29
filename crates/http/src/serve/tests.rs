//! The listener, called over real sockets.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use axum::Router;
use axum::extract::{Extension, State};
use axum::routing::get;
use cratekeep_testkit::http::{HttpClient, Insist, RawConnection};
use cratekeep_testkit::tls::TestCa;
use http::Version;
use tempfile::TempDir;
use tokio::sync::Barrier;
use tokio::task::JoinHandle;

use super::*;

const LONG: Duration = Duration::from_secs(120);

fn options() -> Options {
    Options {
        trusted_proxies: crate::TrustedProxies::default(),
        tls: None,
        connections_max: 100,
        head_bytes_max: 16 * 1024,
        head_time_max: LONG,
        stall_time_max: LONG,
        streams_max: 256,
        drain_time_max: LONG,
    }
}

fn tls(folder: &Path, reload: &Arc<Notify>) -> Option<TlsFiles> {
    let (certificate, key) = (folder.join("server.pem"), folder.join("server.key"));
    Some(TlsFiles { certificate, key, poll: LONG, reload: reload.clone() })
}

/// A listener under test.
struct Running {
    address: String,
    stop: CancellationToken,
    task: JoinHandle<Drained>,
}

impl Running {
    async fn start(router: Router, options: Options) -> Self {
        let listener = listen("127.0.0.1", 0).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let stop = CancellationToken::new();
        let server = Server::new(listener, options).expect("good certificate files");
        let task = tokio::spawn(server.run(router, stop.clone()));
        Self { address, stop, task }
    }

    fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address.replace("127.0.0.1", "localhost"))
    }

    /// Talks to the server from a thread that may block.
    async fn raw<T: Send + 'static>(&self, talk: impl FnOnce(&str) -> T + Send + 'static) -> T {
        let address = self.address.clone();
        tokio::task::spawn_blocking(move || talk(&address)).await.expect("the conversation goes well")
    }

    async fn drained(self) -> Drained {
        self.stop.cancel();
        self.task.await.expect("the listener does not panic")
    }
}

fn get_request(path: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n")
}

fn echo() -> Router {
    Router::new().route(
        "/",
        get(|Extension(address): Extension<crate::Address>| async move { address.socket.to_string() }),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_connection_is_kept_and_an_upgrade_to_http2_ignored() {
    let server = Running::start(echo(), options()).await;
    let replies = server
        .raw(|address| {
            let mut connection = RawConnection::open(address).expect("somebody listens");
            let upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n";
            connection.send(get_request("/", upgrade)).expect("it is open");
            let first = connection.read_reply().expect("an answer");
            connection.send(get_request("/", "")).expect("it is still open");
            [first, connection.read_reply().expect("another answer")]
        })
        .await;
    for reply in &replies {
        assert!(reply.head.starts_with("HTTP/1.1 200 OK\r\n"), "{}", reply.head);
        assert!(String::from_utf8_lossy(&reply.body).starts_with("127.0.0.1:"));
    }
    assert_eq!(replies[0].body, replies[1].body, "both came over one connection");
    assert_eq!(server.drained().await, Drained { cut_off: 0 });
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tls_connection_carries_many_requests_at_once() {
    const AT_ONCE: usize = 200;
    let folder = TempDir::new().expect("a temporary folder");
    let ca = TestCa::new().expect("an authority");
    ca.issue(folder.path()).expect("a certificate");
    let all_in = Arc::new(Barrier::new(AT_ONCE));
    let meet = |State(all_in): State<Arc<Barrier>>, Extension(from): Extension<crate::Address>| async move {
        all_in.wait().await;
        from.socket.to_string()
    };
    let router = echo().merge(Router::new().route("/all", get(meet)).with_state(all_in));
    let options = Options { tls: tls(folder.path(), &Arc::new(Notify::new())), ..options() };
    let server = Running::start(router, options).await;
    let client = HttpClient::trusting(&server.url("https"), &ca).expect("a client");
    let first = client.get("/").send().await.expect("an answer").expect_status(200);
    assert_eq!(first.version, Version::HTTP_2);
    let many: Vec<_> = (0..AT_ONCE).map(|_| tokio::spawn(client.get("/all").send())).collect();
    for reply in many {
        let reply = reply.await.expect("no panic").expect("an answer").expect_status(200);
        assert_eq!(reply.body, first.body, "every request came over the first connection");
    }
    let old = HttpClient::build(&server.url("https"), Some(&ca), Insist::Http1).expect("a client");
    let reply = old.get("/").send().await.expect("an answer").expect_status(200);
    assert_eq!(reply.version, Version::HTTP_11);
}

/// Whether a new connection is served with a certificate of `ca`.
async fn is_served_by(server: &Running, ca: &TestCa) -> bool {
    let client = HttpClient::trusting(&server.url("https"), ca).expect("a client");
    client.get("/").send().await.is_ok()
}

async fn wait_until_served_by(server: &Running, ca: &TestCa) {
    while !is_served_by(server, ca).await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_taken_when_asked_and_when_the_files_change() {
    let folder = TempDir::new().expect("a temporary folder");
    let authorities: Vec<_> = (0..3).map(|_| TestCa::new().expect("an authority")).collect();
    authorities[0].issue(folder.path()).expect("a certificate");
    let reload = Arc::new(Notify::new());
    let server = Running::start(echo(), Options { tls: tls(folder.path(), &reload), ..options() }).await;
    assert!(is_served_by(&server, &authorities[0]).await && !is_served_by(&server, &authorities[1]).await);
    authorities[1].issue(folder.path()).expect("a second certificate");
    reload.notify_one();
    wait_until_served_by(&server, &authorities[1]).await;
    assert!(!is_served_by(&server, &authorities[0]).await);

    let mut polling = tls(folder.path(), &Arc::new(Notify::new()));
    polling.as_mut().expect("just made").poll = Duration::from_millis(10);
    let server = Running::start(echo(), Options { tls: polling, ..options() }).await;
    wait_until_served_by(&server, &authorities[1]).await;
    authorities[2].issue(folder.path()).expect("a third certificate");
    wait_until_served_by(&server, &authorities[2]).await;
}

#[test]
fn a_bad_new_certificate_is_not_taken() {
    let folder = TempDir::new().expect("a temporary folder");
    let ca = TestCa::new().expect("an authority");
    let files = ca.issue(folder.path()).expect("a certificate");
    let certificates = tls::Certificates::load(&tls(folder.path(), &Arc::default()).expect("just made"));
    let certificates = certificates.expect("a good pair");
    assert!(certificates.read_again());
    let other = TempDir::new().expect("a temporary folder");
    let foreign = ca.issue(other.path()).expect("another certificate");
    std::fs::copy(foreign.key, &files.key).expect("it can be written");
    assert!(!certificates.read_again(), "a key of another certificate");
    std::fs::write(&files.key, "-----BEGIN PRIVATE").expect("it can be written");
    assert!(!certificates.read_again(), "half a file");
}

#[tokio::test]
async fn a_start_with_bad_certificate_files_says_which() {
    let folder = TempDir::new().expect("a temporary folder");
    let listener = listen("127.0.0.1", 0).await.expect("a free port");
    let options = Options { tls: tls(folder.path(), &Arc::new(Notify::new())), ..options() };
    let refused = Server::new(listener, options).err().expect("no such files");
    assert!(refused.to_string().contains("server.pem cannot be used"), "{refused}");
}

/// A handler that tells when it was called and answers when it is let go.
#[derive(Default)]
struct Gate {
    entered: Notify,
    opened: Notify,
}

fn gated(gate: &Arc<Gate>) -> Router {
    let wait = |State(gate): State<Arc<Gate>>| async move {
        gate.entered.notify_one();
        gate.opened.notified().await;
        "through"
    };
    Router::new().route("/", get(wait)).with_state(gate.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_lets_requests_finish_and_takes_no_new_ones() {
    let gate = Arc::new(Gate::default());
    let server = Running::start(gated(&gate), options()).await;
    let idle = RawConnection::open(&server.address).expect("somebody listens");
    let client = HttpClient::plain(&server.url("http")).expect("a client");
    let request = tokio::spawn(client.get("/").send());
    gate.entered.notified().await;
    server.stop.cancel();
    while RawConnection::open(&server.address).is_ok() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    gate.opened.notify_one();
    let reply = request.await.expect("no panic").expect("the answer comes").expect_status(200);
    assert_eq!((reply.text(), reply.header("connection")), ("through", "close"));
    assert_eq!(server.drained().await, Drained { cut_off: 0 });
    drop(idle);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_cuts_off_what_takes_too_long() {
    let gate = Arc::new(Gate::default());
    let options = Options { drain_time_max: Duration::from_millis(50), ..options() };
    let server = Running::start(gated(&gate), options).await;
    let client = HttpClient::plain(&server.url("http")).expect("a client");
    let request = tokio::spawn(client.get("/").send());
    gate.entered.notified().await;
    assert_eq!(server.drained().await, Drained { cut_off: 1 });
    assert!(request.await.expect("no panic").is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_over_the_limit_waits_for_its_place() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let note = |State(seen): State<Arc<Mutex<Vec<String>>>>, uri: http::Uri| async move {
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(uri.path().to_owned());
    };
    let router = Router::new().fallback(note).with_state(seen.clone());
    let server = Running::start(router, Options { connections_max: 1, ..options() }).await;
    server
        .raw(|address| {
            let mut first = RawConnection::open(address).expect("somebody listens");
            first.send(get_request("/one", "")).expect("it is open");
            first.read_reply().expect("an answer");
            let mut second = RawConnection::open(address).expect("the system queues it");
            second.send(get_request("/three", "")).expect("it is open");
            first.send(get_request("/two", "")).expect("it is open");
            first.read_reply().expect("an answer");
            drop(first);
            second.read_reply().expect("its turn came");
        })
        .await;
    assert_eq!(*seen.lock().unwrap_or_else(PoisonError::into_inner), ["/one", "/two", "/three"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_have_a_largest_size_and_a_longest_time() {
    let server =
        Running::start(echo(), Options { head_time_max: Duration::from_millis(300), ..options() }).await;
    server
        .raw(|address| {
            let mut large = RawConnection::open(address).expect("somebody listens");
            large.send(get_request("/", &format!("X: {}\r\n", "x".repeat(20_000)))).expect("it is open");
            assert_eq!(large.read_reply().expect("an answer").status, 431);
            for sent in ["", "GET / HTTP/1.1\r\nHo"] {
                let mut slow = RawConnection::open(address).expect("somebody listens");
                slow.send(sent).expect("it is open");
                let rest = slow.read_to_end().expect("the server closes it");
                assert!(!rest.starts_with(b"HTTP/1.1 200"), "{rest:?}");
            }
        })
        .await;
}

/// Counts the bodies that were let go.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_is_let_go() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let endless = |State(dropped): State<Arc<AtomicUsize>>| async move {
        let dropped = Dropped(dropped);
        let chunks = futures::stream::repeat_with(move || {
            let _kept = &dropped;
            Ok::<_, Infallible>(bytes::Bytes::from_static(&[0; 65_536]))
        });
        Body::from_stream(chunks)
    };
    let router = Router::new().route("/", get(endless)).with_state(dropped.clone());
    let server =
        Running::start(router, Options { stall_time_max: Duration::from_millis(100), ..options() }).await;
    let mut client = RawConnection::open(&server.address).expect("somebody listens");
    client.send(get_request("/", "")).expect("it is open");
    while dropped.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(server.drained().await, Drained { cut_off: 0 });
}
