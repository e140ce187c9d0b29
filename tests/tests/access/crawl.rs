//! Nothing private shows: strangers call every GET route of the router's own list and follow what it links to, before and
//! after private things are there. Both times they see the same, byte for byte; and what they ask about by its name looks
//! like what was never there.

mod paths;

use std::collections::{BTreeMap, VecDeque};

use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_testkit::http::Reply;
use cratekeep_tests::{Door, Person, RegistryWish, TestApp, on_both_engines, send};
use cratekeep_wire::control::{AdminCommand, TeamCommand};
use http::Method;
use serde_json::{Value, json};

use paths::{Words, catalogue, links};

on_both_engines![strangers_find_nothing_private];

/// Part of every name that only members and readers may see. `lack` is as long and part of nothing.
const HIDDEN: (&str, &str) = ("hush", "lack");
/// Part of every name that whoever is signed in may see.
const INSIDE: (&str, &str) = ("mumble", "nimble");
/// Most paths that one visitor follows from what is linked.
const FOLLOWED_MAX: usize = 400;

/// Most answers that a failure shows.
const SHOWN_MAX: usize = 20;

/// Somebody who looks around, and the words that must not be shown to them.
struct Stranger {
    name: &'static str,
    door: Door,
    words: Vec<(&'static str, &'static str)>,
}

/// What an answer is, as far as it could tell something.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    status: u16,
    headers: Vec<String>,
    body: String,
}

async fn strangers_find_nothing_private(app: &TestApp) {
    let owner = public_things(app).await;
    let strangers = strangers(app).await;
    let routes = app.routes();
    let common: Vec<String> = catalogue(&routes, &Words::public());
    // What is worked out at the first look is there at the second.
    for stranger in &strangers {
        let _ = crawl(stranger, &common).await;
    }
    let mut before = Vec::new();
    for stranger in &strangers {
        before.push(crawl(stranger, &common).await);
    }
    let visited: usize = before.iter().map(BTreeMap::len).sum();
    assert!(visited > 400, "only {visited} answers were looked at");
    let hidden_owner = private_things(app, &owner).await;
    let mut wrong = Vec::new();
    for (stranger, before) in strangers.iter().zip(&before) {
        compare(stranger, before, &crawl(stranger, &common).await, &mut wrong);
        for (word, twin) in &stranger.words {
            let asked = catalogue(&routes, &Words::with(word));
            for (path, other) in asked.iter().zip(catalogue(&routes, &Words::with(twin))) {
                ask_twice(stranger, (path, word), (&other, twin), &mut wrong).await;
            }
        }
        for list in ["/api/v1/crates", "/r/lounge/api/v1/crates"] {
            let (there, absent) =
                (format!("{list}?user_id={hidden_owner}"), format!("{list}?user_id=999999"));
            ask_twice(stranger, (&there, &hidden_owner.to_string()), (&absent, "999999"), &mut wrong).await;
        }
    }
    let some: Vec<_> = wrong.iter().take(SHOWN_MAX).cloned().collect();
    assert!(wrong.is_empty(), "{} answers tell something, among them:\n{}", wrong.len(), some.join("\n"));
}

/// The same paths answer the same as before there was anything private, and nothing names it.
fn compare(
    stranger: &Stranger,
    before: &BTreeMap<String, Seen>,
    after: &BTreeMap<String, Seen>,
    wrong: &mut Vec<String>,
) {
    for (path, seen) in after {
        if before.get(path) != Some(seen) {
            wrong.push(format!("{path} as {}: {seen:?} was {:?}", stranger.name, before.get(path)));
        }
        let text = format!("{:?} {}", seen.headers, seen.body).to_lowercase();
        for (word, _) in &stranger.words {
            if text.contains(word) {
                wrong.push(format!("{path} as {} names it: {text}", stranger.name));
            }
        }
    }
}

/// Asks for a thing that is there and for one that is not: the answers differ in the name alone.
async fn ask_twice(
    stranger: &Stranger,
    (path, word): (&str, &str),
    (other, twin): (&str, &str),
    wrong: &mut Vec<String>,
) {
    let there = see(&send(stranger.door.get(path)).await, (word, twin));
    let absent = see(&send(stranger.door.get(other)).await, (word, twin));
    if there != absent {
        wrong.push(format!("{path} as {}:\n  {there:?}\n  {absent:?}", stranger.name));
    }
}

/// Everything that a stranger gets from these paths and from what they link to.
async fn crawl(stranger: &Stranger, paths: &[String]) -> BTreeMap<String, Seen> {
    let mut seen = BTreeMap::new();
    let mut queue: VecDeque<String> = paths.iter().cloned().collect();
    let mut followed = 0;
    while let Some(path) = queue.pop_front() {
        // Files are counted when they are fetched, so that the second crawl would differ; each is asked for by its name.
        if seen.contains_key(&path) || path.contains("/download") || path.ends_with(".crate") {
            continue;
        }
        let reply = send(stranger.door.get(&path)).await;
        for link in links(&reply, &stranger.door.address()) {
            if followed < FOLLOWED_MAX && !seen.contains_key(&link) && !queue.contains(&link) {
                followed += 1;
                queue.push_back(link);
            }
        }
        let _ = seen.insert(path, see(&reply, ("", "")));
    }
    seen
}

/// An answer with a name in it replaced, and without what says only when it was made or for which form.
fn see(reply: &Reply, (word, twin): (&str, &str)) -> Seen {
    // A list by first letter keeps what it was asked for in its links.
    let letter = |word: &str| format!("letter={}", word.get(..1).unwrap_or_default());
    let plain = |text: &str| match word {
        "" => text.to_owned(),
        word => text.replace(word, twin).replace(&letter(word), &letter(twin)),
    };
    // The short way to an index file that is in memory leaves out two headers for pages.
    let for_pages = |name: &str| matches!(name, "x-frame-options" | "referrer-policy");
    let tells =
        |name: &str| !matches!(name, "date" | "set-cookie" | "etag" | "content-length") && !for_pages(name);
    let headers = reply.headers.iter().filter(|(name, _)| tells(name.as_str()));
    let headers = headers.map(|(name, value)| plain(&format!("{name}: {value:?}"))).collect();
    let body = paths::without_form_keys(&String::from_utf8_lossy(&reply.body));
    Seen { status: reply.status.as_u16(), headers, body: plain(&body) }
}

/// What everybody may see, and registries whose names are no secret.
async fn public_things(app: &TestApp) -> Person {
    app.administrator().await;
    for (name, access) in [("cellar", "closed"), ("attic", "closed"), ("lounge", "internal")] {
        app.registry(name, RegistryWish { access: Some(access), ..RegistryWish::default() }).await;
    }
    let owner = app.owner().await;
    app.admin(AdminCommand::Team(TeamCommand::Create { name: "crew".to_owned() })).await;
    let (name, user) = ("crew".to_owned(), "olga".to_owned());
    app.admin(AdminCommand::Team(TeamCommand::AddMember { name, user })).await;
    for at in [owner.clone(), owner.at("lounge")] {
        at.has_published("base", "1.0.0").await;
        let open = ArchiveBuilder::new("shown", "1.0.0")
            .package_line("keywords = [\"common\"]")
            .package_line("categories = [\"parsing\"]")
            .dependency("base", "1");
        let _ = at.publish(&open).await.expect_status(200);
        let _ = at.add_owners("shown", &["team:crew"]).await.expect_status(200);
    }
    // For who is signed in it is there from the beginning.
    let _ = owner.at("lounge").publish(&named(INSIDE.0)).await.expect_status(200);
    owner
}

async fn strangers(app: &TestApp) -> Vec<Stranger> {
    let stan = app.stranger().await;
    let mia = app.person("mia").await;
    app.member("attic", "mia", "publisher").await;
    let hidden = || vec![HIDDEN];
    vec![
        Stranger { name: "nobody", door: (*app.nobody()).clone(), words: vec![HIDDEN, INSIDE] },
        Stranger { name: "a stranger", door: (*stan).clone(), words: hidden() },
        Stranger { name: "a stranger's browser", door: app.browser(&stan).await.door(), words: hidden() },
        Stranger { name: "a member elsewhere", door: app.browser(&mia).await.door(), words: hidden() },
    ]
}

/// A crate with a private name in everything that a crate has, owned by a private account and team beside the public
/// ones, and depending on what is public. Gives the number of the private account.
async fn private_things(app: &TestApp, owner: &Person) -> i64 {
    app.admin(AdminCommand::Team(TeamCommand::Create { name: "hushteam".to_owned() })).await;
    let hidden = app.person("hushowner").await;
    for (name, user) in [("hushteam", "hushowner"), ("hushteam", "olga"), ("crew", "hushowner")] {
        let (name, user) = (name.to_owned(), user.to_owned());
        app.admin(AdminCommand::Team(TeamCommand::AddMember { name, user })).await;
    }
    for who in ["olga", "hushowner", "team:hushteam", "team:crew"] {
        app.member("cellar", who, "publisher").await;
    }
    for registry in ["cellar", "lounge"] {
        let (at, hidden) = (owner.at(registry), hidden.at(registry));
        let name = format!("{}crate", HIDDEN.0);
        let built = named(HIDDEN.0);
        let built = if registry == "lounge" { built.dependency("base", "1") } else { built };
        let _ = at.publish(&built).await.expect_status(200);
        at.shares(&name, &hidden).await;
        let _ = at.add_owners(&name, &["team:hushteam", "team:crew"]).await.expect_status(200);
        let limit = at.request(Method::PUT, &format!("/api/v1/crates/{name}/readers"));
        let _ = send(limit.json(&json!({ "limited": registry == "lounge" }))).await.expect_status(200);
        let _ = at.download(&name, &format!("1.0.0-{}", HIDDEN.0)).await.expect_status(200);
    }
    app.app().flush_counts().await.expect("downloads are counted");
    let me: Value = hidden.fetch("/api/v1/me").await.expect_status(200).json();
    me["user"]["id"].as_i64().expect("a number")
}

/// A crate with this word in everything that a crate has.
fn named(word: &str) -> ArchiveBuilder {
    ArchiveBuilder::new(&format!("{word}crate"), &format!("1.0.0-{word}"))
        .without_package_line("description")
        .package_line(&format!("description = \"{word} words\""))
        .package_line(&format!("keywords = [\"{word}word\", \"common\"]"))
        .package_line("categories = [\"parsing\"]")
        .readme(&format!("# {word}\n"))
}
