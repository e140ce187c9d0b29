//! TLS through the whole program: HTTP/2, and a certificate that changes without a restart.

use std::time::Duration;

use cratekeep_testkit::http::HttpClient;
use cratekeep_testkit::server::Server;
use cratekeep_testkit::tls::TestCa;
use http::Version;
use rustix::process::Signal;
use tempfile::TempDir;

use crate::program;

async fn is_served_by(server: &Server, ca: &TestCa) -> bool {
    let client = HttpClient::trusting(server.url(), ca).expect("a client");
    client.get("/health/live").send().await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_speaks_http2_and_takes_a_new_certificate_at_a_hangup() {
    let folder = TempDir::new().expect("a temporary folder");
    let (old, new) = (TestCa::new().expect("an authority"), TestCa::new().expect("another"));
    let files = old.issue(folder.path()).expect("a certificate");
    let mut server = program()
        .env("CRATEKEEP_SERVER__TLS_CERT", files.certificate.display().to_string())
        .env("CRATEKEEP_SERVER__TLS_KEY", files.key.display().to_string())
        .env("CRATEKEEP_SERVER__TLS_POLL_SECS", "1d")
        .start()
        .expect("the server starts");
    assert!(server.url().starts_with("https://"), "{}", server.url());
    let client = HttpClient::trusting(server.url(), &old).expect("a client");
    let config = client.get("/index/config.json").send().await.expect("an answer").expect_status(200);
    assert_eq!(config.version, Version::HTTP_2);
    assert!(config.text().contains(&format!("\"api\":\"{}\"", server.url())), "{}", config.text());

    assert!(!is_served_by(&server, &new).await);
    new.issue(folder.path()).expect("a new certificate");
    server.signal(Signal::HUP);
    while !is_served_by(&server, &new).await {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(!is_served_by(&server, &old).await);
    std::fs::write(&files.key, "half a k").expect("it can be written");
    server.signal(Signal::HUP);
    while !server.stderr().contains("the certificate in use is kept") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(is_served_by(&server, &new).await);
}
