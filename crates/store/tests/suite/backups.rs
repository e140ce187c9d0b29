//! Backups of a running database, and databases restored from them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cratekeep_store::audit::{NewAudit, Who};
use cratekeep_store::dependency::{self, DependencyRow, Source};
use cratekeep_store::download::{self, NewCount};
use cratekeep_store::event::{self, Event, EventKind};
use cratekeep_store::job::{self, NewJob};
use cratekeep_store::token::{self, NewToken, TokenUse};
use cratekeep_store::tombstone::{self, TombstoneRow};
use cratekeep_store::{Conn, Schema, Store, StoreError, Tx, blob, meta, node, owner, user};
use cratekeep_types::{CanonName, Checksum, EventNumber, ScopeSet, Steps, UserId};
use sqlx::{AssertSqlSafe, Row};

use crate::world::{NOON, Place, World, insert_user, on_both};

on_both! {
    every_row_of_every_table_survives
    a_backup_is_one_moment_of_a_busy_database
    a_restored_database_goes_on_counting
    a_backup_overwrites_nothing
    a_restore_needs_an_empty_database
    a_damaged_backup_changes_nothing
}

async fn restore(place: &Place, folder: &Path) -> Result<(), StoreError> {
    Store::restore_from(place.options(), folder, NOON).await
}

/// Restores into another place and opens it.
async fn restored(world: &World, folder: &Path) -> World {
    let place = world.place.another().await;
    restore(&place, folder).await.expect("restored");
    let store = Store::open(place.options(), Steps::unwatched()).await.expect("opened");
    assert_eq!(store.schema().await, Ok(Schema::Current));
    World { store, place }
}

/// The rows of every table, each as one text.
async fn contents(world: &World) -> BTreeMap<String, Vec<String>> {
    let mut conn = world.read().await;
    let mut contents = BTreeMap::new();
    for (table, row) in tables(&mut conn).await {
        let sql = AssertSqlSafe(format!("SELECT {row} FROM {table} AS t ORDER BY 1"));
        let rows: Vec<String> = match &mut *conn {
            Conn::Sqlite(link) => sqlx::query(sql)
                .fetch_all(link.inner())
                .await
                .expect("read")
                .iter()
                .map(|row| row.get(0))
                .collect(),
            Conn::Postgres(link) => sqlx::query(sql)
                .fetch_all(link.inner())
                .await
                .expect("read")
                .iter()
                .map(|row| row.get(0))
                .collect(),
        };
        contents.insert(table, rows);
    }
    contents
}

/// Every table with an expression that makes one text of a row.
async fn tables(conn: &mut Conn) -> Vec<(String, String)> {
    match conn {
        Conn::Sqlite(link) => {
            let sql = "SELECT tables.name, GROUP_CONCAT('QUOTE(t.' || columns.name || ')', ' || '' | '' || ')
                FROM (SELECT name, 'main' AS place FROM main.sqlite_schema WHERE type = 'table'
                    UNION SELECT name, 'counts' FROM counts.sqlite_schema WHERE type = 'table') AS tables,
                    pragma_table_info(tables.name, tables.place) AS columns
                WHERE tables.name NOT LIKE 'sqlite_%'
                GROUP BY tables.name";
            let rows = sqlx::query(sql).fetch_all(link.inner()).await.expect("listed");
            rows.iter().map(|row| (row.get(0), row.get(1))).collect()
        }
        Conn::Postgres(link) => {
            let sql = "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public'";
            let rows = sqlx::query(sql).fetch_all(link.inner()).await.expect("listed");
            rows.iter().map(|row| (row.get(0), "CAST(to_jsonb(t) AS TEXT)".to_owned())).collect()
        }
    }
}

/// Puts something into every table.
async fn fill(world: &World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "demo").await;
    let version = world.version(krate, "1.0.0").await;
    let user = world.user("someone").await;
    world
        .write(move |tx| {
            Box::pin(async move {
                meta::set(tx, meta::Key::BaseUrl, "http://\u{e4}\u{1f980} \"\\'\n\t").await?;
                let token = NewToken {
                    user,
                    label: "laptop".to_owned(),
                    hash: [255; 32],
                    scopes: ScopeSet::all(),
                    crates: Vec::new(),
                    registries: Vec::new(),
                    addresses: Vec::new(),
                    is_legacy: false,
                    session: None,
                    expires_at: None,
                };
                token::insert(tx, &token, NOON).await?;
                let dependency = DependencyRow {
                    name: "serde".parse().expect("a name"),
                    name_in_toml: "serde".to_owned(),
                    req: "1".to_owned(),
                    kind: "normal".to_owned(),
                    target: None,
                    optional: true,
                    default_features: false,
                    features: vec!["derive".to_owned()],
                    public: false,
                    source: Source::Registry(registry),
                };
                dependency::insert(tx, version, &[dependency]).await?;
                owner::add(tx, krate, user, None, NOON).await?;
                let tombstone = TombstoneRow {
                    num: "0.1.0".parse().expect("a number"),
                    checksum: Checksum::of(b"gone"),
                    deleted_at: NOON,
                    reason: None,
                };
                tombstone::insert(tx, registry, &CanonName::of("demo"), &tombstone).await?;
                blob::intent(tx, "hosted", &Checksum::of(b"bytes"), 5, NOON).await?;
                let job =
                    NewJob { kind: "sweep".to_owned(), dedup: None, payload: "{}".to_owned(), run_at: NOON };
                job::enqueue(tx, &job, NOON).await?;
                tx.emit(Event { krate: Some(krate), ..Event::new(EventKind::VersionPublished, NOON) });
                tx.audit(NewAudit::new("publish", Who::User(user), NOON));
                Ok(())
            })
        })
        .await;
    world
        .store
        .count("test", move |tx| {
            Box::pin(async move {
                token::touch(tx, &[TokenUse { token: cratekeep_types::TokenId(1), at: NOON, from: None }])
                    .await?;
                node::beat(tx, "a", EventNumber(1), NOON).await?;
                download::add(tx, &[NewCount { krate, version, day: 7, downloads: 9 }]).await
            })
        })
        .await
        .expect("counted");
    crate::filler::fill(world).await;
}

async fn every_row_of_every_table_survives(world: World) {
    fill(&world).await;
    let before = contents(&world).await;
    for (table, rows) in &before {
        assert!(!rows.is_empty(), "the test puts nothing into `{table}`");
    }
    let folder = tempfile::tempdir().expect("a folder");
    world.store.backup_to(folder.path()).await.expect("backed up");
    world.user("too-late").await;
    let mut after = contents(&restored(&world, folder.path()).await).await;
    let mut before = before;
    // The time at which the second database was migrated differs.
    assert_eq!(
        before.remove("migration").map(|rows| rows.len()),
        after.remove("migration").map(|rows| rows.len())
    );
    assert_eq!(before, after);
}

async fn a_backup_is_one_moment_of_a_busy_database(world: World) {
    let store = world.store.clone();
    let writer = tokio::spawn(async move {
        for number in 0..60 {
            let write = store.write("test", move |tx: &mut Tx| {
                tx.emit(Event::new(EventKind::UserCreated, NOON));
                Box::pin(async move { insert_user(tx, &format!("u{number}")).await })
            });
            write.await.expect("committed");
        }
    });
    for _ in 0..3 {
        let folder = tempfile::tempdir().expect("a folder");
        world.store.backup_to(folder.path()).await.expect("backed up");
        let copy = restored(&world, folder.path()).await;
        let mut conn = copy.read().await;
        let head = event::head(&mut conn).await.expect("read");
        let events = event::after(&mut conn, EventNumber(0), 1000).await.expect("read");
        let users = user::list(&mut conn, UserId(0), 1000).await.expect("listed");
        assert_eq!((events.len() as i64, users.len() as i64), (head.0, head.0));
    }
    writer.await.expect("the writer was not disturbed");
}

async fn a_restored_database_goes_on_counting(world: World) {
    fill(&world).await;
    let folder = tempfile::tempdir().expect("a folder");
    world.store.backup_to(folder.path()).await.expect("backed up");
    let copy = restored(&world, folder.path()).await;
    let known = user::list(&mut *copy.read().await, UserId(0), 10).await.expect("listed");
    let next = copy.user("newcomer").await;
    assert!(known.iter().all(|row| row.account.id < next), "ids are not given twice");
    let registry = cratekeep_store::registry::list(&mut *copy.read().await).await.expect("listed")[0].id;
    let krate = copy.krate(registry, "another").await;
    copy.version(krate, "1.0.0").await;
    let committed = copy
        .store
        .write("test", move |tx: &mut Tx| {
            tx.emit(Event { krate: Some(krate), ..Event::new(EventKind::VersionPublished, NOON) });
            Box::pin(async move { Ok::<_, StoreError>(()) })
        })
        .await
        .expect("committed");
    assert_eq!(committed.events, [EventNumber(2)]);
}

async fn a_backup_overwrites_nothing(world: World) {
    let folder = tempfile::tempdir().expect("a folder");
    world.store.backup_to(folder.path()).await.expect("backed up");
    let again = world.store.backup_to(folder.path()).await;
    assert!(matches!(again, Err(StoreError::File(_))), "{again:?}");
    let nowhere = world.store.backup_to(&folder.path().join("absent")).await;
    assert!(nowhere.is_err(), "the folder must be there");
}

async fn a_restore_needs_an_empty_database(world: World) {
    let folder = tempfile::tempdir().expect("a folder");
    world.store.backup_to(folder.path()).await.expect("backed up");
    let other = World::open(world.place.another().await, Steps::unwatched()).await;
    other.user("precious").await;
    let refused = restore(&other.place, folder.path()).await;
    assert!(matches!(refused, Err(StoreError::NotEmpty(_))), "{refused:?}");
    assert_eq!(user::list(&mut *other.read().await, UserId(0), 10).await.expect("listed").len(), 1);
    // A database that was opened but never migrated is empty.
    let opened = world.place.another().await;
    Store::open(opened.options(), Steps::unwatched()).await.expect("opened").close().await;
    restore(&opened, folder.path()).await.expect("restored");
}

fn main_copy(world: &World, folder: &Path) -> PathBuf {
    folder.join(match world.place {
        Place::Folder(_) => "cratekeep.db",
        Place::Server(_) => "database.jsonl",
    })
}

async fn a_damaged_backup_changes_nothing(world: World) {
    fill(&world).await;
    let folder = tempfile::tempdir().expect("a folder");
    world.store.backup_to(folder.path()).await.expect("backed up");
    let copy = main_copy(&world, folder.path());
    let whole = std::fs::read(&copy).expect("read");
    let place = world.place.another().await;
    for damaged in [&whole[..whole.len() / 2], &whole[..whole.len() - 30], &b"{}\n"[..], &[]] {
        std::fs::write(&copy, damaged).expect("written");
        let refused = restore(&place, folder.path()).await;
        assert!(matches!(refused, Err(StoreError::BadBackup(_) | StoreError::Internal(_))), "{refused:?}");
    }
    std::fs::remove_file(&copy).expect("removed");
    assert!(restore(&place, folder.path()).await.is_err());
    let store = Store::open(place.options(), Steps::unwatched()).await.expect("opened");
    assert_eq!(store.schema().await, Ok(Schema::Empty));
    store.close().await;
    std::fs::write(&copy, &whole).expect("written");
    restore(&place, folder.path()).await.expect("restored");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_of_a_newer_program_is_refused() {
    let world = World::postgres().await;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("database.jsonl"), "{\"cratekeep_dump\":1,\"schema\":999}\n")
        .expect("written");
    let refused = restore(&world.place.another().await, folder.path()).await;
    assert!(matches!(refused, Err(StoreError::SchemaAhead { found: 999, .. })), "{refused:?}");
}
