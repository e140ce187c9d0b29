//! Signing in by an OpenID Connect provider that others wrote, with a page of its own to choose who one is.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Result, ensure};
use cratekeep_testkit::child::Watched;
use cratekeep_testkit::port::Port;
use cratekeep_testkit::tools;

use crate::scene::Scene;

/// Who is known there.
const ANN: &str = r#"{"sub":"ann","preferred_username":"ann","groups":["staff","canteen"]}"#;
/// How often one looks whether the provider listens, fifty milliseconds apart. Python takes its time.
const LOOKS_MAX: u32 = 1_200;

/// The running provider.
struct Provider {
    issuer: String,
    _child: Watched,
    _port: Port,
}

impl Provider {
    #[expect(clippy::disallowed_methods, reason = "a test is a client")]
    async fn start() -> Result<Self> {
        let port = Port::reserve()?;
        let mut command = Command::new(tools::oidc_provider_mock(Path::new(env!("CARGO_TARGET_TMPDIR")))?);
        command.args(["--port", &port.number().to_string(), "--require-nonce", "true", "--user-claims", ANN]);
        let child = Watched::spawn(command, Stdio::null())?;
        for _ in 0..LOOKS_MAX {
            if TcpStream::connect(("127.0.0.1", port.number())).is_ok() {
                let issuer = format!("http://127.0.0.1:{}", port.number());
                return Ok(Self { issuer, _child: child, _port: port });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("the provider does not listen:\n{}", child.stderr())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_comes_with_the_groups_that_a_foreign_provider_names() -> Result<()> {
    let provider = Provider::start().await?;
    let scene =
        Scene::build_with(&provider.issuer, r#"groups = { staff = ["team:core", "reader@inner"] }"#).await?;
    let browser = &scene.browser;
    scene.server.admin(&["team", "create", "core"])?;
    scene.server.admin(&["registry", "create", "inner", "--access", "closed"])?;

    scene.open("/sign-in?next=/settings/identities").await?;
    browser.follow(".way[href^='/sign-in/work']").await?;
    let asked = browser.address().await?;
    ensure!(asked.starts_with(&provider.issuer), "the browser is at the provider: {asked}");
    for part in ["code_challenge=", "code_challenge_method=S256", "nonce=", "state="] {
        ensure!(asked.contains(part), "no {part} in {asked}");
    }
    browser.follow("button[value=ann]").await?;
    assert_eq!(scene.path().await?, "/settings/identities");
    assert_eq!(scene.who().await?, "ann");
    let members = scene.server.admin(&["team", "members", "core"])?;
    assert!(members.contains("ann"), "{members}");
    // The other group gives a role in a registry that is closed to everybody else.
    scene.open("/r/inner/api/v1/crates").await?;
    browser.wait_until("return document.body.innerText.includes('\"crates\"')").await?;

    scene.open("/").await?;
    // Who says no there is told so here, and is nobody.
    scene.sign_out().await?;
    scene.open("/sign-in").await?;
    browser.follow(".way[href^='/sign-in/work']").await?;
    browser.follow("button[value=deny]").await?;
    assert_eq!(scene.who().await?, "");
    ensure!(browser.address().await?.starts_with(&scene.base), "the browser is back");
    Ok(())
}
