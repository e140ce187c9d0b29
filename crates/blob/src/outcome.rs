//! What the store answers, as plain values.

use bytes::Bytes;
use cratekeep_types::{Checksum, Timestamp};

/// What [`crate::BlobStore::adopt`] found. Either way the object is durable now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adopted {
    /// The object was not there before.
    New,
    /// The same bytes were there already.
    Present,
}

/// One object as [`crate::BlobStore::stat`] sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobStat {
    /// Size in bytes.
    pub size: u64,
    /// When it was written, by the clock of the backend. In memory: always 0.
    pub modified: Timestamp,
}

/// One object of a [`crate::BlobStore::list`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What its name promises.
    pub checksum: Checksum,
    /// Size in bytes.
    pub size: u64,
    /// As in [`BlobStat::modified`].
    pub modified: Timestamp,
}

/// What [`crate::BlobStore::verify`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The bytes are what the name promises.
    Good {
        /// Size in bytes.
        size: u64,
    },
    /// There is no such object.
    Missing,
    /// The bytes are others than the name promises.
    Damaged {
        /// Their real checksum.
        found: Checksum,
        /// Size in bytes.
        size: u64,
    },
}

impl Verdict {
    /// Compares the checksum that was `found` with the one that the name promises.
    pub(crate) fn of(promised: &Checksum, found: Checksum, size: u64) -> Self {
        if found == *promised { Self::Good { size } } else { Self::Damaged { found, size } }
    }
}

/// What [`crate::BlobStore::read_now`] can say on the spot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NowRead {
    /// The whole object.
    Whole(Bytes),
    /// There is no such object.
    Missing,
    /// The object is larger than asked for, or this backend cannot answer without waiting: use [`crate::BlobStore::open`].
    Later,
}
