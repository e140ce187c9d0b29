//! The load generator: wrk, with keep-alive connections.

use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// Connections held open, as the budgets say.
const CONNECTIONS: u32 = 32;

/// Requests per second that `url` answered over some seconds. Every answer must have been good.
pub(crate) fn requests_per_second(url: &str, headers: &[&str], seconds: u32) -> Result<f64> {
    let mut command = Command::new("wrk");
    command.args(["-t2", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s")]);
    for header in headers {
        command.args(["-H", header]);
    }
    let output = command.arg(url).output().context("wrk is not there; install the Debian package `wrk`")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "wrk failed on {url}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    if text.contains("Non-2xx or 3xx") {
        bail!("{url} answered with errors: {text}");
    }
    let line =
        text.lines().find_map(|line| line.strip_prefix("Requests/sec:")).context("wrk printed no rate")?;
    line.trim().parse().with_context(|| format!("wrk printed `{line}`"))
}
