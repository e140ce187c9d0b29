//! Categories and the summary of a registry, and its downloads by day.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{RegistryWish, TestApp, on_both_engines};
use http::Method;
use serde_json::{Value, json};

on_both_engines![
    categories_stand_in_a_tree_with_their_counts,
    unknown_categories_are_warned_about,
    a_summary_shows_what_is_new_and_used,
    counts_leave_out_what_not_everybody_sees,
    downloads_can_be_taken_to_a_table,
];

async fn api(app: &TestApp, path: &str) -> Value {
    app.nobody().fetch(&format!("/api/v1/{path}")).await.expect_status(200).json()
}

fn crate_in(name: &str, categories: &str) -> ArchiveBuilder {
    ArchiveBuilder::new(name, "1.0.0")
        .package_line(&format!("categories = {categories}"))
        .package_line("keywords = [\"shared\"]")
}

async fn categories_stand_in_a_tree_with_their_counts(app: &TestApp) {
    let owner = app.owner().await;
    let client = crate_in("one", "[\"web-programming::http-client\"]");
    let _ = owner.publish(&client).await.expect_status(200);
    let _ = owner.publish(&crate_in("two", "[\"web-programming\", \"Parsing\"]")).await.expect_status(200);
    let one = api(app, "categories/Web-Programming").await;
    let bare = |slug: &str, name: &str, description: &str, count: u64| {
        json!({
            "id": slug, "slug": slug, "category": name, "description": description, "crates_cnt": count,
            "created_at": "1970-01-01T00:00:00.000000Z",
        })
    };
    let mut expected = bare("web-programming", "Web programming", "Programs for the web", 2);
    expected["parent_categories"] = json!([]);
    expected["subcategories"] = json!([
        bare("web-programming::http-client", "HTTP clients", "Asking over HTTP", 1),
        bare("web-programming::http-server", "HTTP servers", "Answering over HTTP", 0),
        bare("web-programming::websocket", "WebSocket", "Talking over WebSocket", 0),
    ]);
    assert_eq!(one["category"], expected);
    let below = api(app, "categories/web-programming::http-client").await;
    assert_eq!(below["category"]["parent_categories"][0]["slug"], "web-programming");
    let first = api(app, "categories?sort=crates&per_page=2").await;
    assert_eq!(
        (&first["categories"][0]["slug"], &first["categories"][1]["slug"]),
        (&json!("web-programming"), &json!("parsing"))
    );
    let second = api(app, "categories?page=2&per_page=1").await;
    assert_eq!((&second["categories"][0]["slug"], &second["meta"]), (&json!("aerospace"), &first["meta"]));
    let slugs = api(app, "category_slugs").await;
    assert_eq!(slugs["category_slugs"][0]["id"], "accessibility");
    let _ = app.nobody().fetch("/api/v1/categories/none").await.expect_status(404);
    let _ = app.nobody().fetch("/api/v1/categories?seek=x").await.expect_status(400);
    assert_eq!(api(app, "crates/two").await["categories"][0]["category"], "Parsing tools");
}

async fn unknown_categories_are_warned_about(app: &TestApp) {
    let owner = app.owner().await;
    let built = crate_in("one", "[\"parsing\", \"made-up\"]");
    let reply = owner.publish(&built).await.expect_status(200).json();
    assert_eq!(reply["warnings"]["invalid_categories"], json!(["made-up"]));
    assert_eq!(api(app, "crates/one").await["crate"]["categories"], json!(["parsing"]));
}

async fn a_summary_shows_what_is_new_and_used(app: &TestApp) {
    let empty = api(app, "summary").await;
    assert_eq!((&empty["num_crates"], &empty["new_crates"]), (&json!(0), &json!([])));
    let owner = app.owner().await;
    for name in ["first", "second"] {
        let _ = owner.publish(&crate_in(name, "[\"parsing\"]")).await.expect_status(200);
        app.clock().advance_secs(60);
    }
    let again = ArchiveBuilder::new("first", "1.1.0").package_line("keywords = [\"shared\"]");
    let _ = owner.publish(&again).await.expect_status(200);
    let _ = app.nobody().download("second", "1.0.0").await.expect_status(200);
    app.app().flush_counts().await.expect("the counts are written");
    app.clock().advance_secs(60);
    let found = api(app, "summary").await;
    assert_eq!((&found["num_crates"], &found["num_downloads"]), (&json!(2), &json!(1)));
    for (list, expected) in [
        ("new_crates", vec!["second", "first"]),
        ("most_downloaded", vec!["second", "first"]),
        ("most_recently_downloaded", vec!["second", "first"]),
        ("just_updated", vec!["first"]),
    ] {
        let names: Vec<_> = found[list].as_array().expect("a list").iter().map(|one| &one["name"]).collect();
        assert_eq!(names, expected, "{list}");
    }
    assert_eq!(found["popular_keywords"][0]["crates_cnt"], 2);
    assert_eq!(
        (&found["popular_categories"][0]["slug"], &found["popular_categories"][1]),
        (&json!("parsing"), &Value::Null)
    );
    assert_eq!(found["new_crates"][0]["recent_downloads"], 1);
}

async fn counts_leave_out_what_not_everybody_sees(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let owner = app.owner().await.at("vault");
    let stranger = app.stranger().await.at("vault");
    let _ = owner.publish(&crate_in("secret", "[\"parsing\"]")).await.expect_status(200);
    let limit = owner.request(Method::PUT, "/api/v1/crates/secret/readers");
    let limit = limit.json(&json!({ "limited": true, "readers": [] }));
    let _ = limit.send().await.expect("an answer").expect_status(200);
    let found = stranger.fetch("/api/v1/summary").await.expect_status(200).json();
    assert_eq!((&found["num_crates"], &found["popular_keywords"]), (&json!(0), &json!([])));
    assert_eq!((&found["new_crates"], &found["popular_categories"]), (&json!([]), &json!([])));
    let category = stranger.fetch("/api/v1/categories/parsing").await.expect_status(200).json();
    assert_eq!(category["category"]["crates_cnt"], 0);
    let own = owner.fetch("/api/v1/summary").await.expect_status(200).json();
    assert_eq!((&own["num_crates"], &own["new_crates"][0]["name"]), (&json!(1), &json!("secret")));
}

async fn downloads_can_be_taken_to_a_table(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("used", "1.0.0").await;
    owner.has_published("used", "1.1.0").await;
    for version in ["1.0.0", "1.1.0", "1.1.0"] {
        let _ = app.nobody().download("used", version).await.expect_status(200);
    }
    app.clock().advance_secs(24 * 3_600);
    let _ = app.nobody().download("used", "1.0.0").await.expect_status(200);
    app.app().flush_counts().await.expect("the counts are written");
    for (path, lines) in [
        ("downloads", "date,downloads\n2026-05-04,3\n2026-05-05,1\n"),
        ("downloads?before_date=2026-05-04", "date,downloads\n2026-05-04,3\n"),
        (
            "crates/used/downloads",
            "date,version,downloads\n2026-05-04,1.0.0,1\n2026-05-04,1.1.0,2\n2026-05-05,1.0.0,1\n",
        ),
        ("crates/used/1.1.0/downloads", "date,version,downloads\n2026-05-04,1.1.0,2\n"),
        ("crates/used/1.1.0/downloads?before_date=2026-05-03", "date,version,downloads\n"),
    ] {
        let mark = if path.contains('?') { '&' } else { '?' };
        let reply = app.nobody().fetch(&format!("/api/v1/{path}{mark}format=csv")).await.expect_status(200);
        assert_eq!(reply.text(), lines, "{path}");
    }
    assert_eq!(api(app, "downloads").await["downloads"][1], json!({ "date": "2026-05-05", "downloads": 1 }));
    let before = api(app, "crates/used/downloads?before_date=2026-05-04").await;
    assert_eq!(before["version_downloads"].as_array().map(Vec::len), Some(2));
    let told = app.nobody().fetch("/api/v1/downloads?format=xml").await.expect_status(400).error_detail();
    assert!(told.contains("`format=xml` is unknown"), "{told}");
}
