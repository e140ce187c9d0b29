//! Runs a program whose output is shown and read at the same time, with an end to its time.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::run;

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With success.
    Success,
    /// With a failure of its own.
    Failure,
    /// It was stopped because its time was up.
    OutOfTime,
}

/// Runs `command`, shows its standard output line by line and gives each line to `each`. When `time` is up, the
/// program and all its children are killed.
///
/// # Errors
/// It cannot be started or waited for.
pub(crate) fn run(mut command: Command, time: Duration, mut each: impl FnMut(&str)) -> Result<End> {
    let shown = run::show(&command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .with_context(|| format!("could not start `{shown}`"))?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("a process id is positive")?;
    let (done, wait) = mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        let late = wait.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout);
        if late {
            let _ = kill_process_group(group, Signal::KILL);
        }
        late
    });
    let stdout = child.stdout.take().context("standard output is piped")?;
    let mut lines = BufReader::new(stdout);
    let mut bytes = Vec::new();
    while lines.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end_matches('\n');
        println!("{line}");
        each(line);
        bytes.clear();
    }
    let status = child.wait().with_context(|| format!("could not wait for `{shown}`"))?;
    drop(done);
    let late = watch.join().unwrap_or(false);
    Ok(match (late, status.success()) {
        (true, _) => End::OutOfTime,
        (false, true) => End::Success,
        (false, false) => End::Failure,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, time: Duration) -> (End, Vec<String>) {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let mut lines = Vec::new();
        let end = run(command, time, |line| lines.push(line.to_owned())).expect("sh is there");
        (end, lines)
    }

    #[test]
    fn lines_come_one_by_one_and_the_end_is_told() {
        let long = Duration::from_secs(60);
        assert_eq!(shell("echo a; echo b", long), (End::Success, vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(shell("exit 3", long), (End::Failure, vec![]));
    }

    #[test]
    fn what_hangs_is_killed_with_its_children() {
        let (end, lines) = shell("echo a; sleep 600 & sleep 600", Duration::from_millis(300));
        assert_eq!((end, lines), (End::OutOfTime, vec!["a".to_owned()]));
    }
}
