//! A server with people, mail and ways to sign in, and a browser in front of it.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use cratekeep_testkit::port::Port;
use cratekeep_testkit::server::{Server, ServerSpec};
use cratekeep_testkit::webdriver::Browser;
use tempfile::TempDir;

/// The name of the first administrator.
pub(crate) const ADMINISTRATOR: &str = "adam";
/// Everybody's password.
pub(crate) const PASSWORD: &str = "a horse, a battery and a staple";
/// How long a letter may take from its cause to the folder.
const MAIL_DEADLINE: Duration = Duration::from_secs(60);

/// What a test has.
pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) browser: Browser,
    /// The address that people use: `http://localhost:15017`. Browsers offer passkeys there without TLS.
    pub(crate) base: String,
    mail: TempDir,
    _port: Port,
}

impl Scene {
    /// A new server on which nobody has been, and a browser that has been nowhere.
    pub(crate) async fn build() -> Result<Self> {
        // Nobody is asked there; the page has its button.
        Self::build_with("http://127.0.0.1:9", "").await
    }

    /// With an OpenID Connect provider, and more lines of its settings.
    pub(crate) async fn build_with(issuer: &str, lines: &str) -> Result<Self> {
        let (mail, port) = (TempDir::new()?, Port::reserve()?);
        let base = format!("http://localhost:{}", port.number());
        let server = ServerSpec::new(env!("CARGO_BIN_EXE_cratekeep"))
            .flag("--listen", format!("127.0.0.1:{}", port.number()))
            .flag("--base-url", base.clone())
            .env("CRATEKEEP_AUTH__PROVIDERS", providers(issuer, lines))
            .env("CRATEKEEP_AUTH__VAULT_KEY", "c0ffee00".repeat(8))
            .env("CRATEKEEP_OUTBOUND__ALLOW_PRIVATE", "true")
            .env("CRATEKEEP_MAIL__URL", format!("file://{}", mail.path().display()))
            .env("CRATEKEEP_MAIL__FROM", "crates@example.org")
            .start()?;
        Ok(Self { server, browser: Browser::start().await?, base, mail, _port: port })
    }

    /// Opens a page of the server.
    pub(crate) async fn open(&self, path: &str) -> Result<()> {
        self.browser.open(&format!("{}{path}", self.base)).await
    }

    /// The path of the page that the browser is on.
    pub(crate) async fn path(&self) -> Result<String> {
        let address = self.browser.address().await?;
        Ok(address.strip_prefix(&self.base).unwrap_or(&address).to_owned())
    }

    /// The path of the link for the first administrator.
    pub(crate) fn setup_path(&self) -> Result<String> {
        let printed = self.server.stdout();
        let link = printed.split_whitespace().find(|word| word.contains("/setup/")).context("no link")?;
        Ok(link.strip_prefix(&self.base).context("a link of this server")?.to_owned())
    }

    /// Makes the first administrator with the page for it, and stays on the page that shows the first token.
    pub(crate) async fn set_up(&self) -> Result<()> {
        self.open(&self.setup_path()?).await?;
        self.browser.fill("#name", ADMINISTRATOR).await?;
        self.browser.fill("#password", PASSWORD).await?;
        self.browser.follow("main form button").await
    }

    /// Who is signed in, as the top of the page says.
    pub(crate) async fn who(&self) -> Result<String> {
        let script = "return document.querySelector('.who')?.textContent ?? ''";
        let name = self.browser.run(script, serde_json::json!([])).await?;
        Ok(name.as_str().unwrap_or_default().to_owned())
    }

    /// Fills in the sign-in form and sends it.
    pub(crate) async fn send_password(&self) -> Result<()> {
        self.open("/sign-in").await?;
        self.browser.fill("#name", ADMINISTRATOR).await?;
        self.browser.fill("#password", PASSWORD).await?;
        self.browser.follow("main form button[type=submit]").await
    }

    /// Signs out with the button at the top.
    pub(crate) async fn sign_out(&self) -> Result<()> {
        self.browser.follow("form[action='/sign-out'] button").await?;
        anyhow::ensure!(self.who().await?.is_empty(), "nobody is signed in after the sign-out");
        Ok(())
    }

    /// The path of the link in a letter to `address` that has `part` in it.
    pub(crate) async fn link_in_letter(&self, address: &str, part: &str) -> Result<String> {
        let began = Instant::now();
        while began.elapsed() < MAIL_DEADLINE {
            let letters = letters_to(self.mail.path(), address)?;
            let words = letters.iter().flat_map(|text| text.split_whitespace());
            if let Some(link) = words.rev().find(|word| word.contains(part)) {
                return Ok(link.strip_prefix(&self.base).unwrap_or(link).to_owned());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("no letter to {address} with a link to {part}")
    }
}

/// A provider of every kind.
fn providers(issuer: &str, lines: &str) -> String {
    let forge = |name: &str, kind: &str| {
        format!(
            "[[provider]]\nname = \"{name}\"\nkind = \"{kind}\"\nclient_id = \"x\"\n\
             client_secret = \"canary-secret\"\nsign_up = \"closed\"\n"
        )
    };
    let (hub, lab) = (forge("hub", "github"), forge("lab", "gitlab"));
    format!(
        "[[provider]]\nname = \"work\"\nkind = \"oidc\"\ntitle = \"Example Works\"\nissuer = \"{issuer}\"\n\
         client_id = \"crates\"\nclient_secret = \"canary-secret\"\nsign_up = \"open\"\n\
         scopes = [\"openid\", \"profile\"]\n{lines}\n{hub}{lab}\
         [[provider]]\nname = \"front\"\nkind = \"proxy\"\nnetworks = [\"10.0.0.0/8\"]\nuser_header = \"X-User\"\n"
    )
}

fn letters_to(folder: &Path, address: &str) -> Result<Vec<String>> {
    let mut paths: Vec<_> = fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "eml"));
    let texts = paths.iter().filter_map(|path| fs::read_to_string(path).ok());
    // Quoted-printable breaks long lines and writes `=` as `=3D`.
    let plain = texts.map(|text| text.replace("=\r\n", "").replace("=\n", "").replace("=3D", "="));
    Ok(plain.filter(|text| text.contains(&format!("To: {address}"))).collect())
}
