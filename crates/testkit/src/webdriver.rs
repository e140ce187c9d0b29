//! A real browser: Chromium without a window, driven by chromedriver over the WebDriver protocol (W3C) with the
//! extensions for authenticators (W3C WebAuthn) and for DevTools. What the pages are is for the tests.
//!
//! The protocol is JSON over HTTP, and what the tests need most (emulation, logs, authenticators) are plain requests of
//! it, so the client that is here anyway is enough.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::child::Watched;
use crate::environment;
use crate::http::HttpClient;
use crate::port::Port;

/// How long chromedriver and Chromium may take to start. Generous: machines that run tests are busy.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// How often a wait looks again, and how many times at most.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOOKS_MAX: u32 = 400;
/// The key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// How Chromium runs: by itself, and with no way to any host but loopback.
const FLAGS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
];

/// A browser with one window. Dropping it ends it.
#[derive(Debug)]
pub struct Browser {
    client: HttpClient,
    session: String,
    address: String,
    _driver: Watched,
    _port: Port,
    _home: TempDir,
}

impl Browser {
    /// Starts a browser that has never been anywhere.
    ///
    /// # Errors
    /// chromedriver or Chromium is not there or does not start.
    pub async fn start() -> Result<Self> {
        let home = TempDir::with_prefix("cratekeep-browser-").context("could not make a temporary folder")?;
        let port = Port::reserve()?;
        let mut command = Command::new("chromedriver");
        environment::inherit_only(&mut command, &["PATH", "LD_LIBRARY_PATH"]);
        command.env("HOME", home.path()).env("TMPDIR", home.path()).current_dir(home.path());
        command.arg(format!("--port={}", port.number()));
        let mut driver = Watched::spawn(command, Stdio::null())
            .context("the Debian packages are chromium and chromium-driver")?;
        driver.wait_for_line("ChromeDriver was started successfully", START_DEADLINE)?;
        let address = format!("127.0.0.1:{}", port.number());
        let client = HttpClient::plain(&format!("http://{address}"))?;
        let mut browser =
            Self { client, session: String::new(), address, _driver: driver, _port: port, _home: home };
        let made = browser.ask(Method::POST, "/session", &capabilities()).await?;
        let id = made["sessionId"].as_str().context("chromedriver gave no session")?;
        browser.session = format!("/session/{id}");
        Ok(browser)
    }

    /// Opens an address and waits until the page and what belongs to it is loaded.
    ///
    /// # Errors
    /// The browser does not answer. A page with an error status is opened as well.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.post("/url", &json!({ "url": url })).await.map(drop)
    }

    /// The address of the page it is on.
    ///
    /// # Errors
    /// The browser does not answer.
    pub async fn address(&self) -> Result<String> {
        let path = format!("{}/url", self.session);
        let value = self.ask(Method::GET, &path, &Value::Null).await?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    /// Runs the body of a function in the page, also where the page itself may run no scripts, and gives what it
    /// returns. What it is given is `arguments`.
    ///
    /// # Errors
    /// The script throws, or the browser does not answer.
    pub async fn run(&self, script: &str, arguments: Value) -> Result<Value> {
        self.post("/execute/sync", &json!({ "script": script, "args": arguments })).await
    }

    /// As [`Browser::run`] for a script that calls its last argument when it is done.
    ///
    /// # Errors
    /// As for [`Browser::run`].
    pub async fn run_and_wait(&self, script: &str, arguments: Value) -> Result<Value> {
        self.post("/execute/async", &json!({ "script": script, "args": arguments })).await
    }

    /// A command of the DevTools protocol.
    ///
    /// # Errors
    /// The browser refuses it.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Result<Value> {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters })).await
    }

    /// What a log (`browser`: the console, `performance`: the network) has got since it was asked last.
    ///
    /// # Errors
    /// The browser does not answer.
    pub async fn log(&self, kind: &str) -> Result<Vec<Value>> {
        let value = self.post("/se/log", &json!({ "type": kind })).await?;
        Ok(value.as_array().cloned().unwrap_or_default())
    }

    /// Clicks the first element that a CSS selector finds, as a person does.
    ///
    /// # Errors
    /// There is none, or nobody could click it.
    pub async fn click(&self, selector: &str) -> Result<()> {
        let id = self.element(selector).await?;
        let path = format!("/element/{id}/click");
        self.post(&path, &json!({})).await.map(drop).with_context(|| format!("clicking {selector}"))
    }

    /// Clicks what leads to another page, or to the same anew, and waits until that is there.
    ///
    /// # Errors
    /// As for [`Browser::click`], and when no other page comes.
    pub async fn follow(&self, selector: &str) -> Result<()> {
        // The mark is in the document, which scripts of the page and ours have in common.
        self.run("document.documentElement.dataset.left = ''", json!([])).await?;
        self.click(selector).await?;
        let is_there = "return document.documentElement.dataset.left === undefined && document.readyState === 'complete'";
        self.wait_until(is_there).await
    }

    /// Types into the first element that a CSS selector finds, in place of what is in it.
    ///
    /// # Errors
    /// There is none, or nobody could type into it.
    pub async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        let id = self.element(selector).await?;
        self.post(&format!("/element/{id}/clear"), &json!({})).await?;
        let path = format!("/element/{id}/value");
        self.post(&path, &json!({ "text": text })).await.map(drop)
    }

    /// Waits until the body of a function returns true in the page, also over a change of pages.
    ///
    /// # Errors
    /// It did not within twenty seconds; the error has the text of the page.
    pub async fn wait_until(&self, script: &str) -> Result<()> {
        for _ in 0..LOOKS_MAX {
            // While one page goes and another comes there is nothing to run a script in.
            if self.run(script, json!([])).await.is_ok_and(|value| value == true) {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let text = self.run("return document.body.innerText", json!([])).await?;
        bail!("`{script}` did not become true on {}:\n{}", self.address().await?, text.as_str().unwrap_or(""))
    }

    /// Plugs in an authenticator that keeps passkeys, whose holder is there and proves it.
    ///
    /// # Errors
    /// The browser does not answer.
    pub async fn plug_in_authenticator(&self) -> Result<()> {
        let kind = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true, "hasUserVerification": true,
            "isUserConsenting": true, "isUserVerified": true
        });
        self.post("/webauthn/authenticator", &kind).await.map(drop)
    }

    /// Makes the window as wide as this and says which colours its owner likes.
    ///
    /// # Errors
    /// The browser does not answer.
    pub async fn look(&self, width: u32, scheme: &str) -> Result<()> {
        let size = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await?;
        let features = json!([
            { "name": "prefers-color-scheme", "value": scheme },
            // Without it colours are on their way from one scheme to the other for a moment.
            { "name": "prefers-reduced-motion", "value": "reduce" },
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await.map(drop)
    }

    /// Lets pages run scripts or not, from the next page on.
    ///
    /// # Errors
    /// The browser does not answer.
    pub async fn allow_scripts(&self, yes: bool) -> Result<()> {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": !yes })).await.map(drop)
    }

    /// Takes a picture of the whole page into a PNG file.
    ///
    /// # Errors
    /// The browser does not answer, or the file cannot be written.
    pub async fn picture(&self, file: &Path) -> Result<()> {
        let how = json!({ "format": "png", "captureBeyondViewport": true });
        let taken = self.devtools("Page.captureScreenshot", how).await?;
        let bytes = BASE64_STANDARD.decode(taken["data"].as_str().unwrap_or_default())?;
        std::fs::write(file, bytes).with_context(|| format!("could not write {}", file.display()))
    }

    async fn element(&self, selector: &str) -> Result<String> {
        let asked = json!({ "using": "css selector", "value": selector });
        let found = self.post("/element", &asked).await;
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                let address = self.address().await?;
                return Err(error.context(format!("looking for {selector} on {address}")));
            }
        };
        Ok(found[ELEMENT].as_str().context("an element has a name")?.to_owned())
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.ask(Method::POST, &format!("{}{path}", self.session), body).await
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Result<Value> {
        let request = self.client.request(method, path);
        let request = if body.is_null() { request } else { request.json(body) };
        let reply = request.send().await?;
        let mut answer = reply.json();
        let value = answer["value"].take();
        if !reply.status.is_success() {
            bail!("{}: {}", value["error"].as_str().unwrap_or("?"), value["message"].as_str().unwrap_or("?"));
        }
        Ok(value)
    }
}

impl Drop for Browser {
    /// Ends Chromium, which would outlive its driver otherwise.
    #[expect(clippy::disallowed_methods, reason = "a test is a client")]
    fn drop(&mut self) {
        let Ok(mut stream) = TcpStream::connect(&self.address) else { return };
        let _ = stream.set_read_timeout(Some(START_DEADLINE));
        let request = format!(
            "DELETE {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.session, self.address
        );
        // It answers when the browser is gone; what it says does not matter any more.
        if stream.write_all(request.as_bytes()).is_ok() {
            let _ = stream.read(&mut [0; 1]);
        }
    }
}

fn capabilities() -> Value {
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "goog:chromeOptions": { "args": FLAGS },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    }}})
}
