//! A service account is no person: it has tokens, and no way to sign in.

use cratekeep_tests::{PASSWORD, Spec, TestApp, on_both_engines};
use cratekeep_wire::control::{AdminCommand, AdminReply, UserCommand};

on_both_engines![with_mail => no_way_in_leads_to_a_service];

fn with_mail(spec: Spec) -> Spec {
    spec.with_mail()
}

async fn no_way_in_leads_to_a_service(app: &TestApp) {
    let _ = app.signed_in("olga").await;
    let robot = app.service("robot").await;
    // It has no password, and whoever tries one hears what is said of names that nobody has.
    let mut answers = Vec::new();
    for name in ["robot", "nobody-here"] {
        let mut visitor = app.visitor();
        let reply = visitor.submit("/sign-in", &[("name", name), ("password", PASSWORD)]).await;
        assert!(visitor.session().is_none());
        answers.push((reply.status, reply.text().replace(name, "NAME")));
    }
    assert_eq!(answers[0], answers[1]);
    // Nobody can make a link to set one: not at the shell, and not by mail.
    let link = UserCommand::Link { name: "robot".to_owned(), drop_passkeys: false };
    let reply = app.app().run_at_shell(AdminCommand::User(link)).await;
    let AdminReply::Refused { problems } = reply else { panic!("{reply:?}") };
    assert!(problems[0].contains("`robot` is a service account"), "{problems:?}");
    // With its token it is nobody's browser: pages stay closed, and what only a session may do is refused.
    let _ = robot.fetch("/settings/profile").await.expect_status(403);
    let _ = robot.fetch("/settings/passkeys").await.expect_status(403);
    let _ = robot.fetch("/connect").await.expect_status(403);
    // Even a session that somebody slipped into the database is none.
    let slipped = app.browser(&robot).await;
    let _ = slipped.fetch("/settings/profile").await.expect_status(401);
}
