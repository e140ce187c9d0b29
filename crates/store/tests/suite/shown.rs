//! Crates and versions as pages show them.

use cratekeep_store::audit::{NewAudit, Who};
use cratekeep_store::dependency::{DependencyRow, Source};
use cratekeep_store::shown_krate::{self, KeywordOrder};
use cratekeep_store::shown_version::{self, Below};
use cratekeep_store::{audit, dependency, version};
use cratekeep_types::{CanonName, CrateId, RegistryId, VersionId};

use crate::world::{NOON, World, new_version, on_both};

on_both! {
    versions_come_in_order_of_number_and_of_publish
    versions_are_found_by_their_numbers
    versions_without_order_are_found_and_put_into_it
    a_crate_tells_its_highest_versions
    words_are_kept_and_counted
    dependents_are_found_by_their_version_to_show_first
    acts_are_those_of_the_version
    facts_are_kept_beside_the_metadata
}

async fn krate_with(world: &World, nums: &[&'static str]) -> (RegistryId, CrateId) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "demo").await;
    for num in nums {
        world.version(krate, num).await;
    }
    (registry, krate)
}

async fn versions_are_found_by_their_numbers(world: World) {
    let (_, krate) = krate_with(&world, &["1.9.0", "1.10.0", "2.0.0-rc.1", "0.1.0"]).await;
    let mut conn = world.read().await;
    let found = shown_version::among(&mut conn, krate, &["1.9.0", "2.0.0-rc.1", "3.0.0"]).await;
    let nums: Vec<_> = found.expect("listed").iter().map(|one| one.num.to_string()).collect();
    assert_eq!(nums, ["2.0.0-rc.1", "1.9.0"]);
    let releases = shown_version::releases(&mut conn, krate).await.expect("listed");
    assert_eq!(releases.iter().map(ToString::to_string).collect::<Vec<_>>(), ["1.10.0", "1.9.0", "0.1.0"]);
}

async fn versions_come_in_order_of_number_and_of_publish(world: World) {
    let (_, krate) = krate_with(&world, &["1.9.0", "1.10.0", "2.0.0-rc.1", "0.1.0"]).await;
    let mut conn = world.read().await;
    let high = shown_version::highest_first(&mut conn, krate, &Below::everything(), 3).await.expect("listed");
    let nums: Vec<_> = high.iter().map(|one| one.num.to_string()).collect();
    assert_eq!(nums, ["2.0.0-rc.1", "1.10.0", "1.9.0"]);
    let last = high.last().expect("three versions");
    let below = Below { order: last.num.order_text(), id: last.id };
    let rest = shown_version::highest_first(&mut conn, krate, &below, 3).await.expect("listed");
    assert_eq!(rest.iter().map(|one| one.num.to_string()).collect::<Vec<_>>(), ["0.1.0"]);
    let new = shown_version::newest_first(&mut conn, krate, VersionId(i64::MAX), 2).await.expect("listed");
    assert_eq!(new.iter().map(|one| one.num.to_string()).collect::<Vec<_>>(), ["0.1.0", "2.0.0-rc.1"]);
    let first = shown_version::default_of(&mut conn, krate).await.expect("read").expect("there is one");
    assert_eq!(first.num.to_string(), "1.10.0");
    let one = shown_version::find(&mut conn, krate, &"1.9.0".parse().expect("a number")).await.expect("read");
    assert_eq!(one.map(|one| (one.krate.to_string(), one.downloads)), Some(("demo".to_owned(), 0)));
}

async fn versions_without_order_are_found_and_put_into_it(world: World) {
    let (_, krate) = krate_with(&world, &["1.0.0", "1.0.0-rc.1"]).await;
    world.unorder().await;
    let found = shown_version::unordered(&mut *world.read().await, 10).await.expect("listed");
    assert_eq!(found.len(), 2);
    world
        .write(move |tx| {
            let found = found.clone();
            Box::pin(async move { shown_version::set_order(tx, &found).await })
        })
        .await;
    let mut conn = world.read().await;
    assert_eq!(shown_version::unordered(&mut conn, 10).await, Ok(Vec::new()));
    let first = shown_version::default_of(&mut conn, krate).await.expect("read").expect("there is one");
    assert_eq!(first.num.to_string(), "1.0.0");
}

async fn a_crate_tells_its_highest_versions(world: World) {
    let (_, krate) = krate_with(&world, &["1.0.0", "2.0.0-rc.1", "0.9.0"]).await;
    let shown = shown_krate::find(&mut *world.read().await, krate).await.expect("read").expect("it is there");
    let text = |num: &Option<cratekeep_types::VersionNum>| num.as_ref().map(ToString::to_string);
    assert_eq!((shown.versions, shown.downloads, shown.recent_downloads, shown.yanked), (3, 0, 0, false));
    assert_eq!(text(&shown.default_version).as_deref(), Some("1.0.0"));
    assert_eq!(text(&shown.max_version).as_deref(), Some("2.0.0-rc.1"));
    assert_eq!(text(&shown.max_stable_version).as_deref(), Some("1.0.0"));
    assert_eq!(text(&shown.newest_version).as_deref(), Some("0.9.0"));
}

async fn words_are_kept_and_counted(world: World) {
    let (registry, krate) = krate_with(&world, &["1.0.0"]).await;
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    world
        .write(move |tx| {
            let (first, second) = (words("Parser zip parser"), words("parsing"));
            Box::pin(async move {
                shown_krate::add_keywords(tx, krate, &first).await?;
                shown_krate::add_categories(tx, krate, &second).await
            })
        })
        .await;
    let mut conn = world.read().await;
    assert_eq!(shown_krate::keywords(&mut conn, krate).await, Ok(words("parser zip")));
    assert_eq!(shown_krate::categories(&mut conn, krate).await, Ok(words("parsing")));
    let all =
        shown_krate::list_keywords(&mut conn, registry, KeywordOrder::Crates, (0, 10)).await.expect("listed");
    assert_eq!(
        all.iter().map(|one| (one.keyword.as_str(), one.crates)).collect::<Vec<_>>(),
        [("parser", 1), ("zip", 1)]
    );
    let second =
        shown_krate::list_keywords(&mut conn, registry, KeywordOrder::Name, (1, 10)).await.expect("listed");
    assert_eq!((second.len(), second[0].keyword.as_str()), (1, "zip"));
    assert_eq!(shown_krate::count_keywords(&mut conn, registry).await, Ok(2));
    assert_eq!(
        shown_krate::find_keyword(&mut conn, registry, "zip").await.map(|one| one.map(|one| one.crates)),
        Ok(Some(1))
    );
    drop(conn);
    world.write(move |tx| Box::pin(async move { shown_krate::clear_words(tx, krate).await })).await;
    assert_eq!(shown_krate::keywords(&mut *world.read().await, krate).await, Ok(Vec::new()));
}

async fn dependents_are_found_by_their_version_to_show_first(world: World) {
    let (registry, _) = krate_with(&world, &["1.0.0"]).await;
    let user = world.krate(registry, "user").await;
    world
        .write(move |tx| {
            Box::pin(async move {
                let id = version::insert(tx, &new_version(user, "1.0.0")).await?;
                let on = |kind: &str| DependencyRow {
                    name: "Demo".parse().expect("a name"),
                    name_in_toml: "demo".to_owned(),
                    req: "^1".to_owned(),
                    kind: kind.to_owned(),
                    target: None,
                    optional: false,
                    default_features: true,
                    features: Vec::new(),
                    public: false,
                    source: Source::Registry(registry),
                };
                dependency::insert(tx, id, &[on("normal"), on("dev")]).await
            })
        })
        .await;
    let demo = CanonName::of("demo");
    let mut conn = world.read().await;
    let found = shown_version::dependents(&mut conn, registry, &demo, (0, 10)).await.expect("listed");
    assert_eq!((found.len(), found[0].1.kind.as_str(), found[0].0.krate.as_str()), (1, "normal", "user"));
    assert_eq!(shown_version::count_dependents(&mut conn, registry, &demo).await, Ok(1));
    drop(conn);
    world.version(user, "1.1.0").await;
    let mut conn = world.read().await;
    assert_eq!(shown_version::dependents(&mut conn, registry, &demo, (0, 10)).await, Ok(Vec::new()));
    assert_eq!(shown_version::count_dependents(&mut conn, registry, &demo).await, Ok(0));
}

async fn acts_are_those_of_the_version(world: World) {
    let user = world.user("someone").await;
    world
        .write(move |tx| {
            let row = |action: &str, refusal: Option<&str>| NewAudit {
                registry: Some("main".to_owned()),
                krate: Some("demo".to_owned()),
                version: Some("1.0.0".to_owned()),
                refusal: refusal.map(str::to_owned),
                ..NewAudit::new(action, Who::User(user), NOON)
            };
            let rows =
                [row("publish", None), row("yank", Some("no")), row("yank", None), row("owner-add", None)];
            Box::pin(async move { audit::insert(tx, &rows).await })
        })
        .await;
    let of = async |nums: &[&str]| {
        let nums: Vec<_> = nums.iter().map(|num| (*num).to_owned()).collect();
        audit::version_acts(&mut *world.read().await, "main", "demo", &nums).await.expect("listed")
    };
    let acts = of(&["0.9.0", "1.0.0"]).await;
    assert_eq!(acts.iter().map(|act| act.action.as_str()).collect::<Vec<_>>(), ["publish", "yank"]);
    assert_eq!(acts[0].name.as_str(), "someone");
    assert_eq!(of(&["0.9.0"]).await, []);
    assert_eq!(of(&[]).await, []);
}

async fn facts_are_kept_beside_the_metadata(world: World) {
    let (_, krate) = krate_with(&world, &["1.0.0"]).await;
    let num = "1.0.0".parse().expect("a number");
    let found =
        shown_version::find(&mut *world.read().await, krate, &num).await.expect("read").expect("there");
    assert_eq!(found.facts, None);
    for (id, is_there) in [(found.id, true), (VersionId(found.id.0 + 1), false)] {
        let set =
            world.write(move |tx| Box::pin(async move { version::set_facts(tx, id, "{}").await })).await;
        assert_eq!(set, is_there);
    }
    let found =
        shown_version::find(&mut *world.read().await, krate, &num).await.expect("read").expect("there");
    assert_eq!(found.facts.as_deref(), Some("{}"));
}
