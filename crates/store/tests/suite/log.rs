//! Events and audit rows.

use std::collections::BTreeSet;

use cratekeep_store::audit::{self, NewAudit, Who};
use cratekeep_store::event::{self, Event, EventKind};
use cratekeep_store::event_feed::{self, Audience, FeedRow, Part};
use cratekeep_store::krate::Seen;
use cratekeep_store::{StoreError, Tx, krate, meta, reader, user};
use cratekeep_types::{CanonName, EventNumber, TokenId, UserId};

use crate::world::{NOON, World, insert_user, on_both};

on_both! {
    events_are_numbered_from_one_and_keep_their_ids
    a_crate_is_stamped_with_its_last_event
    a_failed_write_gives_its_numbers_back
    numbers_have_no_gaps_under_concurrency
    followers_never_miss_an_event
    an_audit_row_stands_beside_its_event
    refusals_need_no_event
    a_feed_has_names_and_leaves_out_what_is_not_for_its_reader
}

async fn events_are_numbered_from_one_and_keep_their_ids(world: World) {
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "Foo_Bar").await;
    let version = world.version(krate, "1.0.0").await;
    let mut conn = world.read().await;
    assert_eq!(event::head(&mut conn).await, Ok(EventNumber(0)));
    assert_eq!(event::after(&mut conn, EventNumber(0), 10).await, Ok(Vec::new()));
    let full = Event {
        registry: Some(registry),
        krate: Some(krate),
        version: Some(version),
        ..Event::new(EventKind::VersionPublished, NOON)
    };
    let bare = Event { subject: Some(77), ..Event::new(EventKind::UserCreated, NOON.plus_secs(1)) };
    let (first, second) = (full.clone(), bare.clone());
    let committed = world
        .store
        .write("test", move |tx: &mut Tx| {
            tx.emit(first.clone());
            tx.emit(second.clone());
            Box::pin(async move { Ok::<_, StoreError>("given") })
        })
        .await
        .expect("committed");
    assert_eq!((committed.value, committed.events), ("given", vec![EventNumber(1), EventNumber(2)]));
    assert_eq!(event::head(&mut conn).await, Ok(EventNumber(2)));
    let rows = world.store.poll_events(EventNumber(0), 10).await.expect("read");
    assert_eq!(rows.iter().map(|row| row.number.0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((&rows[0].event, &rows[0].canon), (&full, &Some(CanonName::of("foo-bar"))));
    assert_eq!((&rows[1].event, &rows[1].canon), (&bare, &None));
    let later = event::after(&mut conn, EventNumber(1), 10).await.expect("read");
    assert_eq!(later, rows[1..]);
    assert_eq!(event::after(&mut conn, EventNumber(0), 1).await.expect("read"), rows[..1]);
}

async fn a_crate_is_stamped_with_its_last_event(world: World) {
    let registry = world.registry("main").await;
    let (one, two, three) = (
        world.krate(registry, "one").await,
        world.krate(registry, "two").await,
        world.krate(registry, "three").await,
    );
    world
        .write(move |tx| {
            for krate in [one, two, one] {
                tx.emit(Event { krate: Some(krate), ..Event::new(EventKind::VersionPublished, NOON) });
            }
            Box::pin(async move { Ok(()) })
        })
        .await;
    let mut stamps = Vec::new();
    for id in [one, two, three] {
        let row = krate::find_by_id(&mut *world.read().await, id).await.expect("found").expect("there");
        stamps.push(row.event_number.0);
    }
    assert_eq!(stamps, [3, 2, 0]);
}

async fn a_failed_write_gives_its_numbers_back(world: World) {
    world.user("taken").await;
    let emit = |name: &'static str| {
        world.store.write("test", move |tx: &mut Tx| {
            Box::pin(async move {
                tx.emit(Event::new(EventKind::UserCreated, NOON));
                insert_user(tx, name).await
            })
        })
    };
    assert_eq!(emit("free").await.expect("committed").events, [EventNumber(1)]);
    emit("taken").await.expect_err("the name is taken");
    assert_eq!(emit("other").await.expect("committed").events, [EventNumber(2)]);
}

async fn numbers_have_no_gaps_under_concurrency(world: World) {
    let (clients, rounds) = (8, 12);
    let store = &world.store;
    let numbers = futures::future::join_all((0..clients).map(|client| async move {
        let mut numbers = Vec::new();
        for round in 0..rounds {
            let events = 1 + (client + round) % 3;
            let fails = (client + round) % 4 == 0;
            let result = store
                .write("test", move |tx: &mut Tx| {
                    Box::pin(async move {
                        for _ in 0..events {
                            tx.emit(Event {
                                subject: Some(client),
                                ..Event::new(EventKind::UserChanged, NOON)
                            });
                        }
                        insert_user(tx, &format!("u{client}-{round}")).await?;
                        if fails { Err(StoreError::Full) } else { Ok(()) }
                    })
                })
                .await;
            match result {
                Ok(committed) => {
                    assert_eq!(committed.events.len() as i64, events);
                    numbers.extend(committed.events);
                }
                Err(error) => assert_eq!((fails, error), (true, StoreError::Full)),
            }
        }
        assert!(numbers.is_sorted(), "a later write has later numbers");
        numbers
    }))
    .await;
    let numbers: Vec<i64> = numbers.into_iter().flatten().map(|number| number.0).collect();
    let unique: BTreeSet<i64> = numbers.iter().copied().collect();
    assert_eq!(unique.len(), numbers.len());
    assert_eq!(unique.into_iter().collect::<Vec<_>>(), (1..=numbers.len() as i64).collect::<Vec<_>>());
    let head = event::head(&mut *world.read().await).await.expect("read");
    assert_eq!(head.0 as usize, numbers.len());
    assert_eq!(user::list(&mut *world.read().await, UserId(0), 1000).await.expect("listed").len(), 72);
}

/// A follower that reads while others write sees every number once, in order: numbers become visible in order.
async fn followers_never_miss_an_event(world: World) {
    let store = world.store.clone();
    let follower = tokio::spawn(async move {
        let mut cursor = EventNumber(0);
        while cursor.0 < 80 {
            for row in store.poll_events(cursor, 7).await.expect("read") {
                assert_eq!(row.number.0, cursor.0 + 1, "a number was passed over");
                cursor = row.number;
            }
            tokio::task::yield_now().await;
        }
    });
    futures::future::join_all((0..8).map(|client| {
        let store = &world.store;
        async move {
            for _ in 0..10 {
                let write = store.write("test", move |tx: &mut Tx| {
                    tx.emit(Event { subject: Some(client), ..Event::new(EventKind::UserChanged, NOON) });
                    Box::pin(async move { meta::set(tx, meta::Key::StorageMark, "x").await })
                });
                write.await.expect("committed");
            }
        }
    }))
    .await;
    follower.await.expect("the follower saw every number");
}

fn full_audit() -> NewAudit {
    NewAudit {
        token: Some(TokenId(5)),
        address: Some("192.0.2.7".to_owned()),
        registry: Some("main".to_owned()),
        krate: Some("demo".to_owned()),
        version: Some("1.0.0".to_owned()),
        before: Some("{\"yanked\": false}".to_owned()),
        after: Some("{\"yanked\": true}".to_owned()),
        ..NewAudit::new("yank", Who::User(UserId(3)), NOON)
    }
}

async fn an_audit_row_stands_beside_its_event(world: World) {
    world
        .write(|tx| {
            tx.audit(NewAudit::new("before-any-event", Who::System, NOON));
            tx.emit(Event::new(EventKind::VersionYanked, NOON));
            tx.audit(full_audit());
            tx.emit(Event::new(EventKind::OwnerAdded, NOON));
            tx.audit(NewAudit::new("owner-add", Who::Operator, NOON));
            Box::pin(async move { Ok(()) })
        })
        .await;
    let rows = audit::list(&mut *world.read().await, None, 10).await.expect("listed");
    let shown: Vec<_> = rows.iter().map(|row| (row.audit.action.as_str(), row.event)).collect();
    let expected =
        [("owner-add", Some(EventNumber(2))), ("yank", Some(EventNumber(1))), ("before-any-event", None)];
    assert_eq!(shown, expected);
    assert_eq!(rows[1].audit, full_audit());
    assert_eq!((rows[0].audit.who, rows[2].audit.who), (Who::Operator, Who::System));
    let older = audit::list(&mut *world.read().await, Some(rows[1].id), 10).await.expect("listed");
    assert_eq!(older, rows[2..]);
}

async fn refusals_need_no_event(world: World) {
    let refused = |reason: &str| NewAudit {
        refusal: Some(reason.to_owned()),
        ..NewAudit::new("publish", Who::Nobody, NOON)
    };
    let rows = vec![refused("no token"), refused("not an owner")];
    let given = rows.clone();
    world
        .write(move |tx| {
            let rows = given.clone();
            Box::pin(async move {
                audit::insert(tx, &rows).await?;
                audit::insert(tx, &[]).await?;
                tx.audit(NewAudit::new("noted", Who::Nobody, NOON));
                Ok(())
            })
        })
        .await;
    let listed = audit::list(&mut *world.read().await, None, 10).await.expect("listed");
    assert_eq!(listed.len(), 3);
    assert!(listed.iter().all(|row| row.event.is_none()));
    assert_eq!((&listed[2].audit, &listed[1].audit), (&rows[0], &rows[1]));
    assert_eq!(event::head(&mut *world.read().await).await, Ok(EventNumber(0)));
}

async fn a_feed_has_names_and_leaves_out_what_is_not_for_its_reader(world: World) {
    let (open, closed) = (world.registry("main").await, world.registry("vault").await);
    let shown = world.krate(open, "Shown").await;
    let secret = world.krate(closed, "secret").await;
    let version = world.version(shown, "1.0.0").await;
    let ann = world.user("ann").await;
    world
        .write(move |tx| {
            Box::pin(async move {
                let event = |kind, registry, krate| Event { registry, krate, ..Event::new(kind, NOON) };
                reader::set_limited(tx, secret, true).await?;
                tx.emit(event(EventKind::RegistryCreated, Some(open), None));
                let published = event(EventKind::VersionPublished, Some(open), Some(shown));
                tx.emit(Event { version: Some(version), ..published });
                tx.emit(event(EventKind::CrateChanged, Some(closed), Some(secret)));
                let added = event(EventKind::OwnerAdded, Some(open), Some(shown));
                tx.emit(Event { subject: Some(ann.0), ..added });
                tx.emit(Event { subject: Some(7), ..Event::new(EventKind::TokenCreated, NOON) });
                tx.emit(Event { subject: Some(9), ..event(EventKind::CrateDeleted, Some(closed), None) });
                tx.audit(NewAudit { krate: Some("gone".to_owned()), ..full_audit() });
                Ok(())
            })
        })
        .await;
    let part = |after, limit| Part { after: EventNumber(after), until: EventNumber(6), limit };
    let mut conn = world.read().await;
    let nobody = Audience { whole: vec![open], ..Audience::default() };
    let rows = event_feed::page(&mut conn, &nobody, part(0, 10)).await.expect("listed");
    let numbers = |rows: &[FeedRow]| rows.iter().map(|row| row.number.0).collect::<Vec<_>>();
    assert_eq!(numbers(&rows), [1, 2, 4]);
    assert_eq!(rows[1].krate.as_ref().map(ToString::to_string).as_deref(), Some("Shown"));
    assert_eq!((rows[1].version.as_deref(), rows[2].user.as_deref()), (Some("1.0.0"), Some("ann")));
    assert_eq!(numbers(&event_feed::page(&mut conn, &nobody, part(1, 1)).await.expect("listed")), [2]);
    let member = |seen| Audience { partly: vec![(closed, seen)], ..Audience::default() };
    for (audience, expected) in [
        (member(Seen::default()), vec![]),
        (member(Seen { all: false, limited: vec![secret] }), vec![3]),
        (member(Seen { all: true, limited: Vec::new() }), vec![3, 6]),
        (Audience { everything: true, all_kinds: true, ..Audience::default() }, vec![1, 2, 3, 4, 5, 6]),
    ] {
        let rows = event_feed::page(&mut conn, &audience, part(0, 10)).await.expect("listed");
        assert_eq!(numbers(&rows), expected, "{audience:?}");
    }
    let all = Audience { everything: true, all_kinds: true, ..Audience::default() };
    let rows = event_feed::page(&mut conn, &all, part(4, 10)).await.expect("listed");
    assert_eq!(rows[1].krate.as_ref().map(ToString::to_string).as_deref(), Some("gone"));
    assert_eq!((rows[0].subject, rows[0].registry), (Some(7), None));
}
