//! Reading one stored object, whole or in part, in chunks.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};

use crate::BlobError;
use crate::disk::{blocking, read_part};
use crate::s3::Remote;

/// Bytes of an object, in chunks of 64 to 256 KiB (the last may be shorter). Ends with an error, never early, when
/// fewer bytes come than were promised.
pub type BlobStream = BoxStream<'static, Result<Bytes, BlobError>>;

/// Shortest chunk but the last, in bytes.
const CHUNK_BYTES_MIN: usize = 64 * 1024;
/// Longest chunk, in bytes.
pub(crate) const CHUNK_BYTES_MAX: usize = 256 * 1024;
/// How many chunks of a file are read ahead of whoever sends them on.
const CHUNKS_AHEAD: usize = 2;

/// An object that has been found and can be read once.
#[derive(Debug)]
pub struct BlobReader {
    key: String,
    size: u64,
    body: Body,
}

/// Where the bytes of a [`BlobReader`] come from.
#[derive(Debug)]
pub(crate) enum Body {
    /// They are here already.
    Whole(Bytes),
    /// From a local file, which stays readable even when its name is removed.
    File(Arc<File>),
    /// From an S3-compatible store.
    Remote(Box<Remote>),
}

impl BlobReader {
    pub(crate) fn new(key: String, size: u64, body: Body) -> Self {
        Self { key, size, body }
    }

    /// The size of the whole object in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The whole object, if it has at most `bytes_max` bytes.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`] before anything is read; else what the backend reports.
    pub async fn read_all(self, bytes_max: u64) -> Result<Bytes, BlobError> {
        if self.size > bytes_max {
            return Err(BlobError::TooLarge { key: self.key, size: self.size, bytes_max });
        }
        if let Body::Whole(bytes) = self.body {
            return Ok(bytes);
        }
        let size = usize::try_from(self.size)
            .map_err(|_| BlobError::Options(format!("{} bytes do not fit into memory", self.size)))?;
        let mut all = BytesMut::with_capacity(size);
        let mut chunks = self.stream(None);
        while let Some(chunk) = chunks.try_next().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    /// The object, or the part of it that lies in `range`, without ever holding more than a few chunks. A range that
    /// is not inside of the object gives [`BlobError::Range`] as first item.
    #[must_use]
    pub fn stream(self, range: Option<Range<u64>>) -> BlobStream {
        let range = range.unwrap_or(0..self.size);
        if range.start > range.end || range.end > self.size {
            let error =
                BlobError::Range { key: self.key, size: self.size, start: range.start, end: range.end };
            return stream::once(async { Err(error) }).boxed();
        }
        match self.body {
            Body::Whole(bytes) => stream::iter(pieces_of(range))
                .map(move |(start, len)| {
                    let start = usize::try_from(start).expect("bytes in memory are counted by usize");
                    Ok(bytes.slice(start..start + len))
                })
                .boxed(),
            Body::File(file) => stream_file(file, self.key, range),
            Body::Remote(remote) => {
                let len = range.end - range.start;
                regroup(remote.stream(range, self.size), self.key, len)
            }
        }
    }
}

/// Cuts a range into chunks: start and length of each.
fn pieces_of(range: Range<u64>) -> impl Iterator<Item = (u64, usize)> + Send {
    let end = range.end;
    range.step_by(CHUNK_BYTES_MAX).map(move |start| {
        let left = usize::try_from(end - start).unwrap_or(usize::MAX);
        (start, left.min(CHUNK_BYTES_MAX))
    })
}

fn stream_file(file: Arc<File>, key: String, range: Range<u64>) -> BlobStream {
    let key: Arc<str> = key.into();
    stream::iter(pieces_of(range))
        .map(move |(start, len)| {
            let (file, key) = (file.clone(), key.clone());
            blocking(move || read_part(&file, start, len).map_err(|error| broken(&key, error)))
        })
        .buffered(CHUNKS_AHEAD)
        .boxed()
}

/// An error while a stored file is read: one that is too short is damaged.
pub(crate) fn broken(key: &str, error: std::io::Error) -> BlobError {
    if error.kind() == std::io::ErrorKind::UnexpectedEof {
        return BlobError::Damaged { key: key.to_owned(), problem: error.to_string() };
    }
    BlobError::io(format!("reading {key}"), error)
}

/// Gathers small chunks and cuts large ones; ends with an error unless exactly `len` bytes came.
fn regroup(inner: BlobStream, key: String, len: u64) -> BlobStream {
    struct State {
        inner: BlobStream,
        held: BytesMut,
        left: u64,
        ended: bool,
    }
    let state = State { inner, held: BytesMut::new(), left: len, ended: false };
    stream::try_unfold(state, move |mut state| {
        let key = key.clone();
        async move {
            while !state.ended && state.held.len() < CHUNK_BYTES_MIN {
                let Some(chunk) = state.inner.try_next().await? else {
                    state.ended = true;
                    break;
                };
                let too_long =
                    || BlobError::Damaged { key: key.clone(), problem: "more bytes came than it has".into() };
                state.left = state.left.checked_sub(chunk.len() as u64).ok_or_else(too_long)?;
                if state.held.is_empty() && (CHUNK_BYTES_MIN..=CHUNK_BYTES_MAX).contains(&chunk.len()) {
                    return Ok(Some((chunk, state)));
                }
                state.held.extend_from_slice(&chunk);
            }
            if state.held.is_empty() {
                return match state.left {
                    0 => Ok(None),
                    left => Err(BlobError::Unavailable {
                        attempted: format!("reading {key}"),
                        source: format!("the answer ended {left} bytes early").into(),
                    }),
                };
            }
            let len = state.held.len().min(CHUNK_BYTES_MAX);
            let chunk = state.held.split_to(len).freeze();
            Ok(Some((chunk, state)))
        }
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(chunk_lens: &[usize]) -> BlobStream {
        let chunks: Vec<_> = chunk_lens.iter().map(|len| Ok(Bytes::from(vec![1; *len]))).collect();
        stream::iter(chunks).boxed()
    }

    async fn lens(inner: BlobStream, len: u64) -> Result<Vec<usize>, BlobError> {
        regroup(inner, "key".into(), len).map_ok(|chunk| chunk.len()).try_collect().await
    }

    #[tokio::test]
    async fn chunks_from_the_network_are_gathered_and_cut() {
        let kib = 1024;
        let small = vec![kib; 100];
        assert_eq!(lens(feed(&small), 100 * 1024).await.expect("all came"), [64 * kib, 36 * kib]);
        assert_eq!(
            lens(feed(&[600 * kib]), 600 * 1024).await.expect("all came"),
            [256 * kib, 256 * kib, 88 * kib]
        );
        assert_eq!(lens(feed(&[]), 0).await.expect("nothing was to come"), [0; 0]);
    }

    #[tokio::test]
    async fn an_early_end_and_a_late_one_are_errors() {
        assert!(matches!(lens(feed(&[5]), 6).await, Err(BlobError::Unavailable { .. })));
        assert!(matches!(lens(feed(&[5]), 4).await, Err(BlobError::Damaged { .. })));
    }
}
