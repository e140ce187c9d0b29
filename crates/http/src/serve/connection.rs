//! One connection: the TLS handshake, the choice of protocol, the requests on it and its end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt as _};

use super::Options;
use super::stall::Watched;
use crate::TrustedProxies;

/// Most bytes waiting to be sent on one HTTP/2 stream, and largest read from any connection at once.
const BUFFER_BYTES: usize = 64 * 1024;
/// Bytes a client may send on one HTTP/2 stream before they are taken, so that an upload is not slowed by a distant
/// client's round trips.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
/// The same for a whole HTTP/2 connection.
const CONNECTION_WINDOW_BYTES: u32 = 2 << 20;
/// How long an HTTP/2 client may leave a ping unanswered.
const PING_ANSWER_MAX: Duration = Duration::from_secs(20);

/// What all connections of a listener share.
pub(super) struct Shared<S> {
    pub(super) http1: http1::Builder,
    pub(super) http2: http2::Builder<TokioExecutor>,
    pub(super) trusted_proxies: Arc<TrustedProxies>,
    pub(super) acceptor: Option<TlsAcceptor>,
    pub(super) service: S,
    pub(super) head_time_max: Duration,
    pub(super) stall_time_max: Duration,
    pub(super) stop: CancellationToken,
    pub(super) cut: CancellationToken,
}

/// HTTP/1.1 with keep-alive. Never with hyper's `pipeline_flush`: while a client's next bytes wait unread, it takes
/// from a body without an end to what it keeps in memory, and a refusal of a head is not sent.
pub(super) fn http1(options: &Options) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(options.head_time_max)
        .max_header_size(options.head_bytes_max)
        .max_buf_size(options.head_bytes_max.max(BUFFER_BYTES));
    builder
}

/// HTTP/2 with pings on idle connections.
pub(super) fn http2(options: &Options) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(options.streams_max)
        .max_header_list_size(u32::try_from(options.head_bytes_max).unwrap_or(u32::MAX))
        .max_send_buf_size(BUFFER_BYTES)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .keep_alive_interval(options.head_time_max)
        .keep_alive_timeout(PING_ANSWER_MAX);
    builder
}

/// Serves one connection to its end. Failures of a connection are the client's business and only traced.
pub(super) async fn run<S>(stream: TcpStream, client: SocketAddr, shared: &Shared<S>)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
{
    let stream = Watched::new(stream, shared.stall_time_max);
    let Some(acceptor) = &shared.acceptor else {
        return speak_http1(stream, client, shared).await;
    };
    let handshake = tokio::time::timeout(shared.head_time_max, acceptor.accept(stream));
    let handshake = tokio::select! {
        () = shared.stop.cancelled() => return,
        handshake = handshake => handshake,
    };
    match handshake {
        Ok(Ok(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
            speak_http2(stream, client, shared).await
        }
        Ok(Ok(stream)) => speak_http1(stream, client, shared).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn speak_http1<S, IO>(io: IO, client: SocketAddr, shared: &Shared<S>)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|request| {
        shared.service.clone().oneshot(prepared(&shared.trusted_proxies, request, client))
    });
    let connection = shared.http1.serve_connection(TokioIo::new(io), service);
    until_stopped(pin!(connection), http1::Connection::graceful_shutdown, shared).await;
}

async fn speak_http2<S, IO>(io: IO, client: SocketAddr, shared: &Shared<S>)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Future: Send,
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (service, proxies) = (shared.service.clone(), Arc::clone(&shared.trusted_proxies));
    let service = service_fn(move |request| service.clone().oneshot(prepared(&proxies, request, client)));
    let connection = shared.http2.serve_connection(TokioIo::new(io), service);
    until_stopped(pin!(connection), http2::Connection::graceful_shutdown, shared).await;
}

/// Drives a connection; when the server stops, the connection takes no further request and ends after the last.
async fn until_stopped<C, S>(mut connection: Pin<&mut C>, wind_down: fn(Pin<&mut C>), shared: &Shared<S>)
where
    C: Future<Output = Result<(), hyper::Error>>,
{
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => Some(ended),
        () = shared.stop.cancelled() => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            wind_down(connection.as_mut());
            tokio::select! {
                biased;
                ended = connection => ended,
                () = shared.cut.cancelled() => Ok(()),
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// The request as the service takes it: with its address, and without a box around an empty body, which most requests
/// of a registry have.
fn prepared(proxies: &TrustedProxies, request: Request<Incoming>, client: SocketAddr) -> Request<Body> {
    let mut request = request.map(|body| if body.is_end_stream() { Body::empty() } else { Body::new(body) });
    let address = proxies.address(client, request.headers());
    request.extensions_mut().insert(address);
    request
}
