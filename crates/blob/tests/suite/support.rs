//! Stores to test, and short ways to fill them.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use cratekeep_blob::{
    Adopted, BlobClass, BlobError, BlobStore, MULTIPART_BYTES_MIN, Options, S3Options, Spool,
};
use cratekeep_testkit::s3::{ACCESS_KEY, BUCKET, REGION, S3Server, SECRET_KEY};
use cratekeep_types::{Checksum, Secret, Steps};
use futures::TryStreamExt;

/// The id that test volumes belong to.
pub(crate) const INSTANCE: &str = "instance-of-the-test";
/// Prefix of the objects in the test bucket.
pub(crate) const PREFIX: &str = "deep/prefix";

/// A store with what it stands on.
pub(crate) struct Place {
    pub(crate) name: &'static str,
    pub(crate) store: BlobStore,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) s3: Option<S3Server>,
}

impl Place {
    /// An initialised store in a local folder.
    pub(crate) async fn local(steps: Steps) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = BlobStore::new(Options::local(folder.path().join("blobs")), steps).expect("good options");
        Self { name: "local", store, folder, s3: None }.initialised().await
    }

    /// An initialised store in memory.
    pub(crate) async fn memory(steps: Steps) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let options = Options { spool_dir: Some(folder.path().join("spool")), ..Options::memory() };
        let store = BlobStore::new(options, steps).expect("good options");
        Self { name: "memory", store, folder, s3: None }.initialised().await
    }

    /// An initialised store in a bucket.
    pub(crate) async fn s3(steps: Steps) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let s3 = S3Server::start().expect("a server");
        let store = BlobStore::new(s3_options(&s3, &folder), steps).expect("good options");
        let this = Self { name: "s3", store, folder, s3: Some(s3) }.initialised().await;
        this.server().clear_requests();
        this
    }

    /// One of each.
    pub(crate) async fn all() -> [Self; 3] {
        let steps = Steps::unwatched;
        [Self::local(steps()).await, Self::memory(steps()).await, Self::s3(steps()).await]
    }

    pub(crate) fn server(&self) -> &S3Server {
        self.s3.as_ref().expect("this place stands on S3")
    }

    /// Root of the local store.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("blobs")
    }

    /// Folder of temporary files.
    pub(crate) fn staging(&self) -> PathBuf {
        if self.name == "local" { self.root().join("staging") } else { self.folder.path().join("spool") }
    }

    /// The file behind an object, of the local store or of the S3 server.
    pub(crate) fn object_file(&self, class: BlobClass, checksum: &Checksum) -> PathBuf {
        let hex = checksum.to_string();
        let key = format!("{}/sha256/{}/{}/{hex}", class.as_str(), &hex[..2], &hex[2..4]);
        match &self.s3 {
            Some(s3) => s3.object_file(&format!("{PREFIX}/{key}")),
            None => self.root().join(key),
        }
    }

    async fn initialised(self) -> Self {
        self.store.init(INSTANCE).await.expect("an empty volume");
        self
    }
}

/// Options for a store on the test server, with short waits.
pub(crate) fn s3_options(s3: &S3Server, folder: &tempfile::TempDir) -> Options {
    let bucket = S3Options {
        bucket: BUCKET.to_owned(),
        prefix: PREFIX.to_owned(),
        endpoint: Some(s3.endpoint()),
        region: REGION.to_owned(),
        access_key: Some(ACCESS_KEY.to_owned()),
        secret_key: Some(Secret::new(SECRET_KEY.to_owned())),
        path_style: true,
        allow_http: true,
    };
    Options { request_timeout: Duration::from_secs(20), ..Options::s3(bucket, folder.path().join("spool")) }
}

/// Bytes that compress badly and differ by `seed`.
pub(crate) fn bytes_of(len: usize, seed: u8) -> Bytes {
    let mut state = u64::from(seed) + 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&(state ^ (state >> 32)).to_le_bytes());
    }
    bytes.truncate(len);
    bytes.into()
}

/// More bytes than go up in one request.
pub(crate) fn bytes_in_parts(seed: u8) -> Bytes {
    bytes_of(usize::try_from(2 * MULTIPART_BYTES_MIN).expect("small") + 12_345, seed)
}

/// A finished upload.
pub(crate) async fn spool_of(store: &BlobStore, bytes: &Bytes) -> Spool {
    let mut writer = store.spool().await.expect("a spool");
    for start in (0..bytes.len()).step_by(100_000) {
        let end = bytes.len().min(start + 100_000);
        writer.write(bytes.slice(start..end)).await.expect("room");
    }
    writer.finish().await.expect("room")
}

/// Stores bytes; tells what the store answered.
pub(crate) async fn try_put(
    store: &BlobStore,
    class: BlobClass,
    bytes: &Bytes,
) -> Result<Adopted, BlobError> {
    let spool = spool_of(store, bytes).await;
    store.adopt(class, &spool).await
}

/// Stores bytes that must be stored.
pub(crate) async fn put(store: &BlobStore, class: BlobClass, bytes: &Bytes) -> Checksum {
    try_put(store, class, bytes).await.expect("the store takes it");
    Checksum::of(bytes)
}

/// Reads an object that must be there, as a stream.
pub(crate) async fn read(
    store: &BlobStore,
    class: BlobClass,
    checksum: &Checksum,
) -> Result<Vec<u8>, BlobError> {
    let reader = store.open(class, checksum).await?.expect("the object is there");
    let chunks: Vec<Bytes> = reader.stream(None).try_collect().await?;
    Ok(chunks.concat())
}

/// How many files lie in a folder.
pub(crate) fn files_in(folder: &std::path::Path) -> usize {
    std::fs::read_dir(folder).expect("the folder is there").count()
}
