//! Lists of crates in every order, with every filter, and what is kept for them.

use cratekeep_store::krate::{NewHead, Seen};
use cratekeep_store::listing::{self, Filter, From, Order, Place};
use cratekeep_store::version::Yank;
use cratekeep_store::{
    download, krate, owner, reader, registry, registry_download, search_document, shown_krate, team,
    team_owner, version,
};
use cratekeep_types::{CanonName, CrateId, RegistryId};

use crate::world::{NOON, World, head, on_both};

on_both! {
    every_order_is_paged_by_number_and_by_place
    filters_narrow_together
    limited_crates_are_there_for_who_sees_them
    downloads_are_kept_and_counted_anew
    what_is_kept_is_compared
    a_document_has_all_by_which_a_crate_is_found
}

const NAMES: [&str; 5] = ["delta", "alpha", "echo", "bravo", "charlie"];

/// Five crates, the later ones with more downloads and changed later.
async fn five(world: &World) -> (RegistryId, Vec<CrateId>) {
    let registry = world.registry("main").await;
    let mut ids = Vec::new();
    for (turn, name) in (0..).zip(NAMES) {
        let id = world.krate(registry, name).await;
        world.version(id, "1.0.0").await;
        let new = NewHead { head: head(b""), description: None, updated_at: NOON.plus_secs(turn) };
        world
            .write(move |tx| {
                let new = new.clone();
                Box::pin(async move {
                    krate::set_head(tx, id, &new).await?;
                    krate::add_downloads(tx, &[(id, 10 * turn.unsigned_abs())]).await?;
                    registry::add_crates(tx, registry, 1).await
                })
            })
            .await;
        ids.push(id);
    }
    (registry, ids)
}

async fn ids_of(world: &World, filter: &Filter, order: Order, from: &From, limit: u32) -> Vec<CrateId> {
    let mut conn = world.read().await;
    let page = listing::page(&mut conn, filter, order, from, limit).await.expect("listed");
    page.into_iter().map(|(id, _)| id).collect()
}

async fn total(world: &World, filter: &Filter) -> u64 {
    listing::total(&mut *world.read().await, filter).await.expect("counted")
}

async fn every_order_is_paged_by_number_and_by_place(world: World) {
    let (registry, ids) = five(&world).await;
    let other = world.registry("other").await;
    world.krate(other, "alpha").await;
    let every = Filter::every(registry, Seen::default());
    assert_eq!(total(&world, &every).await, 5);
    let newest: Vec<_> = ids.iter().rev().copied().collect();
    for order in Order::ALL {
        let all = ids_of(&world, &every, order, &From::Offset(0), 10).await;
        match order {
            Order::Name => assert_eq!(all, [ids[1], ids[3], ids[4], ids[0], ids[2]]),
            _ => assert_eq!(all, newest, "{order:?}"),
        }
        assert_eq!(ids_of(&world, &every, order, &From::Offset(3), 10).await, all[3..], "{order:?}");
        let mut conn = world.read().await;
        let (mut walked, mut from) = (Vec::new(), From::Offset(0));
        loop {
            let page = listing::page(&mut conn, &every, order, &from, 2).await.expect("listed");
            let Some((_, place)) = page.last() else { break };
            from = From::After(place.clone());
            walked.extend(page.into_iter().map(|(id, _)| id));
        }
        assert_eq!(walked, all, "{order:?}");
    }
    let strange = From::After(Place::Name("alpha".to_owned()));
    assert_eq!(ids_of(&world, &every, Order::New, &strange, 10).await, []);
    let shown =
        shown_krate::list(&mut *world.read().await, &[ids[4], CrateId(999), ids[0]]).await.expect("read");
    let told: Vec<_> = shown.iter().map(|one| (one.name.as_str(), one.downloads)).collect();
    assert_eq!(told, [("delta", 0), ("charlie", 40)]);
}

async fn filters_narrow_together(world: World) {
    let (registry, ids) = five(&world).await;
    let (first, second) = (ids[0], ids[1]);
    let user = world.user("someone").await;
    let team = world
        .write(move |tx| {
            Box::pin(async move {
                let word = |text: &str| vec![text.to_owned()];
                shown_krate::add_keywords(tx, first, &["zip".to_owned(), "text".to_owned()]).await?;
                shown_krate::add_keywords(tx, second, &word("zip")).await?;
                shown_krate::add_categories(tx, first, &word("parsing::text")).await?;
                shown_krate::add_categories(tx, second, &word("parsing-more")).await?;
                owner::add(tx, second, user, None, NOON).await?;
                let team = team::insert(tx, &crate::teams::local("core"), NOON).await?;
                team_owner::add(tx, first, team, None, NOON).await?;
                let one = version::find(tx, second, &"1.0.0".parse().expect("a number")).await?;
                let yank = Yank { yanked: true, line: "{}".to_owned(), message: None };
                version::set_yanked(tx, one.expect("it is there").id, &yank).await?;
                let new = NewHead { head: head(b""), description: None, updated_at: NOON };
                krate::set_head(tx, second, &new).await?;
                Ok(team)
            })
        })
        .await;
    let every = || Filter::every(registry, Seen::default());
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let category = |slug: &str| Filter { category: Some(slug.to_owned()), ..every() };
    let names = |names: &[&str]| Some(names.iter().map(|name| CanonName::of(name)).collect::<Vec<_>>());
    for (filter, expected) in [
        (Filter { keywords: words("zip"), ..every() }, vec![second, first]),
        (Filter { keywords: words("zip text"), ..every() }, vec![first]),
        (category("parsing"), vec![first]),
        (category("parsing::text"), vec![first]),
        (category("parsing::te"), vec![]),
        (Filter { prefix: Some("e".to_owned()), ..every() }, vec![ids[2]]),
        (Filter { owner: Some(user), ..every() }, vec![second]),
        (Filter { team: Some(team), ..every() }, vec![first]),
        (Filter { names: names(&["Echo", "none"]), ..every() }, vec![ids[2]]),
        (Filter { names: names(&[]), ..every() }, vec![]),
        (Filter { live_only: true, keywords: words("zip"), ..every() }, vec![first]),
        (Filter { owner: Some(user), team: Some(team), ..every() }, vec![]),
    ] {
        assert_eq!(ids_of(&world, &filter, Order::Name, &From::Offset(0), 10).await, expected, "{filter:?}");
        assert_eq!(total(&world, &filter).await, expected.len() as u64, "{filter:?}");
    }
    assert_eq!(total(&world, &Filter { live_only: true, ..every() }).await, 4);
    assert_eq!(total(&world, &Filter { changed_only: true, ..every() }).await, 3);
    let mut conn = world.read().await;
    let counted = shown_krate::count_categories(&mut conn, registry).await.expect("counted");
    assert_eq!(counted, [("parsing-more".to_owned(), 1), ("parsing::text".to_owned(), 1)]);
    assert_eq!(shown_krate::downloads_of(&mut conn, registry).await, Ok((100, 100)));
}

async fn limited_crates_are_there_for_who_sees_them(world: World) {
    let (registry, ids) = five(&world).await;
    let (hidden, shown) = (ids[2], ids[3]);
    world
        .write(move |tx| {
            Box::pin(async move {
                reader::set_limited(tx, hidden, true).await?;
                reader::set_limited(tx, shown, true).await
            })
        })
        .await;
    for (seen, count) in [
        (Seen::default(), 3),
        (Seen { all: false, limited: vec![shown] }, 4),
        (Seen { all: true, limited: Vec::new() }, 5),
    ] {
        let filter = Filter::every(registry, seen);
        assert_eq!(total(&world, &filter).await, count);
        let narrowed = Filter { prefix: Some(String::new()), ..filter.clone() };
        assert_eq!(total(&world, &narrowed).await, count);
        for order in Order::ALL {
            let page = ids_of(&world, &filter, order, &From::Offset(0), 10).await;
            assert_eq!(page.len() as u64, count);
            assert_eq!(page.contains(&hidden), filter.seen.all);
        }
    }
}

async fn downloads_are_kept_and_counted_anew(world: World) {
    let (registry, ids) = five(&world).await;
    let counted = ids[0];
    let version = world.version(counted, "2.0.0").await;
    world
        .store
        .count("test", move |tx| {
            Box::pin(async move {
                let on = |day, downloads| download::NewCount { krate: counted, version, day, downloads };
                download::add(tx, &[on(1, 100), on(200, 7)]).await
            })
        })
        .await
        .expect("counted");
    world
        .write(move |tx| {
            Box::pin(async move {
                let counts =
                    [(counted, 1, 100), (counted, 200, 3), (counted, 200, 4), (CrateId(999), 200, 9)];
                registry_download::add(tx, &counts).await?;
                registry_download::add(tx, &[(counted, 200, 1)]).await
            })
        })
        .await;
    let mut conn = world.read().await;
    let days = registry_download::by_day(&mut conn, registry, 2, 200).await;
    assert_eq!(days, Ok(vec![(200, 8)]));
    assert_eq!(krate::end_of_batch(&mut conn, CrateId(0), 2).await, Ok(Some(ids[1])));
    assert_eq!(krate::end_of_batch(&mut conn, ids[4], 2).await, Ok(None));
    let nums = version::nums(&mut conn, counted).await.expect("read");
    assert_eq!(nums.iter().map(|(_, num)| num.to_string()).collect::<Vec<_>>(), ["1.0.0", "2.0.0"]);
    drop(conn);
    let last = ids[4];
    let recount = || {
        world.write(move |tx| {
            Box::pin(async move { krate::recount_downloads(tx, CrateId(0), last, 100).await })
        })
    };
    assert_eq!((recount().await, recount().await), (5, 0), "the second time finds nothing to do");
    let every = Filter::every(registry, Seen::default());
    let first = ids_of(&world, &every, Order::RecentDownloads, &From::Offset(0), 1).await;
    assert_eq!(first, [counted]);
    let shown = shown_krate::find(&mut *world.read().await, counted).await.expect("read").expect("there");
    assert_eq!((shown.downloads, shown.recent_downloads), (107, 7));
}

async fn what_is_kept_is_compared(world: World) {
    let (registry, ids) = five(&world).await;
    let kept = async || registry::compare_kept(&mut *world.read().await).await.expect("compared").remove(0);
    let good = kept().await;
    assert_eq!((good.crates_kept, good.crates_counted, good.wrongly_yanked), (5, 5, 0));
    let id = world.krate(registry, "foxtrot").await;
    let bad = kept().await;
    assert_eq!((bad.crates_kept, bad.crates_counted, bad.wrongly_yanked), (5, 6, 1), "{id:?} has no version");
    assert_eq!(ids.len(), 5);
}

async fn a_document_has_all_by_which_a_crate_is_found(world: World) {
    let (registry, ids) = five(&world).await;
    let (full, user) = (ids[1], world.user("someone").await);
    let team = world
        .write(move |tx| {
            Box::pin(async move {
                let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
                shown_krate::add_keywords(tx, full, &words("zip text")).await?;
                shown_krate::add_categories(tx, full, &words("parsing parsing::text")).await?;
                owner::add(tx, full, user, None, NOON).await?;
                let team = team::insert(tx, &crate::teams::local("core"), NOON).await?;
                team_owner::add(tx, full, team, None, NOON).await?;
                Ok(team)
            })
        })
        .await;
    let mut conn = world.read().await;
    let found = search_document::list(&mut conn, &[ids[0], full, CrateId(999)]).await.expect("read");
    assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [ids[0], full]);
    let (bare, full_one) = (&found[0], &found[1]);
    assert_eq!((bare.registry, bare.owners.len(), bare.keywords.len()), (registry, 0, 0));
    assert!(bare.metadata.is_some() && !bare.limited && !bare.all_yanked);
    assert_eq!(full_one.keywords, ["text", "zip"]);
    assert_eq!(full_one.categories, ["parsing", "parsing::text"]);
    let by_number = [format!("#u{}", user.0), format!("#t{}", team.0)];
    assert_eq!(full_one.owners, ["someone", &by_number[0], "team:core", &by_number[1]]);
    assert_eq!(full_one.facts.downloads, 10);
    let facts = search_document::facts_after(&mut conn, ids[2], 10).await.expect("read");
    assert_eq!(
        facts.iter().map(|(id, facts)| (*id, facts.downloads)).collect::<Vec<_>>(),
        [(ids[3], 30), (ids[4], 40)]
    );
    assert_eq!(search_document::owned_by(&mut conn, Some(user.0), None).await, Ok(vec![full]));
    assert_eq!(search_document::owned_by(&mut conn, None, Some(team.0)).await, Ok(vec![full]));
    assert_eq!(search_document::owned_by(&mut conn, None, None).await, Ok(Vec::new()));
}
