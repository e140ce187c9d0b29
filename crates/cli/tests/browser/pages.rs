//! Every page, looked at: nothing is wider than the window, nothing is said on the console, nobody else is asked, and
//! axe-core finds no serious barrier. A new page is one more line here.

use anyhow::{Context, Result};
use serde_json::json;

use crate::eyes::Eyes;
use crate::scene::{ADMINISTRATOR, PASSWORD, Scene};
use crate::shelf;

/// Pages for everybody.
const OPEN: &[(&str, &str)] = &[
    ("front", "/"),
    ("front of a registry", "/r/main"),
    ("where a token comes from", "/me"),
    ("sign in", "/sign-in"),
    ("forgotten", "/link"),
    ("second step", "/passkey"),
    ("set up too late", "/setup/none"),
    ("no such link", "/link/none"),
    ("no such confirmation", "/confirm/none"),
    ("no such invitation", "/accept-invite/none"),
    ("team of strangers", "/teams/local:core"),
    ("not found", "/no-such-page"),
];

/// Pages to read.
const READ: &[(&str, &str)] = &[
    ("crate", "/crates/stone"),
    ("crate of a named registry", "/r/main/crates/stone"),
    ("version", "/crates/stone/0.9.0"),
    ("crate versions", "/crates/stone/versions"),
    ("crate dependencies", "/crates/mortar/dependencies"),
    ("version dependencies", "/crates/stone/1.0.0/dependencies"),
    ("crate dependents", "/crates/stone/reverse_dependencies"),
    ("crate that is yanked", "/crates/ruin"),
    ("crate with many versions", "/crates/many/versions"),
    ("crates", "/crates"),
    ("crates of a named registry", "/r/main/crates?sort=alpha"),
    ("search", "/search"),
    ("search for words", "/search?q=stone"),
    ("search for nothing that is there", "/search?q=zzzzzz&keyword=none"),
    ("keywords", "/keywords"),
    ("keyword", "/keywords/wall"),
    ("categories", "/categories"),
    ("category", "/categories/encoding"),
    ("person", "/users/adam"),
    ("no such crate", "/crates/ston"),
    ("no such version", "/crates/stone/9.9.9"),
];

/// Pages for who is signed in.
const OWN: &[(&str, &str)] = &[
    ("profile", "/settings/profile"),
    ("passkeys", "/settings/passkeys"),
    ("sessions", "/settings/sessions"),
    ("identities", "/settings/identities"),
    ("tokens", "/settings/tokens"),
    ("new token", "/settings/tokens/new"),
    ("invitations", "/me/pending-invites"),
    ("where my token comes from", "/me"),
    ("connect", "/connect"),
    ("connect with a wrong code", "/connect?code=WXYZ-WXYZ"),
    ("team", "/teams/local:core"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_fit_to_be_seen() -> Result<()> {
    let scene = Scene::build().await?;
    let mut eyes = Eyes::new(&scene.base)?;
    let browser = &scene.browser;

    eyes.visit(browser, "set up", &scene.setup_path()?).await?;
    scene.set_up().await?;
    eyes.look(browser, "first token").await?;
    furnish(&scene).await?;
    shelf::fill(&scene).await?;

    visit_all(&scene, &mut eyes, OWN).await?;
    visit_own_specials(&scene, &mut eyes).await?;
    scene.open("/").await?;
    scene.sign_out().await?;
    visit_all(&scene, &mut eyes, OPEN).await?;
    visit_all(&scene, &mut eyes, READ).await?;
    eyes.visit(browser, "crate with the longest name", &format!("/crates/{}", shelf::LONGEST)).await?;
    visit_open_specials(&scene, &mut eyes).await?;
    eyes.close();
    Ok(())
}

async fn visit_all(scene: &Scene, eyes: &mut Eyes, pages: &[(&str, &str)]) -> Result<()> {
    for (name, path) in pages {
        eyes.visit(&scene.browser, name, path).await?;
    }
    Ok(())
}

/// Puts into the server what the pages show.
async fn furnish(scene: &Scene) -> Result<()> {
    scene.server.admin(&["team", "create", "core"])?;
    scene.server.admin(&["team", "add-member", "core", ADMINISTRATOR])?;
    scene.server.admin(&["token", "create", "--user", ADMINISTRATOR, "--name", "laptop"])?;
    // A second browser of the same person, and somebody with a long name.
    let long = "somebody-with-quite-a-long-user-name-39";
    scene.server.admin(&["user", "create", long])?;
    Ok(())
}

/// Pages of who is signed in that a form or another program leads to.
async fn visit_own_specials(scene: &Scene, eyes: &mut Eyes) -> Result<()> {
    let browser = &scene.browser;
    scene.open("/settings/tokens/new").await?;
    browser.fill("#name", "release job").await?;
    browser.follow("form[action='/settings/tokens/new'] button").await?;
    eyes.look(browser, "token shown once").await?;
    scene.open("/settings/tokens/new").await?;
    browser.fill("#name", "job").await?;
    browser.fill("#crates", "not a crate!").await?;
    browser.follow("form[action='/settings/tokens/new'] button").await?;
    eyes.look(browser, "new token with a problem").await?;

    scene.open("/settings/profile").await?;
    browser.fill("#email", "adam@example.org").await?;
    browser.follow("form[action='/settings/mail'] button").await?;
    eyes.look(browser, "profile with an address").await?;
    let confirm = scene.link_in_letter("adam@example.org", "/confirm/").await?;
    eyes.visit(browser, "confirm", &confirm).await?;
    browser.follow("main form button").await?;
    eyes.look(browser, "confirmed").await?;

    let client = cratekeep_testkit::http::HttpClient::plain(&scene.base)?;
    let asked = client.request(http::Method::POST, "/api/v1/credential/begin");
    let asked = asked.json(&json!({ "client": "laptop" })).send().await?.expect_status(200).json();
    let link = asked["page"].as_str().context("an address to open")?;
    eyes.visit(browser, "connect with a code", link.trim_start_matches(&scene.base)).await
}

/// Pages of strangers that a form or a letter leads to.
async fn visit_open_specials(scene: &Scene, eyes: &mut Eyes) -> Result<()> {
    let browser = &scene.browser;
    let link = scene.server.admin(&["user", "link", "somebody-with-quite-a-long-user-name-39"])?;
    let link = link.split_whitespace().find(|word| word.contains("/link/")).context("a link")?;
    eyes.visit(browser, "set a password", link.trim_start_matches(&scene.base)).await?;
    scene.open("/sign-in").await?;
    browser.fill("#name", ADMINISTRATOR).await?;
    browser.fill("#password", &PASSWORD.to_uppercase()).await?;
    browser.follow("main form button[type=submit]").await?;
    eyes.look(browser, "sign in refused").await
}
