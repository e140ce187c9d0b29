//! What it takes to run the place: limits, quotas, names, deletion, the search in the audit log.

use cratekeep_store::audit::{self, NewAudit, Who};
use cratekeep_store::audit_search::{self, AuditFilter};
use cratekeep_store::deleted_krate::{self, DeletedRow};
use cratekeep_store::limits::{self, KrateLimits, Quota, Used};
use cratekeep_store::name_request::{self, State};
use cratekeep_store::reserved_name::{self, ReservedRow};
use cratekeep_store::{blob, deletion, owner, registry, tombstone, user_facts, version};
use cratekeep_types::{CanonName, Checksum, CratePattern, NewCrates, UserId, VersionId};

use crate::world::{NOON, World, on_both};

on_both! {
    limits_and_quotas_are_kept_and_used_up
    the_longest_reserved_pattern_comes_first
    a_name_is_asked_for_once_and_decided
    names_of_deleted_crates_are_kept
    a_deleted_crate_leaves_only_tombstones
    one_version_can_go_alone
    the_audit_log_is_searched_and_ends_by_age
    accounts_are_shown_with_their_facts
    a_registry_says_who_begins_crates
}

async fn limits_and_quotas_are_kept_and_used_up(world: World) {
    let (registry, user) = (world.registry("main").await, world.user("olga").await);
    let krate = world.krate(registry, "held").await;
    world.version(krate, "1.0.0").await;
    let own = KrateLimits { upload_bytes_max: Some(7), features_max: None };
    let quota = Quota { crates_max: Some(3), bytes_max: Some(9_000) };
    world
        .write(move |tx| {
            Box::pin(async move {
                owner::add(tx, krate, user, None, NOON).await?;
                assert!(limits::set_krate(tx, krate, own).await?);
                assert!(limits::set_user(tx, user, quota).await?);
                assert!(limits::set_registry(tx, registry, quota).await?);
                limits::lock(tx, Some(user), registry).await
            })
        })
        .await;
    let mut conn = world.read().await;
    assert_eq!(limits::of_krate(&mut conn, krate).await, Ok(own));
    assert_eq!(limits::of_user(&mut conn, user).await, Ok(quota));
    assert_eq!(limits::of_registry(&mut conn, registry).await, Ok(quota));
    let used = Used { crates: 1, bytes: 1234 };
    assert_eq!(limits::used_by(&mut conn, user).await, Ok(used));
    assert_eq!(limits::used_in(&mut conn, registry).await, Ok(used));
    assert_eq!(limits::used_by(&mut conn, UserId(99)).await, Ok(Used::default()));
}

async fn the_longest_reserved_pattern_comes_first(world: World) {
    let registry = world.registry("main").await;
    world
        .write(move |tx| {
            Box::pin(async move {
                for pattern in ["acme-*", "*", "acme-core", "acme-core*", "other"] {
                    let row = ReservedRow {
                        pattern: pattern.to_owned(),
                        team: None,
                        login: None,
                        reason: "ours".to_owned(),
                        created_at: NOON,
                    };
                    reserved_name::set(tx, registry, &row, None).await?;
                    reserved_name::set(tx, registry, &row, None).await?;
                }
                assert!(reserved_name::remove(tx, registry, "other").await?);
                assert!(!reserved_name::remove(tx, registry, "other").await?);
                Ok(())
            })
        })
        .await;
    let mut conn = world.read().await;
    let patterns = CratePattern::all_covering(&"Acme_Core".parse().expect("a name"));
    let found = reserved_name::covering(&mut conn, registry, &patterns).await.expect("found");
    let found: Vec<_> = found.iter().map(|row| row.pattern.as_str()).collect();
    assert_eq!(found, ["acme-core", "acme-core*", "acme-*", "*"]);
    assert_eq!(reserved_name::list(&mut conn, registry, "acme-*", 10).await.expect("a list").len(), 2);
    assert!(reserved_name::find(&mut conn, registry, "*").await.expect("found").is_some());
}

async fn a_name_is_asked_for_once_and_decided(world: World) {
    let (registry, user) = (world.registry("main").await, world.user("stan").await);
    world
        .write(move |tx| {
            Box::pin(async move {
                let name = "Wished_For".parse().expect("a name");
                assert!(name_request::ask(tx, registry, &name, user, NOON).await?);
                assert!(!name_request::ask(tx, registry, &name, user, NOON).await?);
                Ok(())
            })
        })
        .await;
    let mut conn = world.read().await;
    let canon = CanonName::of("wished-for");
    let asked = name_request::find(&mut conn, registry, &canon, user).await.expect("found").expect("there");
    assert_eq!(
        (asked.state, asked.name.as_str(), asked.login.as_str()),
        (State::Asked, "Wished_For", "stan")
    );
    assert_eq!(
        name_request::list(&mut conn, registry, None, 10).await.expect("a list"),
        std::slice::from_ref(&asked)
    );
    drop(conn);
    world
        .write(move |tx| {
            Box::pin(async move {
                assert!(name_request::decide(tx, asked.id, State::Refused, Some("no"), NOON).await?);
                assert!(!name_request::decide(tx, 99, State::Approved, None, NOON).await?);
                let decided = name_request::find_by_id(tx, asked.id).await?.expect("there");
                assert_eq!((decided.state, decided.reason.as_deref()), (State::Refused, Some("no")));
                Ok(())
            })
        })
        .await;
}

async fn names_of_deleted_crates_are_kept(world: World) {
    let registry = world.registry("main").await;
    let row = DeletedRow {
        name: "Gone_Away".parse().expect("a name"),
        owners: vec![UserId(1), UserId(7)],
        message: Some("a mistake".to_owned()),
        deleted_at: NOON,
        available_at: NOON.plus_secs(60),
    };
    let wanted = row.clone();
    world
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move {
                deleted_krate::set(tx, registry, &DeletedRow { message: None, ..row.clone() }).await?;
                deleted_krate::set(tx, registry, &row).await
            })
        })
        .await;
    let canon = CanonName::of("gone-away");
    let mut conn = world.read().await;
    assert_eq!(deleted_krate::find(&mut conn, registry, &canon).await, Ok(Some(wanted)));
    drop(conn);
    world
        .write(move |tx| {
            let canon = canon.clone();
            Box::pin(async move {
                assert!(deleted_krate::remove(tx, registry, &canon).await?);
                assert!(!deleted_krate::remove(tx, registry, &canon).await?);
                Ok(())
            })
        })
        .await;
}

async fn a_deleted_crate_leaves_only_tombstones(world: World) {
    let registry = world.registry("main").await;
    let (gone, stays) = (world.krate(registry, "gone").await, world.krate(registry, "stays").await);
    for (krate, num) in [(gone, "1.0.0"), (gone, "2.0.0"), (stays, "2.0.0")] {
        world.version(krate, num).await;
    }
    world
        .write(move |tx| {
            Box::pin(async move {
                for num in ["1.0.0", "2.0.0"] {
                    let checksum = Checksum::of(num.as_bytes());
                    blob::intent(tx, "hosted", &checksum, 1234, NOON).await?;
                    blob::set_live(tx, "hosted", &checksum, NOON).await?;
                }
                assert_eq!(deletion::bury(tx, gone, None, NOON, Some("why")).await?, 2);
                deletion::lock_objects(tx, "hosted", gone, None).await?;
                let released = deletion::release_objects(tx, "hosted", gone, None, NOON).await?;
                assert_eq!(released, 1, "the other crate has the bytes of 2.0.0 too");
                deletion::remove_crate(tx, gone).await
            })
        })
        .await;
    let mut conn = world.read().await;
    assert_eq!(cratekeep_store::krate::find_by_id(&mut conn, gone).await, Ok(None));
    let num = "1.0.0".parse().expect("a number");
    let stone = tombstone::find(&mut conn, registry, &CanonName::of("gone"), &num).await.expect("found");
    assert_eq!(stone.expect("there").reason.as_deref(), Some("why"));
    let state = async |conn: &mut cratekeep_store::Conn, num: &str| {
        let found = blob::find(conn, "hosted", &Checksum::of(num.as_bytes())).await.expect("found");
        found.expect("there").state
    };
    assert_eq!(state(&mut conn, "1.0.0").await, blob::State::Intent);
    assert_eq!(state(&mut conn, "2.0.0").await, blob::State::Live);
    assert_eq!(deletion::a_dependent(&mut conn, registry, &CanonName::of("stays")).await, Ok(None));
    assert_eq!(deletion::owning_teams(&mut conn, stays).await, Ok(0));
    drop(conn);
    world
        .store
        .count("test", move |tx| Box::pin(async move { deletion::remove_counts(tx, gone).await }))
        .await
        .expect("the counts go");
}

async fn one_version_can_go_alone(world: World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "pruned").await;
    let (first, second) = (world.version(krate, "1.0.0").await, world.version(krate, "2.0.0").await);
    world
        .write(move |tx| {
            Box::pin(async move {
                assert_eq!(deletion::bury(tx, krate, Some(first), NOON, None).await?, 1);
                deletion::remove_version(tx, first).await
            })
        })
        .await;
    let mut conn = world.read().await;
    let left = version::list(&mut conn, krate, VersionId(0), 10).await.expect("a list");
    assert_eq!(left.iter().map(|row| row.id).collect::<Vec<_>>(), [second]);
}

async fn the_audit_log_is_searched_and_ends_by_age(world: World) {
    let user = world.user("stan").await;
    world
        .write(move |tx| {
            Box::pin(async move {
                let rows: Vec<_> = (0..6)
                    .map(|n| NewAudit {
                        krate: Some("My_Crate".to_owned()),
                        registry: Some("main".to_owned()),
                        address: Some(format!("192.0.2.{n}")),
                        refusal: (n % 2 == 1).then(|| "no".to_owned()),
                        ..NewAudit::new("publish", Who::User(user), NOON.plus_secs(n))
                    })
                    .collect();
                audit::insert(tx, &rows).await
            })
        })
        .await;
    let mut conn = world.read().await;
    let ids =
        |found: Vec<audit_search::FoundAudit>| found.iter().map(|found| found.row.id).collect::<Vec<_>>();
    let all = AuditFilter::default();
    let newest = audit_search::search(&mut conn, &all, None, 4).await.expect("found");
    assert_eq!(newest[0].login.as_deref(), Some("stan"));
    let newest = ids(newest);
    let rest = ids(audit_search::search(&mut conn, &all, newest.last().copied(), 4).await.expect("found"));
    assert_eq!((newest.len(), rest.len()), (4, 2));
    let narrow = AuditFilter {
        since: Some(NOON.plus_secs(1)),
        until: Some(NOON.plus_secs(4)),
        account: Some(user),
        krate: Some(CanonName::of("my-crate")),
        registry: Some("main".to_owned()),
        action: Some("publish".to_owned()),
        address: None,
        refused_only: true,
    };
    assert_eq!(ids(audit_search::search_on(&mut conn, &narrow, 0, 10).await.expect("found")).len(), 2);
    let one = AuditFilter { address: Some("192.0.2.3".to_owned()), ..narrow };
    assert_eq!(ids(audit_search::search_on(&mut conn, &one, 0, 10).await.expect("found")).len(), 1);
    drop(conn);
    world
        .write(|tx| {
            Box::pin(async move {
                assert_eq!(audit_search::remove_older_than(tx, NOON.plus_secs(3), 2).await?, 2);
                assert_eq!(audit_search::remove_older_than(tx, NOON.plus_secs(3), 2).await?, 1);
                Ok(())
            })
        })
        .await;
}

async fn accounts_are_shown_with_their_facts(world: World) {
    let user = world.user("olga").await;
    let mut conn = world.read().await;
    let facts = user_facts::find(&mut conn, user).await.expect("found").expect("there");
    assert_eq!((facts.account.name.as_str(), facts.locked_at, facts.quota), ("olga", None, Quota::default()));
    assert_eq!(user_facts::list(&mut conn, UserId(0), 10).await.expect("a list"), [facts]);
}

async fn a_registry_says_who_begins_crates(world: World) {
    let id = world.registry("main").await;
    world
        .write(move |tx| {
            Box::pin(async move {
                assert!(registry::set_new_crates(tx, id, NewCrates::Approval).await?);
                Ok(())
            })
        })
        .await;
    let mut conn = world.read().await;
    let found = registry::find_by_id(&mut conn, id).await.expect("found").expect("there");
    assert_eq!(found.new_crates, NewCrates::Approval);
}
