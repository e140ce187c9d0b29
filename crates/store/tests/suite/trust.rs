//! Trusted publishing: issuers, rules, tokens of builds, and identities that were shown once.

use cratekeep_store::krate;
use cratekeep_store::trust_issuer::{self, IssuerRow};
use cratekeep_store::trust_token::{self, Grant, NewTrustToken};
use cratekeep_store::trusted_publisher::{self, NewPublisher};
use cratekeep_store::{StoreError, owner, used_jwt};
use cratekeep_types::{CrateId, RegistryId, TrustTokenId, TrustedPublisherId, UserId};

use crate::world::{NOON, World, on_both};

on_both! {
    issuers_are_found_by_name_and_address
    rules_are_found_by_crate_owner_and_subject
    rules_change_and_go
    tokens_of_builds_come_and_go
    an_identity_is_shown_once
    a_crate_can_be_for_builds_only
}

fn issuer(name: &str, url: &str) -> IssuerRow {
    IssuerRow {
        name: name.to_owned(),
        url: url.to_owned(),
        audience: "house".to_owned(),
        required: "{}".to_owned(),
        created_at: NOON,
    }
}

async fn issuers_are_found_by_name_and_address(world: World) {
    world
        .write(|tx| {
            Box::pin(async move {
                trust_issuer::insert(tx, &issuer("zeta", "https://z")).await?;
                trust_issuer::insert(tx, &issuer("alpha", "https://a")).await
            })
        })
        .await;
    let taken = world.store.write("test", |tx| {
        Box::pin(async move { trust_issuer::insert(tx, &issuer("other", "https://a")).await })
    });
    assert!(matches!(taken.await, Err(StoreError::Conflict { .. })), "the address is taken");
    let mut conn = world.read().await;
    let found = trust_issuer::find(&mut conn, "alpha").await.expect("found").expect("there");
    assert_eq!(found, issuer("alpha", "https://a"));
    let found = trust_issuer::find_by_url(&mut conn, "https://z").await.expect("found").expect("there");
    assert_eq!(found.name, "zeta");
    assert_eq!(trust_issuer::find_by_url(&mut conn, "https://z/").await, Ok(None));
    let all = trust_issuer::list(&mut conn).await.expect("listed");
    assert_eq!(all.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["alpha", "zeta"]);
    drop(conn);
    world
        .write(|tx| {
            Box::pin(async move {
                assert!(trust_issuer::remove(tx, "alpha").await?);
                assert!(!trust_issuer::remove(tx, "alpha").await?);
                Ok(())
            })
        })
        .await;
}

/// A registry, an owner of the first of two crates, and the crates.
async fn scene(world: &World) -> (RegistryId, UserId, [CrateId; 2]) {
    let registry = world.registry("main").await;
    let user = world.user("someone").await;
    let (first, second) = (world.krate(registry, "first").await, world.krate(registry, "second").await);
    world.write(move |tx| Box::pin(async move { owner::add(tx, first, user, None, NOON).await })).await;
    (registry, user, [first, second])
}

fn rule(krate: CrateId, provider: &str, subject: &str) -> NewPublisher {
    NewPublisher {
        krate,
        provider: provider.to_owned(),
        subject: subject.to_owned(),
        fields: "{\"a\":1}".to_owned(),
        created_by: None,
    }
}

async fn make(world: &World, new: NewPublisher) -> TrustedPublisherId {
    world
        .write(move |tx| {
            let new = new.clone();
            Box::pin(async move { trusted_publisher::insert(tx, &new, NOON).await })
        })
        .await
}

async fn rules_are_found_by_crate_owner_and_subject(world: World) {
    let (registry, user, [first, second]) = scene(&world).await;
    let one = make(&world, rule(first, "github", "a/b")).await;
    let two = make(&world, rule(first, "github", "a/c")).await;
    let three = make(&world, rule(second, "github", "a/b")).await;
    let four = make(&world, rule(first, "gitlab", "a/b")).await;
    let start = TrustedPublisherId(0);
    let ids =
        |rows: Vec<trusted_publisher::PublisherRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();

    let mut conn = world.read().await;
    let found = trusted_publisher::find(&mut conn, one).await.expect("found").expect("there");
    assert_eq!((found.krate, found.krate_name.as_str(), found.registry), (first, "first", registry));
    assert_eq!((found.provider.as_str(), found.fields.as_str()), ("github", "{\"a\":1}"));
    let listed = trusted_publisher::list_by_krate(&mut conn, first, "github", start, 10).await;
    assert_eq!(ids(listed.expect("listed")), [one, two]);
    let listed = trusted_publisher::list_by_krate(&mut conn, first, "github", one, 10).await;
    assert_eq!(ids(listed.expect("listed")), [two]);
    assert_eq!(trusted_publisher::count_by_krate(&mut conn, first, "github").await, Ok(2));
    let listed = trusted_publisher::list_by_owner(&mut conn, (registry, user), "github", start, 1).await;
    assert_eq!(ids(listed.expect("listed")), [one]);
    let listed = trusted_publisher::list_by_owner(&mut conn, (registry, user), "github", one, 10).await;
    assert_eq!(ids(listed.expect("listed")), [two], "the second crate is not theirs");
    let subject = ("github", "a/b");
    let listed = trusted_publisher::list_by_subject(&mut conn, registry, subject, start, 10).await;
    assert_eq!(ids(listed.expect("listed")), [one, three]);
    let elsewhere = RegistryId(registry.0 + 1);
    let listed = trusted_publisher::list_by_subject(&mut conn, elsewhere, subject, start, 10).await;
    assert_eq!(ids(listed.expect("listed")), []);
    let all = trusted_publisher::find_all(&mut conn, &[four, one, TrustedPublisherId(999)]).await;
    assert_eq!(ids(all.expect("found")), [one, four]);
}

async fn rules_change_and_go(world: World) {
    let (_, _, [first, second]) = scene(&world).await;
    let one = make(&world, rule(first, "oidc", "ci")).await;
    let two = make(&world, rule(second, "oidc", "ci")).await;
    world
        .write(move |tx| {
            Box::pin(async move {
                assert!(trusted_publisher::set_fields(tx, one, "{}").await?);
                assert!(trusted_publisher::remove(tx, two).await?);
                assert!(!trusted_publisher::remove(tx, two).await?);
                assert!(!trusted_publisher::set_fields(tx, two, "{}").await?);
                Ok(())
            })
        })
        .await;
    let left = trusted_publisher::find(&mut *world.read().await, one).await.expect("found").expect("there");
    assert_eq!(left.fields, "{}");
    let gone = world
        .write(|tx| Box::pin(async move { trusted_publisher::remove_by_subject(tx, "oidc", "ci").await }))
        .await;
    assert_eq!(gone, 1);
}

async fn tokens_of_builds_come_and_go(world: World) {
    let (registry, _, [first, second]) = scene(&world).await;
    let grants = vec![
        Grant { krate: first, by: TrustedPublisherId(7) },
        Grant { krate: second, by: TrustedPublisherId(8) },
    ];
    let new = move |hash: u8| NewTrustToken {
        hash: [hash; 32],
        registry,
        grants: if hash == 1 { grants.clone() } else { Vec::new() },
        build: "{\"provider\":\"github\"}".to_owned(),
        expires_at: NOON.plus_secs(i64::from(hash)),
    };
    let (one, two) = world
        .write(move |tx| {
            let (one, two) = (new(1), new(2));
            Box::pin(async move {
                Ok((trust_token::insert(tx, &one, NOON).await?, trust_token::insert(tx, &two, NOON).await?))
            })
        })
        .await;
    let mut conn = world.read().await;
    let found = trust_token::find_by_hash(&mut conn, &[1; 32]).await.expect("found").expect("there");
    assert_eq!((found.id, found.registry, found.grants.len()), (one, registry, 2));
    assert_eq!(found.grants[1], Grant { krate: second, by: TrustedPublisherId(8) });
    assert_eq!(found.expires_at, NOON.plus_secs(1));
    assert_eq!(trust_token::find(&mut conn, one).await, Ok(Some(found)));
    assert_eq!(trust_token::find(&mut conn, TrustTokenId(999)).await, Ok(None));
    assert_eq!(trust_token::find_by_hash(&mut conn, &[3; 32]).await, Ok(None));
    drop(conn);
    world
        .write(move |tx| {
            Box::pin(async move {
                assert_eq!(trust_token::sweep(tx, NOON.plus_secs(2)).await?, 1);
                assert!(!trust_token::remove(tx, one).await?, "it was swept");
                assert!(trust_token::remove(tx, two).await?);
                Ok(())
            })
        })
        .await;
}

async fn an_identity_is_shown_once(world: World) {
    world
        .write(|tx| {
            Box::pin(async move {
                assert!(used_jwt::insert(tx, ("https://a", "one"), NOON).await?);
                assert!(!used_jwt::insert(tx, ("https://a", "one"), NOON.plus_secs(9)).await?);
                assert!(used_jwt::insert(tx, ("https://b", "one"), NOON.plus_secs(1)).await?);
                assert_eq!(used_jwt::sweep(tx, NOON).await?, 0);
                assert_eq!(used_jwt::sweep(tx, NOON.plus_secs(1)).await?, 1);
                assert!(used_jwt::insert(tx, ("https://a", "one"), NOON).await?);
                Ok(())
            })
        })
        .await;
}

async fn a_crate_can_be_for_builds_only(world: World) {
    let (_, _, [first, _]) = scene(&world).await;
    world
        .write(move |tx| {
            Box::pin(async move {
                assert!(krate::set_trustpub_only(tx, first, true).await?);
                assert!(!krate::set_trustpub_only(tx, CrateId(999), true).await?);
                Ok(())
            })
        })
        .await;
    let row = krate::find_by_id(&mut *world.read().await, first).await.expect("found").expect("there");
    assert!(row.trustpub_only);
}
