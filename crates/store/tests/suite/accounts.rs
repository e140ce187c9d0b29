//! Facts about the instance, registries and users.

use cratekeep_store::member;
use cratekeep_store::meta::{self, Key};
use cratekeep_store::registry::{self, NewRegistry, Rules};
use cratekeep_store::user::{self, NewUser};
use cratekeep_store::{StoreError, Tx};
use cratekeep_types::{
    Access, AccountKind, Memberships, RegistryId, RegistryKind, Role, TeamId, UnknownDependencies,
    UploadRules, UserId, UserName,
};

use crate::world::{NOON, World, insert_user, new_registry, on_both};

on_both! {
    facts_are_set_kept_and_spent_once
    registries_are_made_found_and_changed
    there_is_one_registry_of_a_name_and_one_default
    users_are_found_in_any_spelling
    an_account_without_memberships_has_none
    the_highest_of_several_roles_counts
}

async fn facts_are_set_kept_and_spent_once(world: World) {
    world
        .write(|tx| {
            Box::pin(async move {
                assert!(meta::set_if_absent(tx, Key::InstanceId, "one").await?);
                assert!(!meta::set_if_absent(tx, Key::InstanceId, "two").await?);
                meta::set(tx, Key::BaseUrl, "http://a").await?;
                meta::set(tx, Key::BaseUrl, "http://b").await?;
                meta::set(tx, Key::SetupCodeHash, "secret").await?;
                assert!(!meta::take(tx, Key::SetupCodeHash, "guess").await?);
                assert!(meta::take(tx, Key::SetupCodeHash, "secret").await?);
                assert!(!meta::take(tx, Key::SetupCodeHash, "secret").await?);
                meta::set(tx, Key::StorageMark, "mark").await?;
                assert!(meta::remove(tx, Key::StorageMark).await?);
                assert!(!meta::remove(tx, Key::StorageMark).await?);
                Ok(())
            })
        })
        .await;
    let mut conn = world.read().await;
    assert_eq!(meta::get(&mut conn, Key::InstanceId).await, Ok(Some("one".to_owned())));
    assert_eq!(meta::get(&mut conn, Key::BaseUrl).await, Ok(Some("http://b".to_owned())));
    assert_eq!(meta::get(&mut conn, Key::SetupCodeHash).await, Ok(None));
    assert_eq!(meta::get(&mut conn, Key::BaseUrlAliases).await, Ok(None));
}

async fn registries_are_made_found_and_changed(world: World) {
    let rules = Rules {
        stands_for_crates_io: true,
        unknown_dependencies: UnknownDependencies::Allow,
        upload_rules: UploadRules::Relaxed,
    };
    let id = world
        .write(move |tx| {
            Box::pin(async move {
                registry::insert(tx, &new_registry("zeta"), NOON).await?;
                let new = NewRegistry { is_default: true, rules, ..new_registry("main") };
                registry::insert(tx, &new, NOON).await
            })
        })
        .await;
    let mut conn = world.read().await;
    let found = registry::find(&mut conn, &"main".parse().expect("a name")).await.expect("found");
    let main = found.expect("there");
    assert_eq!(
        (main.id, main.kind, main.access, main.is_default),
        (id, RegistryKind::Hosted, Access::Open, true)
    );
    assert!(main.stands_for_crates_io);
    assert_eq!(
        (main.unknown_dependencies, main.upload_rules),
        (UnknownDependencies::Allow, UploadRules::Relaxed)
    );
    assert_eq!(registry::find(&mut conn, &"other".parse().expect("a name")).await, Ok(None));
    let names: Vec<_> =
        registry::list(&mut conn).await.expect("listed").into_iter().map(|r| r.name).collect();
    assert_eq!(names.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["main", "zeta"]);

    world
        .write(move |tx| {
            Box::pin(async move {
                assert!(registry::set_access(tx, id, Access::Closed).await?);
                let rules = Rules { stands_for_crates_io: false, ..rules };
                assert!(registry::set_rules(tx, id, rules).await?);
                assert!(!registry::set_access(tx, cratekeep_types::RegistryId(999), Access::Open).await?);
                Ok(())
            })
        })
        .await;
    let main = registry::find_by_id(&mut conn, id).await.expect("found").expect("there");
    assert_eq!((main.access, main.stands_for_crates_io), (Access::Closed, false));
}

async fn there_is_one_registry_of_a_name_and_one_default(world: World) {
    let insert = |name: &'static str, is_default| {
        world.store.write("test", move |tx: &mut Tx| {
            Box::pin(async move {
                let new = NewRegistry { is_default, ..new_registry(name) };
                registry::insert(tx, &new, NOON).await
            })
        })
    };
    insert("main", true).await.expect("the first");
    let taken = insert("main", false).await.expect_err("the name is taken");
    assert_eq!(taken, StoreError::Conflict { what: "registry" });
    let second = insert("second", true).await.expect_err("there is a default");
    assert_eq!(second, StoreError::Conflict { what: "default registry" });
    insert("second", false).await.expect("many may be no default");
    insert("third", false).await.expect("many may be no default");
}

async fn users_are_found_in_any_spelling(world: World) {
    let name = |text: &str| text.parse::<UserName>().expect("a user name");
    let id = world
        .write(move |tx| {
            Box::pin(async move {
                let new = NewUser {
                    name: "Ferris".parse().expect("a name"),
                    kind: AccountKind::Person,
                    email: Some("f@x.org".into()),
                    is_admin: true,
                };
                user::insert(tx, &new, NOON).await
            })
        })
        .await;
    let clash = world
        .store
        .write("test", |tx| Box::pin(async move { insert_user(tx, "FERRIS").await }))
        .await
        .expect_err("the name is taken");
    assert_eq!(clash, StoreError::Conflict { what: "user" });
    let second = world.user("second").await;

    let mut conn = world.read().await;
    let row = user::find_by_name(&mut conn, &name("ferriS")).await.expect("found").expect("there");
    assert_eq!((row.account.id, row.account.name.as_str()), (id, "Ferris"));
    assert_eq!((row.email.as_deref(), row.created_at, row.account.is_admin), (Some("f@x.org"), NOON, true));
    assert_eq!(user::find(&mut conn, id).await, Ok(Some(row)));
    assert_eq!(user::find(&mut conn, UserId(999)).await, Ok(None));
    assert_eq!(user::count_admins(&mut conn).await, Ok(1));
    world.write(move |tx| Box::pin(async move { user::set_admin(tx, second, true).await })).await;
    assert_eq!(user::count_admins(&mut conn).await, Ok(2));
    let page = user::list(&mut conn, UserId(0), 1).await.expect("listed");
    let rest = user::list(&mut conn, page[0].account.id, 10).await.expect("listed");
    assert_eq!((page[0].account.id, rest[0].account.id, rest.len()), (id, second, 1));
}

async fn an_account_without_memberships_has_none(world: World) {
    let user = world.user("alone").await;
    let mut conn = world.read().await;
    let found = member::memberships(&mut conn, user).await;
    assert_eq!(found, Ok(Memberships::default()));
}

async fn the_highest_of_several_roles_counts(world: World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "demo").await;
    let user = world.user("someone").await;
    assert_eq!((krate.0, user.0), (1, 1));
    crate::filler::fill(&world).await;
    let mut conn = world.read().await;
    let found = member::memberships(&mut conn, user).await;
    // A reader itself, a publisher by its team.
    let roles = vec![(RegistryId(1), Role::Publisher)];
    assert_eq!(found, Ok(Memberships { teams: vec![TeamId(1)], roles }));
}
