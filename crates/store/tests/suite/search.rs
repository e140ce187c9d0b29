//! Finding crates by words.

use cratekeep_store::krate::{self, NewHead, SEARCH_MAX, Search, SearchPage};
use cratekeep_store::version::{self, Yank};
use cratekeep_types::{CanonName, CrateId, RegistryId};

use crate::world::{NOON, World, head, on_both};

on_both! {
    the_exact_name_comes_first_then_prefixes_then_the_rest
    signs_with_a_meaning_in_patterns_are_taken_literally
    pages_know_the_total_even_past_the_end
    a_hit_names_its_versions
}

async fn describe(world: &World, krate: CrateId, description: &'static str) {
    let new = NewHead { head: head(b""), description: Some(description.to_owned()), updated_at: NOON };
    world
        .write(move |tx| {
            let new = new.clone();
            Box::pin(async move { krate::set_head(tx, krate, &new).await })
        })
        .await;
}

async fn search(world: &World, registry: RegistryId, text: &str, offset: u32, limit: u32) -> SearchPage {
    let seen = krate::Seen::default();
    let search = Search { seen, registry, text: text.to_owned(), canon: CanonName::of(text), offset, limit };
    krate::search(&mut *world.read().await, &search).await.expect("searched")
}

fn names(page: &SearchPage) -> Vec<&str> {
    page.hits.iter().map(|hit| hit.krate.name.as_str()).collect()
}

async fn the_exact_name_comes_first_then_prefixes_then_the_rest(world: World) {
    let (registry, other) = (world.registry("main").await, world.registry("other").await);
    for name in ["a_serde", "Serde_json", "unrelated", "serde", "serde-yaml"] {
        world.krate(registry, name).await;
    }
    world.krate(other, "serde").await;
    let by_words = world.krate(registry, "zebra").await;
    describe(&world, by_words, "Made for SERDE and friends").await;
    let page = search(&world, registry, "Serde", 0, 10).await;
    assert_eq!(names(&page), ["serde", "Serde_json", "serde-yaml", "a_serde", "zebra"]);
    assert_eq!(page.total, 5);
    assert_eq!(names(&search(&world, registry, "serde-JSON", 0, 10).await), ["Serde_json"]);
    assert_eq!(names(&search(&world, registry, "for serde and", 0, 10).await), ["zebra"]);
    assert_eq!(search(&world, registry, "", 0, 10).await.total, 6, "nothing asked finds everything");
    let nothing = search(&world, registry, "no such words", 0, 10).await;
    assert_eq!((nothing.hits.len(), nothing.total), (0, 0));
}

async fn signs_with_a_meaning_in_patterns_are_taken_literally(world: World) {
    let registry = world.registry("main").await;
    let percent = world.krate(registry, "percent").await;
    describe(&world, percent, "100% sure! [really] c:\\path").await;
    let under = world.krate(registry, "under").await;
    describe(&world, under, "snake_case").await;
    for (text, expected) in [
        ("100%", 1),
        ("0%s", 0),
        ("%", 1),
        ("_", 1),
        ("snake_case", 1),
        ("e_c", 1),
        ("n_k", 0),
        ("!", 1),
        ("c:\\p", 1),
    ] {
        assert_eq!(search(&world, registry, text, 0, 10).await.total, expected, "{text}");
    }
}

async fn pages_know_the_total_even_past_the_end(world: World) {
    let registry = world.registry("main").await;
    for name in ["ab", "ac", "ad", "ae", "af"] {
        world.krate(registry, name).await;
    }
    let second = search(&world, registry, "a", 2, 2).await;
    assert_eq!((names(&second), second.total), (vec!["ad", "ae"], 5));
    let beyond = search(&world, registry, "a", 50, 2).await;
    assert_eq!((beyond.hits.len(), beyond.total), (0, 5));
    let unbounded = search(&world, registry, "a", 0, SEARCH_MAX + 1000).await;
    assert_eq!(unbounded.hits.len(), 5);
}

async fn a_hit_names_its_versions(world: World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "demo").await;
    world.krate(registry, "demo-empty").await;
    world.version(krate, "1.0.0+b.1").await;
    let yanked = world.version(krate, "1.1.0").await;
    world
        .write(move |tx| {
            let yank = Yank { yanked: true, message: None, line: String::new() };
            Box::pin(async move { version::set_yanked(tx, yanked, &yank).await })
        })
        .await;
    let page = search(&world, registry, "demo", 0, 10).await;
    assert_eq!(page.hits[0].versions, [("1.0.0+b.1".to_owned(), false), ("1.1.0".to_owned(), true)]);
    assert_eq!(page.hits[1].versions, []);
}
