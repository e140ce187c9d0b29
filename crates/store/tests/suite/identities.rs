//! Identities at providers, and what their groups give.

use cratekeep_store::StoreError;
use cratekeep_store::group_role::{self, ADMIN};
use cratekeep_store::identity::{self, NewIdentity};
use cratekeep_store::member;
use cratekeep_store::team::{self, NewTeam};
use cratekeep_store::team_member;
use cratekeep_types::{RegistryId, Role, UserId};

use crate::world::{NOON, World, on_both};

on_both! {
    an_identity_belongs_to_one_account
    groups_give_and_take
}

fn github(account: UserId, subject: &str) -> NewIdentity {
    NewIdentity {
        account,
        provider: "github https://github.com".to_owned(),
        subject: subject.to_owned(),
        login: "Ann".to_owned(),
        sealed_token: Some(vec![1, 2]),
    }
}

async fn an_identity_belongs_to_one_account(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    world
        .write(move |tx| Box::pin(async move { identity::insert(tx, &github(ann, "17"), NOON).await }))
        .await;
    let again = world
        .store
        .write::<(), StoreError, _>("test", move |tx| {
            Box::pin(async move { identity::insert(tx, &github(bob, "17"), NOON).await })
        })
        .await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
    let mut conn = world.read().await;
    let provider = "github https://github.com";
    let found = identity::find(&mut conn, provider, "17").await.expect("read").expect("it is there");
    assert_eq!((found.account, found.login.as_str(), found.sealed_token), (ann, "Ann", Some(vec![1, 2])));
    assert_eq!(identity::find(&mut conn, "github", "17").await.expect("read"), None);
    assert_eq!(identity::count_ways_in(&mut conn, ann).await.expect("read"), 1);
    assert_eq!(identity::count_ways_in(&mut conn, bob).await.expect("read"), 0);
    drop(conn);
    let id = found.id;
    let seen = world
        .write(move |tx| {
            Box::pin(async move { identity::touch(tx, id, "Anna", None, NOON.plus_secs(1)).await })
        })
        .await;
    assert!(seen);
    let listed = identity::list_by_account(&mut *world.read().await, ann).await.expect("read");
    assert_eq!((listed.len(), listed[0].login.as_str(), listed[0].seen_at), (1, "Anna", NOON.plus_secs(1)));
    let others = world.write(move |tx| Box::pin(async move { identity::delete(tx, bob, id).await })).await;
    assert!(!others, "somebody else's link is not taken away");
    assert!(world.write(move |tx| Box::pin(async move { identity::delete(tx, ann, id).await })).await);
}

async fn groups_give_and_take(world: World) {
    let ann = world.user("ann").await;
    let main = world.registry("main").await;
    let core = world
        .write(|tx| {
            let new = NewTeam {
                login: "team:core".to_owned(),
                kind: "local".to_owned(),
                name: "core".to_owned(),
                external_id: None,
                organization_id: None,
                avatar: None,
            };
            Box::pin(async move { team::insert(tx, &new, NOON).await })
        })
        .await;
    world
        .write(move |tx| {
            Box::pin(async move {
                for provider in ["corp", "hub"] {
                    group_role::insert(tx, ann, provider, &("publisher".to_owned(), main)).await?;
                }
                group_role::insert(tx, ann, "corp", &(ADMIN.to_owned(), RegistryId(0))).await?;
                group_role::insert(tx, ann, "corp", &(ADMIN.to_owned(), RegistryId(0))).await?;
                team_member::add(tx, core, ann, "group:corp", None, NOON).await
            })
        })
        .await;
    let mut conn = world.read().await;
    let given = group_role::list(&mut conn, ann, "corp").await.expect("read");
    assert_eq!(given, [(ADMIN.to_owned(), RegistryId(0)), ("publisher".to_owned(), main)]);
    assert_eq!(group_role::list_teams(&mut conn, ann, "group:corp").await.expect("read"), [core]);
    assert_eq!(group_role::sources(&mut conn).await.expect("read"), ["group:corp", "group:hub"]);
    let memberships = member::memberships(&mut conn, ann).await.expect("read");
    assert_eq!(
        (memberships.teams.as_slice(), memberships.role_in(main)),
        ([core].as_slice(), Some(Role::Publisher))
    );
    drop(conn);
    let taken = world
        .write(move |tx| {
            Box::pin(async move {
                let gone = group_role::delete_all(tx, ann, "corp").await?;
                let left = team_member::remove(tx, core, ann, "group:corp").await?;
                let forgotten = group_role::forget_provider(tx, "hub").await?;
                let ended = group_role::forget_source(tx, "group:hub").await?;
                Ok((gone, left, forgotten, ended))
            })
        })
        .await;
    assert_eq!(taken, (2, true, 1, 0));
    assert_eq!(group_role::sources(&mut *world.read().await).await.expect("read"), Vec::<String>::new());
}
