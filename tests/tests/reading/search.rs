//! `GET /api/v1/crates`: what is found, in which order, in which shape.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{Person, RegistryWish, TestApp, on_both_engines};
use serde_json::{Value, json};

on_both_engines![
    a_found_crate_has_every_key_that_readers_want,
    versions_are_chosen_as_people_expect,
    the_best_hit_comes_first,
    pages_lead_to_each_other,
    a_query_is_text_and_nothing_else,
    unreasonable_pages_are_refused,
    a_registry_is_searched_alone,
    names_are_suggested_while_somebody_types,
];

async fn publish(owner: &Person, name: &str, description: &str) {
    let built = ArchiveBuilder::new(name, "1.0.0").package_line(&format!("description = \"{description}\""));
    let _ = owner.publish(&built).await.expect_status(200);
}

fn names(found: &Value) -> Vec<&str> {
    let crates = found["crates"].as_array().expect("a list of crates");
    crates.iter().map(|krate| krate["name"].as_str().expect("a name")).collect()
}

async fn found(app: &TestApp, query: &str) -> Value {
    app.nobody().search(query).await.expect_status(200).json()
}

async fn a_found_crate_has_every_key_that_readers_want(app: &TestApp) {
    let owner = app.owner().await;
    publish(&owner, "Shape_Of", "Says \\\"what\\\" it is").await;
    let reply = found(app, "q=shape-of").await;
    assert_eq!(
        reply,
        json!({
            "crates": [{
                "id": "Shape_Of", "name": "Shape_Of",
                "updated_at": "2026-05-04T03:02:01.000000Z", "created_at": "2026-05-04T03:02:01.000000Z",
                "versions": null, "keywords": null, "categories": null, "badges": [],
                "downloads": 0, "recent_downloads": 0,
                "default_version": "1.0.0", "num_versions": 1, "yanked": false,
                "max_version": "1.0.0", "newest_version": "1.0.0", "max_stable_version": "1.0.0",
                "description": "Says \"what\" it is",
                "homepage": null, "documentation": null, "repository": null,
                "links": {
                    "version_downloads": "/api/v1/crates/Shape_Of/downloads",
                    "versions": "/api/v1/crates/Shape_Of/versions",
                    "owners": "/api/v1/crates/Shape_Of/owners",
                    "owner_team": "/api/v1/crates/Shape_Of/owner_team",
                    "owner_user": "/api/v1/crates/Shape_Of/owner_user",
                    "reverse_dependencies": "/api/v1/crates/Shape_Of/reverse_dependencies",
                },
                "exact_match": true, "trustpub_only": false,
            }],
            "meta": { "total": 1, "next_page": null, "prev_page": null },
        })
    );
    assert_eq!(found(app, "q=absent").await["meta"]["total"], 0);
}

async fn versions_are_chosen_as_people_expect(app: &TestApp) {
    let owner = app.owner().await;
    let chosen = async |name: &str| {
        let reply = found(app, &format!("q={name}")).await;
        let krate = &reply["crates"][0];
        [&krate["max_version"], &krate["max_stable_version"], &krate["newest_version"]].map(Clone::clone)
    };
    for version in ["1.2.0", "2.0.0-beta.1", "1.10.0", "1.3.0"] {
        owner.has_published("chosen", version).await;
    }
    assert_eq!(chosen("chosen").await, ["1.10.0", "1.10.0", "1.3.0"]);
    let _ = owner.yank("chosen", "1.10.0").await.expect_status(200);
    assert_eq!(chosen("chosen").await[1], "1.3.0", "yanked ones are passed over");

    owner.has_published("early", "0.1.0-rc.1").await;
    assert_eq!(chosen("early").await, [json!("0.1.0-rc.1"), Value::Null, json!("0.1.0-rc.1")]);
    let _ = owner.yank("early", "0.1.0-rc.1").await.expect_status(200);
    assert_eq!(chosen("early").await[0], "0.1.0-rc.1", "never null: cargo insists on a text");
}

async fn the_best_hit_comes_first(app: &TestApp) {
    let owner = app.owner().await;
    publish(&owner, "aaa-tokens", "Has tokens in its name").await;
    publish(&owner, "tokens-extra", "Begins with it").await;
    publish(&owner, "tokens", "Is it").await;
    publish(&owner, "unrelated", "Speaks of tokens").await;
    publish(&owner, "other", "Speaks of something else").await;
    let reply = found(app, "q=tokens").await;
    assert_eq!(names(&reply)[..2], ["tokens", "tokens-extra"]);
    let mut rest = names(&reply)[2..].to_vec();
    rest.sort_unstable();
    assert_eq!(rest, ["aaa-tokens", "unrelated"]);
    let exact: Vec<_> =
        reply["crates"].as_array().expect("a list").iter().map(|k| &k["exact_match"]).collect();
    assert_eq!(exact, [true, false, false, false]);
    assert_eq!(names(&found(app, "q=TOKENS").await)[0], "tokens", "case does not matter");
    assert_eq!(names(&found(app, "q=Tokens_Extra").await), ["tokens-extra"], "nor does the kind of dash");
    assert_eq!(
        names(&found(app, "q=tokens+extra").await)[0],
        "tokens-extra",
        "cargo joins words with spaces"
    );
}

async fn pages_lead_to_each_other(app: &TestApp) {
    let owner = app.owner().await;
    for n in 0..7 {
        owner.has_published(&format!("paged-{n}"), "1.0.0").await;
    }
    owner.has_published("elsewhere", "1.0.0").await;
    let (mut seen, mut page) = (Vec::new(), "?q=paged&per_page=3".to_owned());
    for turn in 0..3 {
        let reply = app.nobody().fetch(&format!("/api/v1/crates{page}")).await.expect_status(200).json();
        assert_eq!(reply["meta"]["total"], 7);
        seen.extend(names(&reply).into_iter().map(str::to_owned));
        assert_eq!(reply["meta"]["prev_page"], Value::Null, "going on leads forward only");
        match reply["meta"]["next_page"].as_str() {
            Some(next) => {
                assert!(next.starts_with('?'), "{next}");
                next.clone_into(&mut page);
            }
            None => assert_eq!(turn, 2),
        }
    }
    seen.sort();
    let all: Vec<_> = (0..7).map(|n| format!("paged-{n}")).collect();
    assert_eq!(seen, all, "every crate is on one page, and on one only");
    assert_eq!(names(&found(app, "q=paged").await).len(), 7, "ten are shown by default");
    assert_eq!(names(&found(app, "").await).len(), 8, "no query finds everything");
    assert_eq!(names(&found(app, "q=paged&page=9&per_page=3").await).len(), 0);
    let odd = found(app, "q=pa%26ged%3D&per_page=1&page=2").await;
    let prev = odd["meta"]["prev_page"].as_str().expect("there is a page before").to_owned();
    assert!(prev.contains("q=pa%26ged%3D"), "the query is kept as it was meant: {prev}");
}

async fn a_query_is_text_and_nothing_else(app: &TestApp) {
    let owner = app.owner().await;
    publish(&owner, "plain", "Costs 100% of_it, it's \\\\ and ! and \\\"x\\\"").await;
    publish(&owner, "umlaut", "Grüße aus 東京 🦀").await;
    for (query, hits) in [
        ("%25", 1),
        ("100%25", 1),
        ("1%25of", 0),
        ("of_it", 1),
        ("of%3Fit", 0),
        ("it%27s", 1),
        ("%5C", 1),
        ("!", 1),
        ("%22x%22", 1),
        ("%27%3B+DROP+TABLE+krate%3B--", 0),
        ("Gr%C3%BC%C3%9Fe", 1),
        ("%E6%9D%B1%E4%BA%AC", 1),
        ("%F0%9F%A6%80", 1),
        ("pl_in", 0),
        ("pl%25n", 0),
    ] {
        assert_eq!(found(app, &format!("q={query}")).await["meta"]["total"], hits, "q={query}");
    }
    let nul = app.nobody().search("q=a%00b").await.expect_status(400);
    assert!(nul.error_detail().contains("NUL"), "{}", nul.error_detail());
    let _ = app.nobody().search("q=%FF%FE").await.expect_status(200);
    let long = "x".repeat(1_000);
    let _ = app.nobody().search(&format!("q={long}")).await.expect_status(400);
}

async fn unreasonable_pages_are_refused(app: &TestApp) {
    app.owner().await.has_published("one", "1.0.0").await;
    for query in [
        "per_page=0",
        "page=0",
        "per_page=101",
        "per_page=x",
        "page=-1",
        "page=1.5",
        "page=4294967296",
        "page=4294967295&per_page=100",
        "page=201&per_page=10",
        "page=1&seek=x",
        "seek=x",
        "q=x&page=101&per_page=10",
    ] {
        let reply = app.nobody().search(query).await.expect_status(400);
        assert_ne!(reply.error_detail(), "", "{query}");
    }
    let _ = app.nobody().search("per_page=100").await.expect_status(200);
    let _ = app.nobody().search("unknown=1&q=one").await.expect_status(200);
}

async fn a_registry_is_searched_alone(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("internal"), ..RegistryWish::default() }).await;
    let (owner, vault) = (app.owner().await, app.owner().await.at("vault"));
    owner.has_published("shared-name", "1.0.0").await;
    vault.has_published("shared-name", "2.0.0").await;
    vault.has_published("shared-secret", "2.0.0").await;
    let open = found(app, "q=shared").await;
    assert_eq!((names(&open), &open["meta"]["total"]), (vec!["shared-name"], &json!(1)));
    assert_eq!(open["crates"][0]["max_version"], "1.0.0");
    let closed = vault.search("q=shared").await.expect_status(200).json();
    assert_eq!(names(&closed), ["shared-name", "shared-secret"]);
    let _ = app.nobody().at("vault").search("q=shared").await.expect_status(401);
}

async fn names_are_suggested_while_somebody_types(app: &TestApp) {
    let owner = app.owner().await;
    publish(&owner, "tokio", &"Long ".repeat(40)).await;
    publish(&owner, "tokio-util", "Utilities").await;
    let suggested = async |query: &str| {
        let path = format!("/api/v1/suggestions?{query}");
        app.nobody().fetch(&path).await.expect_status(200).json()["suggestions"].clone()
    };
    let all = suggested("q=tok").await;
    assert_eq!((&all[0]["name"], &all[1]["name"]), (&json!("tokio"), &json!("tokio-util")));
    assert_eq!(all[0]["description"].as_str().map(|text| text.chars().count()), Some(121));
    assert_eq!(suggested("q=tokio-u").await, json!([{ "name": "tokio-util", "description": "Utilities" }]));
    assert_eq!((suggested("q=").await, suggested("").await), (json!([]), json!([])));
    let _ = app.nobody().fetch("/api/v1/suggestions?q=a%00").await.expect_status(400);
}
