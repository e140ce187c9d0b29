//! The control socket: how a command of the operator reaches a running server. One JSON object a line each way.
//!
//! Whoever can open the socket is the operator: it lies in the data folder, both readable by the server's user alone.

mod path;

use std::io::{BufRead as _, BufReader as StdBufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use cratekeep_app::App;
use cratekeep_wire::control::{AdminCommand, AdminReply};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use path::ShortPath;

/// Longest command in bytes.
const COMMAND_BYTES_MAX: u64 = 64 * 1024;
/// Commands worked on at once; further ones wait.
const COMMANDS_MAX: usize = 8;

/// A socket that is being listened on.
#[derive(Debug)]
pub(crate) struct ControlSocket {
    listener: UnixListener,
    path: ShortPath,
}

impl ControlSocket {
    /// Makes the socket. The caller holds the lock of the data folder, so one that is there is left over.
    pub(crate) fn make(path: &Path) -> Result<Self> {
        let making = || format!("could not make the control socket {}", path.display());
        let short = ShortPath::of(path).with_context(making)?;
        match std::fs::remove_file(short.path()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(making);
            }
            _ => {}
        }
        let listener = UnixListener::bind(short.path()).with_context(making)?;
        std::fs::set_permissions(short.path(), std::fs::Permissions::from_mode(0o600))
            .with_context(making)?;
        Ok(Self { listener, path: short })
    }

    /// Runs commands until `stop` is cancelled and the last one has its reply.
    pub(crate) async fn serve(self, app: App, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        let places = Arc::new(Semaphore::new(COMMANDS_MAX));
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => {
                    let (app, stop, places) = (app.clone(), stop.clone(), Arc::clone(&places));
                    tasks.spawn(async move {
                        if let Err(error) = converse(stream, &app, &places, &stop).await {
                            tracing::debug!(%error, "a conversation on the control socket broke off");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the control socket gave no connection");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
        let _ = std::fs::remove_file(self.path.path());
        tasks.close();
        tasks.wait().await;
    }
}

/// Answers one line after the other until the other side has no more.
async fn converse(
    stream: UnixStream,
    app: &App,
    places: &Semaphore,
    stop: &CancellationToken,
) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut reader).take(COMMAND_BYTES_MAX);
        let read = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            read = limited.read_until(b'\n', &mut line) => read?,
        };
        if read == 0 {
            return Ok(());
        }
        let reply = match serde_json::from_slice::<AdminCommand>(&line) {
            Ok(command) => {
                let _place = places.acquire().await;
                app.run_at_shell(command).await
            }
            Err(error) => AdminReply::Refused {
                problems: vec![format!("the server does not know this command: {error}")],
            },
        };
        let mut text = serde_json::to_vec(&reply)?;
        text.push(b'\n');
        writer.write_all(&text).await?;
    }
}

/// Whether a command could be handed over.
#[derive(Debug)]
pub(crate) enum Sent {
    /// The server's reply.
    Reply(AdminReply),
    /// Nobody listens.
    NobodyThere,
}

/// Sends a command to the server and waits for its reply, however long that takes.
pub(crate) fn send(path: &Path, command: &AdminCommand) -> Result<Sent> {
    let Ok(short) = ShortPath::of(path) else { return Ok(Sent::NobodyThere) };
    let Ok(mut stream) = std::os::unix::net::UnixStream::connect(short.path()) else {
        return Ok(Sent::NobodyThere);
    };
    let mut line = serde_json::to_string(command).context("a command is plain data")?;
    line.push('\n');
    stream.write_all(line.as_bytes()).context("the server did not take the command")?;
    let mut reply = String::new();
    StdBufReader::new(stream).read_line(&mut reply).context("the server gave no reply")?;
    if reply.is_empty() {
        return Err(anyhow!("the server ended before it replied; look whether the command took effect"));
    }
    let reply =
        serde_json::from_str(&reply).context("the server's reply cannot be read; is it another version?")?;
    Ok(Sent::Reply(reply))
}
