//! Takes an archive apart with two readers at once: the `tar` crate, with which cargo unpacks, and a strict scanner of
//! our own. What they do not see alike is refused.

use std::cell::RefCell;
use std::io::{self, BufRead, Read};

use cratekeep_types::Checksum;
use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};

use crate::path::Paths;
use crate::problems::{Found, shown};
use crate::{ArchiveLimits, Entry};

mod header;
mod scanner;
mod tap;

pub(crate) use scanner::Kind;
use scanner::{Scanner, Seen};
use tap::{Tap, Watch};

/// Bytes read from an entry at once.
const CHUNK_BYTES: usize = 32 * 1024;
/// Bytes of a gzip header that are always there.
const GZIP_HEADER_BYTES: usize = 10;

/// A text that is read while the archive passes by.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

/// What was found in an archive.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) entries: Vec<Entry>,
    pub(crate) kept: Vec<Kept>,
    pub(crate) unpacked_bytes: u64,
    /// Whether the archive could be read to its end.
    pub(crate) is_whole: bool,
}

impl Contents {
    pub(crate) fn kept(&self, path: &str) -> Option<&[u8]> {
        self.kept.iter().find(|kept| kept.path == path).map(|kept| kept.bytes.as_slice())
    }

    /// Whether there is such a file but its content was not wanted.
    pub(crate) fn is_there_unkept(&self, path: &str) -> bool {
        self.kept(path).is_none() && self.entries.iter().any(|entry| entry.path == path)
    }
}

/// Reads the whole archive. `keep` says of which files the content is wanted, and how many bytes of it at most (a longer
/// one is a problem). Problems go to `found`; what was found up to the first one that makes reading on impossible is
/// given back all the same.
pub(crate) fn read(
    mut packed: impl BufRead,
    unpacked_bytes_max: u64,
    paths: &mut Paths<'_>,
    limits: &ArchiveLimits,
    keep: &dyn Fn(&str) -> Option<u64>,
    found: &mut Found,
) -> Contents {
    let mut contents = Contents::default();
    let header = match check_gzip_header(&mut packed) {
        Ok(header) => header,
        Err(sentence) => {
            found.add(sentence);
            return contents;
        }
    };
    let scanner = Scanner::new(limits);
    let watch = RefCell::new(Watch { scanner, verdict: None, unpacked_bytes: 0 });
    let tap = Tap::new(GzDecoder::new(header.chain(packed)), &watch, unpacked_bytes_max);
    let chunk = vec![0; CHUNK_BYTES].into_boxed_slice();
    let mut reading = Reading { watch: &watch, paths, keep, found, contents: &mut contents, chunk };
    let ended = reading.all(tap);
    let watch = watch.into_inner();
    contents.unpacked_bytes = watch.unpacked_bytes;
    contents.is_whole = ended.is_ok();
    if let Err(error) = ended {
        found.add(
            watch.verdict.unwrap_or_else(|| format!("the archive is malformed: {error}; package with cargo")),
        );
    }
    contents
}

struct Reading<'r, 'w, 'p> {
    watch: &'r RefCell<Watch<'w>>,
    paths: &'r mut Paths<'p>,
    keep: &'r dyn Fn(&str) -> Option<u64>,
    found: &'r mut Found,
    contents: &'r mut Contents,
    chunk: Box<[u8]>,
}

impl Reading<'_, '_, '_> {
    fn all(&mut self, tap: Tap<'_, '_, GzDecoder<impl BufRead>>) -> io::Result<()> {
        let mut archive = tar::Archive::new(tap);
        for entry in archive.entries()? {
            self.entry(entry?)?;
        }
        let mut packed = archive.into_inner().drain()?.into_inner();
        if !packed.fill_buf()?.is_empty() {
            return Err(io::Error::other(
                "bytes follow the gzip stream, and an archive is exactly one stream",
            ));
        }
        if !self.watch.borrow().scanner.seen.is_empty() {
            return Err(disagreement());
        }
        Ok(())
    }

    fn entry(&mut self, entry: tar::Entry<'_, impl Read>) -> io::Result<()> {
        let seen = self.watch.borrow_mut().scanner.seen.pop_front();
        let seen = seen.filter(|seen| is_same(seen, &entry)).ok_or_else(disagreement)?;
        if let Err(sentence) = check_kind_and_mode(&seen) {
            self.found.add(sentence);
        }
        let path = match self.paths.accept(&seen.path, seen.kind) {
            Ok(path) => Some(path.to_owned()),
            Err(sentence) => {
                self.found.add(sentence);
                None
            }
        };
        if seen.kind != Kind::File {
            return Ok(());
        }
        let keep = path.as_deref().and_then(self.keep).filter(|max| {
            if seen.size > *max {
                self.found.add(format!(
                    "`{}` has {} bytes, the limit is {max}",
                    shown(&seen.path),
                    seen.size
                ));
            }
            seen.size <= *max
        });
        let (checksum, kept) = self.content(entry, seen.size, keep.is_some())?;
        if let Some(path) = path {
            if keep.is_some() {
                self.contents.kept.push(Kept { path: path.clone(), bytes: kept });
            }
            self.contents.entries.push(Entry { path, size: seen.size, checksum });
        }
        Ok(())
    }

    /// Reads the content of an entry as the `tar` crate gives it.
    fn content(&mut self, mut entry: impl Read, size: u64, keep: bool) -> io::Result<(Checksum, Vec<u8>)> {
        let mut kept = Vec::new();
        let mut hash = Sha256::new();
        let mut left = size;
        loop {
            let read = entry.read(&mut self.chunk)?;
            if read == 0 {
                break;
            }
            left = left.checked_sub(read as u64).ok_or_else(disagreement)?;
            hash.update(&self.chunk[..read]);
            if keep {
                kept.extend_from_slice(&self.chunk[..read]);
            }
        }
        if left > 0 {
            return Err(disagreement());
        }
        Ok((Checksum::from_bytes(hash.finalize().into()), kept))
    }
}

/// Whether both readers saw the same entry. They read one stream, so the same place and length in it is the same
/// content, and a hash for each would say no more.
fn is_same(seen: &Seen, entry: &tar::Entry<'_, impl Read>) -> bool {
    let kind = entry.header().entry_type();
    let same_kind = match seen.kind {
        Kind::File => kind == tar::EntryType::Regular,
        Kind::Folder => kind == tar::EntryType::Directory,
        Kind::Other(flag) => kind.as_byte() == flag,
    };
    same_kind
        && seen.path == *entry.path_bytes()
        && seen.size == entry.size()
        && seen.offset == entry.raw_file_position()
}

fn disagreement() -> io::Error {
    io::Error::other("two readers of archives understand it differently")
}

/// Regular files and folders only, with permission bits that give nobody but owner and group the right to write.
///
/// cargo writes 0644 and 0755 today. Older cargos copied the mode of the packager's file, type bits included, and
/// under the common umask 002 that is 0664 or 0775: crates in daily use have them, so the group may write.
fn check_kind_and_mode(seen: &Seen) -> Result<(), String> {
    const PERMISSIONS: u64 = 0o775;
    let type_bits = match seen.kind {
        Kind::File => 0o100_000,
        Kind::Folder => 0o040_000,
        Kind::Other(flag) => {
            let what = match flag {
                b'1' => "a hard link",
                b'2' => "a symbolic link",
                b'3' | b'4' => "a device",
                _ => "a pipe",
            };
            let path = shown(&seen.path);
            return Err(format!(
                "`{path}` is {what}; only regular files and folders are allowed, so put a copy there"
            ));
        }
    };
    let permissions = if seen.mode & !0o7777 == type_bits { seen.mode & 0o7777 } else { seen.mode };
    if permissions & !PERMISSIONS != 0 {
        return Err(format!(
            "`{}` has the mode {:o}; use 644, or 755 for programs",
            shown(&seen.path),
            seen.mode
        ));
    }
    Ok(())
}

/// Looks at the fixed part of a gzip header. What is read of `packed` comes back in front of it.
fn check_gzip_header(packed: &mut impl BufRead) -> Result<[u8; GZIP_HEADER_BYTES], String> {
    const RESERVED_FLAGS: u8 = 0xe0;
    let mut header = [0; GZIP_HEADER_BYTES];
    let read = packed.read_exact(&mut header);
    let is_gzip = matches!(header, [0x1f, 0x8b, 8, flags, ..] if flags & RESERVED_FLAGS == 0);
    if read.is_err() || !is_gzip {
        return Err("the archive does not begin like a gzip file; package with cargo".to_owned());
    }
    Ok(header)
}

#[cfg(test)]
mod tests;
