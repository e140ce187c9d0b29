//! What readers see does not depend on memory, on restarts, on other requests beside theirs, or on where the server
//! is mounted.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::{HttpClient, RawConnection};
use cratekeep_tests::{Spec, TestApp, on_both_engines, send};
use cratekeep_wire::{IndexHead, sparse_path};
use serde_json::json;

on_both_engines![
    another_server_on_the_same_data_answers_the_same,
    readers_beside_publishers_see_whole_files,
    requests_in_one_go_are_answered_in_order,
    both_ways_to_an_index_file_answer_the_same,
];
on_both_engines![forgetful => without_memory_everything_is_the_same];
on_both_engines![below_a_path => a_base_url_with_a_path_is_what_clients_are_told];

fn forgetful(spec: Spec) -> Spec {
    spec.options(|options| {
        options.index_cache_bytes = 0;
        options.file_cache_bytes = 0;
    })
}

fn below_a_path(spec: Spec) -> Spec {
    spec.options(|options| options.base_url = "https://crates.example/keep".to_owned())
}

async fn another_server_on_the_same_data_answers_the_same(app: &TestApp) {
    let owner = app.owner().await;
    for version in ["1.0.0", "1.0.1+x", "2.0.0-rc.1"] {
        owner.has_published("lasting", version).await;
    }
    let _ = owner.yank("lasting", "1.0.0").await.expect_status(200);
    app.app().flush_counts().await.expect("the counts are written");
    let other = app.second_node().await;
    let there = HttpClient::plain(other.url()).expect("a client");
    for path in [
        "/index/config.json",
        "/index/la/st/lasting",
        "/crates/lasting/1.0.1+x/download",
        "/api/v1/crates?q=lasting",
        "/api/v1/crates/lasting/owners",
        "/api/v1/crates/lasting/1.0.0/download",
        "/me",
    ] {
        let (here, there) = (app.nobody().fetch(path).await, send(there.get(path)).await);
        assert_eq!((here.status, &here.body), (there.status, &there.body), "{path}");
        for header in ["etag", "location", "content-type", "cache-control"] {
            assert_eq!(here.header(header), there.header(header), "{header} of {path}");
        }
    }
    other.stop().await;
}

async fn readers_beside_publishers_see_whole_files(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("moving", "0.1.0").await;
    let publish = async {
        for n in 0..8 {
            owner.has_published("moving", &format!("1.0.{n}")).await;
            let _ = owner.yank("moving", &format!("1.0.{n}")).await.expect_status(200);
        }
    };
    let read = async {
        let (nobody, mut lines) = (app.nobody(), 0);
        while lines < 9 {
            let file = nobody.index("moving").await.expect_status(200);
            let mut head = IndexHead::empty();
            file.text().lines().for_each(|line| head.append(line));
            assert_eq!(file.header("etag"), head.etag(), "the validator is that of the bytes");
            assert!(file.text().lines().count() >= lines, "a version that was there is gone");
            lines = file.text().lines().count();
        }
    };
    tokio::join!(publish, read, async {
        let found = app.nobody().search("q=moving").await.expect_status(200).json();
        assert_eq!(found["meta"]["total"], 1);
    });
}

async fn requests_in_one_go_are_answered_in_order(app: &TestApp) {
    app.owner().await.has_published("first", "1.0.0").await;
    let mut connection =
        RawConnection::open(app.url().trim_start_matches("http://")).expect("the server listens");
    let paths =
        ["/health/live", "/index/fi/rs/first", "/index/ab/se/absent", "/index/fi/rs/first", "/health/ready"];
    let requests: String =
        paths.iter().map(|path| format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).collect();
    connection.send(requests).expect("sent");
    let answers = paths.map(|_| connection.read_reply().expect("an answer"));
    assert_eq!(answers.each_ref().map(|answer| answer.status), [200, 200, 404, 200, 200]);
    assert_eq!((&answers[0].body[..], &answers[4].body[..]), (&b"live\n"[..], &b"ready\n"[..]));
    assert_eq!(answers[1].body, answers[3].body);
}

/// A file in memory is answered by a shorter way than one that is not; HEAD always takes the longer.
async fn both_ways_to_an_index_file_answer_the_same(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("twoways", "1.0.0").await;
    let path = format!("/index/{}", sparse_path("twoways"));
    let long = app.nobody().fetch(&path).await.expect_status(200);
    let short = app.nobody().fetch(&path).await.expect_status(200);
    assert_eq!(long.body, short.body);
    for header in
        ["etag", "content-type", "cache-control", "vary", "content-length", "x-content-type-options"]
    {
        assert_eq!(long.header(header), short.header(header), "{header}");
    }
    let query = app.nobody().fetch(&format!("{path}?x")).await.expect_status(200);
    assert_eq!(query.body, short.body);
}

async fn without_memory_everything_is_the_same(app: &TestApp) {
    let owner = app.owner().await;
    for n in 0..3 {
        let version = format!("1.0.{n}");
        assert_eq!(app.nobody().download("fleeting", &version).await.status, 404);
        let upload = owner.has_published("fleeting", &version).await;
        for _ in 0..2 {
            let file = app.nobody().index("fleeting").await.expect_status(200);
            assert_eq!(file.text().lines().count(), n + 1);
            let again =
                app.nobody().fetch_with("/index/fl/ee/fleeting", "if-none-match", file.header("etag")).await;
            assert_eq!(again.status, 304);
            assert_eq!(app.nobody().download("fleeting", &version).await.body, upload.archive);
        }
    }
}

async fn a_base_url_with_a_path_is_what_clients_are_told(app: &TestApp) {
    let owner = app.owner().await;
    let base = "https://crates.example/keep";
    let config = app.nobody().fetch("/index/config.json").await.expect_status(200).json();
    assert_eq!(config, json!({ "dl": format!("{base}/crates"), "api": base }));
    assert_eq!(owner.index_url(), format!("sparse+{base}/index/"));
    owner.has_published("below", "1.0.0").await;
    let on_own = ArchiveBuilder::new("above", "1.0.0")
        .table(&format!("[dependencies.below]\nversion = \"1\"\nregistry-index = \"{}\"", owner.index_url()));
    let _ = owner.publish(&on_own).await.expect_status(200);
    let line = owner.line("above", "1.0.0").await;
    assert_eq!(line["deps"][0].get("registry"), None);
    let redirect = app.nobody().fetch("/api/v1/crates/below/1.0.0/download").await.expect_status(302);
    assert_eq!(redirect.header("location"), format!("{base}/crates/below/1.0.0/download"));
    let refused = app.nobody().yank("below", "1.0.0").await.expect_status(401);
    assert_eq!(refused.header("www-authenticate"), format!("Cargo login_url=\"{base}/me\""));
}
