//! Between the decompressor and the tar reader: every block that the tar reader gets has been seen by our own scanner
//! first, so one pass over the bytes feeds both.

use std::cell::RefCell;
use std::io::{self, Read};

use super::scanner::{BLOCK, Scanner};

/// Bytes held at once. A whole number of blocks.
const BUFFER_BYTES: usize = 64 * 1024;

/// What the tap has found out so far; shared with whoever reads through it.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    pub(super) scanner: Scanner<'a>,
    /// Why reading stopped, when it was for a reason that can be told.
    pub(super) verdict: Option<String>,
    /// Bytes unpacked so far.
    pub(super) unpacked_bytes: u64,
}

/// A reader that lets the scanner look first.
#[derive(Debug)]
pub(super) struct Tap<'w, 'a, R> {
    unpacked: R,
    watch: &'w RefCell<Watch<'a>>,
    unpacked_bytes_max: u64,
    buffer: Box<[u8]>,
    at: usize,
    end: usize,
}

impl<'w, 'a, R: Read> Tap<'w, 'a, R> {
    pub(super) fn new(unpacked: R, watch: &'w RefCell<Watch<'a>>, unpacked_bytes_max: u64) -> Self {
        let buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
        Self { unpacked, watch, unpacked_bytes_max, buffer, at: 0, end: 0 }
    }

    /// Reads to the end of the stream, past what the tar reader wanted to see, and asks the scanner for its last word.
    pub(super) fn drain(mut self) -> io::Result<R> {
        while self.fill()? {}
        let last_word = self.watch.borrow().scanner.finish();
        match last_word {
            Ok(()) => Ok(self.unpacked),
            Err(sentence) => Err(stop(&mut self.watch.borrow_mut(), sentence)),
        }
    }

    /// Fills the buffer anew; false at the end of the stream. A bad block still lets the blocks before it through.
    fn fill(&mut self) -> io::Result<bool> {
        let mut watch = self.watch.borrow_mut();
        if watch.verdict.is_some() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut read = 0;
        let mut failed = None;
        while read < BUFFER_BYTES && failed.is_none() {
            match self.unpacked.read(&mut self.buffer[read..]) {
                Ok(0) => break,
                Ok(more) => read += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    failed = Some(format!(
                        "the archive is not a sound gzip file: {error}; it was cut off or damaged"
                    ))
                }
            }
        }
        watch.unpacked_bytes += read as u64;
        if watch.unpacked_bytes > self.unpacked_bytes_max {
            let max = self.unpacked_bytes_max;
            failed = Some(format!(
                "the archive unpacks to more than {max} bytes; exclude files that users do not need"
            ));
        }
        (self.at, self.end) = (0, 0);
        let (blocks, rest) = self.buffer[..read].as_chunks::<BLOCK>();
        for block in blocks {
            if let Err(sentence) = watch.scanner.block(block) {
                watch.verdict = Some(sentence);
                break;
            }
            self.end += BLOCK;
        }
        if watch.verdict.is_none() {
            let ragged =
                (!rest.is_empty()).then(|| "the archive ends inside a block; it was cut off".to_owned());
            watch.verdict = failed.or(ragged);
        }
        match watch.verdict {
            Some(_) if self.end == 0 => Err(io::ErrorKind::InvalidData.into()),
            _ => Ok(read > 0),
        }
    }
}

fn stop(watch: &mut Watch<'_>, sentence: String) -> io::Error {
    watch.verdict = Some(sentence);
    io::ErrorKind::InvalidData.into()
}

impl<R: Read> Read for Tap<'_, '_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.end && !self.fill()? {
            return Ok(0);
        }
        let take = into.len().min(self.end - self.at);
        into[..take].copy_from_slice(&self.buffer[self.at..self.at + take]);
        self.at += take;
        Ok(take)
    }
}
