//! Migrations.

use std::collections::BTreeSet;

use cratekeep_store::{Conn, Schema, Store, StoreError, meta, node};
use cratekeep_types::{EventNumber, Steps};
use sqlx::{Executor, Row};

use crate::world::{NOON, Place, World, on_both};

on_both! {
    an_empty_database_is_migrated_once
    racing_nodes_migrate_once
    a_newer_schema_is_refused
    an_edited_migration_is_refused
    a_database_of_somebody_else_is_refused
}

/// Runs SQL that no function of the store would.
async fn damage(world: &World, sql: &'static str) {
    let done = world
        .store
        .write("damage", move |tx| {
            Box::pin(async move {
                let conn: &mut Conn = tx;
                let done = match conn {
                    Conn::Sqlite(link) => link.inner().execute(sql).await.map(|_| ()),
                    Conn::Postgres(link) => link.inner().execute(sql).await.map(|_| ()),
                };
                done.map_err(|error| StoreError::Internal(error.to_string()))
            })
        })
        .await;
    done.expect("the damage is done");
}

async fn an_empty_database_is_migrated_once(world: World) {
    let place = world.place.another().await;
    let store = Store::open(place.options(), Steps::unwatched()).await.expect("opened");
    assert_eq!(store.schema().await, Ok(Schema::Empty));
    let early = store.read().await.expect("a connection");
    drop(early);
    assert!(store.migrate(NOON).await.expect("migrated") > 0);
    assert_eq!(store.schema().await, Ok(Schema::Current));
    assert_eq!(store.migrate(NOON).await, Ok(0));
    assert_eq!(meta::get(&mut store.read().await.expect("a connection"), meta::Key::BaseUrl).await, Ok(None));
}

async fn racing_nodes_migrate_once(world: World) {
    let place = world.place.another().await;
    let nodes =
        futures::future::join_all((0..4).map(|_| Store::open(place.options(), Steps::unwatched()))).await;
    let nodes: Vec<Store> = nodes.into_iter().map(|node| node.expect("opened")).collect();
    let ran = futures::future::join_all(nodes.iter().map(|node| node.migrate(NOON))).await;
    let ran: Vec<u32> = ran.into_iter().map(|ran| ran.expect("migrated")).collect();
    // Each migration was run by one of them.
    let beside = world.place.another().await;
    let alone = Store::open(beside.options(), Steps::unwatched()).await.expect("opened");
    let all = alone.migrate(NOON).await.expect("migrated");
    assert_eq!(ran.iter().sum::<u32>(), all, "{ran:?}");
    for node in nodes {
        assert_eq!(node.schema().await, Ok(Schema::Current));
    }
}

async fn a_newer_schema_is_refused(world: World) {
    damage(
        &world,
        "INSERT INTO migration (number, name, checksum, applied_at) VALUES (999, 'later', 'x', 0)",
    )
    .await;
    let Ok(Schema::Ahead { found: 999, known }) = world.store.schema().await else {
        panic!("not ahead: {:?}", world.store.schema().await);
    };
    let refused = world.store.migrate(NOON).await.expect_err("refused");
    assert_eq!(refused, StoreError::SchemaAhead { found: 999, known });
    assert!(refused.to_string().contains("999"), "{refused}");
}

async fn an_edited_migration_is_refused(world: World) {
    damage(&world, "UPDATE migration SET checksum = 'x' WHERE number = 1").await;
    let foreign = world.store.schema().await.expect_err("refused");
    assert!(matches!(foreign, StoreError::SchemaForeign { number: 1, .. }), "{foreign}");
    assert_eq!(world.store.migrate(NOON).await, Err(foreign));
}

async fn a_database_of_somebody_else_is_refused(world: World) {
    let place = world.place.another().await;
    let store = Store::open(place.options(), Steps::unwatched()).await.expect("opened");
    let theirs = World { store, place };
    damage(&theirs, "CREATE TABLE shopping_list (item TEXT)").await;
    let foreign = theirs.store.migrate(NOON).await.expect_err("refused");
    assert!(matches!(foreign, StoreError::SchemaForeign { number: 0, .. }), "{foreign}");
    assert!(foreign.to_string().contains("shopping_list"), "{foreign}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_second_file_is_made_anew() {
    let world = World::sqlite().await;
    world.store.close().await;
    let Place::Folder(folder) = &world.place else {
        panic!("SQLite lives in a folder");
    };
    for name in ["counts.db", "counts.db-wal", "counts.db-shm"] {
        let path = folder.path().join(name);
        if path.exists() {
            std::fs::remove_file(path).expect("removed");
        }
    }
    let store = Store::open(world.place.options(), Steps::unwatched()).await.expect("opened");
    store
        .count("test", |tx| Box::pin(async move { node::beat(tx, "a", EventNumber(1), NOON).await }))
        .await
        .expect("counted");
    let live = node::live(&mut store.read().await.expect("a connection"), NOON).await.expect("listed");
    assert_eq!(live.len(), 1);
}

/// Every column of every table as `table.column`, with a mark when it may be empty.
async fn columns(world: &World) -> BTreeSet<String> {
    let mut conn = world.read().await;
    let rows: Vec<(String, String, bool)> = match &mut *conn {
        Conn::Sqlite(link) => {
            let sql = "SELECT tables.name, columns.name, columns.\"notnull\"
                FROM (SELECT name, 'main' AS place FROM main.sqlite_schema WHERE type = 'table'
                    UNION SELECT name, 'counts' FROM counts.sqlite_schema WHERE type = 'table') AS tables,
                    pragma_table_info(tables.name, tables.place) AS columns";
            let rows = sqlx::query(sql).fetch_all(link.inner()).await.expect("listed");
            rows.iter().map(|row| (row.get(0), row.get(1), row.get::<i64, _>(2) == 0)).collect()
        }
        Conn::Postgres(link) => {
            let sql = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), is_nullable = 'YES'
                FROM information_schema.columns
                WHERE table_schema = 'public'";
            let rows = sqlx::query(sql).fetch_all(link.inner()).await.expect("listed");
            rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
        }
    };
    rows.into_iter()
        .filter(|(table, _, _)| !table.starts_with("sqlite_"))
        .map(|(table, column, nullable)| format!("{table}.{column}{}", if nullable { "?" } else { "" }))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_trees_make_the_same_tables() {
    let (sqlite, postgres) = (World::sqlite().await, World::postgres().await);
    assert_eq!(columns(&sqlite).await, columns(&postgres).await);
}
