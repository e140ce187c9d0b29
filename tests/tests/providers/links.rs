//! Linking a further provider to an account, and unlinking it.

use cratekeep_app::{AppError, Caller};

use crate::browser::Browser;
use crate::stage::{Stage, on_both_stages};

on_both_stages![
    a_second_provider_is_linked_and_unlinked,
    the_page_of_links_does_it_all,
    nobody_links_for_somebody_else
];

async fn caller(stage: &Stage, browser: &Browser) -> Caller {
    Caller { actor: stage.actor(browser).await, address: None }
}

/// The parameter that a link in the settings carries.
async fn link_path(stage: &Stage, browser: &Browser, provider: &str) -> String {
    let session = browser.session();
    let shown = cratekeep_app::Shown { session: session.as_deref(), ..cratekeep_app::Shown::default() };
    let visit = stage.app.app().visit(&shown).await.expect("an answer");
    let key = visit.form_key.expect("a session has a key");
    let link = cratekeep_types::Checksum::of(format!("link {key}").as_bytes());
    format!("/sign-in/{provider}?next=/settings/profile&link={link}")
}

async fn a_second_provider_is_linked_and_unlinked(stage: &Stage) {
    stage.at_corp("00u1", "ann", &["rust"]);
    stage.forge.person(17, "ann-at-the-hub", None);
    let browser = stage.signed_in("corp").await;
    let session = browser.session();
    let back = browser.go(&link_path(stage, &browser, "hub").await).await;
    let reply = browser.open(&back).await.expect_status(303);
    assert_eq!(reply.header("location"), format!("{}/settings/profile", stage.app.url()));
    assert_eq!(browser.session(), session, "linking is no sign-in");
    assert_eq!(stage.name(&stage.signed_in("hub").await).await, "ann");

    let asks = caller(stage, &browser).await;
    let linked = stage.app.app().linked_identities(&asks).await.expect("a list");
    let shown: Vec<_> = linked.iter().map(|one| (one.provider.as_str(), one.login.as_str())).collect();
    assert_eq!(shown, [("The corp", "ann"), ("The hub", "ann-at-the-hub")]);
    stage.app.app().unlink_identity(&asks, linked[0].id).await.expect("there is another way in");
    let main = stage.app.app().default_registry().registry.id;
    assert_eq!(stage.actor(&browser).await.role_in(main), None, "what its groups gave is gone");
    let last = stage.app.app().unlink_identity(&asks, linked[1].id).await;
    assert!(matches!(last, Err(AppError::Conflict(_))), "{last:?}");
    let other = stage.app.app().unlink_identity(&asks, linked[0].id).await;
    assert!(matches!(other, Err(AppError::NotFound(_))), "{other:?}");
    // The same person at the provider is a stranger now.
    assert_eq!(stage.name(&stage.signed_in("corp").await).await, "ann-2");
}

async fn the_page_of_links_does_it_all(stage: &Stage) {
    assert_eq!(stage.browser().open("/settings/identities").await.status, 401);
    stage.at_corp("00u1", "ann", &[]);
    stage.forge.person(17, "<ann>", None);
    let browser = stage.signed_in("corp").await;
    let page = browser.open("/settings/identities").await.expect_status(200).text().to_owned();
    assert!(page.contains("The corp") && !page.contains("/sign-in/front"), "{page}");
    let link = page.split('"').find(|part| part.starts_with("/sign-in/hub?")).expect("a link to the hub");
    let back = browser.go(&link.replace("&amp;", "&").replace("&#38;", "&")).await;
    let _ = browser.open(&back).await.expect_status(303);
    let page = browser.open("/settings/identities").await.expect_status(200).text().to_owned();
    assert!(page.contains("ann&#62;") && !page.contains("<ann>"), "{page}");
    let after = |mark: &str| {
        let rest = page.split(mark).nth(1).expect("it is on the page");
        rest.split('"').next().expect("a value").to_owned()
    };
    let key = after("name=\"key\" value=\"");
    let id = after("name=\"id\" value=\"");
    assert_eq!(browser.post("/settings/identities", &[("id", &id)]).await.status, 403, "without the key");
    let fields = [("key", key.as_str()), ("id", id.as_str())];
    let reply = browser.post("/settings/identities", &fields).await.expect_status(303);
    assert_eq!(reply.header("location"), "/settings/identities");
    let page = browser.open("/settings/identities").await.text().to_owned();
    let left = page.split("name=\"id\" value=\"").nth(1).expect("one is left");
    let fields = [("key", key.as_str()), ("id", left.split('"').next().expect("a value"))];
    let reply = browser.post("/settings/identities", &fields).await.expect_status(409);
    assert!(reply.text().contains("only way into your account"), "{}", reply.text());
}

async fn nobody_links_for_somebody_else(stage: &Stage) {
    stage.at_corp("00u1", "ann", &[]);
    stage.forge.person(17, "bob", None);
    let (ann, bob) = (stage.signed_in("corp").await, stage.signed_in("hub").await);
    // An identity that somebody has is not taken over.
    let back = ann.go(&link_path(stage, &ann, "hub").await).await;
    assert_eq!(ann.open(&back).await.status, 409);
    // A link of another session, of none, or without its key.
    let of_bob = link_path(stage, &bob, "lab").await;
    assert_eq!(ann.open(&of_bob).await.status, 403);
    assert_eq!(ann.open("/sign-in/lab?link=1").await.status, 403);
    assert_eq!(stage.browser().open(&of_bob).await.status, 403);
    // Somebody else is signed in by the time the browser comes back.
    let back = ann.go(&link_path(stage, &ann, "lab").await).await;
    let _ = ann.sign_in("hub").await;
    assert_eq!(stage.name(&ann).await, "bob");
    let reply = ann.open(&back).await;
    assert!(reply.status.is_client_error(), "{}", reply.status);
    // Nobody is signed in any more.
    let back = bob.go(&link_path(stage, &bob, "lab").await).await;
    bob.forget("cratekeep");
    assert_eq!(bob.open(&back).await.status, 403);
    assert_eq!(bob.session(), None);
    // A token links and unlinks nothing at a provider.
    let person = stage.app.person("tom").await;
    let reply = cratekeep_tests::send(person.get("/sign-in/lab?link=1")).await;
    assert_eq!(reply.status, 403);
}
