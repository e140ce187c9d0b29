//! Uploads on their way in: a temporary file that is hashed while it is written.

use std::fs::File;

use bytes::Bytes;
use cratekeep_types::Checksum;

use crate::BlobError;

/// A temporary file being written. Dropped, it is removed.
#[derive(Debug)]
pub struct SpoolWriter {
    size: u64,
}

impl SpoolWriter {
    /// Adds bytes. At most 256 KiB are held back before they are written.
    ///
    /// # Errors
    /// [`BlobError::Full`], [`BlobError::Io`]. After an error, or when the returned future is dropped half-way, the
    /// spool cannot be written any more.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        todo!("{bytes:?}")
    }

    /// How many bytes have been taken so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Writes what is held back and closes the file to writing. It is not durable yet: that is what
    /// [`crate::BlobStore::adopt`] does.
    ///
    /// # Errors
    /// Those of [`SpoolWriter::write`].
    pub async fn finish(self) -> Result<Spool, BlobError> {
        todo!()
    }
}

/// A finished temporary file. Dropped, it is removed; an adopted object stays.
#[derive(Debug)]
pub struct Spool {
    checksum: Checksum,
    size: u64,
}

impl Spool {
    /// SHA-256 of what was written.
    #[must_use]
    pub fn checksum(&self) -> Checksum {
        self.checksum
    }

    /// How many bytes were written.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The file, opened again for reading from its begin. Blocks.
    ///
    /// # Errors
    /// [`BlobError::Io`] when the file is gone.
    pub fn open(&self) -> Result<File, BlobError> {
        todo!()
    }
}
