//! The body of a publish: two blocks, each led by its length as a little-endian `u32`. First the JSON, then the
//! archive, then nothing.
//!
//! The decoder is fed whatever the network delivers. It never trusts a length for an allocation: what it holds
//! grows with the bytes received, and archive bytes pass through without being copied.

use bytes::{Buf, Bytes};
use thiserror::Error;

use crate::publish::PublishMetadata;

/// Bytes of one length field.
const LENGTH_BYTES: usize = 4;
/// Longest part of a JSON error that is repeated to the sender, in characters.
const REASON_CHARS_MAX: usize = 300;

/// How long each block may be, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameLimits {
    /// Longest JSON block.
    pub json_bytes_max: u32,
    /// Longest archive.
    pub archive_bytes_max: u32,
}

impl Default for FrameLimits {
    /// The limits of crates.io: 1 MiB and 10 MiB.
    fn default() -> Self {
        Self { json_bytes_max: 1 << 20, archive_bytes_max: 10 << 20 }
    }
}

/// One of the two blocks, named in errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// The JSON with the metadata.
    Metadata,
    /// The `.crate` file.
    Archive,
}

impl std::fmt::Display for Block {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Metadata => "metadata",
            Self::Archive => "tarball",
        })
    }
}

/// Why a publish body is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The JSON block is announced longer than allowed.
    #[error("JSON metadata blob too large: it has {len} bytes, the limit is {max}")]
    JsonTooLarge {
        /// Length announced.
        len: u32,
        /// Longest length allowed.
        max: u32,
    },
    /// The archive is announced longer than allowed.
    #[error("max upload size is: {max} bytes, but this crate has {len}")]
    ArchiveTooLarge {
        /// Length announced.
        len: u32,
        /// Longest length allowed.
        max: u32,
    },
    /// The body ended inside a length field.
    #[error("invalid {block} length: the body ended after {have} of its 4 bytes")]
    TruncatedLength {
        /// The block whose length is missing.
        block: Block,
        /// How many bytes of the length came.
        have: usize,
    },
    /// The body ended inside a block.
    #[error("invalid {block} length for remaining payload: {need} bytes were announced, {have} came")]
    Truncated {
        /// The block that is not complete.
        block: Block,
        /// How many bytes of it came.
        have: u64,
        /// How many were announced.
        need: u64,
    },
    /// The body goes on after the archive.
    #[error("the body has at least {extra} bytes after the tarball; send nothing after it")]
    Trailing {
        /// How many bytes more were seen; there may be more still.
        extra: usize,
    },
    /// The JSON block is not UTF-8.
    #[error("invalid upload request: the metadata is not UTF-8 (byte {at})")]
    NotUtf8 {
        /// Offset of the first wrong byte.
        at: usize,
    },
    /// The JSON block does not parse, or has a value of a wrong type.
    #[error("invalid upload request: {0}")]
    BadJson(String),
}

impl FrameError {
    /// Whether a limit was passed, so that the answer is "too large" rather than "bad request".
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self, Self::JsonTooLarge { .. } | Self::ArchiveTooLarge { .. })
    }
}

/// What the decoder gives out.
#[derive(Clone, Debug, PartialEq)]
pub enum FramePiece {
    /// The metadata; comes once, before any archive bytes.
    Metadata(Box<PublishMetadata>),
    /// The next bytes of the archive, never empty.
    Archive(Bytes),
}

#[derive(Debug)]
enum State {
    Length { block: Block, bytes: [u8; LENGTH_BYTES], have: usize },
    Json { need: usize, bytes: Vec<u8> },
    Archive { need: u64, left: u64 },
    Done,
}

impl State {
    fn length_of(block: Block) -> Self {
        Self::Length { block, bytes: [0; LENGTH_BYTES], have: 0 }
    }
}

/// Takes a publish body apart, chunk by chunk.
#[derive(Debug)]
pub struct FrameDecoder {
    limits: FrameLimits,
    state: State,
}

impl FrameDecoder {
    /// A decoder at the start of a body.
    #[must_use]
    pub fn new(limits: FrameLimits) -> Self {
        Self { limits, state: State::length_of(Block::Metadata) }
    }

    /// Sets another limit for the archive, as long as its length has not come.
    pub fn set_archive_bytes_max(&mut self, bytes_max: u32) {
        self.limits.archive_bytes_max = bytes_max;
    }

    /// Takes bytes from the front of `chunk` until a piece is ready. `None` means that the chunk is used up; call
    /// again with the next one. After an error the decoder is of no further use.
    ///
    /// # Errors
    /// As soon as the bytes so far cannot be the start of an acceptable body.
    pub fn push(&mut self, chunk: &mut Bytes) -> Result<Option<FramePiece>, FrameError> {
        while !chunk.is_empty() {
            match &mut self.state {
                State::Length { block, bytes, have } => {
                    let take = (LENGTH_BYTES - *have).min(chunk.len());
                    chunk.copy_to_slice(&mut bytes[*have..*have + take]);
                    *have += take;
                    if *have == LENGTH_BYTES {
                        let (block, length) = (*block, u32::from_le_bytes(*bytes));
                        self.begin(block, length)?;
                    }
                }
                State::Json { need, bytes } => {
                    let take = (*need - bytes.len()).min(chunk.len());
                    bytes.extend_from_slice(&chunk.split_to(take));
                    if bytes.len() == *need {
                        let metadata = parse(bytes)?;
                        self.state = State::length_of(Block::Archive);
                        return Ok(Some(FramePiece::Metadata(Box::new(metadata))));
                    }
                }
                State::Archive { left, .. } => {
                    let take = usize::try_from(*left).unwrap_or(usize::MAX).min(chunk.len());
                    *left -= take as u64;
                    if *left == 0 {
                        self.state = State::Done;
                    }
                    return Ok(Some(FramePiece::Archive(chunk.split_to(take))));
                }
                State::Done => return Err(FrameError::Trailing { extra: chunk.len() }),
            }
        }
        Ok(None)
    }

    /// Says that the body has ended.
    ///
    /// # Errors
    /// [`FrameError::TruncatedLength`] or [`FrameError::Truncated`] when something is missing.
    pub fn finish(self) -> Result<(), FrameError> {
        match self.state {
            State::Length { block, have, .. } => Err(FrameError::TruncatedLength { block, have }),
            State::Json { need, bytes } => Err(FrameError::Truncated {
                block: Block::Metadata,
                have: bytes.len() as u64,
                need: need as u64,
            }),
            State::Archive { need, left } => {
                Err(FrameError::Truncated { block: Block::Archive, have: need - left, need })
            }
            State::Done => Ok(()),
        }
    }

    fn begin(&mut self, block: Block, len: u32) -> Result<(), FrameError> {
        let FrameLimits { json_bytes_max, archive_bytes_max } = self.limits;
        self.state = match block {
            Block::Metadata if len > json_bytes_max => {
                return Err(FrameError::JsonTooLarge { len, max: json_bytes_max });
            }
            Block::Metadata if len == 0 => {
                return Err(FrameError::BadJson("the metadata is empty".to_owned()));
            }
            Block::Metadata => State::Json { need: len as usize, bytes: Vec::new() },
            Block::Archive if len > archive_bytes_max => {
                return Err(FrameError::ArchiveTooLarge { len, max: archive_bytes_max });
            }
            Block::Archive if len == 0 => State::Done,
            Block::Archive => State::Archive { need: u64::from(len), left: u64::from(len) },
        };
        Ok(())
    }
}

fn parse(bytes: &[u8]) -> Result<PublishMetadata, FrameError> {
    let text = std::str::from_utf8(bytes).map_err(|error| FrameError::NotUtf8 { at: error.valid_up_to() })?;
    serde_json::from_str(text)
        .map_err(|error| FrameError::BadJson(error.to_string().chars().take(REASON_CHARS_MAX).collect()))
}

/// Puts a body together, as cargo does.
///
/// # Panics
/// When a block is 4 GiB or longer: the format has no way to say so.
#[must_use]
pub fn encode_frame(json: &[u8], archive: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(2 * LENGTH_BYTES + json.len() + archive.len());
    for block in [json, archive] {
        let len = u32::try_from(block.len()).expect("a block of a publish body is shorter than 4 GiB");
        body.extend_from_slice(&len.to_le_bytes());
        body.extend_from_slice(block);
    }
    body
}

#[cfg(test)]
mod tests;
