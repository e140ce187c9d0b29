//! `GET /api/v1/crates` without words: every order, every condition, pages by number and by place.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{Person, RegistryWish, TestApp, on_both_engines};
use http::Method;
use serde_json::{Value, json};

on_both_engines![
    every_order_has_its_list,
    pages_go_on_by_number_and_by_place,
    conditions_hold_together,
    crates_that_are_yanked_altogether_can_be_left_out,
    downloads_order_lists_after_they_were_counted,
    bad_lists_are_told_in_known_words,
    limited_crates_are_listed_for_their_readers_only,
];

async fn list(app: &TestApp, query: &str) -> Value {
    app.nobody().search(query).await.expect_status(200).json()
}

fn names(found: &Value) -> Vec<&str> {
    let crates = found["crates"].as_array().expect("a list of crates");
    crates.iter().map(|krate| krate["name"].as_str().expect("a name")).collect()
}

/// Publishes three crates a minute apart, then the first of them once more.
async fn three(app: &TestApp) -> Person {
    let owner = app.owner().await;
    for (name, word, slug) in
        [("middle", "text", "parsing"), ("Zebra", "zip", "os::linux-apis"), ("ant", "Zip", "science")]
    {
        let built = ArchiveBuilder::new(name, "1.0.0")
            .package_line(&format!("keywords = [\"{word}\", \"shared\"]"))
            .package_line(&format!("categories = [\"{slug}\"]"));
        let _ = owner.publish(&built).await.expect_status(200);
        app.clock().advance_secs(60);
    }
    owner.has_published("middle", "1.1.0").await;
    owner
}

async fn every_order_has_its_list(app: &TestApp) {
    three(app).await;
    for (query, expected) in [
        ("", ["ant", "middle", "Zebra"]),
        ("sort=alpha", ["ant", "middle", "Zebra"]),
        ("sort=alphabetical", ["ant", "middle", "Zebra"]),
        ("sort=relevance", ["ant", "middle", "Zebra"]),
        ("sort=whatever", ["ant", "middle", "Zebra"]),
        ("sort=new", ["ant", "Zebra", "middle"]),
        ("sort=recent-updates", ["middle", "ant", "Zebra"]),
        ("sort=downloads", ["ant", "Zebra", "middle"]),
        ("sort=recent-downloads", ["ant", "Zebra", "middle"]),
    ] {
        let found = list(app, query).await;
        assert_eq!(names(&found), expected, "{query}");
        assert_eq!(found["meta"]["total"], 3);
    }
}

async fn pages_go_on_by_number_and_by_place(app: &TestApp) {
    let owner = app.owner().await;
    for n in 0..5 {
        owner.has_published(&format!("paged-{n}"), "1.0.0").await;
        app.clock().advance_secs(1);
    }
    for sort in ["alpha", "new", "downloads", "recent-downloads", "recent-updates"] {
        for start in ["", "&page=1"] {
            let (mut seen, mut query) = (Vec::new(), format!("?sort={sort}&per_page=2{start}"));
            for turn in 0..3 {
                let found =
                    app.nobody().fetch(&format!("/api/v1/crates{query}")).await.expect_status(200).json();
                seen.extend(names(&found).into_iter().map(str::to_owned));
                let meta = &found["meta"];
                assert_eq!(meta["prev_page"].is_null(), start.is_empty() || turn == 0, "{query}");
                match meta["next_page"].as_str() {
                    Some(next) => {
                        assert!(next.contains(&format!("sort={sort}&per_page=2")), "{next}");
                        next.clone_into(&mut query);
                    }
                    None => assert_eq!(turn, 2, "{query}"),
                }
            }
            if sort != "alpha" {
                seen.reverse();
            }
            let all: Vec<_> = (0..5).map(|n| format!("paged-{n}")).collect();
            assert_eq!(seen, all, "{sort}{start}");
        }
    }
    assert_eq!(names(&list(app, "page=4&per_page=2").await).len(), 0);
}

async fn conditions_hold_together(app: &TestApp) {
    let owner = three(app).await;
    let id = owner.fetch("/api/v1/users/olga").await.expect_status(200).json()["user"]["id"].clone();
    for (query, expected) in [
        ("keyword=ZIP".to_owned(), vec!["ant", "Zebra"]),
        ("all_keywords=zip+shared".to_owned(), vec!["ant", "Zebra"]),
        ("all_keywords=zip+text".to_owned(), vec![]),
        ("category=os".to_owned(), vec!["Zebra"]),
        ("category=OS::linux-apis".to_owned(), vec!["Zebra"]),
        ("category=os::linux".to_owned(), vec![]),
        ("letter=Z".to_owned(), vec!["Zebra"]),
        ("ids[]=zebra&ids%5B%5D=nothing".to_owned(), vec!["Zebra"]),
        (format!("user_id={id}"), vec!["ant", "middle", "Zebra"]),
        ("user_id=999999".to_owned(), vec![]),
        ("team_id=1".to_owned(), vec![]),
        ("keyword=zip&letter=a".to_owned(), vec!["ant"]),
        ("keyword=%25&letter=_".to_owned(), vec![]),
    ] {
        let found = list(app, &query).await;
        assert_eq!(names(&found), expected, "{query}");
        assert_eq!(found["meta"]["total"], expected.len(), "{query}");
    }
}

async fn crates_that_are_yanked_altogether_can_be_left_out(app: &TestApp) {
    let owner = three(app).await;
    let _ = owner.yank("ant", "1.0.0").await.expect_status(200);
    let _ = owner.yank("middle", "1.0.0").await.expect_status(200);
    assert_eq!(names(&list(app, "include_yanked=no").await), ["middle", "Zebra"]);
    assert_eq!(list(app, "include_yanked=no").await["meta"]["total"], 2);
    let all = list(app, "include_yanked=yes").await;
    assert_eq!((names(&all).len(), &all["crates"][0]["yanked"]), (3, &Value::Bool(true)));
    let _ = owner.unyank("ant", "1.0.0").await.expect_status(200);
    assert_eq!(names(&list(app, "include_yanked=no").await).len(), 3);
}

async fn downloads_order_lists_after_they_were_counted(app: &TestApp) {
    three(app).await;
    let _ = app.nobody().fetch("/crates/zebra/1.0.0/download").await.expect_status(200);
    app.app().flush_counts().await.expect("the counts are written");
    let found = list(app, "sort=downloads").await;
    assert_eq!(names(&found), ["Zebra", "ant", "middle"]);
    let numbers = |found: &Value| {
        (found["crates"][0]["downloads"].clone(), found["crates"][0]["recent_downloads"].clone())
    };
    assert_eq!(numbers(&found), (1.into(), 1.into()));
    app.clock().advance_secs(91 * 24 * 3_600);
    assert_eq!(app.app().roll_up_downloads().await.expect("counted anew"), 1);
    assert_eq!(numbers(&list(app, "sort=downloads").await), (1.into(), 0.into()));
}

async fn bad_lists_are_told_in_known_words(app: &TestApp) {
    for (query, words) in [
        ("per_page=101", "cannot request more than 100 items"),
        ("page=1&seek=x", "providing both ?page= and ?seek= is unsupported"),
        ("seek=%21", "invalid seek parameter"),
        ("page=201", "Page 201 is unavailable for performance reasons"),
        ("page=0", "Failed to deserialize query string"),
        ("letter=", "letter value must contain 1 character"),
        ("user_id=x", "Failed to deserialize query string: user_id"),
        ("keyword=%00", "Failed to deserialize query string"),
        ("q=x&page=101", "Cannot page beyond the first 1000 results when sorting by relevance"),
    ] {
        let told = app.nobody().search(query).await.expect_status(400).error_detail();
        assert!(told.starts_with(words), "{query}: {told}");
    }
}

async fn limited_crates_are_listed_for_their_readers_only(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let owner = app.owner().await.at("vault");
    let stranger = app.stranger().await.at("vault");
    owner.has_published("seen", "1.0.0").await;
    owner.has_published("secret", "1.0.0").await;
    let limit = owner.request(Method::PUT, "/api/v1/crates/secret/readers");
    let limit = limit.json(&json!({ "limited": true, "readers": [] }));
    let _ = limit.send().await.expect("an answer").expect_status(200);
    for query in ["", "sort=new", "letter=s", "ids[]=secret&ids[]=seen", "include_yanked=no"] {
        let theirs = stranger.search(query).await.expect_status(200).json();
        assert_eq!((names(&theirs), &theirs["meta"]["total"]), (vec!["seen"], &1.into()), "{query}");
        let own = owner.search(query).await.expect_status(200).json();
        assert_eq!((names(&own).len(), &own["meta"]["total"]), (2, &2.into()), "{query}");
    }
}
