//! `config.json` and index files, as cargo and other readers ask for them.

use std::io::Read;

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::{RawConnection, Reply};
use cratekeep_tests::{RegistryWish, TestApp, on_both_engines};
use cratekeep_wire::sparse_path;
use flate2::read::GzDecoder;
use serde_json::json;

on_both_engines![
    config_json_says_where_everything_is,
    config_json_has_no_validator,
    an_etag_stands_for_the_bytes,
    a_validator_is_answered_in_every_form,
    the_gzip_form_has_the_same_bytes,
    an_absent_crate_is_404_and_nothing_else,
    only_the_exact_path_is_a_file,
    a_spelling_has_one_path,
    the_default_registry_has_one_index_url,
    an_upgrade_to_h2c_is_a_header_like_any_other,
    caches_are_told_who_may_keep_what,
    head_is_get_without_the_body,
];

/// Long enough to be worth compressing.
fn long(name: &str, version: &str) -> ArchiveBuilder {
    let features: String = (0..40).map(|n| format!("feature-{n} = []\n")).collect();
    ArchiveBuilder::new(name, version).table(&format!("[features]\n{features}"))
}

fn unzip(reply: &Reply) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(&reply.body[..]).read_to_end(&mut bytes).expect("the body is gzip");
    bytes
}

async fn config_json_says_where_everything_is(app: &TestApp) {
    app.registry("side", RegistryWish::default()).await;
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let owner = app.owner().await;
    for (door, auth_required) in [(&owner, None), (&owner.at("side"), None), (&owner.at("vault"), Some(true))]
    {
        let reply = door.fetch("/index/config.json").await.expect_status(200);
        let address = door.address();
        let mut expected = json!({ "dl": format!("{address}/crates"), "api": address });
        if let Some(required) = auth_required {
            expected["auth-required"] = required.into();
        }
        assert_eq!(reply.json(), expected);
        assert_eq!(reply.header("content-type"), "application/json");
    }
}

async fn config_json_has_no_validator(app: &TestApp) {
    let nobody = app.nobody();
    for _ in 0..2 {
        let reply = nobody.fetch("/index/config.json").await.expect_status(200);
        assert_eq!((reply.header("etag"), reply.header("last-modified")), ("", ""));
    }
    for (header, value) in [("if-none-match", "*"), ("if-modified-since", "Fri, 20 Nov 2099 08:09:10 GMT")] {
        let reply = nobody.fetch_with("/index/config.json", header, value).await;
        assert_eq!(reply.status, 200, "{header}: {value}");
        assert!(!reply.body.is_empty());
    }
}

async fn an_etag_stands_for_the_bytes(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("steady", "1.0.0").await;
    let first = owner.index("steady").await.expect_status(200);
    let etag = first.header("etag").to_owned();
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 10, "a strong ETag, not {etag}");
    assert_eq!(first.header("last-modified"), "", "one validator is enough");
    assert_eq!(owner.index("steady").await.header("etag"), etag);

    let mut seen = vec![etag.clone()];
    owner.has_published("steady", "1.0.1").await;
    seen.push(owner.index("steady").await.header("etag").to_owned());
    let _ = owner.yank("steady", "1.0.0").await.expect_status(200);
    seen.push(owner.index("steady").await.header("etag").to_owned());
    for (position, one) in seen.iter().enumerate() {
        assert!(!seen[..position].contains(one), "two states of a file share {one}");
    }
    let _ = owner.unyank("steady", "1.0.0").await.expect_status(200);
    assert_eq!(
        owner.index("steady").await.header("etag"),
        seen[1],
        "the same bytes have the same ETag again"
    );
}

async fn a_validator_is_answered_in_every_form(app: &TestApp) {
    let owner = app.owner().await;
    let _ = owner.publish(&long("known", "1.0.0")).await.expect_status(200);
    let path = format!("/index/{}", sparse_path("known"));
    let etag = app.nobody().fetch(&path).await.header("etag").to_owned();
    let forms =
        [etag.clone(), format!("W/{etag}"), format!("\"other\", {etag}"), format!("\"other\",W/{etag}")];
    for form in forms {
        let reply = app.nobody().fetch_with(&path, "if-none-match", &form).await;
        assert_eq!(reply.status, 304, "{form}");
        assert!(reply.body.is_empty());
        assert_eq!(reply.header("etag"), etag);
        assert_eq!(reply.header("cache-control"), "public, no-cache");
    }
    for other in ["\"other\"", &etag.replace('"', ""), "W/\"\""] {
        let reply = app.nobody().fetch_with(&path, "if-none-match", other).await;
        assert_eq!(reply.status, 200, "{other}");
    }
    let dated = app.nobody().fetch_with(&path, "if-modified-since", "Fri, 20 Nov 2099 08:09:10 GMT").await;
    assert_eq!(dated.status, 200, "a date was never given out");
    let zipped = app.nobody().get(&path).header("accept-encoding", "gzip").header("if-none-match", &etag);
    assert_eq!(cratekeep_tests::send(zipped).await.status, 304, "one validator for both forms");
}

async fn the_gzip_form_has_the_same_bytes(app: &TestApp) {
    let owner = app.owner().await;
    let _ = owner.publish(&long("squeezed", "1.0.0")).await.expect_status(200);
    let path = format!("/index/{}", sparse_path("squeezed"));
    let plain = app.nobody().fetch(&path).await.expect_status(200);
    assert_eq!(plain.header("content-encoding"), "");
    for accepted in ["gzip", "deflate, gzip", "gzip;q=0.5"] {
        let zipped = app.nobody().fetch_with(&path, "accept-encoding", accepted).await.expect_status(200);
        assert_eq!(zipped.header("content-encoding"), "gzip", "{accepted}");
        assert_eq!(unzip(&zipped), plain.body);
        assert!(zipped.body.len() < plain.body.len());
        assert_eq!(zipped.header("etag"), plain.header("etag"));
        assert_eq!(zipped.header("vary"), plain.header("vary"));
    }
    let refused = app.nobody().fetch_with(&path, "accept-encoding", "gzip;q=0, br").await;
    assert_eq!((refused.header("content-encoding"), &refused.body), ("", &plain.body));
}

async fn an_absent_crate_is_404_and_nothing_else(app: &TestApp) {
    let owner = app.owner().await;
    for path in ["/index/1/a", "/index/2/ab", "/index/3/a/abc", "/index/ab/se/absent", "/index/", "/index/x"]
    {
        let reply = app.nobody().fetch(path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert_ne!(reply.error_detail(), "", "{path}");
        assert_eq!(reply.header("cache-control"), "no-store", "an absent crate may come any moment: {path}");
    }
    assert_eq!(app.nobody().fetch_with("/index/ab/se/absent", "if-none-match", "*").await.status, 404);
    owner.has_published("absent", "1.0.0").await;
    let _ = app.nobody().index("absent").await.expect_status(200);
}

async fn only_the_exact_path_is_a_file(app: &TestApp) {
    let owner = app.owner().await;
    for name in ["Serde_Like", "abc", "ab", "a"] {
        owner.has_published(name, "1.0.0").await;
        let _ = app.nobody().index(name).await.expect_status(200);
    }
    let right = "se/rd/serde_like";
    assert_eq!(sparse_path("Serde_Like"), right);
    for wrong in [
        "Se/rd/serde_like",
        "se/rd/Serde_Like",
        "SE/RD/SERDE_LIKE",
        "se/rd/serde-like",
        "rd/se/serde_like",
        "se/serde_like",
        "serde_like",
        "se//rd/serde_like",
        "/se/rd/serde_like",
        "se/rd/serde_like/",
        "./se/rd/serde_like",
        "se/rd/serde%5flike",
        "se/rd/serde%5Flike",
        "s%65/rd/serde_like",
        "se%2frd%2fserde_like",
        "se/rd/x/%2e%2e/serde_like",
        "%2e%2e/index/se/rd/serde_like",
        "3/b/abc",
        "3/abc",
        "3/ab/abc",
        "2/a",
        "1/ab",
        "a",
        "Config.json",
        "config.json/",
        "config%2ejson",
    ] {
        // On a raw connection, because clients tidy such paths up before they send them.
        let reply = raw_get(app, &format!("/index/{wrong}"), "");
        assert_eq!(reply.0, 404, "{wrong}: {}", reply.1);
    }
    assert_eq!(raw_get(app, &format!("/index/{right}%00"), "").0, 400, "a NUL is in no path of ours");
    assert_eq!(raw_get(app, &format!("/index/{right}"), "").0, 200);
    assert_eq!(raw_get(app, &format!("/index/{right}?x=1"), "").0, 200, "a query is not part of the path");
}

async fn a_spelling_has_one_path(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("foo_bar", "1.0.0").await;
    owner.has_published("Quux-Baz", "1.0.0").await;
    let line = owner.line("Quux-Baz", "1.0.0").await;
    assert_eq!(line["name"], "Quux-Baz", "the line keeps the spelling of the publish");
    for absent in ["foo-bar", "quux_baz"] {
        assert_eq!(app.nobody().index(absent).await.status, 404, "{absent}");
    }
    assert_eq!(app.nobody().index("FOO_BAR").await.status, 200, "clients ask in lower case");
}

async fn the_default_registry_has_one_index_url(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("onlyone", "1.0.0").await;
    let named = owner.at("main");
    for path in ["/index/config.json", "/index/on/ly/onlyone"] {
        let reply = named.fetch(path).await.expect_status(404);
        assert!(reply.error_detail().contains(&owner.index_url()), "{}", reply.error_detail());
    }
    let _ = named.search("q=onlyone").await.expect_status(200);
    let _ = named.download("onlyone", "1.0.0").await.expect_status(200);
    assert_eq!(app.nobody().at("nowhere").fetch("/index/config.json").await.status, 404);
    assert_eq!(app.nobody().at("Main").fetch("/index/config.json").await.status, 404);
}

async fn an_upgrade_to_h2c_is_a_header_like_any_other(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("upgraded", "1.0.0").await;
    let wish =
        "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n";
    for path in ["/index/config.json", "/index/up/gr/upgraded", "/crates/upgraded/1.0.0/download"] {
        let (status, head) = raw_get(app, path, wish);
        assert_eq!(status, 200, "{path}");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(!head.to_ascii_lowercase().contains("upgrade:"), "{head}");
    }
}

async fn caches_are_told_who_may_keep_what(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let (owner, vault) = (app.owner().await, app.owner().await.at("vault"));
    owner.has_published("public", "1.0.0").await;
    vault.has_published("private", "1.0.0").await;
    for path in ["/index/config.json".to_owned(), format!("/index/{}", sparse_path("public"))] {
        // Twice: the second answer comes from memory, by a shorter way.
        for _ in 0..2 {
            let open = app.nobody().fetch(&path).await.expect_status(200);
            assert_eq!(open.header("cache-control"), "public, no-cache", "{path}");
            assert_eq!(open.header("vary"), "Accept-Encoding", "{path}");
            assert_eq!(open.header("x-content-type-options"), "nosniff", "{path}");
        }
    }
    for path in ["/index/config.json".to_owned(), format!("/index/{}", sparse_path("private"))] {
        let closed = vault.fetch(&path).await.expect_status(200);
        assert_eq!(closed.header("cache-control"), "private, no-store", "{path}");
        assert!(closed.header("vary").contains("Authorization"), "{path}");
    }
}

async fn head_is_get_without_the_body(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("headed", "1.0.0").await;
    for path in ["/index/config.json", "/index/he/ad/headed", "/index/he/ad/headless"] {
        let (get, head) = (app.nobody().fetch(path).await, app.nobody().head(path).await);
        assert_eq!(head.status, get.status, "{path}");
        assert!(head.body.is_empty(), "{path}");
        for header in ["etag", "content-type", "cache-control", "vary", "content-length"] {
            assert_eq!(head.header(header), get.header(header), "{header} of {path}");
        }
    }
}

/// Status and head of the answer to a GET of exactly this path.
fn raw_get(app: &TestApp, path: &str, headers: &str) -> (u16, String) {
    let address = app.url().trim_start_matches("http://");
    let mut connection = RawConnection::open(address).expect("the server listens");
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n{headers}\r\n");
    connection.send(request).expect("the request is sent");
    let reply = connection.read_reply().expect("an answer");
    (reply.status, reply.head)
}
