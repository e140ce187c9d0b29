//! A mail server that keeps what it gets, and that can be told to refuse.
//!
//! It knows just enough SMTP to take letters from a client that behaves.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};

/// Longest wait for a letter that is on its way.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// What the server does with letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// It takes them.
    #[default]
    Takes,
    /// It says that it may take them later (451).
    Later,
    /// It says that it never will (550).
    Never,
}

/// A letter as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caught {
    /// The address in `RCPT TO`.
    pub to: String,
    /// Head and body.
    pub raw: String,
}

/// The server. Dropped, it takes no more connections.
#[derive(Debug)]
pub struct MailCatcher {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    caught: Vec<Caught>,
    mood: Mood,
    is_over: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MailCatcher {
    /// Starts a server on a port of its own.
    ///
    /// # Errors
    /// No port is free.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no port for a mail server")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if serving.state().is_over {
                    break;
                }
                let shared = Arc::clone(&serving);
                std::thread::spawn(move || talk(&stream, &shared));
            }
        });
        Ok(Self { port, shared })
    }

    /// Its port on this machine.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Changes what it does with letters.
    pub fn be(&self, mood: Mood) {
        self.shared.state().mood = mood;
    }

    /// What it has got so far.
    #[must_use]
    pub fn caught(&self) -> Vec<Caught> {
        self.shared.state().caught.clone()
    }

    /// Waits until it has got so many letters.
    ///
    /// # Panics
    /// They do not come.
    #[must_use]
    pub fn wait_for(&self, count: usize) -> Vec<Caught> {
        let waiting = self
            .shared
            .changed
            .wait_timeout_while(self.shared.state(), WAIT_MAX, |state| state.caught.len() < count);
        let (state, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        assert!(state.caught.len() >= count, "{count} letters were expected: {:?}", state.caught);
        state.caught.clone()
    }
}

impl Drop for MailCatcher {
    #[expect(clippy::disallowed_methods, reason = "a last connection wakes the listener, so that it ends")]
    fn drop(&mut self) {
        self.shared.state().is_over = true;
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// One conversation. A client that breaks it off is no failure.
fn talk(stream: &TcpStream, shared: &Shared) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let say = |text: &str| write!(&mut &*stream, "{text}\r\n").is_ok();
    let mut to = String::new();
    say("220 catcher.test ESMTP");
    while let Some(line) = lines.next() {
        let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let went_on = match word.as_str() {
            "EHLO" | "HELO" => say("250 catcher.test"),
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                match shared.state().mood {
                    Mood::Takes => say("250 ok"),
                    Mood::Later => say(&format!("451 <{to}> try again later")),
                    Mood::Never => say(&format!("550 <{to}> is unknown here")),
                }
            }
            "DATA" => {
                say("354 go on");
                let raw = letter(&mut lines);
                shared.state().caught.push(Caught { to: to.clone(), raw });
                shared.changed.notify_all();
                say("250 taken")
            }
            "QUIT" => {
                say("221 bye");
                return;
            }
            _ => say("250 ok"),
        };
        if !went_on {
            return;
        }
    }
}

/// Reads up to the lone dot, and takes the dots away that were put before lines.
fn letter(lines: &mut impl Iterator<Item = String>) -> String {
    let mut raw = String::new();
    for line in lines.take_while(|line| line != ".") {
        raw.push_str(line.strip_prefix('.').unwrap_or(&line));
        raw.push_str("\r\n");
    }
    raw
}
