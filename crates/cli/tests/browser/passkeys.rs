//! Passkeys, as browsers and authenticators do them.

use anyhow::Result;
use serde_json::json;

use crate::scene::{ADMINISTRATOR, PASSWORD, Scene};

/// Whether the page lists a passkey.
const HAS_PASSKEY: &str = "return document.querySelector('td')?.textContent === 'laptop'";
/// Whether somebody is signed in on the page.
const IS_SIGNED_IN: &str = "return document.querySelector('.who') !== null";

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_added_signs_in_alone_and_after_the_password_and_goes() -> Result<()> {
    let scene = Scene::build().await?;
    let browser = &scene.browser;
    browser.plug_in_authenticator().await?;
    scene.set_up().await?;
    scene.open("/").await?;
    assert_eq!(scene.who().await?, ADMINISTRATOR);

    // A wrong password is told in the form, and nothing is made.
    scene.open("/settings/passkeys").await?;
    browser.fill("#label", "laptop").await?;
    browser.fill("#old", "not the password").await?;
    browser.click("form[data-passkey] button").await?;
    browser.wait_until("return !document.querySelector('[data-problem]').hidden").await?;
    browser.fill("#old", PASSWORD).await?;
    browser.click("form[data-passkey] button").await?;
    browser.wait_until(HAS_PASSKEY).await?;

    // Alone.
    scene.sign_out().await?;
    scene.open("/sign-in?next=/settings/sessions").await?;
    browser.fill("#name", ADMINISTRATOR).await?;
    browser.click("button[data-passkey]").await?;
    browser.wait_until(IS_SIGNED_IN).await?;
    assert_eq!(scene.path().await?, "/settings/sessions");

    // After the password, which is not enough any more.
    scene.sign_out().await?;
    scene.send_password().await?;
    assert!(scene.path().await?.starts_with("/passkey"), "{}", scene.path().await?);
    assert_eq!(scene.who().await?, "");
    browser.click("form[data-passkey] button").await?;
    browser.wait_until(IS_SIGNED_IN).await?;

    // Taken away, the password is enough again.
    scene.open("/settings/passkeys").await?;
    browser.fill("#old-too", PASSWORD).await?;
    browser.follow("form[action='/settings/passkeys/remove'] button").await?;
    let passkeys = browser.run("return document.querySelectorAll('tbody tr').length", json!([])).await?;
    assert_eq!(passkeys, 0);
    scene.sign_out().await?;
    scene.send_password().await?;
    assert_eq!(scene.who().await?, ADMINISTRATOR);
    Ok(())
}
