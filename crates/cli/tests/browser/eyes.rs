//! Looks at the page that a browser is on: narrow and wide, light and dark.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cratekeep_testkit::tools;
use cratekeep_testkit::webdriver::Browser;
use serde_json::{Value, json};

/// A phone and a wide screen, in CSS pixels.
const WIDTHS: [u32; 2] = [390, 1440];
const SCHEMES: [&str; 2] = ["light", "dark"];

/// What reaches over the right edge though nothing around it scrolls.
const OVERFLOW: &str = "
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= wide) return [];
    const scrolls = (one) => one && (getComputedStyle(one).overflowX !== 'visible' || scrolls(one.parentElement));
    return [...document.body.querySelectorAll('*')]
      .filter((one) => one.getBoundingClientRect().right > wide && !scrolls(one.parentElement))
      .map((one) => one.outerHTML.slice(0, 120)).concat('the document itself').slice(0, 5);";
/// What axe-core calls serious or critical.
const BARRIERS: &str = "
    const done = arguments[arguments.length - 1];
    axe.run(document, { resultTypes: ['violations'] }).then(
      (found) => done(found.violations.filter((one) => ['serious', 'critical'].includes(one.impact))
        .map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html).slice(0, 3).join(' ')}`)),
      (error) => done([`axe-core: ${error}`]));";

/// What looks, and what it has found.
pub(crate) struct Eyes {
    axe: String,
    pictures: PathBuf,
    host: String,
    problems: Vec<String>,
}

impl Eyes {
    /// For a server at `base`. Pictures of all pages are left in the target folder, under `tmp/pictures`.
    pub(crate) fn new(base: &str) -> Result<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let pictures = folder.join("pictures");
        fs::create_dir_all(&pictures)?;
        let host = format!("{base}/");
        Ok(Self { axe: tools::axe_core(folder)?, pictures, host, problems: Vec::new() })
    }

    /// Opens a page with scripts and without, and looks at it.
    pub(crate) async fn visit(&mut self, browser: &Browser, name: &str, path: &str) -> Result<()> {
        let url = format!("{}{}", self.host, path.trim_start_matches('/'));
        browser.open(&url).await.with_context(|| format!("opening {path}"))?;
        self.look(browser, name).await?;
        browser.allow_scripts(false).await?;
        browser.open(&url).await?;
        for width in WIDTHS {
            browser.look(width, "light").await?;
            self.find_overflow(browser, &format!("{name} at {width} px without scripts")).await?;
        }
        self.read_logs(browser, name).await?;
        browser.allow_scripts(true).await
    }

    /// Looks at the page that the browser is on, with scripts.
    pub(crate) async fn look(&mut self, browser: &Browser, name: &str) -> Result<()> {
        self.read_logs(browser, name).await?;
        browser.run(&self.axe, json!([])).await?;
        for width in WIDTHS {
            for scheme in SCHEMES {
                let what = format!("{name} at {width} px, {scheme}");
                browser.look(width, scheme).await?;
                self.find_overflow(browser, &what).await?;
                let barriers = browser.run_and_wait(BARRIERS, json!([])).await?;
                self.note(&what, &barriers);
                let file = format!("{}-{width}-{scheme}.png", name.replace([' ', '/'], "-"));
                browser.picture(&self.pictures.join(file)).await?;
            }
        }
        Ok(())
    }

    /// Everything that is wrong with the pages so far.
    ///
    /// # Panics
    /// Something is.
    pub(crate) fn close(self) {
        assert!(self.problems.is_empty(), "{} problems:\n{}", self.problems.len(), self.problems.join("\n"));
    }

    async fn find_overflow(&mut self, browser: &Browser, what: &str) -> Result<()> {
        let found = browser.run(OVERFLOW, json!([])).await?;
        self.note(&format!("{what}: wider than the window"), &found);
        Ok(())
    }

    /// What the page said on the console, breaches of its policy among it, and whom it asked.
    async fn read_logs(&mut self, browser: &Browser, name: &str) -> Result<()> {
        let address = browser.address().await?;
        for entry in browser.log("browser").await? {
            let text = entry["message"].as_str().unwrap_or_default();
            // The status of a page that tells of a failure is what it should be.
            let is_own_status = text.starts_with(&address) && text.contains("status of 4");
            if entry["level"] != "INFO" && !is_own_status {
                self.problems.push(format!("{name}: the console says {text}"));
            }
        }
        for entry in browser.log("performance").await? {
            let event: Value = serde_json::from_str(entry["message"].as_str().unwrap_or_default())?;
            let url = event["message"]["params"]["request"]["url"].as_str().unwrap_or_default();
            let is_ours = url.is_empty() || url.starts_with(&self.host) || url.starts_with("data:");
            if event["message"]["method"] == "Network.requestWillBeSent" && !is_ours {
                self.problems.push(format!("{name}: asks {url}"));
            }
        }
        Ok(())
    }

    fn note(&mut self, what: &str, found: &Value) {
        let found = found.as_array().into_iter().flatten();
        self.problems.extend(found.map(|one| format!("{what}: {}", one.as_str().unwrap_or_default())));
    }
}
