//! The real program as a child process: started on data of its own, asked through `admin`, killed and started
//! again. Tests hand in the path of the binary (`env!("CARGO_BIN_EXE_cratekeep")`).
//! What is sent over HTTP belongs to `http`.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::child::Watched;
use crate::environment;
use crate::port::Port;

/// How long a server may take until it prints its address. Generous: machines that run tests are busy.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// How long a server may take to end after it was asked to.
const STOP_DEADLINE: Duration = Duration::from_secs(60);

/// What to start: the program, its flags and its environment.
#[derive(Clone, Debug)]
pub struct ServerSpec {
    program: PathBuf,
    flags: Vec<String>,
    env: Vec<(String, String)>,
    data_dir: Option<PathBuf>,
}

impl ServerSpec {
    /// The program at `program` with nothing but defaults.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), flags: Vec::new(), env: Vec::new(), data_dir: None }
    }

    /// Adds a flag of `serve` with its value.
    #[must_use]
    pub fn flag(mut self, flag: &str, value: impl Into<String>) -> Self {
        self.flags.extend([flag.to_owned(), value.into()]);
        self
    }

    /// Sets a variable for `serve` and for every `admin` command. A later value replaces an earlier one.
    #[must_use]
    pub fn env(mut self, key: &str, value: impl Into<String>) -> Self {
        self.env.retain(|(present, _)| present != key);
        self.env.push((key.to_owned(), value.into()));
        self
    }

    /// Uses this data folder instead of a new temporary one; it is left behind at the end.
    #[must_use]
    pub fn data_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(path.into());
        self
    }

    /// Starts the server on a free port of the loopback interface and waits until it listens.
    ///
    /// # Errors
    /// It ended, or did not listen within a minute; the error holds what it printed.
    pub fn start(self) -> Result<Server> {
        let place = TempDir::with_prefix("cratekeep-test-").context("could not make a temporary folder")?;
        let data_dir = self.data_dir.clone().unwrap_or_else(|| place.path().join("data"));
        let port = Port::reserve()?;
        let mut child = Watched::spawn(serve_command(&self, place.path(), &data_dir, &port), Stdio::null())?;
        let url = child.wait_for_line("listening on ", START_DEADLINE)?;
        Ok(Server { spec: self, place, data_dir, port, child, url })
    }

    /// Runs any command of the program to its end, in a folder of its own, with this environment.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn run(&self, args: &[&str]) -> Result<Output> {
        let place = TempDir::with_prefix("cratekeep-test-").context("could not make a temporary folder")?;
        run_at(self, place.path(), args)
    }
}

/// A started server. Dropping it kills this child, and only it, and removes its temporary data.
#[derive(Debug)]
pub struct Server {
    spec: ServerSpec,
    place: TempDir,
    data_dir: PathBuf,
    port: Port,
    child: Watched,
    url: String,
}

impl Server {
    /// Where it listens, as it printed it: `http://127.0.0.1:15017`, without a final slash.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.trim_end_matches('/')
    }

    /// The index URL of a registry in cargo's form; `main` is the one that answers at the root.
    #[must_use]
    pub fn index_url(&self, registry: &str) -> String {
        match registry {
            "main" => format!("sparse+{}/index/", self.url()),
            other => format!("sparse+{}/r/{other}/index/", self.url()),
        }
    }

    /// `host:port`, for raw connections.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port.number())
    }

    /// Its data folder.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// A folder beside the data that lives as long as the server value: for certificates, settings, backups.
    #[must_use]
    pub fn place(&self) -> &Path {
        self.place.path()
    }

    /// The process id of the running child.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// Whether the child has not ended.
    pub fn is_running(&mut self) -> bool {
        self.child.is_running()
    }

    /// What the present child has printed on standard output.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.child.stdout()
    }

    /// What the present child has printed on standard error.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.child.stderr()
    }

    /// Runs a command of the program on this server's data: `["admin", "registry", "list"]`, `["verify"]`.
    /// `--data-dir` is added at the end.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn command(&self, args: &[&str]) -> Result<Output> {
        let data_dir = self.data_dir.to_string_lossy().into_owned();
        let all: Vec<&str> = args.iter().copied().chain(["--data-dir", data_dir.as_str()]).collect();
        run_at(&self.spec, self.place.path(), &all)
    }

    /// Runs `cratekeep admin …` and gives its standard output without the final newline.
    ///
    /// # Errors
    /// The command failed; the error holds what it printed.
    pub fn admin(&self, args: &[&str]) -> Result<String> {
        let all: Vec<&str> = ["admin"].into_iter().chain(args.iter().copied()).collect();
        let output = self.command(&all)?;
        if !output.status.success() {
            let (out, err) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            bail!("`cratekeep {}` ended with {}\n{out}{err}", all.join(" "), output.status);
        }
        Ok(String::from_utf8(output.stdout).context("the output is not UTF-8")?.trim_end().to_owned())
    }

    /// Makes an account with one token for everything and gives the token.
    ///
    /// # Errors
    /// As [`Server::admin`].
    pub fn user(&self, name: &str) -> Result<String> {
        self.admin(&["user", "create", name])?;
        self.token(name, &[])
    }

    /// Makes a token for an account; `flags` are those of `admin token create`, such as `["--scope", "yank"]`.
    ///
    /// # Errors
    /// As [`Server::admin`].
    pub fn token(&self, user: &str, flags: &[&str]) -> Result<String> {
        let fixed = ["token", "create", "--user", user, "--name", "test"];
        let all: Vec<&str> = fixed.into_iter().chain(flags.iter().copied()).collect();
        self.admin(&all)
    }

    /// Kills the child with SIGKILL and waits until it is gone.
    ///
    /// # Errors
    /// It is still there after a minute.
    pub fn kill(&mut self) -> Result<()> {
        self.child.signal(Signal::KILL);
        self.child.wait(STOP_DEADLINE).map(drop)
    }

    /// Asks the child to stop with SIGTERM and waits for its end.
    ///
    /// # Errors
    /// It has not ended after a minute.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::TERM);
        self.child.wait(STOP_DEADLINE)
    }

    /// Sends a signal and returns at once.
    pub fn signal(&mut self, signal: Signal) {
        self.child.signal(signal);
    }

    /// Waits until the child ends by itself, for example at a step it was told to die at.
    ///
    /// # Errors
    /// It has not ended when `deadline` passes.
    pub fn wait(&mut self, deadline: Duration) -> Result<ExitStatus> {
        self.child.wait(deadline)
    }

    /// Starts the program again on the same data and the same port; a child that still runs is killed first.
    ///
    /// # Errors
    /// As [`ServerSpec::start`].
    pub fn restart(&mut self) -> Result<()> {
        self.restart_with(|spec| spec)
    }

    /// As [`Server::restart`] with other flags or another environment from now on.
    ///
    /// # Errors
    /// As [`ServerSpec::start`].
    pub fn restart_with(&mut self, change: impl FnOnce(ServerSpec) -> ServerSpec) -> Result<()> {
        self.kill()?;
        self.spec = change(self.spec.clone());
        let command = serve_command(&self.spec, self.place.path(), &self.data_dir, &self.port);
        self.child = Watched::spawn(command, Stdio::null())?;
        self.url = self.child.wait_for_line("listening on ", START_DEADLINE)?;
        Ok(())
    }
}

impl Drop for Server {
    #[expect(clippy::print_stderr, reason = "a failing test shows what its server said")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- standard error of the server on {}\n{}", self.url, self.child.stderr());
        }
    }
}

/// Settings of rates that would slow tests down; a test about one sets it itself.
const RATES_OFF: [&str; 4] = [
    "CRATEKEEP_RATES__PUBLISH_NEW",
    "CRATEKEEP_RATES__PUBLISH_UPDATE",
    "CRATEKEEP_RATES__YANK",
    "CRATEKEEP_RATES__REQUESTS",
];

fn serve_command(spec: &ServerSpec, place: &Path, data_dir: &Path, port: &Port) -> Command {
    let mut command = clean_command(spec, place);
    command.arg("serve").arg("--data-dir").arg(data_dir);
    // Tests send in a second what people send in a day.
    for rate in RATES_OFF.into_iter().filter(|rate| !spec.env.iter().any(|(key, _)| key == rate)) {
        command.env(rate, "off");
    }
    if !spec.flags.iter().any(|flag| flag == "--listen") {
        command.arg("--listen").arg(format!("127.0.0.1:{}", port.number()));
    }
    command.args(&spec.flags);
    command
}

fn run_at(spec: &ServerSpec, place: &Path, args: &[&str]) -> Result<Output> {
    let mut command = clean_command(spec, place);
    command.args(args).stdin(Stdio::null());
    command.output().with_context(|| format!("could not start {}", spec.program.display()))
}

/// The program with an environment that holds nothing of the caller's but where programs and temporary files are.
fn clean_command(spec: &ServerSpec, place: &Path) -> Command {
    let mut command = Command::new(&spec.program);
    environment::inherit_only(&mut command, &["PATH", "TMPDIR", "LD_LIBRARY_PATH"]);
    command.current_dir(place).env("HOME", place).env("RUST_BACKTRACE", "1");
    command.envs(spec.env.iter().map(|(key, value)| (key, value)));
    command
}

#[cfg(test)]
mod tests;
