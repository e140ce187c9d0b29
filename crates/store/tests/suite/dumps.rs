//! Rows of a registry for everybody, page by page, of one moment.

use cratekeep_store::dependency::{DependencyRow, Source};
use cratekeep_store::download::NewCount;
use cratekeep_store::public_dump::{self, DumpRow, Key, Value};
use cratekeep_store::team::NewTeam;
use cratekeep_store::{dependency, download, owner, reader, shown_krate, team, team_owner};
use cratekeep_types::{CrateId, RegistryId};

use crate::world::{NOON, World, on_both};

on_both! {
    every_table_has_its_rows_page_by_page
    what_is_limited_and_what_is_elsewhere_is_left_out
    a_snapshot_does_not_move
}

fn dependency_on(registry: RegistryId, name: &str) -> DependencyRow {
    DependencyRow {
        name: name.parse().expect("a name"),
        name_in_toml: "one".to_owned(),
        req: "^1".to_owned(),
        kind: "dev".to_owned(),
        target: None,
        optional: true,
        default_features: false,
        features: vec!["f".to_owned()],
        public: false,
        source: Source::Registry(registry),
    }
}

/// Two crates: `first`, owned by ada and a team, and `second`, owned by bob and depending on `first`.
async fn furnished(world: &World) -> (RegistryId, CrateId, CrateId) {
    let registry = world.registry("main").await;
    let (first, second) = (world.krate(registry, "first").await, world.krate(registry, "second").await);
    let versions = [world.version(first, "1.0.0").await, world.version(second, "1.0.0").await];
    let (ada, bob) = (world.user("ada").await, world.user("bob").await);
    let _nobody = world.user("eve").await;
    world
        .write(move |tx| {
            Box::pin(async move {
                owner::add(tx, first, ada, None, NOON).await?;
                owner::add(tx, second, bob, Some(ada), NOON).await?;
                shown_krate::add_keywords(tx, first, &["a".to_owned(), "b".to_owned()]).await?;
                shown_krate::add_keywords(tx, second, &["b".to_owned()]).await?;
                shown_krate::add_categories(tx, second, &["parsing".to_owned()]).await?;
                let crew = NewTeam {
                    login: "github:acme:crew".to_owned(),
                    kind: "github".to_owned(),
                    name: "crew".to_owned(),
                    external_id: Some("42".to_owned()),
                    organization_id: Some("7".to_owned()),
                    avatar: None,
                };
                let crew = team::insert(tx, &crew, NOON).await?;
                team_owner::add(tx, first, crew, Some(ada), NOON).await?;
                let rows = [dependency_on(registry, "First"), dependency_on(registry, "unknown")];
                dependency::insert(tx, versions[1], &rows).await
            })
        })
        .await;
    let counted = world.store.count("test", move |tx| {
        Box::pin(async move {
            let count = |day, downloads| NewCount { krate: first, version: versions[0], day, downloads };
            download::add(tx, &[count(5, 2), count(7, 3)]).await
        })
    });
    counted.await.expect("counted");
    (registry, first, second)
}

/// Every row, a page of one at a time.
macro_rules! all {
    ($after:ident => $page:expr) => {{
        let (mut rows, mut $after) = (Vec::<DumpRow>::new(), Key::default());
        loop {
            let page = $page.await.expect("listed");
            let Some(row) = page.into_iter().next() else { break rows };
            assert!(row.key > $after, "keys go up: {row:?} after {:?}", $after);
            $after = row.key.clone();
            rows.push(row);
        }
    }};
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn column(rows: &[DumpRow], at: usize) -> Vec<Value> {
    rows.iter().map(|row| row.values[at].clone()).collect()
}

async fn every_table_has_its_rows_page_by_page(world: World) {
    let (registry, first, second) = furnished(&world).await;
    let mut conn = world.read().await;
    assert_eq!(
        column(&all!(after => public_dump::crates(&mut conn, registry, &after, 1)), 1),
        [text("first"), text("second")]
    );
    let versions = all!(after => public_dump::versions(&mut conn, registry, &after, 1));
    assert_eq!(column(&versions, 10), [Value::Number(5), Value::Number(0)]);
    let dependencies = all!(after => public_dump::dependencies(&mut conn, registry, &after, 1));
    assert_eq!(column(&dependencies, 2), [Value::Number(first.0)], "only on crates that are there");
    assert_eq!(dependencies[0].values[4..7], [Value::Flag(true), Value::Flag(false), text("[\"f\"]")]);
    assert_eq!(
        column(&all!(after => public_dump::owners(&mut conn, registry, &after, 1)), 0),
        [Value::Number(first.0), Value::Number(second.0)]
    );
    assert_eq!(
        column(&all!(after => public_dump::team_owners(&mut conn, registry, &after, 1)), 0),
        [Value::Number(first.0)]
    );
    assert_eq!(
        column(&all!(after => public_dump::users(&mut conn, registry, &after, 1)), 1),
        [text("ada"), text("bob")],
        "eve owns nothing"
    );
    assert_eq!(column(&all!(after => public_dump::teams(&mut conn, registry, &after, 1)), 3), [text("42")]);
    assert_eq!(
        column(&all!(after => public_dump::keywords(&mut conn, registry, &after, 1)), 0),
        [text("a"), text("b"), text("b")]
    );
    assert_eq!(
        column(&all!(after => public_dump::categories(&mut conn, registry, &after, 1)), 0),
        [text("parsing")]
    );
    assert_eq!(
        column(&all!(after => public_dump::counts(&mut conn, registry, &after, 1)), 3),
        [Value::Number(5), Value::Number(0)]
    );
    assert_eq!(
        column(&all!(after => public_dump::downloads(&mut conn, registry, 6, &after, 1)), 2),
        [Value::Number(3)]
    );
}

async fn what_is_limited_and_what_is_elsewhere_is_left_out(world: World) {
    let (registry, first, _) = furnished(&world).await;
    let elsewhere = world.registry("annex").await;
    let _other = world.krate(elsewhere, "other").await;
    world.write(move |tx| Box::pin(async move { reader::set_limited(tx, first, true).await })).await;
    let mut conn = world.read().await;
    assert_eq!(
        column(&all!(after => public_dump::crates(&mut conn, registry, &after, 1)), 1),
        [text("second")]
    );
    assert_eq!(all!(after => public_dump::versions(&mut conn, registry, &after, 1)).len(), 1);
    assert!(
        all!(after => public_dump::dependencies(&mut conn, registry, &after, 1)).is_empty(),
        "what it depends on is not to be seen"
    );
    assert!(
        all!(after => public_dump::teams(&mut conn, registry, &after, 1)).is_empty()
            && all!(after => public_dump::downloads(&mut conn, registry, 0, &after, 1)).is_empty()
    );
    assert_eq!(all!(after => public_dump::keywords(&mut conn, registry, &after, 1)).len(), 1);
    assert!(
        all!(after => public_dump::crates(&mut conn, elsewhere, &after, 1)).is_empty(),
        "it has no versions"
    );
}

async fn a_snapshot_does_not_move(world: World) {
    let (registry, _, second) = furnished(&world).await;
    let mut conn = world.store.snapshot().await.expect("a snapshot");
    assert_eq!(all!(after => public_dump::versions(&mut conn, registry, &after, 1)).len(), 2);
    world.version(second, "2.0.0").await;
    assert_eq!(all!(after => public_dump::versions(&mut conn, registry, &after, 1)).len(), 2);
    drop(conn);
    let mut conn = world.store.snapshot().await.expect("a snapshot");
    assert_eq!(all!(after => public_dump::versions(&mut conn, registry, &after, 1)).len(), 3);
}
