//! A child process whose output is collected while it runs and which never outlives its owner.
//! What the child is, and what its lines mean, is known elsewhere.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// How often a wait looks whether the child has ended.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Lines of one stream, as far as they have come.
#[derive(Debug, Default)]
struct Lines {
    state: Mutex<LinesState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct LinesState {
    lines: Vec<String>,
    ended: bool,
}

/// A running or ended child with everything it has printed.
#[derive(Debug)]
pub struct Watched {
    child: Child,
    name: String,
    stdout: Arc<Lines>,
    stderr: Arc<Lines>,
    ended: Option<ExitStatus>,
}

impl Watched {
    /// Starts `command` with both output streams collected and `input` on its standard input.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn spawn(mut command: Command, input: Stdio) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("could not start {name}"))?;
        let stdout = collect(child.stdout.take().expect("stdout is piped"));
        let stderr = collect(child.stderr.take().expect("stderr is piped"));
        Ok(Self { child, name, stdout, stderr, ended: None })
    }

    /// The child's process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the child has not ended yet.
    pub fn is_running(&mut self) -> bool {
        matches!(self.poll(), Ok(None))
    }

    /// Everything on standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// Everything on standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Waits for a line on standard output that begins with `start` and gives the rest of it.
    ///
    /// # Errors
    /// The stream ended or `deadline` passed first; the error holds both outputs.
    pub fn wait_for_line(&mut self, start: &str, deadline: Duration) -> Result<String> {
        match self.stdout.find(start, deadline) {
            Some(rest) => Ok(rest),
            None => {
                let (name, out, err) = (&self.name, self.stdout(), self.stderr());
                bail!(
                    "{name} printed no line `{start}…` within {deadline:?}\n--- stdout\n{out}--- stderr\n{err}"
                )
            }
        }
    }

    /// Sends `signal` to this child alone. One that has ended already is left in peace.
    pub fn signal(&mut self, signal: Signal) {
        if self.is_running() {
            let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
            let _ = kill_process(pid.expect("a process id is positive"), signal);
        }
    }

    /// Waits until the child has ended.
    ///
    /// # Errors
    /// `deadline` passed; the error holds the child's standard error.
    pub fn wait(&mut self, deadline: Duration) -> Result<ExitStatus> {
        let rounds = deadline.as_millis() / LOOK_EVERY.as_millis();
        for _ in 0..=rounds {
            if let Some(status) = self.poll()? {
                self.stdout.wait_for_end();
                self.stderr.wait_for_end();
                return Ok(status);
            }
            std::thread::sleep(LOOK_EVERY);
        }
        bail!("{} did not end within {deadline:?}\n--- stderr\n{}", self.name, self.stderr())
    }

    fn poll(&mut self) -> Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            self.ended =
                self.child.try_wait().with_context(|| format!("could not wait for {}", self.name))?;
        }
        Ok(self.ended)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.is_running() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Lines {
    fn text(&self) -> String {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    fn find(&self, start: &str, deadline: Duration) -> Option<String> {
        let found =
            |state: &LinesState| state.lines.iter().find_map(|l| l.strip_prefix(start).map(str::to_owned));
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = |state: &mut LinesState| !state.ended && found(state).is_none();
        let (state, _) =
            self.changed.wait_timeout_while(state, deadline, waiting).unwrap_or_else(PoisonError::into_inner);
        found(&state)
    }

    /// Waits for the reader to see the end of the stream, which follows the end of the child at once unless the
    /// child left its output to somebody else; then half a second is enough.
    fn wait_for_end(&self) {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = self.changed.wait_timeout_while(state, Duration::from_millis(500), |state| !state.ended);
    }
}

fn collect(stream: impl Read + Send + 'static) -> Arc<Lines> {
    let lines = Arc::new(Lines::default());
    let to = Arc::clone(&lines);
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        let mut bytes = Vec::new();
        while matches!(reader.read_until(b'\n', &mut bytes), Ok(count) if count > 0) {
            let line = String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned();
            bytes.clear();
            to.state.lock().unwrap_or_else(PoisonError::into_inner).lines.push(line);
            to.changed.notify_all();
        }
        to.state.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        to.changed.notify_all();
    });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Watched {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Watched::spawn(command, Stdio::null()).expect("sh is there")
    }

    #[test]
    fn a_line_is_found_and_the_rest_of_it_given() {
        let mut child = shell("echo one; echo 'listening on there'; exec sleep 60");
        let rest = child.wait_for_line("listening on ", Duration::from_secs(30)).expect("the line");
        assert_eq!(rest, "there");
        assert!(child.is_running());
        child.signal(Signal::KILL);
        let status = child.wait(Duration::from_secs(30)).expect("it ends");
        assert!(!status.success());
    }

    #[test]
    fn a_child_that_ends_without_the_line_shows_what_it_said() {
        let mut child = shell("echo broken >&2; exit 3");
        let error = child.wait_for_line("listening", Duration::from_secs(30)).expect_err("no such line");
        let status = child.wait(Duration::from_secs(30)).expect("it ends");
        assert_eq!(status.code(), Some(3));
        assert!(error.to_string().contains("no line `listening"), "{error}");
        assert_eq!(child.stderr(), "broken\n");
    }
}
