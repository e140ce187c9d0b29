//! The real cargo with a home and settings of its own for each case, and small packages to feed it.
//! What a registry should answer is for the tests.

mod package;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::child::Watched;
use crate::environment;

pub use package::PackageText;

/// How long one cargo command may take.
const RUN_DEADLINE: Duration = Duration::from_secs(600);

/// Which cargo to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toolchain {
    /// The one that runs the tests.
    Current,
    /// The nightly that rustup has installed.
    Nightly,
}

impl Toolchain {
    /// The nightly, if rustup has one; nothing is ever downloaded.
    #[must_use]
    pub fn nightly() -> Option<Self> {
        let mut command = Self::Nightly.command(Self::Nightly.cargo_program());
        let output = command.arg("--version").output().ok()?;
        String::from_utf8_lossy(&output.stdout).contains("nightly").then_some(Self::Nightly)
    }

    fn cargo_program(self) -> OsString {
        match self {
            Self::Current => environment::read("CARGO").unwrap_or_else(|| "cargo".into()),
            Self::Nightly => "cargo".into(),
        }
    }

    /// A program with an environment in which cargo finds its compiler and nothing else.
    fn command(self, program: OsString) -> Command {
        let mut command = Command::new(program);
        environment::inherit_only(&mut command, &["PATH", "TMPDIR", "LD_LIBRARY_PATH", "RUSTUP_TOOLCHAIN"]);
        command.env("RUSTUP_AUTO_INSTALL", "0");
        if let Some(home) = environment::rustup_home() {
            command.env("RUSTUP_HOME", home);
        }
        if self == Self::Nightly {
            command.env("RUSTUP_TOOLCHAIN", "nightly");
        }
        command
    }
}

/// One test's world for cargo: an empty cargo home, settings, credentials and a folder for packages.
#[derive(Debug)]
pub struct CargoCase {
    place: TempDir,
    toolchain: Toolchain,
    registries: BTreeMap<String, RegistryEntry>,
    default: Option<String>,
    crates_io: Option<String>,
    extra: String,
    env: Vec<(String, String)>,
    homes: u32,
}

#[derive(Debug, Default)]
struct RegistryEntry {
    index: String,
    token: Option<String>,
}

impl CargoCase {
    /// A case for the cargo that runs the tests.
    ///
    /// # Errors
    /// The temporary folder cannot be made.
    pub fn new() -> Result<Self> {
        Self::with(Toolchain::Current)
    }

    /// A case for a chosen cargo.
    ///
    /// # Errors
    /// The temporary folder cannot be made.
    pub fn with(toolchain: Toolchain) -> Result<Self> {
        let case = Self {
            place: TempDir::with_prefix("cratekeep-cargo-").context("could not make a temporary folder")?,
            toolchain,
            registries: BTreeMap::new(),
            default: None,
            crates_io: None,
            extra: String::new(),
            env: Vec::new(),
            homes: 0,
        };
        case.write_settings()?;
        Ok(case)
    }

    /// The folder that packages are written under.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.place.path()
    }

    /// The present `CARGO_HOME`.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.place.path().join(format!("cargo-home-{}", self.homes))
    }

    /// Adds a `[registries]` entry; `index` is a whole index URL (`sparse+http://…/index/`).
    ///
    /// # Errors
    /// The settings cannot be written.
    pub fn registry(&mut self, name: &str, index: &str) -> Result<()> {
        self.registries.entry(name.to_owned()).or_default().index = index.to_owned();
        self.write_settings()
    }

    /// Stores a token for a registry, as `cargo login` would.
    ///
    /// # Errors
    /// The settings cannot be written.
    pub fn token(&mut self, name: &str, token: &str) -> Result<()> {
        self.registries.entry(name.to_owned()).or_default().token = Some(token.to_owned());
        self.write_settings()
    }

    /// Makes a registry the one that `cargo publish` and others use without `--registry`.
    ///
    /// # Errors
    /// The settings cannot be written.
    pub fn default_registry(&mut self, name: &str) -> Result<()> {
        self.default = Some(name.to_owned());
        self.write_settings()
    }

    /// Uses a registry wherever a package says crates.io.
    ///
    /// # Errors
    /// The settings cannot be written.
    pub fn replace_crates_io(&mut self, name: &str) -> Result<()> {
        self.crates_io = Some(name.to_owned());
        self.write_settings()
    }

    /// Adds lines to cargo's settings.
    ///
    /// # Errors
    /// The settings cannot be written.
    pub fn configure(&mut self, lines: &str) -> Result<()> {
        writeln!(self.extra, "{lines}").context("a string takes everything")?;
        self.write_settings()
    }

    /// Sets a variable for every later run.
    pub fn env(&mut self, key: &str, value: &str) {
        self.env.push((key.to_owned(), value.to_owned()));
    }

    /// Goes on with an empty cargo home and the same settings and tokens: nothing is cached any more.
    ///
    /// # Errors
    /// The settings cannot be written.
    pub fn empty_home(&mut self) -> Result<()> {
        self.homes += 1;
        self.write_settings()
    }

    /// Begins a package in the folder `name` of this case.
    #[must_use]
    pub fn package(&self, name: &str, version: &str) -> PackageText {
        PackageText::new(self.root().join(name), name, version)
    }

    /// Writes a workspace over packages that lie in `root()/folder` and gives that folder.
    ///
    /// # Errors
    /// The manifest cannot be written.
    pub fn workspace(&self, folder: &str, members: &[&str]) -> Result<PathBuf> {
        let path = self.root().join(folder);
        std::fs::create_dir_all(&path).with_context(|| format!("could not make {}", path.display()))?;
        let text = format!("[workspace]\nresolver = \"2\"\nmembers = {members:?}\n");
        std::fs::write(path.join("Cargo.toml"), text).context("could not write the workspace")?;
        Ok(path)
    }

    /// Runs cargo in `folder` and waits for its end.
    ///
    /// # Errors
    /// It cannot be started, or has not ended after ten minutes.
    pub fn run(&self, folder: &Path, args: &[&str]) -> Result<CargoRun> {
        self.run_with_input(folder, args, "")
    }

    /// As [`CargoCase::run`], with `input` on standard input.
    ///
    /// # Errors
    /// As [`CargoCase::run`].
    pub fn run_with_input(&self, folder: &Path, args: &[&str], input: &str) -> Result<CargoRun> {
        let mut command = self.toolchain.command(self.toolchain.cargo_program());
        command.args(args).current_dir(folder);
        self.run_command(command, args.join(" "), input)
    }

    /// Runs a script of the shell, in which `cargo` is this case's cargo. It stops at the first command that fails.
    ///
    /// # Errors
    /// As [`CargoCase::run`].
    pub fn shell(&self, folder: &Path, script: &str) -> Result<CargoRun> {
        let mut command = self.toolchain.command("bash".into());
        command.args(["-euo", "pipefail", "-c", script]).current_dir(folder);
        self.run_command(command, script.to_owned(), "")
    }

    fn run_command(&self, mut command: Command, args: String, input: &str) -> Result<CargoRun> {
        command.env("HOME", self.root()).env("CARGO_HOME", self.home());
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("CARGO_INCREMENTAL", "0");
        command.envs(self.env.iter().map(|(key, value)| (key, value)));
        let mut child = Watched::spawn(command, input_file(input)?)?;
        let status = child.wait(RUN_DEADLINE)?;
        Ok(CargoRun { args, status, stdout: child.stdout(), stderr: child.stderr() })
    }

    fn write_settings(&self) -> Result<()> {
        let home = self.home();
        std::fs::create_dir_all(&home).context("could not make a cargo home")?;
        std::fs::write(home.join("config.toml"), self.settings()).context("could not write settings")?;
        let with_token =
            self.registries.iter().filter_map(|(name, entry)| Some((name, entry.token.as_ref()?)));
        let credentials: String =
            with_token.map(|(name, token)| format!("[registries.{name}]\ntoken = {token:?}\n")).collect();
        let path = home.join("credentials.toml");
        if !credentials.is_empty() {
            std::fs::write(path, credentials).context("could not write credentials")?;
        }
        Ok(())
    }

    fn settings(&self) -> String {
        let mut text = String::from("[registry]\nglobal-credential-providers = [\"cargo:token\"]\n");
        let default = self.default.iter().map(|name| format!("default = {name:?}\n"));
        text.extend(default);
        text.push_str("[term]\ncolor = \"never\"\n[net]\nretry = 1\n");
        let entries = self.registries.iter().filter(|(_, entry)| !entry.index.is_empty());
        text.extend(entries.map(|(name, entry)| format!("[registries.{name}]\nindex = {:?}\n", entry.index)));
        let replaced = self.crates_io.iter();
        text.extend(replaced.map(|name| format!("[source.crates-io]\nreplace-with = {name:?}\n")));
        text + &self.extra
    }
}

/// A cargo command that has ended.
#[derive(Clone, Debug)]
pub struct CargoRun {
    /// What was asked.
    pub args: String,
    /// How it ended.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl CargoRun {
    /// The run itself, if cargo succeeded.
    ///
    /// # Panics
    /// Cargo failed; the message holds its outputs.
    #[track_caller]
    pub fn success(self) -> Self {
        assert!(self.status.success(), "expected success of {self}");
        self
    }

    /// The run itself, if cargo failed.
    ///
    /// # Panics
    /// Cargo succeeded; the message holds its outputs.
    #[track_caller]
    pub fn failure(self) -> Self {
        assert!(!self.status.success(), "expected failure of {self}");
        self
    }

    /// The run itself, if `fragment` stands in one of its outputs.
    ///
    /// # Panics
    /// It does not; the message holds the outputs.
    #[track_caller]
    pub fn says(self, fragment: &str) -> Self {
        assert!(
            self.stdout.contains(fragment) || self.stderr.contains(fragment),
            "no `{fragment}` in {self}"
        );
        self
    }
}

impl std::fmt::Display for CargoRun {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { args, status, stdout, stderr } = self;
        write!(out, "`cargo {args}` ({status})\n--- stdout\n{stdout}--- stderr\n{stderr}")
    }
}

fn input_file(text: &str) -> Result<Stdio> {
    use std::io::{Seek, Write};
    let mut file: File = tempfile::tempfile().context("could not make a temporary file")?;
    file.write_all(text.as_bytes()).and_then(|()| file.rewind()).context("could not write the input")?;
    Ok(Stdio::from(file))
}

#[cfg(test)]
mod tests;
