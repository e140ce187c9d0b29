//! Faults in front of the S3 server, and a list of what it was asked.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, future, stream};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, BodyStream, StreamBody};
use hyper::body::{Frame, Incoming};
use s3s::Body;
use s3s::service::S3Service;

/// What a server gives back to hyper. An error closes the connection.
type Answer = io::Result<Response<Body>>;

/// What happens to a request instead of a plain answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It is not carried out; the answer has this status.
    Answer(u16),
    /// It is not carried out; the answer has this status and this error code of S3.
    AnswerCode(u16, &'static str),
    /// It is carried out, but the answer has this status.
    DoThenAnswer(u16),
    /// It is not carried out; the connection is closed without an answer.
    HangUp,
    /// It is carried out, but the connection is closed without an answer.
    DoThenHangUp,
    /// It waits this long before it is carried out.
    Delay(Duration),
    /// The answer is right, but the connection is closed after this many bytes of its body.
    CutAnswer(usize),
}

/// An order: which requests meet which effect, how often.
#[derive(Clone, Debug)]
pub struct Fault {
    method: Option<Method>,
    uri_part: String,
    skip: u32,
    times: u32,
    effect: Effect,
}

impl Fault {
    /// Every request, for ever.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        Self { method: None, uri_part: String::new(), skip: 0, times: u32::MAX, effect }
    }

    /// Only requests with this method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Only requests whose path and query contain this text.
    #[must_use]
    pub fn uri_part(mut self, part: &str) -> Self {
        self.uri_part = part.to_owned();
        self
    }

    /// Lets this many fitting requests pass first.
    #[must_use]
    pub fn skip(mut self, skip: u32) -> Self {
        self.skip = skip;
        self
    }

    /// Only this many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    fn fits(&self, seen: &SeenRequest) -> bool {
        self.method.as_ref().is_none_or(|method| *method == seen.method) && seen.uri.contains(&self.uri_part)
    }
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct SeenRequest {
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub uri: String,
    /// Headers by lower-case name; of repeated ones the last.
    pub headers: BTreeMap<String, String>,
}

/// Where orders lie and requests are written down.
#[derive(Debug, Default)]
pub(super) struct Desk {
    faults: Mutex<Vec<Fault>>,
    requests: Mutex<Vec<SeenRequest>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    pub(super) fn order(&self, fault: Fault) {
        lock(&self.faults).push(fault);
    }

    pub(super) fn clear_faults(&self) {
        lock(&self.faults).clear();
    }

    pub(super) fn requests(&self) -> Vec<SeenRequest> {
        lock(&self.requests).clone()
    }

    pub(super) fn clear_requests(&self) {
        lock(&self.requests).clear();
    }

    /// Writes a request down and finds the effect ordered for it.
    fn take(&self, seen: SeenRequest) -> Option<Effect> {
        let mut faults = lock(&self.faults);
        let mut effect = None;
        for fault in faults.iter_mut().filter(|fault| fault.fits(&seen)) {
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if fault.times > 0 {
                fault.times -= 1;
                effect = Some(fault.effect);
                break;
            }
        }
        lock(&self.requests).push(seen);
        effect
    }
}

/// Answers a request, with the effect ordered for it if there is one.
pub(super) async fn answer(desk: &Desk, service: &S3Service, request: Request<Incoming>) -> Answer {
    let effect = desk.take(seen(&request));
    match effect {
        None => carry_out(service, request).await,
        Some(Effect::Answer(status)) => {
            drain(request.into_body()).await;
            refusal(status, "Ordered")
        }
        Some(Effect::AnswerCode(status, code)) => {
            drain(request.into_body()).await;
            refusal(status, code)
        }
        Some(Effect::DoThenAnswer(status)) => {
            drain(carry_out(service, request).await?.into_body()).await;
            refusal(status, "Ordered")
        }
        Some(Effect::HangUp) => Err(hung_up()),
        Some(Effect::DoThenHangUp) => {
            drain(carry_out(service, request).await?.into_body()).await;
            Err(hung_up())
        }
        Some(Effect::Delay(wait)) => {
            tokio::time::sleep(wait).await;
            carry_out(service, request).await
        }
        Some(Effect::CutAnswer(bytes)) => Ok(carry_out(service, request).await?.map(|body| cut(body, bytes))),
    }
}

async fn carry_out(service: &S3Service, request: Request<Incoming>) -> Answer {
    let answer = service.call(request.map(Body::from)).await;
    answer.map_err(|error| io::Error::other(format!("{error:?}")))
}

fn seen(request: &Request<Incoming>) -> SeenRequest {
    let headers = request.headers().iter();
    SeenRequest {
        method: request.method().clone(),
        uri: request.uri().to_string(),
        headers: headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
    }
}

/// Reads a body to its end: a request is only carried out, and a client only ready to listen, when it has been sent.
async fn drain<B: hyper::body::Body + Unpin>(body: B) {
    let mut frames = BodyStream::new(body);
    while let Some(Ok(_)) = frames.next().await {}
}

fn refusal(status: u16, code: &str) -> Answer {
    let text =
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>as ordered</Message></Error>");
    let mut answer = Response::new(Body::from(text));
    *answer.status_mut() = StatusCode::from_u16(status).map_err(io::Error::other)?;
    Ok(answer)
}

fn hung_up() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "ordered to hang up")
}

/// The first bytes of a body, then an error, which makes hyper close the connection.
fn cut(body: Body, bytes: usize) -> Body {
    let mut left = bytes;
    let kept = body.into_data_stream().map(move |chunk| {
        let mut chunk: Bytes = chunk.map_err(io::Error::other)?;
        chunk.truncate(left);
        left -= chunk.len();
        Ok::<_, io::Error>(chunk)
    });
    let kept = kept.take_while(|chunk| future::ready(chunk.as_ref().map_or(true, |chunk| !chunk.is_empty())));
    let broken = stream::once(future::ready(Err(io::Error::other("ordered to cut the answer"))));
    Body::http_body_unsync(StreamBody::new(kept.chain(broken).map(|chunk| chunk.map(Frame::data))))
}
