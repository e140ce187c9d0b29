//! Our own reader of tar streams: one block of 512 bytes after the other, and nothing accepted that two readers could
//! understand in two ways.
//!
//! It knows headers of the `ustar` and GNU kinds, one long-name record or one PAX record directly before an entry, and
//! the zeros at the end. It looks at no content; it tells where in the stream each content lies.

use std::collections::VecDeque;

use super::header::{checksum, header_path, is_zero, long_path, octal, repeats};
use crate::ArchiveLimits;
use crate::problems::shown;

/// Bytes of a block.
pub(super) const BLOCK: usize = 512;
/// Longest PAX record set in bytes. One that only repeats its entry is shorter than a path and two numbers.
const PAX_BYTES_MAX: u64 = 2048;
/// Zero blocks that end an archive.
const END_BLOCKS: u64 = 2;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Folder,
    /// Anything else without content, by its type flag.
    Other(u8),
}

/// An entry as this reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) path: Vec<u8>,
    pub(crate) kind: Kind,
    pub(crate) mode: u64,
    pub(crate) size: u64,
    /// Where its content begins in the stream.
    pub(crate) offset: u64,
}

#[derive(Debug)]
enum State {
    Header,
    Content { left: u64 },
    Record { flag: u8, left: u64, bytes: Vec<u8> },
    End { zeros: u64 },
}

#[derive(Debug)]
pub(super) struct Scanner<'a> {
    limits: &'a ArchiveLimits,
    state: State,
    blocks: u64,
    entries: u64,
    header_bytes: u64,
    long_name: Option<Vec<u8>>,
    pax: Option<Vec<u8>>,
    /// Entries that nobody has taken yet.
    pub(super) seen: VecDeque<Seen>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(limits: &'a ArchiveLimits) -> Self {
        Self {
            limits,
            state: State::Header,
            blocks: 0,
            entries: 0,
            header_bytes: 0,
            long_name: None,
            pax: None,
            seen: VecDeque::new(),
        }
    }

    /// Takes the next block.
    ///
    /// # Errors
    /// A sentence. After it no block makes sense any more.
    pub(super) fn block(&mut self, block: &[u8; BLOCK]) -> Result<(), String> {
        self.blocks += 1;
        match &mut self.state {
            State::Header => return self.header(block),
            State::Content { left } => {
                *left = take(block, *left)?.1;
                if *left == 0 {
                    self.state = State::Header;
                }
            }
            State::Record { flag, left, bytes } => {
                let (part, rest) = take(block, *left)?;
                bytes.extend_from_slice(part);
                *left = rest;
                if rest == 0 {
                    let slot = if *flag == b'L' { &mut self.long_name } else { &mut self.pax };
                    *slot = Some(std::mem::take(bytes));
                    self.state = State::Header;
                }
            }
            State::End { zeros } if is_zero(block) => *zeros += 1,
            State::End { .. } => {
                return Err(
                    "the archive goes on after its end; put nothing behind the two zero blocks".to_owned()
                );
            }
        }
        Ok(())
    }

    /// Says that there is no further block.
    pub(super) fn finish(&self) -> Result<(), String> {
        match self.state {
            State::End { zeros } if zeros >= END_BLOCKS => Ok(()),
            _ => Err("the archive ends before its two zero blocks; it was cut off".to_owned()),
        }
    }

    fn header(&mut self, block: &[u8; BLOCK]) -> Result<(), String> {
        let pending = self.long_name.is_some() || self.pax.is_some();
        if is_zero(block) {
            self.state = State::End { zeros: 1 };
            return if pending {
                Err("the archive ends with a record about an entry that is missing".to_owned())
            } else {
                Ok(())
            };
        }
        let path = header_path(block).ok_or_else(|| {
            self.unsound("its kind is neither ustar nor GNU, or its name field is malformed")
        })?;
        let field = |from: usize, to: usize| octal(&block[from..to]);
        let malformed = || self.unsound("a number in it is malformed");
        let (size, sum) = field(124, 136).zip(field(148, 156)).ok_or_else(malformed)?;
        if sum != checksum(block) {
            return Err(self.unsound("its checksum is wrong"));
        }
        match block[156] {
            b'L' | b'x' if pending => Err(self.unsound("it follows another record about the same entry")),
            flag @ (b'L' | b'x') => self.record(flag, size),
            flag => {
                let mode = field(100, 108).ok_or_else(malformed)?;
                self.entry(path, flag, mode, size)
            }
        }
    }

    fn record(&mut self, flag: u8, size: u64) -> Result<(), String> {
        let max = if flag == b'L' { self.limits.path_bytes_max as u64 + 1 } else { PAX_BYTES_MAX };
        if size == 0 || size > max {
            return Err(
                self.unsound(&format!("it announces a name or record of {size} bytes, the limit is {max}"))
            );
        }
        let blocks = size.div_ceil(BLOCK as u64) + 1;
        self.header_bytes += blocks * BLOCK as u64;
        if self.header_bytes > self.limits.header_bytes_max {
            let max = self.limits.header_bytes_max;
            return Err(format!("the archive has more than {max} bytes of long names; shorten paths"));
        }
        self.state = State::Record { flag, left: size, bytes: Vec::new() };
        Ok(())
    }

    fn entry(&mut self, short: Vec<u8>, flag: u8, mode: u64, size: u64) -> Result<(), String> {
        self.entries += 1;
        if self.entries > self.limits.entries_max {
            let max = self.limits.entries_max;
            return Err(format!(
                "the archive has more than {max} entries; exclude files that users do not need"
            ));
        }
        let path = match self.long_name.take() {
            None => short,
            Some(name) => {
                long_path(name, &short).ok_or_else(|| self.unsound("its long name does not fit it"))?
            }
        };
        if self.pax.take().is_some_and(|pax| !repeats(&pax, &path, size)) {
            return Err(format!(
                "`{}` has a PAX record that says something else than the entry; package with cargo, which writes none",
                shown(&path)
            ));
        }
        let kind = match flag {
            // NUL is the oldest way to write a regular file. Readers agree on it unless the path ends in a slash, which
            // no file's path may.
            b'0' | 0 => Kind::File,
            b'5' if size == 0 => Kind::Folder,
            other if size == 0 && matches!(other, b'1'..=b'4' | b'6') => Kind::Other(other),
            other => {
                let flag = char::from(other).escape_default();
                return Err(format!(
                    "`{}` is an entry of type `{flag}` with {size} bytes; only regular files and folders are allowed",
                    shown(&path)
                ));
            }
        };
        self.seen.push_back(Seen { path, kind, mode, size, offset: self.blocks * BLOCK as u64 });
        if size > 0 {
            self.state = State::Content { left: size };
        }
        Ok(())
    }

    fn unsound(&self, why: &str) -> String {
        format!(
            "the tar header at byte {} is not sound: {why}; package with cargo",
            (self.blocks - 1) * BLOCK as u64
        )
    }
}

/// The part of `block` that belongs to something with `left` bytes to go, and what is left after it. The rest of the
/// block must be zero.
fn take(block: &[u8; BLOCK], left: u64) -> Result<(&[u8], u64), String> {
    let used = usize::try_from(left).unwrap_or(BLOCK).min(BLOCK);
    let (part, padding) = block.split_at(used);
    if !is_zero(padding) {
        return Err("the archive hides bytes between its entries; package with cargo".to_owned());
    }
    Ok((part, left - used as u64))
}
