//! Background jobs: at least once, again after a failure, set aside in the end.

use cratekeep_store::job::{NewJob, claim, enqueue, next_due};
use cratekeep_tests::{Spec, TestApp, on_both_engines};
use cratekeep_types::Timestamp;
use cratekeep_wire::control::{AdminCommand, AdminReply, JobCommand};

on_both_engines![mail_into_a_folder =>
    a_job_cut_off_between_sending_and_the_note_runs_again,
    a_poisoned_job_is_set_aside_and_can_be_dropped,
    a_job_that_kills_its_workers_is_set_aside,
];

fn mail_into_a_folder(spec: Spec) -> Spec {
    spec.with_mail()
}

const KINDS: &[&str] = &["mail"];

async fn has_job(app: &TestApp, payload: &'static str) {
    let new =
        NewJob { kind: "mail".to_owned(), dedup: None, payload: payload.to_owned(), run_at: Timestamp(0) };
    let added = app.store().write::<_, cratekeep_store::StoreError, _>("test", move |tx| {
        let new = new.clone();
        Box::pin(async move { enqueue(tx, &new, Timestamp(0)).await.map(drop) })
    });
    added.await.expect("a job");
}

/// Claims a job as a worker that dies at once: its lease is over before it began.
async fn claim_and_die(app: &TestApp) {
    let claimed = app.store().write::<_, cratekeep_store::StoreError, _>("test", move |tx| {
        Box::pin(async move { claim(tx, KINDS, Timestamp(1), 0, 3).await })
    });
    assert!(claimed.await.expect("a claim").value.is_some());
}

async fn dead(app: &TestApp) -> Vec<Vec<String>> {
    match app.admin(AdminCommand::Job(JobCommand::ListDead)).await {
        AdminReply::Table { rows, .. } => rows,
        other => panic!("no table: {other:?}"),
    }
}

const LETTER: &str = r#"{"to":"ada@example.org","subject":"one","text":"a letter"}"#;

async fn a_job_cut_off_between_sending_and_the_note_runs_again(app: &TestApp) {
    has_job(app, LETTER).await;
    claim_and_die(app).await;
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1, "the next worker sends it: {letters:?}");
    assert_eq!((letters[0].to.as_str(), letters[0].subject.as_str()), ("ada@example.org", "[crates] one"));
    let mut conn = app.store().read().await.expect("a connection");
    assert_eq!(next_due(&mut conn, KINDS).await, Ok(None), "it is done");
}

async fn a_poisoned_job_is_set_aside_and_can_be_dropped(app: &TestApp) {
    has_job(app, "{}").await;
    has_job(app, r#"{"to":"ada@example.org\r\nbcc: eve@example.org","subject":"x","text":"x"}"#).await;
    has_job(app, LETTER).await;
    assert_eq!(app.letters().await.len(), 1, "a bad job stands in nobody's way");
    let rows = dead(app).await;
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows.iter().all(|row| row[2] == "1" && !row[3].contains("ada@")), "{rows:?}");
    let id = rows[0][0].parse().expect("a number");
    app.admin(AdminCommand::Job(JobCommand::Retry { id })).await;
    assert_eq!(dead(app).await.len(), 1);
    assert_eq!(app.app().run_due_jobs().await.expect("jobs run"), 1);
    app.admin(AdminCommand::Job(JobCommand::Drop { id })).await;
    assert_eq!(dead(app).await.len(), 1);
    let again = app.app().run_at_shell(AdminCommand::Job(JobCommand::Drop { id })).await;
    assert!(matches!(again, AdminReply::Refused { .. }));
}

async fn a_job_that_kills_its_workers_is_set_aside(app: &TestApp) {
    has_job(app, LETTER).await;
    for _ in 0..3 {
        claim_and_die(app).await;
    }
    assert_eq!(app.letters().await.len(), 0);
    let rows = dead(app).await;
    assert_eq!((rows.len(), rows[0][2].as_str()), (1, "3"), "{rows:?}");
}
