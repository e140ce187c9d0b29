//! Crates, versions, dependencies and statistics as the web API shows them: every key, and the answers to bad queries.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{Person, TestApp, on_both_engines};
use serde_json::{Value, json};

on_both_engines![
    a_crate_has_every_key_that_readers_want,
    a_version_has_every_key_that_readers_want,
    include_chooses_the_parts,
    the_default_version_is_the_highest_release_that_is_not_yanked,
    versions_are_paged_by_number_and_by_date,
    release_tracks_name_their_highest,
    dependencies_stand_in_order,
    dependents_are_counted_once,
    downloads_are_told_by_day,
    keywords_are_listed_and_follow_the_last_version,
    bad_queries_are_told_in_known_words,
    what_is_not_there_is_told,
];

async fn api(app: &TestApp, path: &str) -> Value {
    app.nobody().fetch(&format!("/api/v1/{path}")).await.expect_status(200).json()
}

async fn refusal(app: &TestApp, path: &str) -> String {
    app.nobody().fetch(&format!("/api/v1/{path}")).await.expect_status(400).error_detail()
}

fn rich(version: &str) -> ArchiveBuilder {
    ArchiveBuilder::new("Shape_Of", version)
        .without_package_line("description")
        .package_line("description = \"Says what it is\"")
        .package_line("homepage = \"https://example.org/shape\"")
        .package_line("repository = \"https://www.rust-ci.org/shape\"")
        .package_line("keywords = [\"Parser\", \"text\"]")
        .package_line("categories = [\"parsing\"]")
        .package_line("rust-version = \"1.70\"")
}

async fn a_crate_has_every_key_that_readers_want(app: &TestApp) {
    let owner = app.owner().await;
    let _ = owner.publish(&rich("1.2.0")).await.expect_status(200);
    let mut shown = api(app, "crates/shape-of").await;
    let id = shown["versions"][0]["id"].clone();
    shown["versions"] = Value::Null;
    let word = |word: &str| json!({"id": word, "keyword": word, "created_at": "2026-05-04T03:02:01.000000Z", "crates_cnt": 0});
    assert_eq!(
        shown,
        json!({
            "crate": {
                "id": "Shape_Of", "name": "Shape_Of",
                "updated_at": "2026-05-04T03:02:01.000000Z", "created_at": "2026-05-04T03:02:01.000000Z",
                "versions": [id], "keywords": ["parser", "text"], "categories": ["parsing"], "badges": [],
                "downloads": 0, "recent_downloads": 0,
                "default_version": "1.2.0", "num_versions": 1, "yanked": false,
                "max_version": "1.2.0", "newest_version": "1.2.0", "max_stable_version": "1.2.0",
                "description": "Says what it is",
                "homepage": "https://example.org/shape", "documentation": null, "repository": null,
                "links": {
                    "version_downloads": "/api/v1/crates/Shape_Of/downloads", "versions": null,
                    "owners": "/api/v1/crates/Shape_Of/owners",
                    "owner_team": "/api/v1/crates/Shape_Of/owner_team",
                    "owner_user": "/api/v1/crates/Shape_Of/owner_user",
                    "reverse_dependencies": "/api/v1/crates/Shape_Of/reverse_dependencies",
                },
                "exact_match": false, "trustpub_only": false,
            },
            "versions": null,
            "keywords": [word("parser"), word("text")],
            "categories": [{
                "id": "parsing", "category": "Parsing tools", "slug": "parsing",
                "description": "Tools to make parsers with",
                "created_at": "1970-01-01T00:00:00.000000Z", "crates_cnt": 0,
            }],
        })
    );
}

async fn a_version_has_every_key_that_readers_want(app: &TestApp) {
    let owner = app.owner().await;
    let upload = owner.upload(&rich("1.2.0"));
    let _ = owner.send_upload(&upload).await.expect_status(200);
    app.clock().advance_secs(60);
    let _ = owner.yank("shape_of", "1.2.0").await.expect_status(200);
    let mut shown = api(app, "crates/shape_of/1.2.0").await;
    let version = &mut shown["version"];
    assert!(version["id"].is_i64() && version["crate_size"].is_u64());
    assert!(version["unpacked_size"].as_u64() > version["crate_size"].as_u64());
    for size in ["id", "crate_size", "unpacked_size"] {
        version[size] = Value::Null;
    }
    let user_id = version["published_by"]["id"].clone();
    let user = json!({
        "id": user_id, "login": "olga", "name": null, "avatar": null, "url": format!("{}/users/olga", app.url()),
        "github_username_matches": true,
    });
    let act = |action: &str, time: &str| json!({"action": action, "user": user, "time": time});
    assert_eq!(
        *version,
        json!({
            "id": null, "crate": "Shape_Of", "num": "1.2.0",
            "dl_path": "/api/v1/crates/Shape_Of/1.2.0/download",
            "readme_path": "/api/v1/crates/Shape_Of/1.2.0/readme",
            "updated_at": "2026-05-04T03:03:01.000500Z", "created_at": "2026-05-04T03:02:01.000000Z",
            "downloads": 0, "features": {}, "yanked": true, "yank_message": null, "lib_links": null,
            "license": "MIT",
            "links": {
                "dependencies": "/api/v1/crates/Shape_Of/1.2.0/dependencies",
                "version_downloads": "/api/v1/crates/Shape_Of/1.2.0/downloads",
                "authors": "/api/v1/crates/Shape_Of/1.2.0/authors",
            },
            "crate_size": null, "published_by": user,
            "audit_actions": [
                act("publish", "2026-05-04T03:02:01.000000Z"),
                act("yank", "2026-05-04T03:03:01.000500Z"),
            ],
            "checksum": cratekeep_types::Checksum::of(&upload.archive).to_string(), "rust_version": "1.70", "edition": "2021",
            "has_lib": true, "bin_names": [],
            "description": "Says what it is", "homepage": "https://example.org/shape", "documentation": null,
            "repository": null, "trustpub_data": null, "linecounts": null,
            "unpacked_size": null, "license_files": null,
        })
    );
    assert_eq!(api(app, "crates/shape_of/1.2.0/authors").await, json!({"users": [], "meta": {"names": []}}));
}

async fn include_chooses_the_parts(app: &TestApp) {
    let owner = app.owner().await;
    let _ = owner.publish(&rich("1.0.0")).await.expect_status(200);
    let _ = owner.publish(&rich("2.0.0-rc.1")).await.expect_status(200);
    let bare = api(app, "crates/shape_of?include=").await;
    assert_eq!(
        (&bare["versions"], &bare["keywords"], &bare["categories"]),
        (&json!(null), &json!(null), &json!(null))
    );
    assert_eq!(bare["crate"]["links"]["versions"], "/api/v1/crates/Shape_Of/versions");
    assert_eq!(bare["crate"]["recent_downloads"], Value::Null);
    let first = api(app, "crates/shape_of?include=default_version,downloads").await;
    assert_eq!((&first["versions"][0]["num"], &first["versions"][1]), (&json!("1.0.0"), &Value::Null));
    assert_eq!(first["crate"]["recent_downloads"], 0);
    let all = api(app, "crates/shape_of?include=versions").await;
    let nums: Vec<_> = all["versions"].as_array().expect("a list").iter().map(|one| &one["num"]).collect();
    assert_eq!(nums, ["2.0.0-rc.1", "1.0.0"], "the last published first");
}

async fn the_default_version_is_the_highest_release_that_is_not_yanked(app: &TestApp) {
    let owner = app.owner().await;
    for version in ["1.2.0", "2.0.0-beta.1", "1.10.0", "1.3.0"] {
        owner.has_published("chosen", version).await;
    }
    let chosen = async || {
        let krate = &api(app, "crates/chosen?include=").await["crate"];
        ["default_version", "max_version", "max_stable_version", "newest_version"]
            .map(|key| krate[key].as_str().unwrap_or("none").to_owned())
    };
    assert_eq!(chosen().await, ["1.10.0", "2.0.0-beta.1", "1.10.0", "1.3.0"]);
    let _ = owner.yank("chosen", "1.10.0").await.expect_status(200);
    assert_eq!(chosen().await, ["1.3.0", "2.0.0-beta.1", "1.3.0", "1.3.0"]);
    for version in ["1.2.0", "1.3.0"] {
        let _ = owner.yank("chosen", version).await.expect_status(200);
    }
    assert_eq!(chosen().await, ["2.0.0-beta.1", "2.0.0-beta.1", "none", "2.0.0-beta.1"]);
    let _ = owner.yank("chosen", "2.0.0-beta.1").await.expect_status(200);
    assert_eq!(chosen().await, ["1.10.0", "0.0.0", "none", "0.0.0"]);
    assert_eq!(api(app, "crates/chosen?include=").await["crate"]["yanked"], true);
}

async fn nums_by_walking(app: &TestApp, first: &str) -> Vec<String> {
    let (mut nums, mut query) = (Vec::new(), first.to_owned());
    loop {
        let page = api(app, &format!("crates/walked/versions{query}")).await;
        let versions = page["versions"].as_array().expect("a list");
        nums.extend(versions.iter().map(|one| one["num"].as_str().expect("a text").to_owned()));
        assert_eq!(page["meta"]["total"], 5);
        match page["meta"]["next_page"].as_str() {
            Some(next) => query = next.to_owned(),
            None => return nums,
        }
    }
}

async fn versions_are_paged_by_number_and_by_date(app: &TestApp) {
    let owner = app.owner().await;
    for version in ["0.9.0", "1.0.0-rc.2", "1.0.0-rc.10", "1.0.0", "0.10.0"] {
        owner.has_published("walked", version).await;
    }
    let by_number = ["1.0.0", "1.0.0-rc.10", "1.0.0-rc.2", "0.10.0", "0.9.0"];
    for query in ["", "?per_page=2", "?per_page=5", "?sort=semver&per_page=1"] {
        assert_eq!(nums_by_walking(app, query).await, by_number, "{query}");
    }
    let by_date = ["0.10.0", "1.0.0", "1.0.0-rc.10", "1.0.0-rc.2", "0.9.0"];
    for query in ["?sort=date", "?sort=date&per_page=2"] {
        assert_eq!(nums_by_walking(app, query).await, by_date, "{query}");
    }
    let some = api(app, "crates/walked/versions?nums[]=1.0.0&nums[]=0.9.0&nums[]=7.0.0").await;
    assert_eq!(
        (some["meta"]["total"].clone(), some["versions"][1]["num"].clone()),
        (json!(2), json!("0.9.0"))
    );
}

async fn release_tracks_name_their_highest(app: &TestApp) {
    let owner = app.owner().await;
    for version in ["0.2.9", "0.2.10", "0.3.0", "1.4.0", "1.10.0", "2.0.0-rc.1", "3.0.0"] {
        owner.has_published("tracked", version).await;
    }
    let _ = owner.yank("tracked", "3.0.0").await.expect_status(200);
    let page = api(app, "crates/tracked/versions?include=release_tracks&per_page=1").await;
    let expected =
        json!({"0.2": {"highest": "0.2.10"}, "0.3": {"highest": "0.3.0"}, "1": {"highest": "1.10.0"}});
    assert_eq!(page["meta"]["release_tracks"], expected);
    assert_eq!(api(app, "crates/tracked/versions").await["meta"]["release_tracks"], Value::Null);
}

async fn depends(owner: &Person, name: &str, version: &str, on: &str) {
    let built = ArchiveBuilder::new(name, version).table(on);
    let _ = owner.publish(&built).await.expect_status(200);
}

async fn dependencies_stand_in_order(app: &TestApp) {
    let owner = app.owner().await;
    for name in ["aaa", "bbb_x", "ccc"] {
        owner.has_published(name, "1.0.0").await;
    }
    let registry = owner.index_url();
    let text = format!(
        "[dependencies]\nccc = {{ version = \"1\", registry-index = \"{registry}\", features = [\"f\"] }}\n\
         aaa = {{ version = \"^1.0\", optional = true, registry-index = \"{registry}\", default-features = false }}\n\
         [target.'cfg(unix)'.build-dependencies]\nbbb_x = {{ version = \"1.0.0\", registry-index = \"{registry}\" }}\n"
    );
    depends(&owner, "needy", "1.0.0", &text).await;
    let mut list = api(app, "crates/needy/1.0.0/dependencies").await;
    let mut ids = Vec::new();
    for row in list["dependencies"].as_array_mut().expect("a list") {
        ids.push(std::mem::take(&mut row["id"]).as_i64().expect("a number"));
        assert!(std::mem::take(&mut row["version_id"]).is_i64());
    }
    assert!(ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
    let row = |name: &str, req: &str, kind: &str, target: Value, features: Value, optional: bool| {
        json!({
            "id": null, "version_id": null, "crate_id": name, "req": req, "optional": optional,
            "default_features": !optional, "features": features, "target": target, "kind": kind, "downloads": 0,
        })
    };
    let expected = [
        row("bbb_x", "^1.0.0", "build", json!("cfg(unix)"), json!([]), false),
        row("ccc", "^1", "normal", Value::Null, json!(["f"]), false),
        row("aaa", "^1.0", "normal", Value::Null, json!([]), true),
    ];
    assert_eq!(list["dependencies"], json!(expected));
}

async fn dependents_are_counted_once(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("base_lib", "1.0.0").await;
    let registry = owner.index_url();
    let on = |section: &str, name: &str| {
        format!("[{section}]\n{name} = {{ version = \"1\", registry-index = \"{registry}\" }}\n")
    };
    let twice = on("dependencies", "base_lib") + &on("dev-dependencies", "base_lib");
    depends(&owner, "twice", "1.0.0", &twice).await;
    depends(&owner, "former", "1.0.0", &on("dependencies", "base_lib")).await;
    owner.has_published("former", "1.1.0").await;
    depends(&owner, "yanked-one", "1.0.0", &on("dependencies", "base_lib")).await;
    let _ = owner.yank("yanked-one", "1.0.0").await.expect_status(200);
    depends(&owner, "popular", "0.1.0", &on("build-dependencies", "base_lib")).await;
    let _ = app.nobody().download("popular", "0.1.0").await.expect_status(200);
    app.app().flush_counts().await.expect("the counts are written");
    let page = api(app, "crates/base-lib/reverse_dependencies").await;
    assert_eq!(page["meta"]["total"], 2);
    let names: Vec<_> =
        page["versions"].as_array().expect("a list").iter().map(|one| &one["crate"]).collect();
    assert_eq!(names, ["popular", "twice"], "the most downloaded first");
    let first = &page["dependencies"][0];
    assert_eq!(
        (&first["crate_id"], &first["downloads"], &first["kind"]),
        (&json!("base_lib"), &json!(1), &json!("build"))
    );
    assert_eq!(first["version_id"], page["versions"][0]["id"]);
    let second = api(app, "crates/base-lib/reverse_dependencies?per_page=1&page=2").await;
    assert_eq!(second["versions"][0]["crate"], "twice");
}

async fn downloads_are_told_by_day(app: &TestApp) {
    let owner = app.owner().await;
    for minor in 0..7 {
        owner.has_published("counted", &format!("1.{minor}.0")).await;
    }
    for (version, times) in [("1.6.0", 3), ("1.0.0", 1), ("1.1.0", 1)] {
        for _ in 0..times {
            let _ = app.nobody().download("counted", version).await.expect_status(200);
        }
    }
    app.app().flush_counts().await.expect("the counts are written");
    let told = api(app, "crates/counted/downloads?include=versions").await;
    assert_eq!(told["version_downloads"][0]["downloads"], 3);
    assert_eq!(told["version_downloads"][0]["date"], "2026-05-04");
    assert_eq!(told["meta"]["extra_downloads"], json!([{"date": "2026-05-04", "downloads": 2}]));
    assert_eq!(told["versions"].as_array().map(Vec::len), Some(5));
    let one = api(app, "crates/counted/1.6.0/downloads").await;
    assert_eq!(one["version_downloads"][0]["downloads"], 3);
    let before = api(app, "crates/counted/1.6.0/downloads?before_date=2026-05-03").await;
    assert_eq!(before["version_downloads"], json!([]));
    let krate = &api(app, "crates/counted").await["crate"];
    assert_eq!((&krate["downloads"], &krate["recent_downloads"]), (&json!(5), &json!(5)));
}

async fn keywords_are_listed_and_follow_the_last_version(app: &TestApp) {
    let owner = app.owner().await;
    let with = |name: &str, version: &str, words: &str| {
        ArchiveBuilder::new(name, version).package_line(&format!("keywords = [{words}]"))
    };
    let _ = owner.publish(&with("first", "1.0.0", "\"Parser\", \"zip\"")).await.expect_status(200);
    let _ = owner.publish(&with("second", "1.0.0", "\"parser\"")).await.expect_status(200);
    let list = api(app, "keywords?sort=crates").await;
    assert_eq!(
        (&list["meta"]["total"], &list["keywords"][0]["id"], &list["keywords"][0]["crates_cnt"]),
        (&json!(2), &json!("parser"), &json!(2))
    );
    assert_eq!(api(app, "keywords/PARSER").await["keyword"]["crates_cnt"], 2);
    let _ = owner.publish(&with("first", "1.1.0", "\"zip\"")).await.expect_status(200);
    assert_eq!(api(app, "keywords/parser").await["keyword"]["crates_cnt"], 1);
    let reply = app.nobody().fetch("/api/v1/keywords/absent").await.expect_status(404);
    assert_eq!(reply.error_detail(), "Not Found");
}

async fn bad_queries_are_told_in_known_words(app: &TestApp) {
    app.owner().await.has_published("present", "1.0.0").await;
    for (path, words) in [
        ("crates/present?include=version", "invalid component for ?include= (expected 'versions', "),
        ("crates/present/versions?include=x", "invalid component for ?include= (expected 'release_tracks')"),
        ("crates/present/versions?per_page=101", "cannot request more than 100 items"),
        ("crates/present/versions?per_page=2&page=2", "?page= is not supported for this request"),
        ("crates/present/versions?page=1&seek=x", "providing both ?page= and ?seek= is unsupported"),
        ("crates/present/versions?per_page=2&seek=%F0%9F%A6%80", "invalid seek parameter"),
        ("crates/present/reverse_dependencies?seek=x", "?seek= is not supported for this request"),
        ("crates/present/reverse_dependencies?page=201", "Page 201 is unavailable"),
        ("crates/present/downloads?include=x", "invalid component for ?include= (expected 'versions')"),
        ("crates/present/1.0.0/downloads?before_date=yesterday", "Failed to deserialize query string"),
        ("crates/present/one", "Invalid URL: unexpected character 'o' while parsing major version number"),
        ("keywords?page=0", "Failed to deserialize query string"),
        ("keywords?page=%00", "Failed to deserialize query string"),
    ] {
        let told = refusal(app, path).await;
        assert!(told.starts_with(words), "{path}: {told}");
    }
}

async fn what_is_not_there_is_told(app: &TestApp) {
    app.owner().await.has_published("present", "1.0.0").await;
    for (path, words) in [
        ("crates/absent", "crate `absent` does not exist"),
        ("crates/absent/versions", "crate `absent` does not exist"),
        ("crates/absent/downloads", "crate `absent` does not exist"),
        ("crates/absent/1.0.0", "crate `absent` does not exist"),
        ("crates/%F0%9F%A6%80", "crate `\u{1f980}` does not exist"),
        ("crates/present/2.0.0", "crate `present` does not have a version `2.0.0`"),
        ("crates/present/2.0.0/dependencies", "crate `present` does not have a version `2.0.0`"),
        ("crates/new", "crate `new` does not exist"),
    ] {
        let reply = app.nobody().fetch(&format!("/api/v1/{path}")).await.expect_status(404);
        assert_eq!(reply.error_detail(), words, "{path}");
    }
}
