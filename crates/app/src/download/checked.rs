//! A stream that is hashed while it flows and keeps its last piece back until the hash agrees.

use bytes::Bytes;
use cratekeep_blob::{BlobError, BlobStream};
use cratekeep_types::Checksum;
use futures::{StreamExt, stream};
use sha2::{Digest, Sha256};

struct Checking<N> {
    inner: BlobStream,
    hash: Sha256,
    expected: Checksum,
    left: u64,
    note: Option<N>,
}

/// Streams `inner` on. Wrong bytes are never completed: the last piece is replaced by an error. When all is well,
/// `note` is called with the checksum.
pub(super) fn checked<N>(inner: BlobStream, expected: Checksum, size: u64, note: N) -> BlobStream
where
    N: FnOnce(Checksum) + Send + 'static,
{
    let state = Checking { inner, hash: Sha256::new(), expected, left: size, note: Some(note) };
    stream::unfold(Some(state), |state| async move {
        let mut state = state?;
        match state.next().await {
            Some(Ok(bytes)) => Some((Ok(bytes), Some(state))),
            Some(Err(error)) => Some((Err(error), None)),
            None => None,
        }
    })
    .boxed()
}

impl<N: FnOnce(Checksum)> Checking<N> {
    async fn next(&mut self) -> Option<Result<Bytes, BlobError>> {
        let bytes = match self.inner.next().await? {
            Ok(bytes) => bytes,
            Err(error) => return Some(Err(error)),
        };
        self.hash.update(&bytes);
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else {
            return Some(Err(self.damaged("it is longer than it should be".to_owned())));
        };
        self.left = left;
        if left == 0 {
            let found = Checksum::from_bytes(std::mem::take(&mut self.hash).finalize().into());
            if found != self.expected {
                return Some(Err(self.damaged(format!("its bytes have the checksum {found}"))));
            }
            if let Some(note) = self.note.take() {
                note(found);
            }
        }
        Some(Ok(bytes))
    }

    fn damaged(&self, problem: String) -> BlobError {
        BlobError::Damaged { key: self.expected.to_string(), problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(pieces: &[&'static [u8]], expected: &[u8]) -> (Vec<u8>, bool, bool) {
        let inner =
            stream::iter(pieces.iter().map(|piece| Ok(Bytes::from_static(piece))).collect::<Vec<_>>())
                .boxed();
        let (send, noted) = std::sync::mpsc::channel();
        let note = move |_| send.send(()).expect("the test listens");
        let mut out = checked(inner, Checksum::of(expected), expected.len() as u64, note);
        let (mut got, mut failed) = (Vec::new(), false);
        while let Some(piece) = out.next().await {
            match piece {
                Ok(bytes) => got.extend_from_slice(&bytes),
                Err(_) => failed = true,
            }
        }
        (got, failed, noted.try_recv().is_ok())
    }

    #[tokio::test]
    async fn right_bytes_pass_and_wrong_bytes_are_never_completed() {
        assert_eq!(run(&[b"ab", b"cd"], b"abcd").await, (b"abcd".to_vec(), false, true));
        let (got, failed, noted) = run(&[b"ab", b"cX"], b"abcd").await;
        assert!(got == b"ab" && failed && !noted);
        let (got, failed, noted) = run(&[b"ab"], b"abcd").await;
        assert!(got == b"ab" && !failed && !noted, "a short body is caught by its announced length");
        let (_, failed, noted) = run(&[b"abcd", b"e"], b"abcd").await;
        assert!(noted && failed);
    }
}
