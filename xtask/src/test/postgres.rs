//! The one PostgreSQL of a test run. It is started by an example of the testkit, which prints its address and
//! stops it when its standard input closes: also when this process dies.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use anyhow::{Context, Result, bail};

use super::build::Executable;

/// A running PostgreSQL; dropping it stops it and removes its data.
pub(crate) struct TestPostgres {
    child: Child,
    url: String,
}

impl TestPostgres {
    /// Starts it with the program that was built together with the tests.
    ///
    /// # Errors
    /// It did not come up; what it said is on the terminal.
    pub(crate) fn start(executables: &[Executable]) -> Result<Self> {
        let is_it =
            |e: &&Executable| e.is_example && e.package == "cratekeep-testkit" && e.target == "postgres";
        let program = executables.iter().find(is_it).context("the testkit has no example `postgres`")?;
        let mut child = program
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("could not start the program that starts PostgreSQL")?;
        let stdout = child.stdout.take().context("standard output is piped")?;
        let mut url = String::new();
        BufReader::new(stdout).read_line(&mut url).context("PostgreSQL told no address")?;
        let url = url.trim().to_owned();
        if url.is_empty() {
            let status = child.wait().context("could not wait for PostgreSQL")?;
            bail!("PostgreSQL did not start: {status}");
        }
        println!("PostgreSQL for this run: {url}");
        Ok(Self { child, url })
    }

    /// Its address, as settings write it.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for TestPostgres {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
