//! API tokens.

use cratekeep_store::StoreError;
use cratekeep_store::token::{self, NewToken, TokenUse};
use cratekeep_types::{Scope, ScopeSet, SessionId, Timestamp, TokenId, UserId};

use crate::world::{NOON, World, on_both};

on_both! {
    tokens_carry_their_account_and_limits
    tokens_are_revoked_once_and_remember_their_last_use
    tokens_are_listed_in_pages
    tokens_that_are_over_neither_show_nor_count
    a_token_that_ends_is_told_of_once
    a_token_of_a_session_ends_with_it
}

fn new_token(user: UserId, hash: u8) -> NewToken {
    NewToken {
        user,
        label: "laptop".to_owned(),
        hash: [hash; 32],
        scopes: ScopeSet::from_iter([Scope::Yank, Scope::PublishNew]),
        crates: vec!["acme-*".parse().expect("a pattern"), "serde".parse().expect("a pattern")],
        registries: vec!["main".parse().expect("a name")],
        addresses: vec!["10.0.0.0/8".parse().expect("a network"), "fd00::/8".parse().expect("a network")],
        is_legacy: true,
        session: None,
        expires_at: Some(NOON.plus_secs(60)),
    }
}

fn used(token: TokenId, at: Timestamp) -> TokenUse {
    TokenUse { token, at, from: Some("192.0.2.7".parse().expect("an address")) }
}

async fn tokens_carry_their_account_and_limits(world: World) {
    let user = world.user("holder").await;
    let (narrow, wide) = world
        .write(move |tx| {
            Box::pin(async move {
                let narrow = token::insert(tx, &new_token(user, 1), NOON).await?;
                let wide = NewToken { crates: Vec::new(), expires_at: None, ..new_token(user, 2) };
                Ok((narrow, token::insert(tx, &wide, NOON).await?))
            })
        })
        .await;
    let again = world
        .store
        .write("test", move |tx| Box::pin(async move { token::insert(tx, &new_token(user, 1), NOON).await }))
        .await
        .expect_err("the hash is taken");
    assert_eq!(again, StoreError::Conflict { what: "token" });

    let mut conn = world.read().await;
    let holder = token::find_by_hash(&mut conn, &[1; 32]).await.expect("found").expect("there");
    assert_eq!((holder.account.id, holder.account.name.as_str()), (user, "holder"));
    let row = &holder.token;
    assert_eq!((row.id, row.user, row.label.as_str(), row.created_at), (narrow, user, "laptop", NOON));
    assert_eq!((row.scopes, &row.crates), (new_token(user, 1).scopes, &new_token(user, 1).crates));
    assert_eq!(row.registries, new_token(user, 1).registries);
    assert_eq!((&row.addresses, row.is_legacy), (&new_token(user, 1).addresses, true));
    assert_eq!((row.expires_at, row.revoked_at, row.used_at), (Some(NOON.plus_secs(60)), None, None));
    assert!(row.is_live(NOON) && !row.is_live(NOON.plus_secs(60)));
    assert_eq!(token::find(&mut conn, narrow).await, Ok(Some(holder)));
    let wide = token::find(&mut conn, wide).await.expect("found").expect("there").token;
    assert_eq!((wide.crates.len(), wide.expires_at), (0, None));
    assert_eq!(token::find_by_hash(&mut conn, &[3; 32]).await, Ok(None));
}

async fn tokens_are_revoked_once_and_remember_their_last_use(world: World) {
    let user = world.user("holder").await;
    let id = world
        .write(move |tx| Box::pin(async move { token::insert(tx, &new_token(user, 1), NOON).await }))
        .await;
    let revoke =
        || world.write(move |tx| Box::pin(async move { token::revoke(tx, id, NOON.plus_secs(1)).await }));
    assert!(revoke().await && !revoke().await);
    let touch = |uses: Vec<TokenUse>| {
        world.store.count("test", move |tx| {
            let uses = uses.clone();
            Box::pin(async move { token::touch(tx, &uses).await })
        })
    };
    touch(vec![used(id, NOON.plus_secs(9)), used(TokenId(77), NOON)]).await.expect("noted");
    let earlier = TokenUse { from: None, ..used(id, NOON.plus_secs(7)) };
    touch(vec![earlier]).await.expect("noted");
    touch(Vec::new()).await.expect("nothing to note");
    let mut conn = world.read().await;
    let row = token::find(&mut conn, id).await.expect("found").expect("there").token;
    assert_eq!((row.revoked_at, row.used_at), (Some(NOON.plus_secs(1)), Some(NOON.plus_secs(9))));
    assert_eq!(row.used_from, used(id, NOON).from);
    assert!(!row.is_live(NOON.plus_secs(2)));
}

async fn tokens_are_listed_in_pages(world: World) {
    let (one, two) = (world.user("one").await, world.user("two").await);
    world
        .write(move |tx| {
            Box::pin(async move {
                for (user, hash) in [(one, 1), (two, 2), (one, 3), (one, 4)] {
                    token::insert(tx, &new_token(user, hash), NOON).await?;
                }
                Ok(())
            })
        })
        .await;
    let mut conn = world.read().await;
    let first = token::list_by_user(&mut conn, one, TokenId(0), 2).await.expect("listed");
    let rest = token::list_by_user(&mut conn, one, first[1].id, 2).await.expect("listed");
    assert_eq!((first.len(), rest.len()), (2, 1));
    assert!(first[0].id < first[1].id && first[1].id < rest[0].id);
    let everybody = token::list(&mut conn, TokenId(0), 100).await.expect("listed");
    let names: Vec<_> = everybody.iter().map(|holder| holder.account.name.as_str()).collect();
    assert_eq!(names, ["one", "two", "one", "one"]);
    let later = token::list(&mut conn, everybody[1].token.id, 1).await.expect("listed");
    assert_eq!((later.len(), later[0].token.id), (1, everybody[2].token.id));
}

async fn tokens_that_are_over_neither_show_nor_count(world: World) {
    let user = world.user("holder").await;
    let ids = world
        .write(move |tx| {
            Box::pin(async move {
                let mut ids = Vec::new();
                for (hash, life) in [(1, Some(60)), (2, None), (3, Some(120)), (4, None)] {
                    let expires_at = life.map(|secs| NOON.plus_secs(secs));
                    let new = NewToken { expires_at, ..new_token(user, hash) };
                    ids.push(token::insert(tx, &new, NOON).await?);
                }
                token::revoke(tx, ids[3], NOON).await?;
                Ok(ids)
            })
        })
        .await;
    let mut conn = world.read().await;
    let at = |secs| NOON.plus_secs(secs);
    assert_eq!(token::count_live(&mut conn, user, NOON).await, Ok(3));
    assert_eq!(token::count_live(&mut conn, user, at(60)).await, Ok(2));
    let recent = token::list_recent(&mut conn, user, at(60), 10).await.expect("listed");
    assert_eq!(recent.iter().map(|row| row.id).collect::<Vec<_>>(), [ids[2], ids[1]]);
    assert_eq!(token::list_recent(&mut conn, user, NOON, 1).await.expect("listed").len(), 1);
}

async fn a_token_that_ends_is_told_of_once(world: World) {
    let user = world.user("holder").await;
    let day = 86_400;
    let id = world
        .write(move |tx| {
            Box::pin(async move {
                let new = |hash, days: i64| NewToken {
                    expires_at: Some(NOON.plus_secs(days * day)),
                    ..new_token(user, hash)
                };
                token::insert(tx, &new(1, 90), NOON).await?;
                token::insert(tx, &new(2, 1), NOON).await?;
                token::insert(tx, &new(3, 10), NOON).await
            })
        })
        .await;
    let (now, until) = (NOON.plus_secs(8 * day), NOON.plus_secs(11 * day));
    let ending = async |short_secs| {
        token::ending(&mut *world.read().await, now, until, short_secs, 10).await.expect("listed")
    };
    let found = ending(7 * day).await;
    assert_eq!((found.len(), found[0].id, found[0].label.as_str()), (1, id, "laptop"));
    assert_eq!((found[0].holder.as_str(), &found[0].email), ("holder", &None));
    assert!(ending(20 * day).await.is_empty(), "it was made for a short life");
    let warn = || world.write(move |tx| Box::pin(async move { token::set_warned(tx, id, NOON).await }));
    assert!(warn().await && !warn().await);
    assert!(ending(7 * day).await.is_empty());

    let end = || world.write(move |tx| Box::pin(async move { token::end_at(tx, id, now, now).await }));
    assert!(end().await);
    let row = token::find(&mut *world.read().await, id).await.expect("found").expect("there").token;
    assert_eq!((row.expires_at, row.is_live(now)), (Some(now), false));
}

async fn a_token_of_a_session_ends_with_it(world: World) {
    let registry = world.registry("main").await;
    world.krate(registry, "demo").await;
    let user = world.user("holder").await;
    crate::filler::fill(&world).await;
    let new = NewToken { session: Some(SessionId(1)), ..new_token(user, 9) };
    let id = world
        .write(move |tx| {
            let new = new.clone();
            Box::pin(async move { token::insert(tx, &new, NOON).await })
        })
        .await;
    let row = token::find(&mut *world.read().await, id).await.expect("found").expect("there").token;
    assert_eq!(row.session, Some(SessionId(1)));
}
