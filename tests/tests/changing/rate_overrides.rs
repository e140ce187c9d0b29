//! Figures of single accounts instead of the server's: `admin rate`.

use cratekeep_app::Rates;
use cratekeep_testkit::archive::ArchiveBuilder;
use cratekeep_tests::{Engine, Spec, TestApp, on_both_engines};
use cratekeep_types::Rate;
use cratekeep_wire::control::{AdminCommand, AdminReply, RateCommand};

/// One new crate at once and one more for each ten seconds.
fn tight(spec: Spec) -> Spec {
    let rate = Some(Rate { burst: 1, refill_micros: 10_000_000 });
    spec.options(|options| options.rates = Rates { publish_new: rate, ..Rates::default() })
}

on_both_engines![tight =>
    an_account_gets_more_until_a_day_and_no_longer,
    what_is_cleared_is_as_before,
    bad_figures_are_refused_with_a_reason,
    the_other_node_counts_by_the_same_figures,
];

async fn rate(app: &TestApp, command: RateCommand) {
    app.admin(AdminCommand::Rate(command)).await;
}

fn set(burst: u32, every_secs: Option<u32>, for_secs: Option<u64>) -> RateCommand {
    RateCommand::Set { user: "olga".to_owned(), of: "publish-new".to_owned(), burst, every_secs, for_secs }
}

fn clear() -> RateCommand {
    RateCommand::Clear { user: "olga".to_owned(), of: "publish-new".to_owned() }
}

async fn rows(app: &TestApp) -> Vec<Vec<String>> {
    match app.admin(AdminCommand::Rate(RateCommand::List)).await {
        AdminReply::Table { rows, .. } => rows,
        other => panic!("{other:?}"),
    }
}

async fn begins(app: &TestApp, name: &str) -> u16 {
    app.owner().await.publish(&ArchiveBuilder::new(name, "1.0.0")).await.status.as_u16()
}

async fn an_account_gets_more_until_a_day_and_no_longer(app: &TestApp) {
    let (_, stranger) = (app.owner().await, app.stranger().await);
    assert!(rows(app).await.is_empty());
    rate(app, set(3, None, Some(60))).await;
    assert_eq!(
        rows(app).await,
        [["olga", "publish-new", "3", "as set", "2026-05-04T03:03:01Z"].map(str::to_owned)]
    );
    for (name, status) in [("one", 200), ("two", 200), ("three", 200), ("four", 429)] {
        assert_eq!(begins(app, name).await, status, "{name}");
    }
    // Nobody else gets more.
    stranger.has_published("mine", "1.0.0").await;
    let _ = stranger.publish(&ArchiveBuilder::new("more", "1.0.0")).await.expect_status(429);
    // When the time is over, the server's figures count.
    app.clock().advance_secs(61);
    assert_eq!(begins(app, "five").await, 200);
    assert_eq!(begins(app, "six").await, 429);
}

async fn what_is_cleared_is_as_before(app: &TestApp) {
    app.owner().await;
    rate(app, set(2, Some(1), None)).await;
    assert_eq!(rows(app).await, [["olga", "publish-new", "2", "1s", "never"].map(str::to_owned)]);
    rate(app, set(3, Some(2), None)).await;
    assert_eq!(rows(app).await.len(), 1, "the later figures replace the ones before");
    for (name, status) in [("one", 200), ("two", 200), ("three", 200), ("four", 429)] {
        assert_eq!(begins(app, name).await, status, "{name}");
    }
    app.clock().advance_secs(2);
    assert_eq!(begins(app, "four").await, 200, "by the account's own figures");
    for _ in 0..2 {
        rate(app, clear()).await;
        assert!(rows(app).await.is_empty());
    }
    app.clock().advance_secs(2);
    assert_eq!(begins(app, "five").await, 429, "by the server's figures");
}

async fn bad_figures_are_refused_with_a_reason(app: &TestApp) {
    app.owner().await;
    let unknown_user = RateCommand::Set {
        user: "nemo".to_owned(),
        of: "yank".to_owned(),
        burst: 1,
        every_secs: None,
        for_secs: None,
    };
    let unknown_word = RateCommand::Clear { user: "olga".to_owned(), of: "sign-in".to_owned() };
    for (command, words) in [
        (set(0, None, None), "at least 1"),
        (set(1, Some(0), None), "at least 1"),
        (unknown_user, "there is no user `nemo`"),
        (unknown_word, "`sign-in` is not limited for accounts"),
    ] {
        let reply = app.app().run_at_shell(AdminCommand::Rate(command)).await;
        let AdminReply::Refused { problems } = reply else { panic!("{reply:?}") };
        assert!(problems[0].contains(words), "{problems:?}");
    }
    assert!(rows(app).await.is_empty());
}

async fn the_other_node_counts_by_the_same_figures(app: &TestApp) {
    // Only there are several processes.
    if app.engine() == Engine::SqliteAndFolder {
        return;
    }
    let node = app.second_node().await;
    let there = app.owner().await.at_node(&node);
    rate(app, set(3, None, None)).await;
    assert_eq!(begins(app, "one").await, 200);
    there.has_published("two", "1.0.0").await;
    assert_eq!(begins(app, "three").await, 200);
    let _ = there.publish(&ArchiveBuilder::new("four", "1.0.0")).await.expect_status(429);
    // The server's figures fill one place, the account's would have filled two.
    rate(app, clear()).await;
    app.clock().advance_secs(20);
    there.has_published("four", "1.0.0").await;
    let _ = there.publish(&ArchiveBuilder::new("five", "1.0.0")).await.expect_status(429);
    let _ = node.stop().await;
}
