//! The door of this room: one value that stores and gives back bytes, whatever lies behind it.

use std::sync::Arc;

use bytes::Bytes;
use cratekeep_types::{Checksum, Steps};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};

use crate::disk::blocking;
use crate::key::{check_instance, check_marker_text, marker_text};
use crate::local::LocalStore;
use crate::memory::{self, MemoryStore};
use crate::reader::Body;
use crate::s3::S3Store;
use crate::spool::SpoolFolder;
use crate::{
    Adopted, BlobClass, BlobError, BlobReader, BlobStat, DerivedKey, Listed, Location, NowRead, Options,
    Spool, SpoolWriter, Verdict,
};

/// Stores and gives back bytes. Cheap to clone; all clones are one store.
#[derive(Clone, Debug)]
pub struct BlobStore {
    backend: Backend,
    spool: SpoolFolder,
}

#[derive(Clone, Debug)]
enum Backend {
    Local(Arc<LocalStore>),
    S3(Arc<S3Store>),
    Memory(Arc<MemoryStore>),
}

impl BlobStore {
    /// Makes a store. Touches neither the volume nor the network: call [`BlobStore::init`] or
    /// [`BlobStore::check_marker`] next.
    ///
    /// # Errors
    /// [`BlobError::Options`] for values that cannot work, [`BlobError::Io`] when the spool folder cannot be made.
    pub fn new(options: Options, steps: Steps) -> Result<Self, BlobError> {
        let make_spool = || SpoolFolder::make(options.spool_dir.clone(), steps.clone());
        match &options.location {
            Location::Local { root } => {
                let local = LocalStore::new(root.clone(), steps);
                Ok(Self { spool: local.spool().clone(), backend: Backend::Local(Arc::new(local)) })
            }
            Location::S3(s3) => {
                let s3 = S3Store::new(s3, &options, steps.clone())?;
                Ok(Self { spool: make_spool()?, backend: Backend::S3(Arc::new(s3)) })
            }
            Location::Memory => {
                let memory = MemoryStore::new(steps.clone());
                Ok(Self { spool: make_spool()?, backend: Backend::Memory(Arc::new(memory)) })
            }
        }
    }

    /// Where the bytes live, for people: `folder /srv/blobs`, `s3://bucket/prefix`.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.backend {
            Backend::Local(local) => local.describe(),
            Backend::S3(s3) => s3.describe(),
            Backend::Memory(_) => "memory".to_owned(),
        }
    }

    /// Prepares an empty volume for the server with the id `instance` (1 to 128 visible ASCII characters) and leaves
    /// a marker there, last of all. Doing it again is harmless. To be called at the very first start only: later,
    /// [`BlobStore::check_marker`] notices a volume that has vanished, where this would make a new one.
    ///
    /// # Errors
    /// [`BlobError::Volume`] when the volume belongs to another instance.
    pub async fn init(&self, instance: &str) -> Result<(), BlobError> {
        check_instance(instance)?;
        match &self.backend {
            Backend::Local(local) => {
                let instance = instance.to_owned();
                on_disk(local, move |local| local.init(&instance)).await
            }
            Backend::S3(s3) => s3.init(instance).await,
            Backend::Memory(memory) => {
                check_marker_text(&memory.mark(&marker_text(instance)), instance, &self.describe())
            }
        }
    }

    /// Checks that the volume is there and belongs to the server with the id `instance`. Cheap enough for a ready
    /// check.
    ///
    /// # Errors
    /// [`BlobError::Volume`] with a sentence for the operator when the marker is missing or another's.
    pub async fn check_marker(&self, instance: &str) -> Result<(), BlobError> {
        check_instance(instance)?;
        match &self.backend {
            Backend::Local(local) => {
                let instance = instance.to_owned();
                on_disk(local, move |local| local.check_marker(&instance)).await
            }
            Backend::S3(s3) => s3.check_marker(instance).await,
            Backend::Memory(memory) => memory.check_marker(instance),
        }
    }

    /// Removes temporary files that no living process holds, and tells how many. To be called at start.
    ///
    /// # Errors
    /// [`BlobError::Io`], [`BlobError::Volume`].
    pub async fn sweep_staging(&self) -> Result<u64, BlobError> {
        let spool = self.spool.clone();
        blocking(move || spool.sweep()).await
    }

    /// Begins an upload.
    ///
    /// # Errors
    /// [`BlobError::Full`], [`BlobError::Volume`], [`BlobError::Io`].
    pub async fn spool(&self) -> Result<SpoolWriter, BlobError> {
        self.spool.writer().await
    }

    /// Makes a finished upload an object of `class`, if its bytes are not there yet. On return the object is durable.
    /// Nothing that is there is ever overwritten. The spool stays usable and may be adopted again.
    ///
    /// # Errors
    /// [`BlobError::Durability`] after which no write is accepted any more; [`BlobError::Damaged`] when an object of
    /// this name but another length is there; [`BlobError::Full`], [`BlobError::Unavailable`],
    /// [`BlobError::Refused`], [`BlobError::Volume`], [`BlobError::Io`].
    pub async fn adopt(&self, class: BlobClass, spool: &Spool) -> Result<Adopted, BlobError> {
        match &self.backend {
            Backend::Local(local) => {
                let spool = spool.clone();
                on_disk(local, move |local| local.adopt(class, &spool)).await
            }
            Backend::S3(s3) => s3.adopt(class, spool).await,
            Backend::Memory(memory) => memory.adopt(class.key(&spool.checksum()), spool).await,
        }
    }

    /// Finds an object for reading.
    ///
    /// # Errors
    /// What the backend reports; a missing object is `None`.
    pub async fn open(&self, class: BlobClass, checksum: &Checksum) -> Result<Option<BlobReader>, BlobError> {
        let checksum = *checksum;
        match &self.backend {
            Backend::Local(local) => on_disk(local, move |local| local.open(class, &checksum)).await,
            Backend::S3(s3) => s3.open(class, &checksum).await,
            Backend::Memory(memory) => {
                let key = class.key(&checksum);
                let found = memory.get(&key);
                Ok(found.map(|bytes| BlobReader::new(key, bytes.len() as u64, Body::Whole(bytes))))
            }
        }
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
        match &self.backend {
            Backend::Local(local) => local.read_now(class, checksum, bytes_max),
            Backend::S3(_) => Ok(NowRead::Later),
            Backend::Memory(memory) => Ok(match memory.get(&class.key(checksum)) {
                None => NowRead::Missing,
                Some(bytes) if bytes.len() > bytes_max => NowRead::Later,
                Some(bytes) => NowRead::Whole(bytes),
            }),
        }
    }

    /// Size and age of an object.
    ///
    /// # Errors
    /// What the backend reports; a missing object is `None`.
    pub async fn stat(&self, class: BlobClass, checksum: &Checksum) -> Result<Option<BlobStat>, BlobError> {
        let checksum = *checksum;
        match &self.backend {
            Backend::Local(local) => on_disk(local, move |local| local.stat(class, &checksum)).await,
            Backend::S3(s3) => s3.stat(&class.key(&checksum)).await,
            Backend::Memory(memory) => Ok(memory.get(&class.key(&checksum)).as_ref().map(memory::stat_of)),
        }
    }

    /// Removes an object; tells whether it was there.
    ///
    /// # Errors
    /// What the backend reports.
    pub async fn delete(&self, class: BlobClass, checksum: &Checksum) -> Result<bool, BlobError> {
        let checksum = *checksum;
        match &self.backend {
            Backend::Local(local) => on_disk(local, move |local| local.delete(class, &checksum)).await,
            Backend::S3(s3) => s3.delete(&class.key(&checksum)).await,
            Backend::Memory(memory) => Ok(memory.delete(&class.key(&checksum))),
        }
    }

    /// Every object of a class, ordered by checksum, with bounded memory. Names that are no checksum are passed over
    /// with a warning in the log.
    #[must_use]
    pub fn list(&self, class: BlobClass) -> BoxStream<'static, Result<Listed, BlobError>> {
        match &self.backend {
            Backend::Local(local) => {
                let local = local.clone();
                stream::iter(0..=u8::MAX)
                    .then(move |first| {
                        let local = local.clone();
                        blocking(move || local.list_part(class, first))
                    })
                    .map_ok(|part| stream::iter(part).map(Ok))
                    .try_flatten()
                    .boxed()
            }
            Backend::S3(s3) => s3.list(class),
            Backend::Memory(memory) => stream::iter(memory.list(class)).map(Ok).boxed(),
        }
    }

    /// Reads a whole object and compares it with its name.
    ///
    /// # Errors
    /// What the backend reports while reading; wrong bytes are a [`Verdict`].
    pub async fn verify(&self, class: BlobClass, checksum: &Checksum) -> Result<Verdict, BlobError> {
        let checksum = *checksum;
        match &self.backend {
            Backend::Local(local) => on_disk(local, move |local| local.verify(class, &checksum)).await,
            Backend::S3(s3) => s3.verify(class, &checksum).await,
            Backend::Memory(memory) => Ok(match memory.get(&class.key(&checksum)) {
                None => Verdict::Missing,
                Some(bytes) => Verdict::of(&checksum, Checksum::of(&bytes), bytes.len() as u64),
            }),
        }
    }

    /// Stores something computed under its name, in place of what was there; readers see the old or the new.
    ///
    /// # Errors
    /// Those of [`BlobStore::adopt`].
    pub async fn put_derived(&self, key: &DerivedKey, bytes: Bytes) -> Result<(), BlobError> {
        match &self.backend {
            Backend::Local(local) => {
                let key = key.clone();
                on_disk(local, move |local| local.put_derived(&key, &bytes)).await
            }
            Backend::S3(s3) => s3.put_derived(key, bytes).await,
            Backend::Memory(memory) => {
                memory.put(key.key(), bytes);
                Ok(())
            }
        }
    }

    /// Reads something computed, if it is there and has at most `bytes_max` bytes.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`]; else what the backend reports. A missing object is `None`.
    pub async fn get_derived(&self, key: &DerivedKey, bytes_max: u64) -> Result<Option<Bytes>, BlobError> {
        match &self.backend {
            Backend::Local(local) => {
                let key = key.clone();
                on_disk(local, move |local| local.get_derived(&key, bytes_max)).await
            }
            Backend::S3(s3) => s3.get_derived(key, bytes_max).await,
            Backend::Memory(memory) => match memory.get(&key.key()) {
                Some(bytes) if bytes.len() as u64 > bytes_max => {
                    Err(BlobError::TooLarge { key: key.key(), size: bytes.len() as u64, bytes_max })
                }
                found => Ok(found),
            },
        }
    }

    /// Removes something computed; tells whether it was there.
    ///
    /// # Errors
    /// What the backend reports.
    pub async fn delete_derived(&self, key: &DerivedKey) -> Result<bool, BlobError> {
        match &self.backend {
            Backend::Local(local) => {
                let key = key.clone();
                on_disk(local, move |local| local.delete_derived(&key)).await
            }
            Backend::S3(s3) => s3.delete(&key.key()).await,
            Backend::Memory(memory) => Ok(memory.delete(&key.key())),
        }
    }

    /// Bytes that this process may still write to the volume. `None` where there is no such number (S3, memory).
    ///
    /// # Errors
    /// What the file system reports.
    pub async fn disk_free(&self) -> Result<Option<u64>, BlobError> {
        match &self.backend {
            Backend::Local(local) => on_disk(local, LocalStore::disk_free).await.map(Some),
            Backend::S3(_) | Backend::Memory(_) => Ok(None),
        }
    }

    /// Whether a write could not be confirmed ([`BlobError::Durability`]). The server must then stop accepting writes
    /// and restart; until it does, this store refuses them.
    #[must_use]
    pub fn writes_stopped(&self) -> bool {
        matches!(&self.backend, Backend::Local(local) if local.writes_stopped())
    }
}

/// Runs work on the files of a local store, off the threads that serve requests.
async fn on_disk<T: Send + 'static>(
    local: &Arc<LocalStore>,
    work: impl FnOnce(&LocalStore) -> Result<T, BlobError> + Send + 'static,
) -> Result<T, BlobError> {
    let local = local.clone();
    blocking(move || work(&local)).await
}
