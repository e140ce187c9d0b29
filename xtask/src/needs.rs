//! Programs of the system that tasks need: installed on Debian by root, named exactly to everybody else.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::run;

/// A program and the Debian package it comes in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    program: &'static str,
    package: &'static str,
    why: &'static str,
}

/// The database server for the suites that run on both engines.
pub(crate) const POSTGRES: Need =
    Need { program: "postgres", package: "postgresql", why: "the suites run on SQLite and on PostgreSQL" };
/// The browser that looks at every page.
const CHROMIUM: Need =
    Need { program: "chromium", package: "chromium", why: "every page is looked at in a browser" };
/// What drives it.
const CHROMEDRIVER: Need =
    Need { program: "chromedriver", package: "chromium-driver", why: "the tests drive Chromium with it" };
/// Fetches the checker of accessibility.
const NPM: Need =
    Need { program: "npm", package: "npm", why: "it fetches axe-core, which finds barriers in pages" };
/// Runs a sign-in provider that others wrote.
const PYTHON: Need = Need {
    program: "python3",
    package: "python3-venv",
    why: "a sign-in provider that others wrote is in Python",
};
/// All that the tests in a browser need.
pub(crate) const BROWSER: &[Need] = &[CHROMIUM, CHROMEDRIVER, NPM, PYTHON];
/// The web server that the bench compares with.
pub(crate) const NGINX: Need =
    Need { program: "nginx", package: "nginx-light", why: "the bench compares with it" };
/// The load generator of the bench.
pub(crate) const WRK: Need = Need { program: "wrk", package: "wrk", why: "the bench makes its load with it" };
/// The counter of system calls for the bench.
pub(crate) const STRACE: Need =
    Need { program: "strace", package: "strace", why: "the bench counts fsyncs with it" };

/// Folders outside `PATH` in which Debian keeps programs.
const MORE_FOLDERS: &[&str] = &["/usr/sbin", "/usr/local/sbin", "/sbin"];
/// Where Debian keeps the versions of PostgreSQL.
const POSTGRES_VERSIONS: &str = "/usr/lib/postgresql";

/// Makes sure that the programs are there: installs what is missing if this is root on Debian.
///
/// # Errors
/// Something is missing and cannot be installed from here; the error is the command to type.
pub(crate) fn ensure(needs: &[Need]) -> Result<()> {
    let missing: Vec<_> = needs.iter().filter(|need| !need.is_there()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = missing.iter().map(|need| need.package).collect();
    for need in &missing {
        println!("`{}` is missing: {}", need.program, need.why);
    }
    if !(rustix::process::geteuid().is_root() && run::works("apt-get", &["--version"])) {
        bail!("install what is missing, on Debian with: sudo apt-get install -y {}", packages.join(" "));
    }
    let mut update = run::command("apt-get");
    update.args(["update", "-q"]).env("DEBIAN_FRONTEND", "noninteractive");
    run::run(update).context("the list of Debian packages could not be fetched")?;
    let mut install = run::command("apt-get");
    install.args(["install", "-q", "-y", "--no-install-recommends"]).args(&packages);
    run::run({
        install.env("DEBIAN_FRONTEND", "noninteractive");
        install
    })?;
    match missing.iter().find(|need| !need.is_there()) {
        Some(need) => bail!("`{}` is still missing after installing {}", need.program, need.package),
        None => Ok(()),
    }
}

impl Need {
    fn is_there(&self) -> bool {
        folders().iter().any(|folder| folder.join(self.program).is_file())
    }
}

#[expect(clippy::disallowed_methods, reason = "a tool for the terminal looks where the shell looks")]
fn folders() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir(POSTGRES_VERSIONS).into_iter().flatten().flatten();
    let fixed = MORE_FOLDERS.iter().map(PathBuf::from);
    std::env::split_paths(&path).chain(fixed).chain(versions.map(|entry| entry.path().join("bin"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_every_system_is_found_and_nonsense_is_not() {
        let need = |program| Need { program, package: "p", why: "w" };
        assert!(need("sh").is_there());
        assert!(!need("no-such-program-anywhere").is_there());
        assert!(ensure(&[need("sh")]).is_ok());
    }
}
