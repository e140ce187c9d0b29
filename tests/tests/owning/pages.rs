//! The pages of invitations and teams, as people go through them with a browser.

use cratekeep_tests::{Spec, TestApp, on_both_engines};
use cratekeep_wire::control::{AdminCommand, TeamCommand};

use crate::letters::with_address;

on_both_engines![an_invitation_is_answered_on_its_page, a_team_shows_its_members_to_each_other];
on_both_engines![mail_into_a_folder => a_letter_leads_to_a_button];

fn mail_into_a_folder(spec: Spec) -> Spec {
    spec.with_mail()
}

async fn an_invitation_is_answered_on_its_page(app: &TestApp) {
    let owner = app.owner().await;
    let mut helper = app.signed_in("helga").await;
    assert!(
        helper.open("/me/pending-invites").await.expect_status(200).text().contains("Nobody has invited you")
    );
    for name in ["first", "second"] {
        owner.has_published(name, "1.0.0").await;
        let _ = owner.add_owners(name, &["helga"]).await.expect_status(200);
    }
    let page = helper.open("/me/pending-invites").await.expect_status(200);
    let (first, second) = (number(page.text(), "first"), number(page.text(), "second"));
    let _ = helper.submit("/me/pending-invites", &[("accept", &first)]).await.expect_status(303);
    let _ = helper.submit("/me/pending-invites", &[("decline", &second)]).await.expect_status(303);
    let page = helper.open("/me/pending-invites").await.expect_status(200);
    assert!(page.text().contains("Nobody has invited you"));
    assert!(app.nobody().owners("first").await.text().contains("helga"));
    assert!(!app.nobody().owners("second").await.text().contains("helga"));
    let mut nobody = app.visitor();
    let reply = nobody.open("/me/pending-invites").await.expect_status(303);
    assert_eq!(reply.header("location"), "/sign-in?next=%2Fme%2Fpending-invites");
}

/// What the button that accepts an invitation sends.
fn number(page: &str, krate: &str) -> String {
    let row = page.split("<tr>").find(|row| row.contains(&format!("<code>{krate}</code>")));
    let value = row.and_then(|row| row.split("name=\"accept\" value=\"").nth(1));
    value
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_else(|| panic!("no button for {krate}: {page}"))
        .to_owned()
}

async fn a_letter_leads_to_a_button(app: &TestApp) {
    let (owner, helper) = (app.owner().await, app.person("helga").await);
    with_address(app, &helper, true).await;
    owner.has_published("shared", "1.0.0").await;
    let _ = owner.add_owners("shared", &["helga"]).await.expect_status(200);
    let path = app.letters().await[0].link("/accept-invite/");
    let mut browser = app.visitor();
    let page = browser.open(&path).await.expect_status(200);
    assert!(page.text().contains("Accept as helga"), "{}", page.text());
    assert!(!app.nobody().owners("shared").await.text().contains("helga"), "looking accepts nothing");
    let page = browser.submit(&path, &[]).await.expect_status(200);
    assert!(page.text().contains("The invitation is accepted"), "{}", page.text());
    assert!(app.nobody().owners("shared").await.text().contains("helga"));
    let _ = browser.open(&path).await.expect_status(404);
    let _ = browser.submit(&path, &[]).await.expect_status(404);
}

async fn a_team_shows_its_members_to_each_other(app: &TestApp) {
    let mut mia = app.signed_in("mia").await;
    let mut stan = app.signed_in("stan").await;
    app.admin(AdminCommand::Team(TeamCommand::Create { name: "core".to_owned() })).await;
    let (name, user) = ("core".to_owned(), "mia".to_owned());
    app.admin(AdminCommand::Team(TeamCommand::AddMember { name, user })).await;
    assert!(mia.open("/teams/team:core").await.expect_status(200).text().contains("<li>mia</li>"));
    assert!(!stan.open("/teams/team:core").await.expect_status(200).text().contains("<li>mia</li>"));
    let _ = stan.open("/teams/team:none").await.expect_status(404);
}
