//! The listener: accepts connections, speaks HTTP/1.1 or HTTP/2, and drains when it is asked to stop.
//!
//! Knows nothing of routes. HTTP/2 is spoken over TLS only, chosen by ALPN; a plain connection speaks HTTP/1.1, and
//! an `Upgrade: h2c` header is a header like any other. Certificates belong to `tls`, one connection to `connection`.

mod connection;
mod stall;
mod tls;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

/// Connections that the system queues before they are accepted.
const BACKLOG: u32 = 1024;
/// How long to wait after the system refused to hand over a connection, for want of file descriptors mostly.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// How to listen. The roof fills it in from the settings.
#[derive(Clone, Debug)]
pub struct Options {
    /// The proxies whose word on the client's address counts.
    pub trusted_proxies: crate::TrustedProxies,
    /// Certificate files; without them the connections are plain.
    pub tls: Option<TlsFiles>,
    /// Connections open at once; further ones wait in the system's queue.
    pub connections_max: usize,
    /// Largest head of a request in bytes.
    pub head_bytes_max: usize,
    /// Longest time until a request's head is complete, idle time included, and for a TLS handshake.
    pub head_time_max: Duration,
    /// Longest time in which a client takes nothing of what is sent to it.
    pub stall_time_max: Duration,
    /// Requests at once on one HTTP/2 connection.
    pub streams_max: u32,
    /// How long requests may go on after the server was asked to stop.
    pub drain_time_max: Duration,
}

/// A certificate and its key on disk.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate chain in PEM form.
    pub certificate: PathBuf,
    /// The private key in PEM form.
    pub key: PathBuf,
    /// How often the files are looked at for a change.
    pub poll: Duration,
    /// A notification makes the files be read again at once.
    pub reload: Arc<Notify>,
}

/// Why the server cannot listen.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("could not listen on {address}: {source}")]
    Listen {
        /// The address as it was given.
        address: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("{0}")]
    Tls(String),
}

/// How the server stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were cut off because their requests went on for too long.
    pub cut_off: usize,
}

/// Listens on a host and a port; port 0 lets the system choose.
///
/// # Errors
/// [`ServeError::Listen`] with the address when the host has no address or none can be bound.
pub async fn listen(host: &str, port: u16) -> Result<TcpListener, ServeError> {
    let failed = |source| ServeError::Listen { address: format!("{host}:{port}"), source };
    let mut last = std::io::Error::other("the host has no address");
    for address in tokio::net::lookup_host((host, port)).await.map_err(failed)? {
        match bind(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

/// A listener with everything it needs, so that nothing but the network can go wrong from here on.
pub struct Server {
    listener: TcpListener,
    options: Options,
    certificates: Option<Arc<tls::Certificates>>,
}

impl Server {
    /// Reads the certificate files, if there are any.
    ///
    /// # Errors
    /// [`ServeError::Tls`] when they are no good. Later changes for the worse are only logged.
    pub fn new(listener: TcpListener, options: Options) -> Result<Self, ServeError> {
        let certificates = options.tls.as_ref().map(tls::Certificates::load).transpose()?.map(Arc::new);
        Ok(Self { listener, options, certificates })
    }

    /// Serves until `stop` is cancelled and the last request is answered, or the drain time is over.
    /// Each request carries the client's address as the extension [`crate::Address`].
    pub async fn run<S>(self, service: S, stop: CancellationToken) -> Drained
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
    {
        let Self { listener, options, certificates } = self;
        if let Some(certificates) = &certificates {
            tokio::spawn(certificates.clone().watch(stop.clone()));
        }
        let cut = CancellationToken::new();
        let shared = Arc::new(connection::Shared {
            http1: connection::http1(&options),
            http2: connection::http2(&options),
            trusted_proxies: Arc::new(options.trusted_proxies),
            acceptor: certificates.as_deref().map(tls::Certificates::acceptor),
            service,
            head_time_max: options.head_time_max,
            stall_time_max: options.stall_time_max,
            stop,
            cut: cut.clone(),
        });
        let tasks = TaskTracker::new();
        accept_all(&listener, &shared, &tasks, options.connections_max).await;
        drop(listener);
        drain(tasks, options.drain_time_max, cut).await
    }
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket =
        if address.is_ipv4() { tokio::net::TcpSocket::new_v4() } else { tokio::net::TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Hands each connection to a task of its own, until the server is asked to stop.
async fn accept_all<S>(
    listener: &TcpListener,
    shared: &Arc<connection::Shared<S>>,
    tasks: &TaskTracker,
    connections_max: usize,
) where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    let places = Arc::new(Semaphore::new(connections_max));
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = shared.stop.cancelled() => return,
            next = next => next,
        };
        match accepted {
            Ok((stream, client)) => {
                let shared = shared.clone();
                tasks.spawn(async move {
                    connection::run(without_delay(stream), client, &shared).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers go out at once: an index answer is smaller than a packet and must not wait for the next one.
fn without_delay(stream: TcpStream) -> TcpStream {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "TCP_NODELAY could not be set");
    }
    stream
}

async fn drain(tasks: TaskTracker, time_max: Duration, cut: CancellationToken) -> Drained {
    tasks.close();
    if tokio::time::timeout(time_max, tasks.wait()).await.is_ok() {
        return Drained { cut_off: 0 };
    }
    let cut_off = tasks.len();
    cut.cancel();
    tasks.wait().await;
    Drained { cut_off }
}

#[cfg(test)]
mod tests;
