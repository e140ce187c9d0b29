//! A small server on loopback that answers each request with a text that the test made.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A request longer than this is cut off.
const REQUEST_BYTES_MAX: usize = 64 << 10;

/// A running server with what it was asked. Ends with the test's runtime.
#[derive(Debug)]
pub struct Remote {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Remote {
    /// Starts a server; `answer` gets the whole request and gives the whole answer as text.
    ///
    /// # Panics
    /// There is no free port.
    pub async fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (noted, answer) = (Arc::clone(&seen), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
                tokio::spawn(async move { serve(stream, &noted, answer.as_ref()).await });
            }
        });
        Self { port, seen }
    }

    /// An address on it, by the number of this machine.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The same server under another host name, so that it is another origin.
    #[must_use]
    pub fn other_url(&self, path: &str) -> String {
        format!("http://localhost:{}{path}", self.port)
    }

    /// The requests so far.
    ///
    /// # Panics
    /// An answer panicked.
    #[must_use]
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("no test thread panics while it holds this").clone()
    }
}

async fn serve(mut stream: TcpStream, noted: &Mutex<Vec<String>>, answer: &(dyn Fn(&str) -> String + Sync)) {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    while !is_whole(&request) && request.len() < REQUEST_BYTES_MAX {
        match stream.read(&mut part).await {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&part[..read]),
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    noted.lock().expect("no test thread panics while it holds this").push(request.clone());
    let _ = stream.write_all(answer(&request).as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.and_then(|length| length.trim().parse().ok()).unwrap_or(0)
}

/// An answer with a status and a body.
#[must_use]
pub fn answer(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

/// An answer that sends elsewhere.
#[must_use]
pub fn redirect(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} X\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
