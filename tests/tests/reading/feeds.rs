//! Feeds: what they tell, to whom, and that nothing is sent twice.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{RegistryWish, TestApp, on_both_engines};

on_both_engines![
    feeds_tell_what_is_new_the_last_first,
    a_feed_is_sent_once,
    feeds_of_registries_that_are_not_open_are_for_their_readers,
];

fn titles(xml: &str) -> Vec<String> {
    let items = xml.split("<item>").chain(xml.split("<entry>")).filter(|part| !part.contains("<channel>"));
    let title = |part: &str| {
        let (_, rest) = part.split_once("<title>").or_else(|| part.split_once("<title type=\"text\">"))?;
        rest.split_once("</title>").map(|(title, _)| title.to_owned())
    };
    let mut found: Vec<_> = items.filter_map(title).collect();
    found.dedup();
    found
}

async fn feeds_tell_what_is_new_the_last_first(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("alpha", "1.0.0").await;
    owner.has_published("beta", "0.1.0").await;
    owner.has_published("alpha", "1.1.0").await;
    let crates = app.nobody().fetch("/feeds/crates.xml").await.expect_status(200);
    assert_eq!(crates.header("content-type"), "application/rss+xml; charset=utf-8");
    assert_eq!(titles(crates.text()), ["New crate created: beta", "New crate created: alpha"]);
    assert!(crates.text().contains(&format!("<link>{}/crates/beta</link>", app.url())), "{}", crates.text());
    assert!(crates.text().contains("<crates:name>beta</crates:name>"), "{}", crates.text());
    assert!(crates.text().contains(&format!("href=\"{}/feeds/crates.xml\"", app.url())));
    let updates = app.nobody().fetch("/feeds/updates.xml").await.expect_status(200);
    let versions = ["alpha v1.1.0", "beta v0.1.0", "alpha v1.0.0"];
    let told = versions.map(|version| format!("New crate version published: {version}"));
    assert_eq!(titles(updates.text()), told);
    assert!(updates.text().contains("<crates:version>1.1.0</crates:version>"));
    let one = app.nobody().fetch("/feeds/crates/Alpha.xml").await.expect_status(200);
    assert_eq!(titles(one.text()), [told[0].clone(), told[2].clone()]);
    for path in ["/feeds/crates.atom", "/feeds/updates.atom", "/feeds/crates/alpha.atom"] {
        let feed = app.nobody().fetch(path).await.expect_status(200);
        assert_eq!(feed.header("content-type"), "application/atom+xml; charset=utf-8");
        let read = atom_syndication::Feed::read_from(feed.text().as_bytes()).expect("it is Atom");
        assert_eq!(read.updated.to_rfc3339(), "2026-05-04T03:02:01+00:00", "{path}");
        assert!(read.links.iter().any(|link| link.rel == "self" && link.href.ends_with(path)), "{path}");
    }
    let rss = rss::Channel::read_from(updates.text().as_bytes()).expect("it is RSS");
    assert_eq!(rss.items[0].pub_date.as_deref(), Some("Mon, 04 May 2026 03:02:01 GMT"));
    for path in ["/feeds/crates/gamma.xml", "/feeds/yanks.xml", "/feeds/crates", "/feeds/crates/alpha"] {
        let _ = app.nobody().fetch(path).await.expect_status(404);
    }
}

async fn a_feed_is_sent_once(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("alpha", "1.0.0").await;
    let first = app.nobody().fetch("/feeds/updates.xml").await.expect_status(200);
    let etag = first.header("etag").to_owned();
    assert_eq!(first.header("cache-control"), "public, no-cache");
    let again = app.nobody().fetch_with("/feeds/updates.xml", "if-none-match", &etag).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    owner.has_published("alpha", "1.1.0").await;
    let changed = app.nobody().fetch_with("/feeds/updates.xml", "if-none-match", &etag).await;
    assert_eq!(titles(changed.expect_status(200).text()).len(), 2);
}

async fn feeds_of_registries_that_are_not_open_are_for_their_readers(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("closed"), ..RegistryWish::default() }).await;
    let (owner, reader) = (app.owner().await.at("vault"), app.person("rita").await.at("vault"));
    app.member("vault", "olga", "publisher").await;
    app.member("vault", "rita", "reader").await;
    owner.has_published("shown", "1.0.0").await;
    let _ = owner.publish(&ArchiveBuilder::new("hidden", "1.0.0")).await.expect_status(200);
    let limit = serde_json::json!({ "limited": true, "readers": [] });
    let request = owner.request(http::Method::PUT, "/api/v1/crates/hidden/readers");
    let _ = cratekeep_tests::send(request.json(&limit)).await.expect_status(200);
    let stranger = app.stranger().await.at("vault");
    for path in ["/feeds/crates.xml", "/feeds/updates.atom", "/feeds/crates/hidden.xml"] {
        let _ = app.nobody().at("vault").fetch(path).await.expect_status(401);
        let _ = stranger.fetch(path).await.expect_status(403);
    }
    for path in ["/feeds/crates.xml", "/feeds/crates.atom", "/feeds/updates.xml", "/feeds/updates.atom"] {
        let feed = reader.fetch(path).await.expect_status(200);
        assert!(feed.text().contains("shown") && !feed.text().contains("hidden"), "{path}: {}", feed.text());
        assert_eq!(feed.header("cache-control"), "private, no-store");
        assert!(owner.fetch(path).await.expect_status(200).text().contains("hidden"), "{path}");
    }
    let _ = reader.fetch("/feeds/crates/hidden.xml").await.expect_status(404);
    let _ = owner.fetch("/feeds/crates/hidden.xml").await.expect_status(200);
    assert!(!app.nobody().fetch("/feeds/crates.xml").await.text().contains("hidden"), "not at the root");
}
