//! A tap between cargo and the server: every byte goes through unchanged, and every request is noted with the status
//! of its answer. What the requests should be is for the tests.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use cratekeep_testkit::port::Port;

use crate::messages::{Head, Messages};

/// One request with the status of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// `GET`, `PUT`, …
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// The headers of the request, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The status of the answer.
    pub(crate) status: u16,
}

impl Seen {
    /// A header of the request, the name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The tap. It listens on a port of its own, which is the server's base URL.
#[derive(Debug)]
pub(crate) struct Recorder {
    port: Port,
    seen: Log,
    stop: Arc<AtomicBool>,
}

type Log = Arc<Mutex<Vec<Seen>>>;

impl Recorder {
    /// Reserves the port; nothing is answered before [`Recorder::forward_to`].
    pub(crate) fn new() -> Result<Self> {
        Ok(Self { port: Port::reserve()?, seen: Log::default(), stop: Arc::default() })
    }

    /// The URL in front of the server, without a final slash.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }

    /// Forwards every connection to `address` from now on.
    pub(crate) fn forward_to(&self, address: String) -> Result<()> {
        let listener =
            TcpListener::bind(("127.0.0.1", self.port.number())).context("the port is reserved")?;
        let (seen, stop) = (Arc::clone(&self.seen), Arc::clone(&self.stop));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if stop.load(Ordering::Acquire) {
                    return;
                }
                // A client that cannot be served sees a closed connection and fails its test by itself.
                let _ = forward(client, &address, &seen);
            }
        });
        Ok(())
    }

    /// How many requests have been answered.
    pub(crate) fn count(&self) -> usize {
        lock(&self.seen).len()
    }

    /// The requests after the first `skip` whose path begins with `start`, in the order of their answers.
    pub(crate) fn since(&self, skip: usize, start: &str) -> Vec<Seen> {
        lock(&self.seen).iter().skip(skip).filter(|seen| seen.path.starts_with(start)).cloned().collect()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // Wakes the listener so that it sees the word.
        drop(connect(&format!("127.0.0.1:{}", self.port.number())));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::disallowed_methods, reason = "the tap is a client of the server")]
fn connect(address: &str) -> std::io::Result<TcpStream> {
    TcpStream::connect(address)
}

/// Copies both ways, each way on a thread of its own.
fn forward(client: TcpStream, address: &str, seen: &Log) -> std::io::Result<()> {
    let server = connect(address)?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let open: Arc<Mutex<VecDeque<Seen>>> = Arc::default();
    let (asked, answered, seen) = (Arc::clone(&open), open, Arc::clone(seen));
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || {
        copy(from_client, to_server, |head| lock(&asked).extend(request(&head)));
    });
    std::thread::spawn(move || {
        copy(server, client, |head| {
            let status = head.first_line.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
            // 1xx comes before the answer proper.
            if status >= 200
                && let Some(request) = lock(&answered).pop_front()
            {
                lock(&seen).push(Seen { status, ..request });
            }
        });
    });
    Ok(())
}

/// Copies until either side ends, telling `on_head` each head before the other side can see it.
fn copy(mut from: TcpStream, mut to: TcpStream, mut on_head: impl FnMut(Head)) {
    let mut messages = Messages::default();
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count) = from.read(&mut buffer) {
        messages.feed(&buffer[..count], &mut on_head);
        if count == 0 || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

fn request(head: &Head) -> Option<Seen> {
    let mut words = head.first_line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    Some(Seen { method, path, headers: head.headers.clone(), status: 0 })
}
