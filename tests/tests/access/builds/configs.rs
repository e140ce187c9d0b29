//! Rules of owners: made, listed, removed, in crates.io's shapes.

use http::Method;
use serde_json::{Value, json};

use cratekeep_tests::{TokenWish, send};
use cratekeep_wire::control::{AdminCommand, TrustCommand};

use super::{KRATE, Scene, add, builds, changed, drop_config};

builds![
    rules_have_the_shapes_of_crates_io,
    only_owners_see_and_change_rules,
    rules_say_only_what_they_may,
    a_crate_has_five_rules_of_a_kind_at_most,
    rules_are_listed_in_pages,
    issuers_are_for_administrators,
];

async fn rules_have_the_shapes_of_crates_io(scene: &Scene<'_>) {
    let github = scene.trusts_github("Widget", Some("release")).await;
    let (id, at) = (github["id"].clone(), github["created_at"].clone());
    assert!(id.is_i64() && at.as_str().is_some_and(|at| at.ends_with('Z')), "{github}");
    let wanted = json!({
        "id": id, "crate": KRATE, "repository_owner": "Acme", "repository_owner_id": 42,
        "repository_name": "widget", "workflow_filename": "publish.yml", "environment": "release",
        "created_at": at,
    });
    assert_eq!(github, wanted, "GitHub's own spelling and number of the owner are kept");
    let gitlab = scene.trusts_gitlab(KRATE).await;
    let wanted = json!({
        "id": gitlab["id"], "crate": KRATE, "namespace": "acme/tools", "namespace_id": null,
        "project": "widget", "workflow_filepath": "ci/publish.yml", "environment": null,
        "created_at": gitlab["created_at"],
    });
    assert_eq!(gitlab, wanted);
    let list = list(scene, "github", &format!("crate={KRATE}")).await;
    assert_eq!(list, json!({ "github_configs": [github], "meta": { "total": 1 } }));
    let _ = drop_config(&scene.owner, "gitlab", &github).await.expect_status(404);
    let gone = drop_config(&scene.owner, "github", &github).await.expect_status(204);
    assert!(gone.body.is_empty());
    let again = drop_config(&scene.owner, "github", &github).await.expect_status(404);
    assert_eq!(again.error_detail(), "Not Found");
}

async fn list(scene: &Scene<'_>, provider: &str, query: &str) -> Value {
    let path = format!("/api/v1/trusted_publishing/{provider}_configs?{query}");
    scene.owner.fetch(&path).await.expect_status(200).json()
}

async fn only_owners_see_and_change_rules(scene: &Scene<'_>) {
    let config = scene.trusts_github(KRATE, None).await;
    let path = format!("/api/v1/trusted_publishing/github_configs?crate={KRATE}");
    let stranger = scene.app.stranger().await;
    let wrong = TokenWish { scope: Some("publish-update"), ..TokenWish::default() };
    let wrong = scene.app.token_for(&scene.owner, wrong).await;
    let before = scene.app.footprint().await;
    for (who, status) in [(&*scene.app.nobody(), 401), (&*stranger, 403), (&*wrong, 403)] {
        let _ = who.fetch(&path).await.expect_status(status);
        let _ = drop_config(who, "github", &config).await.expect_status(status);
        let new = json!({ "crate": KRATE, "namespace": "a", "project": "b", "workflow_filepath": "c.yml" });
        let _ = add(who, "gitlab", new).await.expect_status(status);
    }
    let of_others = scene.owner.fetch("/api/v1/trusted_publishing/github_configs?user_id=999").await;
    let _ = of_others.expect_status(403);
    for query in ["", "crate=a&user_id=1", "user_id=x"] {
        let path = format!("/api/v1/trusted_publishing/github_configs?{query}");
        let _ = scene.owner.fetch(&path).await.expect_status(400);
    }
    let _ =
        scene.owner.fetch("/api/v1/trusted_publishing/github_configs?crate=absent").await.expect_status(404);
    assert_eq!(scene.app.footprint().await, before);
}

async fn rules_say_only_what_they_may(scene: &Scene<'_>) {
    let github = json!({
        "crate": KRATE, "repository_owner": "acme", "repository_name": "widget",
        "workflow_filename": "publish.yml",
    });
    let before = scene.app.footprint().await;
    let cases = [
        (json!({ "repository_owner": "nobody-there" }), "Unknown GitHub user or organization"),
        (json!({ "repository_owner": "../acme" }), "GitHub repository owner name"),
        (json!({ "repository_name": "a/b" }), "GitHub repository name"),
        (json!({ "workflow_filename": "a/publish.yml" }), "workflow file name"),
        (json!({ "workflow_filename": "publish.txt" }), "workflow file name"),
        (json!({ "environment": "" }), "write null"),
        (json!({ "environment": "a,b" }), "GitHub environment"),
        (json!({ "repository_owner": 7 }), "github_config"),
        (json!({ "crate": null }), "`crate` is missing"),
    ];
    for (changes, said) in cases {
        let reply = add(&scene.owner, "github", changed(&[github.clone(), changes.clone()])).await;
        let reply = reply.expect_status(400);
        assert!(reply.error_detail().contains(said), "{changes}: {}", reply.error_detail());
    }
    let unknown = json!({ "crate": KRATE, "issuer": "nowhere", "claims": { "sub": "a" } });
    let reply = add(&scene.owner, "oidc", unknown).await.expect_status(400);
    assert!(reply.error_detail().contains("`nowhere`"), "{}", reply.error_detail());
    let absent = changed(&[github, json!({ "crate": "absent" })]);
    let _ = add(&scene.owner, "github", absent).await.expect_status(404);
    for body in ["", "{}", "[]", "{\"github_config\":7}"] {
        let path = "/api/v1/trusted_publishing/github_configs";
        let _ = send(scene.owner.request(Method::POST, path).body(body)).await.expect_status(400);
    }
    assert_eq!(scene.app.footprint().await, before);
}

async fn a_crate_has_five_rules_of_a_kind_at_most(scene: &Scene<'_>) {
    let config = json!({
        "crate": KRATE, "repository_owner": "acme", "repository_name": "widget",
        "workflow_filename": "publish.yml",
    });
    let asks = (0..8).map(|_| add(&scene.owner, "github", config.clone()));
    let replies = futures::future::join_all(asks).await;
    let good = replies.iter().filter(|reply| reply.status.is_success()).count();
    assert_eq!(good, 5, "also when they race");
    for reply in replies.into_iter().filter(|reply| !reply.status.is_success()) {
        let detail = reply.expect_status(409).error_detail();
        assert_eq!(
            detail,
            "This crate already has the maximum number of GitHub Trusted Publishing configurations (5)"
        );
    }
    scene.trusts_gitlab(KRATE).await;
}

async fn rules_are_listed_in_pages(scene: &Scene<'_>) {
    for _ in 0..3 {
        scene.trusts_gitlab(KRATE).await;
    }
    let me = scene.app.nobody().owners(KRATE).await.json()["users"][0]["id"].clone();
    for query in [format!("crate={KRATE}"), format!("user_id={me}")] {
        let first = list(scene, "gitlab", &format!("{query}&per_page=2")).await;
        assert_eq!(
            (first["gitlab_configs"].as_array().map(Vec::len), &first["meta"]["total"]),
            (Some(2), &json!(3))
        );
        let next = first["meta"]["next_page"].as_str().expect("there is more");
        let second = list(scene, "gitlab", &next[1..]).await;
        assert_eq!(second["gitlab_configs"].as_array().map(Vec::len), Some(1));
        assert_eq!(second["meta"], json!({ "total": 3 }));
    }
    let elsewhere = TokenWish { crates: &["other-*"], ..TokenWish::default() };
    let narrow = scene.app.token_for(&scene.owner, elsewhere).await;
    let path = format!("/api/v1/trusted_publishing/gitlab_configs?user_id={me}");
    let seen = narrow.fetch(&path).await.expect_status(200).json();
    assert_eq!(seen, json!({ "gitlab_configs": [], "meta": { "total": 0 } }));
    let bad = scene.owner.fetch(&format!("{path}&page=2")).await.expect_status(400);
    assert_eq!(bad.error_detail(), "?page= is not supported for this request");
}

async fn issuers_are_for_administrators(scene: &Scene<'_>) {
    let command = |name: &str, url: &str, require: &[&str]| {
        AdminCommand::Trust(TrustCommand::IssuerAdd {
            name: name.to_owned(),
            url: url.to_owned(),
            audience: "crates".to_owned(),
            require: require.iter().map(|&text| text.to_owned()).collect(),
        })
    };
    let send_as = |door: cratekeep_tests::Person, command: AdminCommand| async move {
        let body = serde_json::to_value(&command).expect("plain data");
        send(door.request(Method::POST, "/api/v1/admin/commands").json(&body)).await
    };
    let good = || command("ci", "https://ci.test", &["org=acme", "sub=repo:*"]);
    let _ = send_as(scene.owner.clone(), good()).await.expect_status(403);
    let boss = scene.app.administrator().await;
    let wish = TokenWish { scope: Some("admin"), ..TokenWish::default() };
    let boss = scene.app.token_for(&boss, wish).await;
    let before = scene.app.footprint().await;
    for wrong in [
        command("Not Good", "https://ci.test", &[]),
        command("github", "https://ci.test", &[]),
        command("ci", "ftp://ci.test", &[]),
        command("ci", "https://ci.test?x=1", &[]),
        command("ci", &scene.platforms.github.url(), &[]),
        command("ci", "https://ci.test", &["org"]),
        command("ci", "https://ci.test", &["aud=x"]),
        command("ci", "https://ci.test", &["sub=a*b"]),
    ] {
        let _ = send_as(boss.clone(), wrong).await.expect_status(400);
    }
    assert_eq!(scene.app.footprint().await, before);
    let _ = send_as(boss.clone(), good()).await.expect_status(200);
    let _ = send_as(boss.clone(), command("ci", "https://other.test", &[])).await.expect_status(409);
    let table = send_as(boss, AdminCommand::Trust(TrustCommand::IssuerList)).await.expect_status(200).json();
    let row = &table["rows"][0];
    assert_eq!(
        (&row[0], &row[1], &row[3]),
        (&json!("ci"), &json!("https://ci.test"), &json!("org=acme sub=repo:*"))
    );
}
