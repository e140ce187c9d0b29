//! Sessions, tickets, passwords, passkeys, profiles, locks and the keys of the vault.

use cratekeep_store::session::{self, NewSession};
use cratekeep_store::ticket::{self, NewTicket, Purpose};
use cratekeep_store::user::{self, Lock};
use cratekeep_store::{StoreError, member, owner, passkey, password, profile, vault};
use cratekeep_types::{SessionId, UserId};

use crate::world::{NOON, World, on_both};

on_both! {
    sessions_are_found_listed_and_ended
    the_oldest_sessions_end_past_the_most
    tickets_are_good_once_and_for_their_purpose
    passwords_are_set_and_taken_away
    passkeys_are_kept_by_their_credential
    a_profile_is_changed_and_its_address_confirmed
    accounts_are_locked_and_unlocked
    keys_of_the_vault_are_kept_and_wiped
}

fn new_session(account: UserId, seed: u8) -> NewSession {
    NewSession {
        account,
        hash: [seed; 32],
        method: "password".to_owned(),
        form_key: format!("key {seed}"),
        address: Some("127.0.0.1".to_owned()),
        agent: None,
        expires_at: NOON.plus_secs(1_000),
    }
}

async fn add_session(world: &World, account: UserId, seed: u8) -> SessionId {
    let new = new_session(account, seed);
    world
        .write(move |tx| {
            let new = new.clone();
            Box::pin(async move { session::insert(tx, &new, NOON).await })
        })
        .await
}

async fn sessions_are_found_listed_and_ended(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let first = add_session(&world, ann, 1).await;
    let second = add_session(&world, ann, 2).await;
    let third = add_session(&world, ann, 3).await;
    let other = add_session(&world, bob, 4).await;
    {
        let mut conn = world.read().await;
        let found = session::find_by_hash(&mut conn, &[1; 32]).await.expect("found").expect("there");
        assert_eq!((found.session.id, found.account.id), (first, ann));
        assert_eq!((found.session.seen_at, found.session.form_key.as_str()), (NOON, "key 1"));
        assert_eq!(session::find_by_hash(&mut conn, &[9; 32]).await, Ok(None));
        let open = session::list_open(&mut conn, ann, NOON, 10).await.expect("listed");
        assert_eq!(open.iter().map(|row| row.id).collect::<Vec<_>>(), [third, second, first]);
        assert!(
            session::list_open(&mut conn, ann, NOON.plus_secs(1_000), 10).await.expect("listed").is_empty()
        );
    }
    world
        .write(move |tx| {
            Box::pin(async move {
                assert!(session::touch(tx, first, Some("::1"), NOON.plus_secs(9)).await?);
                assert!(!session::touch(tx, first, None, NOON.plus_secs(5)).await?);
                assert!(!session::end(tx, bob, first, NOON).await?, "a session of somebody else");
                assert!(session::end(tx, ann, first, NOON).await?);
                assert!(!session::end(tx, ann, first, NOON).await?, "ended already");
                assert_eq!(session::end_all(tx, ann, Some(third), NOON).await?, 1);
                assert_eq!(session::end_all(tx, ann, None, NOON).await?, 1);
                Ok(())
            })
        })
        .await;
    {
        let mut conn = world.read().await;
        let found = session::find_by_hash(&mut conn, &[1; 32]).await.expect("found").expect("there");
        assert_eq!(found.session.seen_at, NOON.plus_secs(9));
        assert_eq!(found.session.address.as_deref(), Some("::1"));
        assert_eq!(found.session.ended_at, Some(NOON));
        let open = session::list_open(&mut conn, bob, NOON, 10).await.expect("listed");
        assert_eq!(open.iter().map(|row| row.id).collect::<Vec<_>>(), [other]);
    }
    let swept =
        world.write(|tx| Box::pin(async move { session::sweep(tx, NOON.plus_secs(1_001)).await })).await;
    assert_eq!(swept, 4);
}

async fn the_oldest_sessions_end_past_the_most(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let first = add_session(&world, ann, 1).await;
    let second = add_session(&world, ann, 2).await;
    let third = add_session(&world, ann, 3).await;
    let _ = add_session(&world, bob, 4).await;
    world
        .write(move |tx| {
            Box::pin(async move {
                assert_eq!(session::end_oldest(tx, ann, 3, NOON).await?, 0);
                assert_eq!(session::end_oldest(tx, ann, 2, NOON).await?, 1);
                assert!(!session::end(tx, ann, first, NOON).await?, "it is ended already");
                assert_eq!(session::end_oldest(tx, ann, 2, NOON).await?, 0);
                Ok(())
            })
        })
        .await;
    let open = session::list_open(&mut *world.read().await, ann, NOON, 10).await.expect("listed");
    assert_eq!(open.iter().map(|row| row.id).collect::<Vec<_>>(), [third, second]);
}

fn new_ticket(account: Option<UserId>, seed: u8) -> NewTicket {
    NewTicket {
        hash: [seed; 32],
        purpose: Purpose::ConfirmMail,
        account,
        payload: "\"a\"".to_owned(),
        expires_at: NOON.plus_secs(60),
    }
}

async fn tickets_are_good_once_and_for_their_purpose(world: World) {
    let ann = world.user("ann").await;
    world
        .write(move |tx| {
            Box::pin(async move {
                for (account, seed) in [(Some(ann), 1), (None, 2), (Some(ann), 3)] {
                    ticket::insert(tx, &new_ticket(account, seed), NOON).await?;
                }
                let (right, wrong) = (Purpose::ConfirmMail, Purpose::PasswordLink);
                assert_eq!(ticket::find(tx, wrong, &[1; 32], NOON).await?, None);
                assert_eq!(ticket::take(tx, wrong, &[1; 32], NOON).await?, None);
                assert_eq!(ticket::take(tx, right, &[1; 32], NOON.plus_secs(60)).await?, None);
                assert!(ticket::set_payload(tx, right, &[1; 32], "\"b\"", NOON).await?);
                let found = ticket::find(tx, right, &[1; 32], NOON).await?.expect("there");
                assert_eq!((found.account, found.payload.as_str()), (Some(ann), "\"b\""));
                assert_eq!(ticket::take(tx, right, &[1; 32], NOON).await?, Some(found));
                assert_eq!(ticket::take(tx, right, &[1; 32], NOON).await?, None);
                assert_eq!(ticket::drop_all(tx, ann, wrong).await?, 0);
                assert_eq!(ticket::drop_all(tx, ann, right).await?, 1);
                assert_eq!(ticket::sweep(tx, NOON).await?, 0);
                assert_eq!(ticket::sweep(tx, NOON.plus_secs(61)).await?, 1);
                Ok(())
            })
        })
        .await;
}

async fn passwords_are_set_and_taken_away(world: World) {
    let ann = world.user("ann").await;
    world
        .write(move |tx| {
            Box::pin(async move {
                assert_eq!(password::find(tx, ann).await?, None);
                password::set(tx, ann, "first", NOON).await?;
                password::set(tx, ann, "second", NOON).await?;
                assert_eq!(password::find(tx, ann).await?.as_deref(), Some("second"));
                assert!(password::remove(tx, ann).await?);
                assert!(!password::remove(tx, ann).await?);
                Ok(())
            })
        })
        .await;
}

async fn passkeys_are_kept_by_their_credential(world: World) {
    let (ann, bob) = (world.user("ann").await, world.user("bob").await);
    let id = world
        .write(move |tx| {
            Box::pin(async move {
                let id = passkey::insert(tx, ann, b"one", "blue", "{}", NOON).await?;
                passkey::insert(tx, ann, b"two", "red", "{}", NOON).await?;
                passkey::insert(tx, ann, b"three", "green", "{}", NOON).await?;
                assert!(passkey::note_use(tx, id, "{\"n\":1}", NOON.plus_secs(1)).await?);
                Ok(id)
            })
        })
        .await;
    let twice = world
        .store
        .write("test", move |tx| {
            Box::pin(async move { passkey::insert(tx, bob, b"one", "stolen", "{}", NOON).await })
        })
        .await;
    assert!(matches!(twice, Err(StoreError::Conflict { .. })), "{twice:?}");
    {
        let mut conn = world.read().await;
        let found = passkey::find_by_credential(&mut conn, b"one").await.expect("found").expect("there");
        assert_eq!((found.id, found.account, found.state.as_str()), (id, ann, "{\"n\":1}"));
        assert_eq!(found.used_at, Some(NOON.plus_secs(1)));
        assert_eq!(passkey::find_by_credential(&mut conn, b"four").await, Ok(None));
        let labels = passkey::list(&mut conn, ann).await.expect("listed");
        assert_eq!(labels.iter().map(|row| row.label.as_str()).collect::<Vec<_>>(), ["blue", "red", "green"]);
    }
    world
        .write(move |tx| {
            Box::pin(async move {
                assert!(!passkey::remove(tx, bob, id).await?);
                assert!(passkey::remove(tx, ann, id).await?);
                assert_eq!(passkey::remove_all(tx, ann).await?, 2);
                Ok(())
            })
        })
        .await;
}

async fn a_profile_is_changed_and_its_address_confirmed(world: World) {
    let ann = world.user("ann").await;
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "mine").await;
    world
        .write(move |tx| {
            Box::pin(async move {
                let fresh = profile::find(tx, ann).await?.expect("there");
                assert_eq!((fresh.display_name, fresh.email, fresh.publish_mail), (None, None, true));
                assert!(profile::set(tx, ann, Some("Ann"), false).await?);
                assert!(profile::set_email(tx, ann, "ann@a.example", None).await?);
                assert!(profile::holders(tx, "ann@a.example", 5).await?.is_empty(), "not confirmed");
                assert!(!profile::confirm_email(tx, ann, "other@a.example", NOON).await?);
                assert!(profile::confirm_email(tx, ann, "ann@a.example", NOON).await?);
                let now = profile::find(tx, ann).await?.expect("there");
                assert_eq!((now.display_name.as_deref(), now.publish_mail), (Some("Ann"), false));
                assert_eq!(now.email_verified_at, Some(NOON));
                let holders = profile::holders(tx, "ann@a.example", 5).await?;
                assert_eq!(holders.iter().map(|account| account.id).collect::<Vec<_>>(), [ann]);
                profile::set_email(tx, ann, "new@a.example", None).await?;
                assert_eq!(profile::find(tx, ann).await?.expect("there").email_verified_at, None);
                assert!(profile::owned(tx, ann, 5).await?.is_empty());
                owner::add(tx, krate, ann, None, NOON).await?;
                assert_eq!(profile::owned(tx, ann, 5).await?, [(krate.0, "mine".to_owned())]);
                Ok(())
            })
        })
        .await;
}

async fn accounts_are_locked_and_unlocked(world: World) {
    let ann = world.user("ann").await;
    world
        .write(move |tx| {
            Box::pin(async move {
                assert!(!member::is_group_admin(tx, ann).await?);
                assert_eq!(user::find_lock(tx, ann).await?, None);
                let lock = Lock { at: NOON, until: Some(NOON.plus_secs(9)), reason: "why".to_owned() };
                assert!(user::set_lock(tx, ann, Some(&lock)).await?);
                assert_eq!(user::find_lock(tx, ann).await?, Some(lock));
                assert!(user::set_lock(tx, ann, None).await?);
                assert_eq!(user::find_lock(tx, ann).await?, None);
                Ok(())
            })
        })
        .await;
}

async fn keys_of_the_vault_are_kept_and_wiped(world: World) {
    world
        .write(|tx| {
            Box::pin(async move {
                let old = vault::insert(tx, &[1; 32], NOON).await?;
                let new = vault::insert(tx, &[2; 32], NOON).await?;
                let keys = vault::keys(tx).await?;
                assert_eq!(keys.iter().map(|key| key.id).collect::<Vec<_>>(), [new, old]);
                assert_eq!(keys[0].bytes.expose(), &[2; 32]);
                assert_eq!(vault::retire_below(tx, new, NOON).await?, 1);
                assert_eq!(vault::keys(tx).await?.len(), 1);
                assert!(vault::sealed(tx, 0, 5).await?.is_empty());
                let nothing = vault::Sealed { identity: 1, bytes: vec![1] };
                assert!(!vault::reseal(tx, &nothing, None).await?);
                Ok(())
            })
        })
        .await;
}
