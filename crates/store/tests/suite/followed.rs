//! Followed crates, feeds, and what an account's crates come to.

use cratekeep_store::download::{self, NewCount};
use cratekeep_store::krate::Seen;
use cratekeep_store::{StoreError, feed, followed_krate, owner, reader};
use cratekeep_types::{CrateId, UserId, VersionId};

use crate::world::{NOON, World, on_both};

on_both! {
    updates_are_those_of_followed_crates_that_are_seen
    feeds_leave_out_what_is_not_seen
    downloads_of_an_account_are_those_of_its_crates
}

impl World {
    async fn follow(&self, user: UserId, krate: CrateId) -> bool {
        self.write(move |tx| Box::pin(async move { followed_krate::insert(tx, user, krate, NOON).await }))
            .await
    }

    async fn downloaded(&self, krate: CrateId, version: VersionId, downloads: u64) {
        let count = NewCount { krate, version, day: 100, downloads };
        let added = self.store.count("test", move |tx| {
            let counts = [count];
            Box::pin(async move { download::add(tx, &counts).await })
        });
        added.await.expect("added");
    }

    async fn limit(&self, krate: CrateId) {
        self.write(move |tx| Box::pin(async move { reader::set_limited(tx, krate, true).await.map(drop) }))
            .await;
    }
}

fn everything() -> Seen {
    Seen { all: true, limited: Vec::new() }
}

async fn updates_are_those_of_followed_crates_that_are_seen(world: World) {
    let registry = world.registry("main").await;
    let (one, two) = (world.krate(registry, "one").await, world.krate(registry, "two").await);
    let user = world.user("zoe").await;
    for (krate, num) in [(one, "1.0.0"), (two, "1.0.0"), (one, "1.1.0")] {
        world.version(krate, num).await;
    }
    assert!(world.follow(user, one).await && !world.follow(user, one).await);
    assert!(world.follow(user, two).await);
    let mut conn = world.read().await;
    assert_eq!(followed_krate::count(&mut conn, user).await, Ok(2));
    assert_eq!(followed_krate::is_followed(&mut conn, user, one).await, Ok(true));
    drop(conn);
    world.limit(two).await;
    let shown = async |seen: Seen, page| {
        let found = followed_krate::updates(&mut *world.read().await, registry, user, &seen, page).await?;
        Ok::<_, StoreError>(found.iter().map(|one| format!("{} {}", one.krate, one.num)).collect::<Vec<_>>())
    };
    assert_eq!(shown(Seen::default(), (0, 10)).await.expect("read"), ["one 1.1.0", "one 1.0.0"]);
    let all = ["one 1.1.0", "two 1.0.0", "one 1.0.0"];
    assert_eq!(shown(everything(), (0, 10)).await.expect("read"), all);
    assert_eq!(shown(Seen { all: false, limited: vec![two] }, (1, 1)).await.expect("read"), all[1..2]);
    let left =
        world.write(move |tx| Box::pin(async move { followed_krate::remove(tx, user, one).await })).await;
    assert!(left);
    assert_eq!(shown(everything(), (0, 10)).await.expect("read"), ["two 1.0.0"]);
}

async fn feeds_leave_out_what_is_not_seen(world: World) {
    let registry = world.registry("main").await;
    let (one, two) = (world.krate(registry, "one").await, world.krate(registry, "two").await);
    for (krate, num) in [(one, "1.0.0"), (two, "2.0.0"), (one, "1.1.0")] {
        world.version(krate, num).await;
    }
    world.limit(two).await;
    let mut conn = world.read().await;
    let crates = feed::new_crates(&mut conn, registry, &Seen::default(), 10).await.expect("read");
    assert_eq!(crates.iter().map(|new| new.id).collect::<Vec<_>>(), [one]);
    let crates = feed::new_crates(&mut conn, registry, &everything(), 1).await.expect("read");
    assert_eq!(crates.iter().map(|new| new.id).collect::<Vec<_>>(), [two]);
    let nums = |new: Vec<feed::NewVersion>| new.iter().map(|new| new.num.to_string()).collect::<Vec<_>>();
    let seen = feed::new_versions(&mut conn, registry, &Seen::default(), 10).await.expect("read");
    assert_eq!(nums(seen), ["1.1.0", "1.0.0"]);
    let seen = feed::new_versions(&mut conn, registry, &everything(), 10).await.expect("read");
    assert_eq!(nums(seen), ["1.1.0", "2.0.0", "1.0.0"]);
    assert_eq!(nums(feed::versions_of(&mut conn, one, 1).await.expect("read")), ["1.1.0"]);
}

async fn downloads_of_an_account_are_those_of_its_crates(world: World) {
    let registry = world.registry("main").await;
    let (krate, user) = (world.krate(registry, "one").await, world.user("zoe").await);
    let version = world.version(krate, "1.0.0").await;
    world.write(move |tx| Box::pin(async move { owner::add(tx, krate, user, None, NOON).await })).await;
    world.downloaded(krate, version, 7).await;
    let mut conn = world.read().await;
    assert_eq!(owner::downloads(&mut conn, registry, user, &Seen::default()).await, Ok(7));
    drop(conn);
    world.limit(krate).await;
    let mut conn = world.read().await;
    assert_eq!(owner::downloads(&mut conn, registry, user, &Seen::default()).await, Ok(0));
    assert_eq!(owner::downloads(&mut conn, registry, user, &everything()).await, Ok(7));
    assert_eq!(owner::downloads(&mut conn, registry, UserId(999), &everything()).await, Ok(0));
}
