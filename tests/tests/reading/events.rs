//! The event feed: what happened, in order, for each as far as they see what it is about, and waiting for the next.

use std::time::{Duration, Instant};

use cratekeep_store::StoreError;
use cratekeep_store::event::{Event, EventKind};
use cratekeep_tests::{Door, Engine, RegistryWish, TestApp, TokenWish, on_both_engines, send};
use cratekeep_types::Clock;
use cratekeep_wire::control::{AdminCommand, CrateCommand, TeamCommand};
use http::Method;
use serde_json::{Value, json};

on_both_engines![
    what_happens_is_told_in_order_with_names,
    everybody_sees_what_they_may_see,
    administrators_see_everything_but_mail_and_addresses,
    who_waits_is_answered_when_something_happens,
    what_is_private_wakes_nobody_else,
    a_long_stretch_of_private_events_is_passed_over,
    bad_queries_are_told,
];

const EVENTS: &str = "/api/v1/events";
/// Longer than any test waits for an answer that comes at once.
const SOON: Duration = Duration::from_secs(8);

async fn page(door: &Door, query: &str) -> Value {
    door.fetch(&format!("{EVENTS}{query}")).await.expect_status(200).json()
}

/// Kind, crate, version, user and team of each event.
fn told(page: &Value) -> Vec<String> {
    let events = page["events"].as_array().expect("a list");
    let words = |event: &Value| {
        let parts = ["kind", "crate", "version", "user", "team"].map(|key| event[key].as_str());
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    events.iter().map(words).collect()
}

async fn what_happens_is_told_in_order_with_names(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    let start = page(&app.nobody(), "?per_page=100").await["meta"]["next"].clone();
    owner.has_published("Demo", "1.0.0").await;
    owner.has_published("Demo", "1.1.0").await;
    let _ = owner.yank("Demo", "1.0.0").await.expect_status(200);
    let _ = owner.unyank("Demo", "1.0.0").await.expect_status(200);
    owner.shares("Demo", &helper).await;
    app.admin(AdminCommand::Team(TeamCommand::Create { name: "core".to_owned() })).await;
    let (name, user) = ("core".to_owned(), "olga".to_owned());
    app.admin(AdminCommand::Team(TeamCommand::AddMember { name, user })).await;
    let _ = owner.add_owners("Demo", &["team:core"]).await.expect_status(200);
    let _ = owner.remove_owners("Demo", &["helga"]).await.expect_status(200);
    let delete = async |krate: &str| {
        let (registry, krate, reason) = ("main".to_owned(), krate.to_owned(), "a test".to_owned());
        app.admin(AdminCommand::Crate(CrateCommand::Delete { registry, krate, reason })).await;
    };
    delete("demo@1.1.0").await;
    let all = page(&app.nobody(), &format!("?after={start}&per_page=100")).await;
    assert_eq!(
        told(&all),
        [
            "version-published Demo 1.0.0",
            // Its row is gone: only that it is gone is told, below.
            "version-published Demo",
            "version-yanked Demo 1.0.0",
            "version-unyanked Demo 1.0.0",
            "owner-added Demo helga",
            "team-owner-added Demo team:core",
            "owner-removed Demo helga",
            "version-deleted Demo 1.1.0",
        ]
    );
    let first = &all["events"][0];
    let numbers: Vec<_> =
        all["events"].as_array().expect("a list").iter().map(|one| &one["number"]).collect();
    assert_eq!(
        *first,
        json!({
            "number": numbers[0], "kind": "version-published", "at": "2026-05-04T03:02:01.000000Z",
            "registry": "main", "crate": "Demo", "version": "1.0.0", "user": null, "team": null, "token": null,
        })
    );
    assert_eq!(all["meta"], json!({ "next": numbers.last(), "more": false, "head": null }));
    // Page by page they are the same.
    let (mut after, mut seen) = (start, Vec::new());
    loop {
        let part = page(&app.nobody(), &format!("?after={after}&per_page=3")).await;
        seen.extend(told(&part));
        after = part["meta"]["next"].clone();
        if part["meta"]["more"] == false {
            break;
        }
    }
    assert_eq!(seen, told(&all));
    assert_eq!(page(&app.nobody(), &format!("?after={after}")).await["meta"]["next"], after);
    // With the crate goes what was told of it; that it is gone stays.
    delete("demo").await;
    let rest = page(&app.nobody(), "?per_page=100").await;
    assert_eq!(told(&rest).last().map(String::as_str), Some("crate-deleted Demo"));
    assert!(!told(&rest).iter().any(|line| line.starts_with("version-")), "{rest}");
}

async fn everybody_sees_what_they_may_see(app: &TestApp) {
    for (name, access) in [("hall", "internal"), ("vault", "closed")] {
        app.registry(name, RegistryWish { access: Some(access), ..RegistryWish::default() }).await;
    }
    let (owner, stranger) = (app.owner().await, app.stranger().await);
    let reader = app.person("rita").await;
    app.member("vault", "olga", "publisher").await;
    app.member("vault", "rita", "reader").await;
    owner.has_published("open", "1.0.0").await;
    let before = page(&app.nobody(), "?per_page=100").await;
    owner.at("hall").has_published("inside", "1.0.0").await;
    for name in ["member", "secret"] {
        owner.at("vault").has_published(name, "1.0.0").await;
    }
    let limit = owner.at("vault").request(Method::PUT, "/api/v1/crates/secret/readers");
    let _ = send(limit.json(&json!({ "limited": true }))).await.expect_status(200);
    let names = async |door: &Door| {
        let page = page(door, "?per_page=100").await;
        let lines = told(&page).into_iter().filter(|line| line.starts_with("version-published"));
        lines.map(|line| line.split(' ').nth(1).unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&app.nobody()).await, ["open"]);
    assert_eq!(names(&stranger).await, ["open", "inside"]);
    assert_eq!(names(&reader).await, ["open", "inside", "member"]);
    assert_eq!(names(&owner).await, ["open", "inside", "member", "secret"]);
    // Who sees nothing new gets the same cursor as before, however much happened.
    assert_eq!(page(&app.nobody(), "?per_page=100").await, before);
    // Under its name one registry alone; what may not be read is refused as everywhere.
    assert_eq!(names(&owner.at("vault")).await, ["member", "secret"]);
    assert_eq!(names(&reader.at("vault")).await, ["member"]);
    assert_eq!(names(&app.nobody().at("main")).await, ["open"]);
    let _ = stranger.at("vault").fetch(EVENTS).await.expect_status(403);
    let _ = app.nobody().at("hall").fetch(EVENTS).await.expect_status(401);
    // The next public event moves it on over the others, which are told to nobody.
    owner.has_published("open", "1.1.0").await;
    let after = format!("?after={}", before["meta"]["next"]);
    assert_eq!(told(&page(&app.nobody(), &after).await), ["version-published open 1.1.0"]);
}

async fn administrators_see_everything_but_mail_and_addresses(app: &TestApp) {
    let administrator = app.administrator().await;
    let wish = TokenWish { scope: Some("admin"), ..TokenWish::default() };
    let scoped = app.token_for(&administrator, wish).await;
    let mut person = app.signed_in("olga").await;
    let _ = person.submit("/settings/mail", &[("email", "olga@mail.example")]).await.expect_status(303);
    app.owner().await.has_published("demo", "1.0.0").await;
    let all = page(&scoped, "?per_page=100").await;
    for line in ["user-created olga", "user-changed olga", "token-created", "version-published demo 1.0.0"] {
        assert!(told(&all).iter().any(|known| known == line), "{line} in {all}");
    }
    let tokens = all["events"].as_array().expect("a list").iter().filter(|one| one["token"].is_i64());
    assert!(tokens.count() >= 2);
    assert!(all["meta"]["head"].as_i64() >= all["meta"]["next"].as_i64());
    let text = all.to_string();
    assert!(!text.contains("mail.example") && !text.contains("127.0.0.1"), "{text}");
    // A token of theirs that does not name the scope sees what others see.
    let plain = page(&administrator, "?per_page=100").await;
    assert!(told(&plain).iter().all(|line| !line.starts_with("user-") && !line.starts_with("token-")));
    assert_eq!(plain["meta"]["head"], Value::Null);
}

async fn who_waits_is_answered_when_something_happens(app: &TestApp) {
    let owner = app.owner().await;
    owner.has_published("demo", "1.0.0").await;
    let node = match app.engine() {
        // Only there are several processes.
        Engine::SqliteAndFolder => None,
        Engine::PostgresAndS3 => Some(app.second_node().await),
    };
    let door = match &node {
        Some(node) => (*app.nobody().at_node(node)).clone(),
        None => (*app.nobody()).clone(),
    };
    let next = page(&door, "?per_page=100").await["meta"]["next"].clone();
    let began = Instant::now();
    let waiting = tokio::spawn(async move { page(&door, &format!("?after={next}&wait=30")).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished(), "there is nothing to tell yet");
    owner.has_published("demo", "1.1.0").await;
    let answer = waiting.await.expect("an answer");
    assert_eq!(told(&answer), ["version-published demo 1.1.0"]);
    assert!(began.elapsed() < SOON, "it took {:?}", began.elapsed());
    // Who is behind is answered at once.
    let began = Instant::now();
    assert!(!told(&page(&app.nobody(), "?wait=30").await).is_empty());
    assert!(began.elapsed() < SOON);
    // A server that stops keeps nobody waiting.
    let (door, next) = ((*app.nobody()).clone(), answer["meta"]["next"].clone());
    let waiting = tokio::spawn(async move { page(&door, &format!("?after={next}&wait=30")).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let began = Instant::now();
    app.app().end_waits();
    assert!(told(&waiting.await.expect("an answer")).is_empty());
    assert!(began.elapsed() < SOON);
    if let Some(node) = node {
        let _ = node.stop().await;
    }
}

async fn what_is_private_wakes_nobody_else(app: &TestApp) {
    app.registry("vault", RegistryWish { access: Some("closed"), ..RegistryWish::default() }).await;
    let owner = app.owner().await;
    app.member("vault", "olga", "publisher").await;
    let next = page(&app.nobody(), "?per_page=100").await["meta"]["next"].clone();
    let began = Instant::now();
    let (door, query) = ((*app.nobody()).clone(), format!("?after={next}&wait=2"));
    let waiting = tokio::spawn(async move { page(&door, &query).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    owner.at("vault").has_published("secret", "1.0.0").await;
    let answer = waiting.await.expect("an answer");
    assert!(began.elapsed() >= Duration::from_secs(2), "it was answered after {:?}", began.elapsed());
    assert_eq!((told(&answer), &answer["meta"]["next"]), (Vec::new(), &next));
}

async fn a_long_stretch_of_private_events_is_passed_over(app: &TestApp) {
    let owner = app.owner().await;
    let next = page(&app.nobody(), "?per_page=100").await["meta"]["next"].as_i64().expect("a number");
    let at = app.clock().now();
    app.store()
        .write::<_, StoreError, _>("test", move |tx| {
            for _ in 0..10_500 {
                tx.emit(Event { subject: Some(1), ..Event::new(EventKind::UserChanged, at) });
            }
            Box::pin(async move { Ok(()) })
        })
        .await
        .expect("the events are kept");
    owner.has_published("demo", "1.0.0").await;
    let first = page(&app.nobody(), &format!("?after={next}")).await;
    assert_eq!(told(&first), Vec::<String>::new());
    assert_eq!(first["meta"], json!({ "next": next + 10_000, "more": true, "head": null }));
    let second = page(&app.nobody(), &format!("?after={}", first["meta"]["next"])).await;
    assert_eq!(told(&second), ["version-published demo 1.0.0"]);
}

async fn bad_queries_are_told(app: &TestApp) {
    for (query, words) in [
        ("?after=-1", "`after` is a whole number from 0"),
        ("?after=x", "`after` is a whole number from 0"),
        ("?wait=31", "`wait` is a whole number from 0 to 30"),
        ("?per_page=101", "cannot request more than 100 items"),
    ] {
        let refused = app.nobody().fetch(&format!("{EVENTS}{query}")).await.expect_status(400);
        assert!(refused.error_detail().contains(words), "{query}: {}", refused.text());
    }
    // A cursor of a server that was set back has nothing behind it, and says nothing of where the server is.
    let ahead = page(&app.nobody(), "?after=999999").await;
    assert_eq!(ahead, json!({ "events": [], "meta": { "next": 999_999, "more": false, "head": null } }));
}
