//! What has to work in a browser that runs no scripts.

use anyhow::{Context, Result};
use cratekeep_testkit::http::HttpClient;
use serde_json::json;

use crate::scene::{ADMINISTRATOR, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn one_signs_in_makes_a_token_and_signs_out() -> Result<()> {
    let scene = Scene::build().await?;
    let browser = &scene.browser;
    browser.allow_scripts(false).await?;
    scene.set_up().await?;
    scene.open("/").await?;
    assert_eq!(scene.who().await?, ADMINISTRATOR);
    scene.sign_out().await?;
    scene.send_password().await?;
    assert_eq!(scene.who().await?, ADMINISTRATOR);

    scene.open("/settings/tokens/new").await?;
    browser.fill("#name", "release job").await?;
    browser.follow("form[action='/settings/tokens/new'] button[type=submit]").await?;
    let shown = browser.run("return document.querySelector('.secret').innerText", json!([])).await?;
    let token = shown.as_str().context("the token is shown")?.trim().to_owned();
    scene.open("/settings/tokens").await?;
    let listed = browser.run("return document.querySelector('tbody th').innerText", json!([])).await?;
    assert_eq!(listed, "release job");
    let client = HttpClient::plain(&scene.base)?;
    let taken_back = client.delete("/api/v1/tokens/current").token(&token).send().await?;
    assert_eq!(taken_back.status, 204, "{}", taken_back.text());
    scene.sign_out().await?;
    scene.open("/settings/tokens").await?;
    assert!(scene.path().await?.starts_with("/sign-in"), "{}", scene.path().await?);
    Ok(())
}
