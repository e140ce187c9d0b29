//! Closed registries with their members, and crates that only some of them see.

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::Reply;
use cratekeep_tests::{Person, RegistryWish, TestApp, on_both_engines, send};
use cratekeep_wire::control::{
    AdminCommand, AdminReply, CrateCommand, MemberCommand, NameCommand, RegistryCommand,
};
use http::Method;
use serde_json::json;

on_both_engines![
    roles_in_a_closed_registry,
    closing_a_registry_says_what_it_does,
    what_one_does_not_see_does_not_exist,
    hidden_reserved_and_deleted_names_are_refused_alike,
    who_sees_a_crate_is_for_its_owners_to_say,
    an_open_registry_has_no_limited_crates,
    every_node_follows_at_once,
];

/// A closed registry with a reader `rita`, a publisher `paul` and an administrator `anna`.
async fn vault(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("closed"), ..RegistryWish::default() }).await;
    for (who, role) in [("rita", "reader"), ("paul", "publisher"), ("anna", "administrator")] {
        app.person(who).await;
        app.member("vault", who, role).await;
    }
}

async fn inside(app: &TestApp, who: &str) -> Person {
    app.person(who).await.at("vault")
}

/// Says who sees a crate, as its owner.
async fn limit(owner: &Person, name: &str, limited: bool, readers: &[&str]) -> Reply {
    let request = owner.request(Method::PUT, &format!("/api/v1/crates/{name}/readers"));
    send(request.json(&json!({ "limited": limited, "readers": readers }))).await
}

async fn roles_in_a_closed_registry(app: &TestApp) {
    vault(app).await;
    inside(app, "paul").await.has_published("demo", "1.0.0").await;
    let _ = inside(app, "rita").await.index("demo").await.expect_status(200);
    let refused = inside(app, "rita").await.publish(&ArchiveBuilder::new("mine", "1.0.0")).await;
    assert!(refused.expect_status(403).error_detail().contains("`publisher`"));
    let stranger = inside(app, "stan").await;
    for path in ["/index/config.json", "/index/de/mo/demo", "/api/v1/crates?q=demo", "/api/v1/crates/demo"] {
        let refused = stranger.fetch(path).await.expect_status(403);
        assert!(refused.error_detail().contains("for its members"), "{path}: {}", refused.text());
    }
    // A registry's own administrator manages its members over the API, and nobody else's.
    let add = |registry: &str, who: &str| {
        let (registry, who) = (registry.to_owned(), who.to_owned());
        json!(AdminCommand::Member(MemberCommand::Add { registry, who, role: "reader".to_owned() }))
    };
    let ask = async |who: &str, body| {
        let person = app.person(who).await;
        let admin = app
            .token_for(&person, cratekeep_tests::TokenWish { scope: Some("admin"), ..Default::default() })
            .await;
        send(admin.request(Method::POST, "/api/v1/admin/commands").json(&body)).await
    };
    let _ = ask("anna", add("main", "stan")).await.expect_status(403);
    let _ = ask("anna", add("vault", "stan")).await.expect_status(200);
    let _ = stranger.index("demo").await.expect_status(200);
    let _ = ask("anna", add("vault", "nobody-here")).await.expect_status(404);
}

async fn closing_a_registry_says_what_it_does(app: &TestApp) {
    app.owner().await.has_published("demo", "1.0.0").await;
    let set = async |access: &str, confirm: bool| {
        let set = RegistryCommand::Set {
            name: "main".to_owned(),
            access: Some(access.to_owned()),
            new_crates: None,
            confirm,
        };
        match app.admin(AdminCommand::Registry(set)).await {
            AdminReply::Done { message } => message,
            other => panic!("{other:?}"),
        }
    };
    let told = set("closed", false).await;
    assert!(told.contains("`auth-required` becomes true") && told.contains("Nothing was changed"), "{told}");
    let _ = app.nobody().index("demo").await.expect_status(200);
    assert!(set("closed", true).await.starts_with("done: "));
    let refused = app.nobody().index("demo").await.expect_status(401);
    assert_eq!(refused.header("cache-control"), "no-store");
    let _ = app.owner().await.index("demo").await.expect_status(403);
    let config = app.administrator().await.fetch("/index/config.json").await.expect_status(200);
    assert_eq!(config.json()["auth-required"], true);
    assert_eq!(config.header("cache-control"), "private, no-store");
    set("internal", true).await;
    let _ = app.owner().await.index("demo").await.expect_status(200);
    set("open", true).await;
    let _ = app.nobody().index("demo").await.expect_status(200);
    assert!(app.nobody().fetch("/index/config.json").await.json().get("auth-required").is_none());
}

async fn what_one_does_not_see_does_not_exist(app: &TestApp) {
    vault(app).await;
    let paul = inside(app, "paul").await;
    for name in ["secret", "plain"] {
        paul.has_published(name, "1.0.0").await;
    }
    let _ = limit(&paul, "secret", true, &[]).await.expect_status(200);
    app.stranger().await;
    app.member("vault", "stan", "publisher").await;
    let rita = inside(app, "rita").await;
    for (hidden, absent) in [
        ("/index/se/cr/secret", "/index/ab/se/absent"),
        ("/crates/secret/1.0.0/download", "/crates/absent/1.0.0/download"),
        ("/api/v1/crates/secret/1.0.0/download", "/api/v1/crates/absent/1.0.0/download"),
        ("/api/v1/crates/secret/owners", "/api/v1/crates/absent/owners"),
        ("/api/v1/crates/secret", "/api/v1/crates/absent"),
        ("/api/v1/crates/secret/versions", "/api/v1/crates/absent/versions"),
        ("/api/v1/crates/secret/readers", "/api/v1/crates/absent/readers"),
    ] {
        let (hidden, absent) = (rita.fetch(hidden).await, rita.fetch(absent).await);
        assert_eq!(hidden.status, 404, "{}", hidden.text());
        assert_eq!(hidden.text().replace("secret", "absent"), absent.text());
        assert_eq!(hidden.header("cache-control"), absent.header("cache-control"));
    }
    for query in ["q=secret", "q=", "q=s"] {
        let found = rita.search(query).await.expect_status(200);
        assert!(!found.text().contains("secret"), "{}", found.text());
    }
    assert_eq!(rita.search("q=").await.json()["meta"]["total"], 1);
    assert_eq!(paul.search("q=").await.json()["meta"]["total"], 2);
    assert_eq!(inside(app, "anna").await.search("q=").await.json()["meta"]["total"], 2);
    // Nor does publishing tell: it is a name that is not free, as reserved ones are.
    let stan = inside(app, "stan").await;
    for spelling in ["secret", "Secret"] {
        let refused = stan.publish(&ArchiveBuilder::new(spelling, "2.0.0")).await.expect_status(403);
        assert!(refused.error_detail().contains("is not free"), "{}", refused.text());
    }
    let home = format!("[dependencies.secret]\nversion = \"1\"\nregistry-index = \"{}\"\n", stan.index_url());
    let depends = ArchiveBuilder::new("mine", "1.0.0").table(&home);
    let refused = stan.publish(&depends).await.expect_status(400);
    assert!(refused.error_detail().contains("no known crate named `secret`"), "{}", refused.text());
    let _ = stan.yank("secret", "1.0.0").await.expect_status(404);
    let _ = stan.add_owners("secret", &["stan"]).await.expect_status(404);
}

async fn hidden_reserved_and_deleted_names_are_refused_alike(app: &TestApp) {
    vault(app).await;
    let paul = inside(app, "paul").await;
    for name in ["hidden", "gone"] {
        paul.has_published(name, "1.0.0").await;
    }
    let _ = limit(&paul, "hidden", true, &[]).await.expect_status(200);
    for (registry, pattern) in [("vault", "kept-*"), ("main", "kept-*")] {
        app.admin(AdminCommand::Name(NameCommand::Reserve {
            registry: registry.to_owned(),
            pattern: pattern.to_owned(),
            team: None,
            reason: "of the house".to_owned(),
        }))
        .await;
    }
    app.admin(AdminCommand::Crate(CrateCommand::Delete {
        registry: "vault".to_owned(),
        krate: "gone".to_owned(),
        reason: "a mistake".to_owned(),
    }))
    .await;
    app.person("stan").await;
    app.member("vault", "stan", "publisher").await;
    let stan = inside(app, "stan").await;
    let mut answers = Vec::new();
    for name in ["hidden", "kept-x", "gone"] {
        let reply = stan.publish(&ArchiveBuilder::new(name, "2.0.0")).await.expect_status(403);
        let headers = ["content-type", "cache-control"].map(|header| reply.header(header).to_owned());
        answers.push((reply.text().replace(name, "NAME"), headers));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    // In an open registry nothing is hidden, so that the reason can be told.
    let told = app.stranger().await.publish(&ArchiveBuilder::new("kept-x", "1.0.0")).await.expect_status(403);
    assert!(told.error_detail().contains("reserved by `kept-*`: of the house"), "{}", told.text());
    // Its last owner is told when the name is free again.
    let owner = paul.publish(&ArchiveBuilder::new("gone", "2.0.0")).await.expect_status(403);
    assert!(owner.error_detail().contains("deleted a short time ago"), "{}", owner.text());
}

async fn who_sees_a_crate_is_for_its_owners_to_say(app: &TestApp) {
    vault(app).await;
    let (paul, rita) = (inside(app, "paul").await, inside(app, "rita").await);
    paul.has_published("secret", "1.0.0").await;
    let _ = limit(&rita, "secret", true, &[]).await.expect_status(403);
    let _ = limit(&paul, "secret", true, &["nobody-here"]).await.expect_status(404);
    let _ = limit(&paul, "secret", false, &["rita"]).await.expect_status(400);
    let _ = limit(&paul, "secret", true, &[]).await.expect_status(200);
    let _ = rita.index("secret").await.expect_status(404);
    let _ = limit(&paul, "secret", true, &["rita"]).await.expect_status(200);
    let _ = rita.index("secret").await.expect_status(200);
    let listed = paul.fetch("/api/v1/crates/secret/readers").await.expect_status(200).json();
    assert_eq!(listed, json!({ "limited": true, "readers": ["rita"] }));
    let _ = rita.fetch("/api/v1/crates/secret/readers").await.expect_status(403);
    // An owner sees it, for as long as it is one.
    let _ = limit(&paul, "secret", true, &[]).await.expect_status(200);
    let _ = paul.add_owners("secret", &["anna"]).await.expect_status(200);
    let _ = limit(&paul, "secret", false, &[]).await.expect_status(200);
    let _ = rita.index("secret").await.expect_status(200);
}

async fn an_open_registry_has_no_limited_crates(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("demo", "1.0.0").await;
    let refused = limit(&owner, "demo", true, &[]).await.expect_status(409).error_detail();
    assert!(refused.contains("--access closed") && refused.contains("internal or closed"), "{refused}");
    vault(app).await;
    let paul = inside(app, "paul").await;
    paul.has_published("secret", "1.0.0").await;
    let _ = limit(&paul, "secret", true, &[]).await.expect_status(200);
    let open = RegistryCommand::Set {
        name: "vault".to_owned(),
        access: Some("open".to_owned()),
        new_crates: None,
        confirm: true,
    };
    let refused = app.app().run_at_shell(AdminCommand::Registry(open)).await;
    assert!(matches!(refused, AdminReply::Refused { .. }), "{refused:?}");
    let _ = app.nobody().at("vault").index("secret").await.expect_status(401);
}

/// Adding, limiting, opening and removing hold on the other node when the answer is there.
async fn every_node_follows_at_once(app: &TestApp) {
    vault(app).await;
    let paul = inside(app, "paul").await;
    paul.has_published("secret", "1.0.0").await;
    if app.engine() == cratekeep_tests::Engine::SqliteAndFolder {
        return;
    }
    let node = app.second_node().await;
    let rita = inside(app, "rita").await.at_node(&node);
    for round in 0..100 {
        let _ = limit(&paul, "secret", true, &[]).await.expect_status(200);
        assert_eq!(rita.index("secret").await.status, 404, "round {round}");
        let _ = limit(&paul, "secret", true, &["rita"]).await.expect_status(200);
        assert_eq!(rita.index("secret").await.status, 200, "round {round}");
        let remove = MemberCommand::Remove { registry: "vault".to_owned(), who: "rita".to_owned() };
        app.admin(AdminCommand::Member(remove)).await;
        assert_eq!(rita.index("secret").await.status, 403, "round {round}");
        app.member("vault", "rita", "reader").await;
        assert_eq!(rita.index("secret").await.status, 200, "round {round}");
    }
    node.stop().await;
}
