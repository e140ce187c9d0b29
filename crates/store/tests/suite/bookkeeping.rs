//! Blobs, jobs, nodes and counts.

use cratekeep_store::blob::{self, DELETE_SECS_MAX, State};
use cratekeep_store::download::{self, DayRow, NewCount};
use cratekeep_store::job::{self, Claim, Failed, NewJob, Retry};
use cratekeep_store::{clock, node};
use cratekeep_types::{Checksum, CrateId, EventNumber, JobId, Timestamp, VersionId};

use crate::world::{NOON, World, on_both};

on_both! {
    a_blob_goes_from_intent_to_live
    the_sweep_takes_only_what_nothing_names
    a_doomed_blob_comes_back_until_it_is_taken
    an_unfinished_sweep_is_taken_over
    blobs_are_listed_by_digest_and_class
    live_blobs_that_no_version_names_are_listed
    a_job_is_claimed_by_one_worker_at_a_time
    a_late_worker_changes_nothing
    a_failing_job_waits_longer_each_time_and_dies
    a_job_whose_workers_die_is_buried
    a_dead_job_is_revived_or_discarded
    jobs_with_one_key_wait_once
    only_jobs_of_known_kinds_are_claimed
    racing_workers_claim_different_jobs
    nodes_are_alive_as_long_as_they_say_so
    downloads_add_up
    the_database_tells_the_time
}

const HOSTED: &str = "hosted";

fn sum(name: &str) -> Checksum {
    Checksum::of(name.as_bytes())
}

impl World {
    async fn intent(&self, name: &'static str, at: Timestamp) -> State {
        self.write(move |tx| Box::pin(async move { blob::intent(tx, HOSTED, &sum(name), 7, at).await })).await
    }

    async fn set_live(&self, name: &'static str, at: Timestamp) -> bool {
        self.write(move |tx| Box::pin(async move { blob::set_live(tx, HOSTED, &sum(name), at).await })).await
    }

    async fn doom(&self, cutoff: Timestamp, at: Timestamp) -> u64 {
        self.write(move |tx| {
            Box::pin(async move { blob::mark_doomed_older_than(tx, HOSTED, cutoff, at).await })
        })
        .await
    }

    async fn take(&self, at: Timestamp) -> Vec<Checksum> {
        let rows =
            self.write(move |tx| Box::pin(async move { blob::take_doomed(tx, HOSTED, 10, at).await })).await;
        assert!(rows.iter().all(|row| row.state == State::Deleting && row.touched_at == at));
        rows.into_iter().map(|row| row.checksum).collect()
    }

    async fn forget(&self, name: &'static str) -> bool {
        self.write(move |tx| Box::pin(async move { blob::forget(tx, HOSTED, &sum(name)).await })).await
    }

    async fn state(&self, name: &str) -> Option<State> {
        let row = blob::find(&mut *self.read().await, HOSTED, &sum(name)).await.expect("found");
        row.map(|row| row.state)
    }
}

async fn a_blob_goes_from_intent_to_live(world: World) {
    assert!(!world.set_live("a", NOON).await, "nobody has said that it would be put");
    assert_eq!(world.intent("a", NOON).await, State::Intent);
    assert!(world.set_live("a", NOON.plus_secs(1)).await);
    assert_eq!(world.intent("a", NOON.plus_secs(2)).await, State::Live, "it stays live");
    let row = blob::find(&mut *world.read().await, HOSTED, &sum("a")).await.expect("found").expect("there");
    assert_eq!((row.checksum, row.size, row.touched_at), (sum("a"), 7, NOON.plus_secs(2)));
    assert_eq!(blob::find(&mut *world.read().await, "mirror", &sum("a")).await, Ok(None));
}

async fn the_sweep_takes_only_what_nothing_names(world: World) {
    for name in ["old", "fresh", "live", "1.0.0"] {
        world.intent(name, NOON).await;
    }
    world.set_live("live", NOON).await;
    world.intent("fresh", NOON.plus_secs(100)).await;
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "demo").await;
    // A version names the digest of its number, although its blob was never set live.
    world.version(krate, "1.0.0").await;
    assert_eq!(world.doom(NOON.plus_secs(50), NOON.plus_secs(200)).await, 1);
    assert_eq!(world.take(NOON.plus_secs(201)).await, [sum("old")]);
    assert_eq!(world.take(NOON.plus_secs(202)).await, [], "taken once");
    assert!(!world.forget("live").await, "only what is being deleted is forgotten");
    assert!(world.forget("old").await && !world.forget("old").await);
    assert_eq!(world.state("old").await, None);
    assert_eq!(world.state("1.0.0").await, Some(State::Intent));
}

async fn a_doomed_blob_comes_back_until_it_is_taken(world: World) {
    for name in ["wanted", "named", "late"] {
        world.intent(name, NOON).await;
    }
    assert_eq!(world.doom(NOON.plus_secs(1), NOON.plus_secs(2)).await, 3);
    assert_eq!(world.intent("wanted", NOON.plus_secs(3)).await, State::Intent);
    assert!(world.set_live("named", NOON.plus_secs(3)).await);
    assert_eq!(world.take(NOON.plus_secs(4)).await, [sum("late")]);
    assert_eq!(world.intent("late", NOON.plus_secs(5)).await, State::Deleting, "wait for the sweep");
    assert!(!world.set_live("late", NOON.plus_secs(5)).await, "it is being deleted");
    assert!(world.forget("late").await);
    assert_eq!(world.intent("late", NOON.plus_secs(6)).await, State::Intent);
}

async fn an_unfinished_sweep_is_taken_over(world: World) {
    world.intent("a", NOON).await;
    world.doom(NOON.plus_secs(1), NOON.plus_secs(1)).await;
    let taken = NOON.plus_secs(2);
    assert_eq!(world.take(taken).await, [sum("a")]);
    world.intent("a", taken.plus_secs(5)).await;
    assert_eq!(world.take(taken.plus_secs(DELETE_SECS_MAX)).await, [], "the first sweep may still be at it");
    assert_eq!(world.take(taken.plus_secs(DELETE_SECS_MAX + 1)).await, [sum("a")]);
}

async fn blobs_are_listed_by_digest_and_class(world: World) {
    let names = ["a", "b", "c", "d", "e"];
    for name in names {
        world.intent(name, NOON).await;
    }
    world.write(|tx| Box::pin(async move { blob::intent(tx, "mirror", &sum("z"), 1, NOON).await })).await;
    let mut conn = world.read().await;
    let page = blob::list(&mut conn, HOSTED, None, 3).await.expect("listed");
    let rest = blob::list(&mut conn, HOSTED, Some(&page[2].checksum), 3).await.expect("listed");
    let listed: Vec<_> = page.iter().chain(&rest).map(|row| row.checksum).collect();
    let mut expected = names.map(sum);
    expected.sort();
    assert_eq!(listed, expected);
}

async fn live_blobs_that_no_version_names_are_listed(world: World) {
    for name in ["1.0.0", "lost", "gone"] {
        world.intent(name, NOON).await;
        assert!(world.set_live(name, NOON).await);
    }
    world.intent("on its way", NOON).await;
    let registry = world.registry("main").await;
    let krate = world.krate(registry, "demo").await;
    world.version(krate, "1.0.0").await;
    let mut expected = ["lost", "gone"].map(sum);
    expected.sort();
    let mut conn = world.read().await;
    let first = blob::list_live_unnamed(&mut conn, HOSTED, None, 1).await.expect("listed");
    let rest = blob::list_live_unnamed(&mut conn, HOSTED, Some(&first[0].checksum), 9).await.expect("listed");
    assert_eq!((first[0].checksum, rest[0].checksum, rest.len()), (expected[0], expected[1], 1));
    assert_eq!(blob::list_live_unnamed(&mut conn, "mirror", None, 9).await, Ok(Vec::new()));
}

const RETRY: Retry = Retry { tries_max: 3, wait_secs: 10, wait_secs_max: 15 };

fn new_job(kind: &str) -> NewJob {
    NewJob { kind: kind.to_owned(), dedup: None, payload: format!("{{\"for\":\"{kind}\"}}"), run_at: NOON }
}

impl World {
    async fn enqueue(&self, new: NewJob) -> Option<JobId> {
        self.write(move |tx| {
            let new = new.clone();
            Box::pin(async move { job::enqueue(tx, &new, NOON).await })
        })
        .await
    }

    async fn claim(&self, kinds: &'static [&'static str], now: Timestamp) -> Option<Claim> {
        self.write(move |tx| Box::pin(async move { job::claim(tx, kinds, now, 60, 3).await })).await
    }

    async fn fail(&self, claim: &Claim, now: Timestamp) -> Failed {
        let claim = claim.clone();
        self.write(move |tx| {
            let claim = claim.clone();
            Box::pin(async move { job::fail(tx, &claim, now, RETRY, "it broke").await })
        })
        .await
    }

    async fn finish(&self, claim: &Claim) -> bool {
        let claim = claim.clone();
        self.write(move |tx| {
            let claim = claim.clone();
            Box::pin(async move { job::finish(tx, &claim).await })
        })
        .await
    }

    async fn renew(&self, claim: &Claim, now: Timestamp) -> bool {
        let claim = claim.clone();
        self.write(move |tx| {
            let claim = claim.clone();
            Box::pin(async move { job::renew(tx, &claim, now, 60).await })
        })
        .await
    }
}

async fn a_job_is_claimed_by_one_worker_at_a_time(world: World) {
    let id = world.enqueue(new_job("sweep")).await.expect("added");
    assert_eq!(job::next_due(&mut *world.read().await, &["sweep"]).await, Ok(Some(NOON)));
    assert_eq!(world.claim(&["sweep"], NOON.plus_secs(-1)).await, None, "not before its time");
    let claim = world.claim(&["sweep"], NOON).await.expect("claimed");
    assert_eq!((claim.id, claim.kind.as_str(), claim.payload.as_str()), (id, "sweep", "{\"for\":\"sweep\"}"));
    assert_eq!((claim.attempt, claim.fence, claim.lease_until), (1, 1, NOON.plus_secs(60)));
    assert_eq!(world.claim(&["sweep"], NOON.plus_secs(59)).await, None, "it is held");
    assert_eq!(job::next_due(&mut *world.read().await, &["sweep"]).await, Ok(Some(NOON.plus_secs(60))));
    assert!(world.renew(&claim, NOON.plus_secs(30)).await);
    assert_eq!(world.claim(&["sweep"], NOON.plus_secs(89)).await, None, "it is held for longer");
    assert!(world.finish(&claim).await && !world.finish(&claim).await);
    assert_eq!(job::next_due(&mut *world.read().await, &["sweep"]).await, Ok(None));
}

async fn a_late_worker_changes_nothing(world: World) {
    world.enqueue(new_job("sweep")).await;
    let late = world.claim(&["sweep"], NOON).await.expect("claimed");
    let second = world.claim(&["sweep"], NOON.plus_secs(60)).await.expect("the lease has ended");
    assert_eq!((second.id, second.attempt, second.fence), (late.id, 2, 2));
    assert!(!world.renew(&late, NOON.plus_secs(61)).await);
    assert!(!world.finish(&late).await);
    assert_eq!(world.fail(&late, NOON.plus_secs(61)).await, Failed::Lost);
    assert!(world.renew(&second, NOON.plus_secs(61)).await);
    assert!(world.finish(&second).await);
}

async fn a_failing_job_waits_longer_each_time_and_dies(world: World) {
    let id =
        world.enqueue(NewJob { dedup: Some("daily".to_owned()), ..new_job("sweep") }).await.expect("added");
    let mut now = NOON;
    for wait in [10, 15] {
        let claim = world.claim(&["sweep"], now).await.expect("claimed");
        assert_eq!(world.fail(&claim, now).await, Failed::Again { at: now.plus_secs(wait) });
        assert_eq!(world.claim(&["sweep"], now.plus_secs(wait - 1)).await, None);
        now = now.plus_secs(wait);
    }
    let claim = world.claim(&["sweep"], now).await.expect("claimed");
    assert_eq!(world.fail(&claim, now).await, Failed::Dead);
    assert_eq!(world.claim(&["sweep"], now.plus_secs(100_000)).await, None);
    let dead = job::list_dead(&mut *world.read().await, JobId(0), 10).await.expect("listed");
    assert_eq!((dead.len(), dead[0].id, dead[0].attempts, dead[0].error.as_str()), (1, id, 3, "it broke"));
    let next = world.enqueue(NewJob { dedup: Some("daily".to_owned()), ..new_job("sweep") }).await;
    assert!(next.is_some(), "a dead job does not stand in the way of the next");
}

async fn a_job_whose_workers_die_is_buried(world: World) {
    world.enqueue(new_job("sweep")).await;
    let bury = |now| world.write(move |tx| Box::pin(async move { job::bury(tx, now, 3).await }));
    for round in 0..3 {
        assert_eq!(bury(NOON.plus_secs(round * 60)).await, 0);
        world.claim(&["sweep"], NOON.plus_secs(round * 60)).await.expect("claimed");
    }
    assert_eq!(world.claim(&["sweep"], NOON.plus_secs(180)).await, None, "it was tried often enough");
    assert_eq!(bury(NOON.plus_secs(179)).await, 0, "the last worker may still be at it");
    assert_eq!(bury(NOON.plus_secs(180)).await, 1);
    assert_eq!(job::list_dead(&mut *world.read().await, JobId(0), 10).await.expect("listed").len(), 1);
}

async fn a_dead_job_is_revived_or_discarded(world: World) {
    let revive = |id| world.write(move |tx| Box::pin(async move { job::revive(tx, id, NOON).await }));
    let discard = |id| world.write(move |tx| Box::pin(async move { job::discard(tx, id).await }));
    let id = world.enqueue(new_job("sweep")).await.expect("added");
    assert!(!revive(id).await && !discard(id).await, "it is not dead");
    let die = async || {
        for _ in 0..3 {
            let claim = world.claim(&["sweep"], NOON.plus_secs(1_000)).await.expect("claimed");
            world.fail(&claim, NOON).await;
        }
    };
    die().await;
    assert!(revive(id).await && !revive(id).await);
    die().await;
    assert!(discard(id).await && !discard(id).await && !revive(id).await);
    assert_eq!(job::list_dead(&mut *world.read().await, JobId(0), 10).await, Ok(Vec::new()));
}

async fn jobs_with_one_key_wait_once(world: World) {
    let keyed = |key: &str| NewJob { dedup: Some(key.to_owned()), ..new_job("sweep") };
    assert!(world.enqueue(keyed("a")).await.is_some());
    assert!(world.enqueue(keyed("a")).await.is_none());
    assert!(world.enqueue(keyed("b")).await.is_some());
    assert!(world.enqueue(NewJob { kind: "scrub".to_owned(), ..keyed("a") }).await.is_some());
    assert!(
        world.enqueue(new_job("sweep")).await.is_some() && world.enqueue(new_job("sweep")).await.is_some()
    );
    let claim = world.claim(&["sweep"], NOON).await.expect("claimed");
    assert!(world.enqueue(keyed("a")).await.is_none(), "it is running");
    world.finish(&claim).await;
    assert!(world.enqueue(keyed("a")).await.is_some(), "it is done");
}

async fn only_jobs_of_known_kinds_are_claimed(world: World) {
    world.enqueue(new_job("from-the-future")).await;
    assert_eq!(world.claim(&["sweep", "scrub"], NOON).await, None);
    assert_eq!(world.claim(&[], NOON).await, None);
    assert_eq!(job::next_due(&mut *world.read().await, &["sweep"]).await, Ok(None));
    assert!(world.claim(&["sweep", "from-the-future"], NOON).await.is_some());
}

async fn racing_workers_claim_different_jobs(world: World) {
    for _ in 0..20 {
        world.enqueue(new_job("sweep")).await;
    }
    let claims = futures::future::join_all((0..30).map(|_| world.claim(&["sweep"], NOON))).await;
    let mut ids: Vec<_> = claims.into_iter().flatten().map(|claim| claim.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
}

async fn nodes_are_alive_as_long_as_they_say_so(world: World) {
    let beat = |id: &'static str, seen, now| {
        world.store.count("test", move |tx| {
            Box::pin(async move { node::beat(tx, id, EventNumber(seen), now).await })
        })
    };
    beat("b", 4, NOON).await.expect("noted");
    beat("a", 3, NOON.plus_secs(-100)).await.expect("noted");
    beat("b", 9, NOON.plus_secs(1)).await.expect("noted");
    let live = node::live(&mut *world.read().await, NOON.plus_secs(-10)).await.expect("listed");
    let shown: Vec<_> = live.iter().map(|row| (row.id.as_str(), row.seen.0, row.beat_at)).collect();
    assert_eq!(shown, [("b", 9, NOON.plus_secs(1))]);
    let forget = |id: Option<&'static str>, before| {
        world.store.count("test", move |tx| Box::pin(async move { node::forget(tx, id, before).await }))
    };
    assert_eq!(forget(None, NOON.plus_secs(-10)).await, Ok(1));
    assert_eq!(forget(Some("b"), NOON.plus_secs(-10)).await, Ok(1));
    assert_eq!(node::live(&mut *world.read().await, NOON.plus_secs(-1000)).await, Ok(Vec::new()));
}

async fn downloads_add_up(world: World) {
    let count = |version, krate, day, downloads| NewCount {
        krate: CrateId(krate),
        version: VersionId(version),
        day,
        downloads,
    };
    let add = |counts: Vec<NewCount>| {
        world.store.count("test", move |tx| {
            let counts = counts.clone();
            Box::pin(async move { download::add(tx, &counts).await })
        })
    };
    add(vec![count(1, 1, 100, 5), count(1, 1, 100, 2), count(2, 1, 101, 1), count(3, 2, 100, 4)])
        .await
        .expect("added");
    add(vec![count(1, 1, 100, 10), count(1, 1, 102, 1)]).await.expect("added");
    add(Vec::new()).await.expect("nothing to add");
    let mut conn = world.read().await;
    let by_version = download::by_version(&mut conn, CrateId(1)).await;
    assert_eq!(by_version, Ok(vec![(VersionId(1), 18), (VersionId(2), 1)]));
    let asked = [CrateId(2), CrateId(1), CrateId(9)];
    let by_krate = download::by_krate(&mut conn, &asked).await;
    assert_eq!(by_krate, Ok(vec![(CrateId(1), 19), (CrateId(2), 4)]));
    let recent = download::recent_by_krate(&mut conn, &asked, 101).await;
    assert_eq!(recent, Ok(vec![(CrateId(1), 2)]));
    let day = |version, day, downloads| DayRow { version: VersionId(version), day, downloads };
    let by_day = download::by_day(&mut conn, CrateId(1), 100).await;
    assert_eq!(by_day, Ok(vec![day(1, 100, 17), day(2, 101, 1), day(1, 102, 1)]));
}

async fn the_database_tells_the_time(world: World) {
    let first = world.store.now().await.expect("the time");
    let second = world.write(|tx| Box::pin(async move { clock::now(tx).await })).await;
    assert!(second >= first);
    // Some time between 2020 and 2100, in microseconds.
    assert!((1_577_836_800_000_000..4_102_444_800_000_000).contains(&first.0), "{first}");
}
