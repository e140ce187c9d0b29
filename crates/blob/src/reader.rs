//! Reading one stored object.

use std::ops::Range;

use bytes::Bytes;
use futures::stream::BoxStream;

use crate::BlobError;

/// Bytes of an object, in chunks of 64 to 256 KiB (the last may be shorter). Ends with an error, never early, when
/// fewer bytes come than were promised.
pub type BlobStream = BoxStream<'static, Result<Bytes, BlobError>>;

/// An object that has been found and can be read once.
#[derive(Debug)]
pub struct BlobReader {
    size: u64,
}

impl BlobReader {
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
        todo!("{bytes_max}")
    }

    /// The object, or the part of it that lies in `range`, without ever holding more than a few chunks. A range that
    /// is not inside of the object gives [`BlobError::Range`] as first item.
    #[must_use]
    pub fn stream(self, range: Option<Range<u64>>) -> BlobStream {
        todo!("{range:?}")
    }
}
