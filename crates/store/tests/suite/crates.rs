//! Crates, versions, dependencies, owners and tombstones.

use cratekeep_store::dependency::{self, DependencyRow, Source};
use cratekeep_store::krate::{self, NewHead};
use cratekeep_store::tombstone::{self, TombstoneRow};
use cratekeep_store::version::{self, NewVersion, Yank};
use cratekeep_store::{StoreError, owner};
use cratekeep_types::{CanonName, Checksum, CrateId, EventNumber, RegistryId, VersionId};

use crate::world::{NOON, World, head, insert_krate, new_version, on_both};

on_both! {
    a_crate_is_found_in_any_spelling_and_made_once
    a_head_changes_and_keeps_the_description_unless_told
    crates_are_listed_counted_and_checked
    a_version_is_one_without_its_build_metadata
    a_version_keeps_what_it_was_given
    a_yank_changes_one_version
    versions_are_listed_in_publish_order
    a_file_is_found_by_name_and_number
    an_index_file_is_its_lines_in_publish_order
    an_index_file_of_many_versions_is_one_read
    dependencies_keep_their_order_and_values
    owners_come_and_go
    a_tombstone_outlives_what_it_names
}

async fn a_crate_is_found_in_any_spelling_and_made_once(world: World) {
    let (main, other) = (world.registry("main").await, world.registry("other").await);
    let id = world.krate(main, "Foo_Bar").await;
    let canon = CanonName::of("foo-bar");
    let clash = world
        .store
        .write("test", move |tx| Box::pin(async move { insert_krate(tx, main, "foo-bar").await }))
        .await
        .expect_err("the name is taken");
    assert_eq!(clash, StoreError::Conflict { what: "crate" });
    let elsewhere = world.krate(other, "foo-bar").await;

    let mut conn = world.read().await;
    let row = krate::find(&mut conn, main, &canon).await.expect("found").expect("there");
    assert_eq!((row.id, row.registry, row.name.as_str()), (id, main, "Foo_Bar"));
    assert_eq!((row.created_at, row.updated_at, row.event_number), (NOON, NOON, EventNumber(0)));
    assert_eq!((&row.head, &row.description), (&head(b""), &None));
    assert_eq!(krate::find_by_id(&mut conn, id).await, Ok(Some(row.clone())));
    assert_eq!(krate::find(&mut conn, main, &CanonName::of("foo")).await, Ok(None));
    let there = krate::find(&mut conn, other, &canon).await.expect("found").expect("there");
    assert_eq!(there.id, elsewhere);
    let locked = world
        .write(move |tx| {
            Box::pin(async move { krate::lock_crate(tx, main, &CanonName::of("FOO-bar")).await })
        })
        .await;
    assert_eq!(locked, Some(row));
}

async fn a_head_changes_and_keeps_the_description_unless_told(world: World) {
    let registry = world.registry("main").await;
    let id = world.krate(registry, "demo").await;
    for (text, description, expected) in [
        ("one", Some("first words"), Some("first words")),
        ("two", None, Some("first words")),
        ("three", Some("other words"), Some("other words")),
        ("four", Some(""), None),
    ] {
        let new = NewHead {
            head: head(text.as_bytes()),
            description: description.map(str::to_owned),
            updated_at: NOON.plus_secs(3),
        };
        let change = new.clone();
        let changed = world
            .write(move |tx| {
                let new = change.clone();
                Box::pin(async move { krate::set_head(tx, id, &new).await })
            })
            .await;
        assert!(changed);
        let row = krate::find_by_id(&mut *world.read().await, id).await.expect("found").expect("there");
        assert_eq!((row.head, row.updated_at), (new.head, NOON.plus_secs(3)));
        assert_eq!(row.description.as_deref(), expected, "{text}");
    }
}

async fn crates_are_listed_counted_and_checked(world: World) {
    let (main, other) = (world.registry("main").await, world.registry("other").await);
    let mut made = Vec::new();
    for name in ["c", "a", "b"] {
        made.push(world.krate(main, name).await);
    }
    world.krate(other, "z").await;
    let mut conn = world.read().await;
    assert_eq!(krate::count(&mut conn, main).await, Ok(3));
    let page = krate::list(&mut conn, main, CrateId(0), 2).await.expect("listed");
    let rest = krate::list(&mut conn, main, page[1].id, 2).await.expect("listed");
    let ids: Vec<_> = page.iter().chain(&rest).map(|row| row.id).collect();
    assert_eq!(ids, made);
    let asked = ["b", "z", "c", "b"].map(CanonName::of);
    let known = krate::existing(&mut conn, main, &asked).await.expect("checked");
    assert_eq!(known, [CanonName::of("b"), CanonName::of("c")]);
    assert_eq!(krate::existing(&mut conn, main, &[]).await, Ok(Vec::new()));
}

async fn a_version_is_one_without_its_build_metadata(world: World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "demo").await;
    let id = world.version(krate, "1.0.0+one").await;
    let clash = world
        .store
        .write("test", move |tx| {
            Box::pin(async move { version::insert(tx, &new_version(krate, "1.0.0+two")).await })
        })
        .await
        .expect_err("the number is taken");
    assert_eq!(clash, StoreError::Conflict { what: "version" });
    world.version(krate, "1.0.0-rc.1").await;
    let mut conn = world.read().await;
    for num in ["1.0.0", "1.0.0+one", "1.0.0+three"] {
        let row = version::find(&mut conn, krate, &num.parse().expect("a number")).await.expect("found");
        assert_eq!(row.map(|row| (row.id, row.num.to_string())), Some((id, "1.0.0+one".to_owned())));
    }
    assert_eq!(version::find(&mut conn, krate, &"1.0.1".parse().expect("a number")).await, Ok(None));
}

async fn a_version_keeps_what_it_was_given(world: World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "demo").await;
    let user = world.user("author").await;
    let new = NewVersion { published_by: Some(user), ..new_version(krate, "2.0.0-beta.1+meta") };
    let given = new.clone();
    let id = world
        .write(move |tx| {
            let new = given.clone();
            Box::pin(async move { version::insert(tx, &new).await })
        })
        .await;
    let row = version::find_by_id(&mut *world.read().await, id).await.expect("found").expect("there");
    assert_eq!((row.krate, &row.num, row.checksum, row.size), (krate, &new.num, new.checksum, 1234));
    assert_eq!((&row.line, &row.metadata), (&new.line, &new.metadata), "texts come back whole");
    assert_eq!((row.published_at, row.published_by), (NOON, Some(user)));
    assert_eq!((row.yanked, row.yank_message), (false, None));
    let nowhere = world
        .store
        .write("test", |tx| {
            Box::pin(async move { version::insert(tx, &new_version(CrateId(999), "1.0.0")).await })
        })
        .await
        .expect_err("there is no such crate");
    assert!(matches!(nowhere, StoreError::Dangling { .. }), "{nowhere}");
}

async fn a_yank_changes_one_version(world: World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "demo").await;
    let id = world.version(krate, "1.0.0").await;
    let other = world.version(krate, "1.1.0").await;
    let yank = |yanked, message: Option<&'static str>| {
        world.write(move |tx| {
            Box::pin(async move {
                let line = format!("yanked is {yanked}");
                version::set_yanked(tx, id, &Yank { yanked, message: message.map(str::to_owned), line }).await
            })
        })
    };
    assert!(yank(true, Some("broken")).await);
    let row = version::find_by_id(&mut *world.read().await, id).await.expect("found").expect("there");
    assert_eq!(
        (row.yanked, row.yank_message.as_deref(), row.line.as_str()),
        (true, Some("broken"), "yanked is true")
    );
    assert!(yank(false, None).await);
    let row = version::find_by_id(&mut *world.read().await, id).await.expect("found").expect("there");
    assert_eq!((row.yanked, row.yank_message, row.line.as_str()), (false, None, "yanked is false"));
    let untouched =
        version::find_by_id(&mut *world.read().await, other).await.expect("found").expect("there");
    assert_eq!((untouched.yanked, untouched.line), (false, new_version(krate, "1.1.0").line));
}

async fn versions_are_listed_in_publish_order(world: World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "demo").await;
    let nums = ["1.0.0", "0.9.0", "1.0.1", "1.0.0-rc.1"];
    for num in nums {
        world.version(krate, num).await;
    }
    let mut conn = world.read().await;
    assert_eq!(version::count(&mut conn, krate).await, Ok(4));
    let page = version::list(&mut conn, krate, VersionId(0), 3).await.expect("listed");
    let rest = version::list(&mut conn, krate, page[2].id, 3).await.expect("listed");
    let listed: Vec<_> = page.iter().chain(&rest).map(|row| row.num.to_string()).collect();
    assert_eq!(listed, nums);
}

async fn a_file_is_found_by_name_and_number(world: World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "Foo_Bar").await;
    let version = world.version(krate, "1.0.0+meta").await;
    let mut conn = world.read().await;
    let (canon, num) = (CanonName::of("foo-bar"), "1.0.0".parse().expect("a number"));
    let file = version::find_file(&mut conn, registry, &canon, &num).await.expect("found").expect("there");
    assert_eq!((file.krate, file.version, file.size), (krate, version, 1234));
    assert_eq!((file.name.as_str(), file.num.to_string().as_str()), ("Foo_Bar", "1.0.0+meta"));
    assert_eq!(file.checksum, Checksum::of(b"1.0.0+meta"));
    let nowhere = version::find_file(&mut conn, RegistryId(999), &canon, &num).await;
    assert_eq!(nowhere, Ok(None));
}

async fn an_index_file_is_its_lines_in_publish_order(world: World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "Foo_Bar").await;
    let mut conn = world.read().await;
    let empty = version::index_file(&mut conn, registry, "foo_bar").await.expect("read").expect("there");
    assert_eq!((empty.text.as_str(), empty.etag), ("", head(b"").etag));
    for num in ["2.0.0", "1.0.0"] {
        world.version(krate, num).await;
    }
    let file = version::index_file(&mut conn, registry, "foo_bar").await.expect("read").expect("there");
    assert_eq!((file.krate, file.name.as_str()), (krate, "Foo_Bar"));
    assert_eq!(file.text, "{\"vers\":\"2.0.0\"}\n{\"vers\":\"1.0.0\"}\n");
    for absent in ["foo-bar", "Foo_Bar", "foo", ""] {
        assert_eq!(version::index_file(&mut conn, registry, absent).await, Ok(None), "{absent}");
    }
}

async fn an_index_file_of_many_versions_is_one_read(world: World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "busy").await;
    world
        .write(move |tx| {
            Box::pin(async move {
                for patch in 0..5_000 {
                    version::insert(tx, &new_version(krate, &format!("1.0.{patch}"))).await?;
                }
                Ok(())
            })
        })
        .await;
    let file =
        version::index_file(&mut *world.read().await, registry, "busy").await.expect("read").expect("there");
    let expected: String = (0..5_000).map(|patch| format!("{{\"vers\":\"1.0.{patch}\"}}\n")).collect();
    assert_eq!(file.text, expected);
}

async fn dependencies_keep_their_order_and_values(world: World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "demo").await;
    let version = world.version(krate, "1.0.0").await;
    let plain = DependencyRow {
        name: "serde".parse().expect("a name"),
        name_in_toml: "serde".to_owned(),
        req: "^1.0, <2".to_owned(),
        kind: "normal".to_owned(),
        target: None,
        optional: false,
        default_features: true,
        features: Vec::new(),
        public: false,
        source: Source::Registry(registry),
    };
    let fancy = DependencyRow {
        name: "Rand_Core".parse().expect("a name"),
        name_in_toml: "r\u{fc}tli".to_owned(),
        kind: "dev".to_owned(),
        target: Some("cfg(target_os = \"linux\")".to_owned()),
        optional: true,
        default_features: false,
        features: vec!["std".to_owned(), "a\"b\\c".to_owned()],
        public: true,
        source: Source::Index("sparse+https://example.org/index/".to_owned()),
        ..plain.clone()
    };
    let rows = vec![fancy, plain.clone(), plain];
    let given = rows.clone();
    world
        .write(move |tx| {
            let rows = given.clone();
            Box::pin(async move {
                dependency::insert(tx, version, &rows).await?;
                dependency::insert(tx, version, &[]).await
            })
        })
        .await;
    assert_eq!(dependency::list(&mut *world.read().await, version).await, Ok(rows));
}

async fn owners_come_and_go(world: World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "demo").await;
    let (first, second) = (world.user("first").await, world.user("second").await);
    world
        .write(move |tx| {
            Box::pin(async move {
                assert!(owner::add(tx, krate, second, None, NOON).await?);
                assert!(owner::add(tx, krate, first, Some(second), NOON.plus_secs(1)).await?);
                assert!(!owner::add(tx, krate, first, None, NOON.plus_secs(2)).await?, "already an owner");
                assert!(owner::is_owner(tx, krate, first).await?);
                assert_eq!(owner::count(tx, krate).await?, 2);
                Ok(())
            })
        })
        .await;
    let mut conn = world.read().await;
    let rows = owner::list(&mut conn, krate).await.expect("listed");
    let shown: Vec<_> = rows.iter().map(|row| (row.account.name.as_str(), row.added_by)).collect();
    assert_eq!(shown, [("second", None), ("first", Some(second))]);
    assert_eq!(rows[1].added_at, NOON.plus_secs(1));
    let remove = || world.write(move |tx| Box::pin(async move { owner::remove(tx, krate, first).await }));
    assert!(remove().await && !remove().await);
    assert_eq!(owner::is_owner(&mut conn, krate, first).await, Ok(false));
    assert_eq!(owner::count(&mut conn, krate).await, Ok(1));
}

async fn a_tombstone_outlives_what_it_names(world: World) {
    let registry = world.registry("main").await;
    let row = TombstoneRow {
        num: "1.0.0+meta".parse().expect("a number"),
        checksum: Checksum::of(b"gone"),
        deleted_at: NOON,
        reason: Some("secrets inside".to_owned()),
    };
    let insert = || {
        let row = row.clone();
        world.store.write("test", move |tx| {
            let row = row.clone();
            Box::pin(async move { tombstone::insert(tx, registry, &CanonName::of("a-b"), &row).await })
        })
    };
    insert().await.expect("the first");
    assert_eq!(insert().await.expect_err("there is one"), StoreError::Conflict { what: "tombstone" });
    let mut conn = world.read().await;
    let find = async |name: &str, num: &str, conn: &mut _| {
        tombstone::find(conn, registry, &CanonName::of(name), &num.parse().expect("a number")).await
    };
    assert_eq!(find("A_b", "1.0.0", &mut *conn).await, Ok(Some(row.clone())));
    assert_eq!(find("a-b", "1.0.1", &mut *conn).await, Ok(None));
}
