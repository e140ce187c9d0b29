//! Buckets and the figures of accounts.

use cratekeep_store::rate::{self, Override};
use cratekeep_types::{Bucket, UserId};

use crate::world::{NOON, World, on_both};

on_both! {
    buckets_are_kept_by_subject_and_action
    figures_of_an_account_count_until_they_end
}

async fn buckets_are_kept_by_subject_and_action(world: World) {
    let (first, second) =
        (Bucket { tokens: 5, refilled_at: NOON }, Bucket { tokens: 0, refilled_at: NOON.plus_secs(9) });
    world
        .write(move |tx| {
            Box::pin(async move {
                assert_eq!(rate::lock_bucket(tx, "account 1", "yank").await?, None);
                rate::put_bucket(tx, "account 1", "yank", first).await?;
                rate::put_bucket(tx, "account 1", "yank", second).await?;
                rate::put_bucket(tx, "account 1", "publish-new", first).await?;
                assert_eq!(rate::lock_bucket(tx, "account 1", "yank").await?, Some(second));
                Ok(())
            })
        })
        .await;
    let mut conn = world.read().await;
    assert_eq!(rate::find_bucket(&mut conn, "account 1", "publish-new").await, Ok(Some(first)));
    assert_eq!(rate::find_bucket(&mut conn, "account 2", "yank").await, Ok(None));
    drop(conn);
    let swept =
        world.write(|tx| Box::pin(async move { rate::sweep_buckets(tx, NOON.plus_secs(1)).await })).await;
    assert_eq!(swept, 1);
    let mut conn = world.read().await;
    assert_eq!(rate::find_bucket(&mut conn, "account 1", "yank").await, Ok(Some(second)));
}

async fn figures_of_an_account_count_until_they_end(world: World) {
    let user = world.user("ada").await;
    let (ends, stays) = (
        Override { burst: 7, refill_secs: Some(60), expires_at: Some(NOON.plus_secs(10)) },
        Override { burst: 9, refill_secs: None, expires_at: None },
    );
    let both = (ends.clone(), stays.clone());
    world
        .write(move |tx| {
            let (ends, stays) = both.clone();
            Box::pin(async move {
                rate::set_override(tx, user, "yank", &stays).await?;
                rate::set_override(tx, user, "yank", &ends).await?;
                rate::set_override(tx, user, "publish-new", &stays).await
            })
        })
        .await;
    let mut conn = world.read().await;
    assert_eq!(rate::find_override(&mut conn, user, "yank", NOON).await, Ok(Some(ends.clone())));
    assert_eq!(rate::find_override(&mut conn, user, "yank", NOON.plus_secs(10)).await, Ok(None));
    let listed = rate::list_overrides(&mut conn, UserId(0), 10).await.expect("they are listed");
    let listed: Vec<_> = listed.into_iter().map(|row| (row.account.id, row.action, row.figures)).collect();
    assert_eq!(listed, [(user, "publish-new".to_owned(), stays), (user, "yank".to_owned(), ends)]);
    drop(conn);
    world
        .write(move |tx| {
            Box::pin(async move {
                assert!(rate::clear_override(tx, user, "yank").await?);
                assert!(!rate::clear_override(tx, user, "yank").await?);
                Ok(())
            })
        })
        .await;
}
