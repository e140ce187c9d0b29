//! The door of this room: one value that stores and gives back bytes, whatever lies behind it.

use bytes::Bytes;
use cratekeep_types::{Checksum, Steps, Timestamp};
use futures::stream::BoxStream;

use crate::{BlobClass, BlobError, BlobReader, DerivedKey, Options, Spool, SpoolWriter};

/// Stores and gives back bytes. Cheap to clone; all clones are one store.
#[derive(Clone, Debug)]
pub struct BlobStore {
    steps: Steps,
}

/// What [`BlobStore::adopt`] found. Either way the object is durable now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adopted {
    /// The object was not there before.
    New,
    /// The same bytes were there already.
    Present,
}

/// One object as [`BlobStore::stat`] sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobStat {
    /// Size in bytes.
    pub size: u64,
    /// When it was written, by the clock of the backend. In memory: always 0.
    pub modified: Timestamp,
}

/// One object of a [`BlobStore::list`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What its name promises.
    pub checksum: Checksum,
    /// Size in bytes.
    pub size: u64,
    /// As in [`BlobStat::modified`].
    pub modified: Timestamp,
}

/// What [`BlobStore::verify`] found.
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

/// What [`BlobStore::read_now`] can say on the spot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NowRead {
    /// The whole object.
    Whole(Bytes),
    /// There is no such object.
    Missing,
    /// The object is larger than asked for, or this backend cannot answer without waiting: use [`BlobStore::open`].
    Later,
}

impl BlobStore {
    /// Makes a store. Touches neither the volume nor the network: call [`BlobStore::init`] or
    /// [`BlobStore::check_marker`] next.
    ///
    /// # Errors
    /// [`BlobError::Options`] for values that cannot work, [`BlobError::Io`] when the spool folder cannot be made.
    pub fn new(options: Options, steps: Steps) -> Result<Self, BlobError> {
        let _ = options;
        Ok(Self { steps })
    }

    /// Where the bytes live, for people: `folder /srv/blobs`, `s3://bucket/prefix`.
    #[must_use]
    pub fn describe(&self) -> String {
        todo!()
    }

    /// Prepares an empty volume for the server with the id `instance` (1 to 128 visible ASCII characters) and leaves
    /// a marker there, last of all. Doing it again is harmless. To be called at the very first start only: later,
    /// [`BlobStore::check_marker`] notices a volume that has vanished, where this would make a new one.
    ///
    /// # Errors
    /// [`BlobError::Volume`] when the volume belongs to another instance.
    pub async fn init(&self, instance: &str) -> Result<(), BlobError> {
        todo!("{instance}")
    }

    /// Checks that the volume is there and belongs to the server with the id `instance`. Cheap enough for a ready
    /// check.
    ///
    /// # Errors
    /// [`BlobError::Volume`] with a sentence for the operator when the marker is missing or another's.
    pub async fn check_marker(&self, instance: &str) -> Result<(), BlobError> {
        todo!("{instance}")
    }

    /// Removes temporary files that no living process holds, and tells how many. To be called at start.
    ///
    /// # Errors
    /// [`BlobError::Io`], [`BlobError::Volume`].
    pub async fn sweep_staging(&self) -> Result<u64, BlobError> {
        todo!()
    }

    /// Begins an upload.
    ///
    /// # Errors
    /// [`BlobError::Full`], [`BlobError::Volume`], [`BlobError::Io`].
    pub async fn spool(&self) -> Result<SpoolWriter, BlobError> {
        todo!()
    }

    /// Makes a finished upload an object of `class`, if its bytes are not there yet. On return the object is durable.
    /// Nothing that is there is ever overwritten. The spool stays usable and may be adopted again.
    ///
    /// # Errors
    /// [`BlobError::Durability`] after which no write is accepted any more; [`BlobError::Damaged`] when an object of
    /// this name but another length is there; [`BlobError::Full`], [`BlobError::Unavailable`],
    /// [`BlobError::Refused`], [`BlobError::Volume`], [`BlobError::Io`].
    pub async fn adopt(&self, class: BlobClass, spool: &Spool) -> Result<Adopted, BlobError> {
        todo!("{class:?} {spool:?}")
    }

    /// Finds an object for reading.
    ///
    /// # Errors
    /// What the backend reports; a missing object is `None`.
    pub async fn open(&self, class: BlobClass, checksum: &Checksum) -> Result<Option<BlobReader>, BlobError> {
        todo!("{class:?} {checksum}")
    }

    /// Reads a small object on the calling thread, if the backend can do that without waiting for a network. A local
    /// file that the system has in its cache costs a few microseconds; one that it has not costs a disk read.
    ///
    /// # Errors
    /// What the file system reports.
    pub fn read_now(
        &self,
        class: BlobClass,
        checksum: &Checksum,
        bytes_max: usize,
    ) -> Result<NowRead, BlobError> {
        todo!("{class:?} {checksum} {bytes_max}")
    }

    /// Size and age of an object.
    ///
    /// # Errors
    /// What the backend reports; a missing object is `None`.
    pub async fn stat(&self, class: BlobClass, checksum: &Checksum) -> Result<Option<BlobStat>, BlobError> {
        todo!("{class:?} {checksum}")
    }

    /// Removes an object; tells whether it was there.
    ///
    /// # Errors
    /// What the backend reports.
    pub async fn delete(&self, class: BlobClass, checksum: &Checksum) -> Result<bool, BlobError> {
        todo!("{class:?} {checksum}")
    }

    /// Every object of a class, ordered by checksum, with bounded memory. Names that are no checksum are passed over
    /// with a warning in the log.
    #[must_use]
    pub fn list(&self, class: BlobClass) -> BoxStream<'static, Result<Listed, BlobError>> {
        todo!("{class:?}")
    }

    /// Reads a whole object and compares it with its name.
    ///
    /// # Errors
    /// What the backend reports while reading; wrong bytes are a [`Verdict`].
    pub async fn verify(&self, class: BlobClass, checksum: &Checksum) -> Result<Verdict, BlobError> {
        todo!("{class:?} {checksum}")
    }

    /// Stores something computed under its name, in place of what was there; readers see the old or the new.
    ///
    /// # Errors
    /// Those of [`BlobStore::adopt`].
    pub async fn put_derived(&self, key: &DerivedKey, bytes: Bytes) -> Result<(), BlobError> {
        todo!("{key:?} {bytes:?}")
    }

    /// Reads something computed, if it is there and has at most `bytes_max` bytes.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`]; else what the backend reports. A missing object is `None`.
    pub async fn get_derived(&self, key: &DerivedKey, bytes_max: u64) -> Result<Option<Bytes>, BlobError> {
        todo!("{key:?} {bytes_max}")
    }

    /// Removes something computed; tells whether it was there.
    ///
    /// # Errors
    /// What the backend reports.
    pub async fn delete_derived(&self, key: &DerivedKey) -> Result<bool, BlobError> {
        todo!("{key:?}")
    }

    /// Bytes that this process may still write to the volume. `None` where there is no such number (S3, memory).
    ///
    /// # Errors
    /// What the file system reports.
    pub async fn disk_free(&self) -> Result<Option<u64>, BlobError> {
        todo!()
    }

    /// Whether a write could not be confirmed ([`BlobError::Durability`]). The server must then stop accepting writes
    /// and restart; until it does, this store refuses them.
    #[must_use]
    pub fn writes_stopped(&self) -> bool {
        todo!()
    }
}
