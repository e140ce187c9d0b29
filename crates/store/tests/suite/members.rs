//! Members of registries and readers of limited crates.

use cratekeep_store::krate::{self, Search, Seen};
use cratekeep_store::{member, owner, reader, registry};
use cratekeep_types::{CanonName, NewCrates, Role, TeamId};

use crate::world::{NOON, World, on_both};

on_both! {
    members_have_one_role_and_lose_it
    a_limited_crate_knows_who_sees_it
    a_search_counts_what_is_seen
    who_may_begin_crates_is_kept
    members_of_teams_see_what_their_teams_may
}

async fn members_of_teams_see_what_their_teams_may(world: World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "demo").await;
    let user = world.user("someone").await;
    crate::filler::fill(&world).await;
    let team = TeamId(1);
    world
        .write(move |tx| {
            Box::pin(async move {
                assert_eq!(member::find_team_role(tx, registry, team).await?, Some(Role::Publisher));
                member::set_team_role(tx, registry, team, Role::Reader, None, NOON).await?;
                assert_eq!(member::find_team_role(tx, registry, team).await?, Some(Role::Reader));
                reader::set_limited(tx, krate, true).await?;
                reader::clear(tx, krate).await?;
                assert!(!reader::add_team(tx, krate, team, NOON).await?);
                assert!(member::remove_team(tx, registry, team).await?);
                Ok(())
            })
        })
        .await;
    let mut conn = world.read().await;
    assert_eq!(reader::teams_seeing(&mut conn, krate).await, Ok(vec![team]));
    assert_eq!(reader::list_teams(&mut conn, krate).await, Ok(vec!["team:core".to_owned()]));
    assert_eq!(reader::limited_seen_by(&mut conn, registry, user).await, Ok(vec![krate]));
}

async fn members_have_one_role_and_lose_it(world: World) {
    let (registry, ada) = (world.registry("vault").await, world.user("ada").await);
    world
        .write(move |tx| {
            Box::pin(async move {
                member::set_role(tx, registry, ada, Role::Reader, None, NOON).await?;
                member::set_role(tx, registry, ada, Role::Publisher, Some(ada), NOON.plus_secs(1)).await?;
                assert_eq!(member::find_role(tx, registry, ada).await?, Some(Role::Publisher));
                assert_eq!(member::find_team_role(tx, registry, TeamId(9)).await?, None);
                assert!(!member::remove_team(tx, registry, TeamId(9)).await?);
                assert_eq!(member::count(tx, registry).await?, 1);
                Ok(())
            })
        })
        .await;
    let mut conn = world.read().await;
    let listed = member::list(&mut conn, registry).await.expect("they are listed");
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].login.as_str(), listed[0].role, listed[0].added_at),
        ("ada", Role::Publisher, NOON)
    );
    drop(conn);
    world
        .write(move |tx| {
            Box::pin(async move {
                assert!(member::remove(tx, registry, ada).await?);
                assert!(!member::remove(tx, registry, ada).await?);
                Ok(())
            })
        })
        .await;
}

async fn a_limited_crate_knows_who_sees_it(world: World) {
    let registry = world.registry("vault").await;
    let krate = world.krate(registry, "secret").await;
    let (ada, bob, eve) = (world.user("ada").await, world.user("bob").await, world.user("eve").await);
    let canon = CanonName::of("secret");
    let name = canon.clone();
    world
        .write(move |tx| {
            let canon = name.clone();
            Box::pin(async move {
                owner::add(tx, krate, ada, None, NOON).await?;
                assert_eq!(reader::limited_crate(tx, registry, &canon).await?, None);
                assert!(reader::set_limited(tx, krate, true).await?);
                assert_eq!(reader::limited_crate(tx, registry, &canon).await?, Some(krate));
                assert!(reader::is_limited(tx, krate).await?);
                assert!(reader::add(tx, krate, bob, NOON).await?);
                assert!(!reader::add(tx, krate, bob, NOON).await?);
                Ok(())
            })
        })
        .await;
    let mut conn = world.read().await;
    assert_eq!(reader::count_limited(&mut conn, registry).await, Ok(1));
    assert_eq!(reader::accounts_seeing(&mut conn, krate).await, Ok(vec![ada, bob]));
    assert_eq!(reader::teams_seeing(&mut conn, krate).await, Ok(Vec::new()));
    assert_eq!(reader::list_teams(&mut conn, krate).await, Ok(Vec::new()));
    for (who, seen) in [(ada, vec![krate]), (bob, vec![krate]), (eve, Vec::new())] {
        assert_eq!(reader::limited_seen_by(&mut conn, registry, who).await, Ok(seen));
    }
    let readers = reader::list(&mut conn, krate).await.expect("they are listed");
    assert_eq!(readers.iter().map(|account| account.id).collect::<Vec<_>>(), [bob]);
    drop(conn);
    let cleared = world
        .write(move |tx| {
            Box::pin(
                async move { Ok((reader::clear(tx, krate).await?, reader::clear_teams(tx, krate).await?)) },
            )
        })
        .await;
    assert_eq!(cleared, (1, 0));
}

async fn a_search_counts_what_is_seen(world: World) {
    let registry = world.registry("vault").await;
    let (_plain, secret) = (world.krate(registry, "plain").await, world.krate(registry, "secret").await);
    world.write(move |tx| Box::pin(async move { reader::set_limited(tx, secret, true).await })).await;
    let mut conn = world.read().await;
    for (seen, total) in [
        (Seen::default(), 1),
        (Seen { all: true, limited: Vec::new() }, 2),
        (Seen { all: false, limited: vec![secret] }, 2),
    ] {
        let search =
            Search { seen, registry, text: String::new(), canon: CanonName::of(""), offset: 0, limit: 10 };
        let found = krate::search(&mut conn, &search).await.expect("searched");
        assert_eq!((found.total, found.hits.len() as u64), (total, total));
    }
}

async fn who_may_begin_crates_is_kept(world: World) {
    let id = world.registry("vault").await;
    let changed = world
        .write(move |tx| {
            Box::pin(async move { registry::set_new_crates(tx, id, NewCrates::Publishers).await })
        })
        .await;
    assert!(changed);
    let found = registry::find_by_id(&mut *world.read().await, id).await.expect("read").expect("there");
    assert_eq!(found.new_crates, NewCrates::Publishers);
}
