//! Letters about owning: by a folder, by a real mail server, and when there is none.

use cratekeep_store::profile;
use cratekeep_testkit::mail::{MailCatcher, Mood};
use cratekeep_tests::{Engine, Person, SentLetter, Spec, TestApp, on_both_engines, run, send};
use cratekeep_types::UserName;
use cratekeep_wire::control::{AdminCommand, AdminReply, JobCommand, MailCommand};
use http::Method;

on_both_engines![mail_into_a_folder =>
    an_invitation_is_accepted_by_its_letter,
    only_verified_addresses_get_letters,
    who_never_confirmed_an_address_cannot_accept,
    owners_hear_of_publishes_unless_they_do_not_want_to,
    the_operator_tries_mail_out,
];
on_both_engines![nothing_breaks_without_mail];

fn mail_into_a_folder(spec: Spec) -> Spec {
    spec.with_mail()
}

/// Gives a person an address that they have proved to read.
pub(crate) async fn with_address(app: &TestApp, person: &Person, wants_publishes: bool) {
    let name: UserName = person.name().parse().expect("a name");
    let email = format!("{name}@example.org");
    let written = app.store().write::<_, cratekeep_store::StoreError, _>("test", move |tx| {
        let (name, email) = (name.clone(), email.clone());
        Box::pin(async move {
            let user = cratekeep_store::user::find_by_name(tx, &name).await?.expect("an account");
            let id = user.account.id;
            profile::set_email(tx, id, &email, Some(cratekeep_types::Timestamp(1))).await?;
            profile::set(tx, id, None, wants_publishes).await
        })
    });
    assert!(written.await.expect("an address").value);
}

async fn an_invitation_is_accepted_by_its_letter(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    with_address(app, &helper, true).await;
    owner.has_published("shared", "1.0.0").await;
    let _ = owner.add_owners("shared", &["helga"]).await.expect_status(200);
    let _ = owner.add_owners("shared", &["helga"]).await.expect_status(200);
    let letters = app.letters().await;
    assert_eq!(letters.len(), 1, "one letter for one invitation: {letters:?}");
    assert_eq!(letters[0].to, "helga@example.org");
    assert_eq!(letters[0].subject, "[crates] olga invites you to own the crate shared");
    assert!(letters[0].text.contains(app.url()), "links are whole: {}", letters[0].text);
    let code = letters[0].link("/accept-invite/").replace("/accept-invite/", "");
    let accept = || {
        let path = format!("/api/v1/me/crate_owner_invitations/accept/{code}");
        send(app.nobody().request(Method::PUT, &path))
    };
    let reply = accept().await.expect_status(200).json();
    assert_eq!(reply["crate_owner_invitation"]["accepted"], true);
    helper.has_published("shared", "1.0.1").await;
    let _ = accept().await.expect_status(404);
    let _ = owner.remove_owners("shared", &["helga"]).await.expect_status(200);
    let _ = accept().await.expect_status(404);
}

async fn only_verified_addresses_get_letters(app: &TestApp) {
    let owner = app.owner().await;
    app.person("helga").await;
    owner.has_published("shared", "1.0.0").await;
    let _ = owner.add_owners("shared", &["helga"]).await.expect_status(200);
    assert_eq!(app.letters().await, Vec::<SentLetter>::new());
}

async fn who_never_confirmed_an_address_cannot_accept(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    owner.has_published("shared", "1.0.0").await;
    let _ = owner.add_owners("shared", &["helga"]).await.expect_status(200);
    let reply = helper.answer("shared", true).await.expect_status(403);
    let begins = "You need to verify your email address before you can accept the invitation";
    assert!(reply.error_detail().starts_with(begins), "{}", reply.error_detail());
    with_address(app, &helper, true).await;
    let _ = helper.answer("shared", true).await.expect_status(200);
}

async fn owners_hear_of_publishes_unless_they_do_not_want_to(app: &TestApp) {
    let (owner, helper, quiet) = (app.owner().await, app.person("helga").await, app.person("quinn").await);
    for (person, wants) in [(&owner, true), (&helper, true), (&quiet, false)] {
        with_address(app, person, wants).await;
    }
    owner.has_published("shared", "1.0.0").await;
    owner.shares("shared", &helper).await;
    owner.shares("shared", &quiet).await;
    let before = app.letters().await.len();
    let upload = helper.has_published("shared", "1.1.0").await;
    let _ = helper.send_upload(&upload).await.expect_status(200);
    let letters = app.letters().await.split_off(before);
    let told: Vec<_> = letters.iter().map(|letter| letter.to.as_str()).collect();
    assert_eq!(told, ["olga@example.org", "helga@example.org"], "each once, though sent twice");
    assert_eq!(letters[0].subject, "[crates] shared 1.1.0 was published");
    assert!(letters[0].text.contains("helga published version 1.1.0"), "{}", letters[0].text);
}

async fn the_operator_tries_mail_out(app: &TestApp) {
    let test = |address: &str| AdminCommand::Mail(MailCommand::Test { address: address.to_owned() });
    app.admin(test("ada@example.org")).await;
    assert_eq!(app.letters().await[0].to, "ada@example.org");
    let reply = app.app().run_at_shell(test("no address")).await;
    assert!(matches!(reply, AdminReply::Refused { .. }), "{reply:?}");
}

async fn nothing_breaks_without_mail(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    with_address(app, &helper, true).await;
    owner.has_published("shared", "1.0.0").await;
    owner.shares("shared", &helper).await;
    owner.has_published("shared", "1.0.1").await;
    assert_eq!(
        app.app().run_due_jobs().await.expect("jobs run"),
        2,
        "two archives are looked into, no letter"
    );
    let test = AdminCommand::Mail(MailCommand::Test { address: "ada@example.org".to_owned() });
    let reply = app.app().run_at_shell(test).await;
    assert!(
        matches!(&reply, AdminReply::Refused { problems } if problems[0].contains("mail.url")),
        "{reply:?}"
    );
}

/// Through a real conversation: taken, refused for now, refused for good, and nobody there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_go_over_smtp() {
    let catcher = MailCatcher::start().expect("a mail server");
    let spec = Spec::on(Engine::SqliteAndFolder).with_mail_server(catcher.port());
    run(spec, async |app| {
        let (owner, helper) = (app.owner().await, app.person("helga").await);
        with_address(app, &helper, true).await;
        owner.has_published("shared", "1.0.0").await;
        catcher.be(Mood::Later);
        let _ = owner.add_owners("shared", &["helga"]).await.expect_status(200);
        assert!(app.app().run_next_job().await.expect("a job runs"));
        catcher.be(Mood::Takes);
        assert!(app.app().run_next_job().await.expect("it is tried again"));
        let caught = catcher.wait_for(1);
        assert_eq!(caught[0].to, "helga@example.org");
        let letter = SentLetter::read(&caught[0].raw);
        let code = letter.link("/accept-invite/").replace("/accept-invite/", "");
        let path = format!("/api/v1/me/crate_owner_invitations/accept/{code}");
        let _ = send(app.nobody().request(Method::PUT, &path)).await.expect_status(200);

        catcher.be(Mood::Never);
        owner.has_published("shared", "1.0.1").await;
        app.app().run_due_jobs().await.expect("jobs run");
        let AdminReply::Table { rows, .. } = app.admin(AdminCommand::Job(JobCommand::ListDead)).await else {
            panic!("no table")
        };
        assert_eq!((rows.len(), rows[0][2].as_str()), (1, "1"), "refused for good at once: {rows:?}");
        assert!(rows[0][3].contains("550") && !rows[0][3].contains("helga@"), "{rows:?}");
    })
    .await;
}
