//! How a blob store is set up: plain values that the roof fills in from the settings.

use std::path::PathBuf;
use std::time::Duration;

use cratekeep_types::Secret;

/// Objects of this size and above are uploaded in parts, unless [`Options::multipart_bytes_min`] says otherwise.
pub const MULTIPART_BYTES_MIN: u64 = 8 * 1024 * 1024;

/// How a blob store is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the bytes live.
    pub location: Location,
    /// Where uploads are kept until they are adopted. A local store ignores this and uses `staging/` on its own
    /// volume, because adopting is a hard link. `None`: a folder of its own under the system's temporary one,
    /// removed with the store.
    pub spool_dir: Option<PathBuf>,
    /// S3: objects of at least this many bytes are uploaded in parts (5 MiB at least, by S3's rules). A smaller one is
    /// held in memory while it is sent; of a larger one, two parts of 5 MiB.
    pub multipart_bytes_min: u64,
    /// S3: how long one request may stay silent before it counts as failed.
    pub request_timeout: Duration,
}

/// Where the bytes live.
#[derive(Clone, Debug)]
pub enum Location {
    /// A folder on a local file system that has hard links and honest `fsync`.
    Local {
        /// The folder; made by [`crate::BlobStore::init`], and only there.
        root: PathBuf,
    },
    /// A bucket, or a part of one, on Amazon S3 or a compatible server that knows `If-None-Match` on uploads.
    S3(S3Options),
    /// The memory of this process: for tests.
    Memory,
}

/// Where an S3-compatible store is, and who we are there.
#[derive(Clone, Debug)]
pub struct S3Options {
    /// The bucket; it must exist.
    pub bucket: String,
    /// Put before every key, without slashes at its ends; may be empty.
    pub prefix: String,
    /// `https://host[:port]` of the server. `None`: Amazon's own for the region.
    pub endpoint: Option<String>,
    /// The region, as requests are signed with it.
    pub region: String,
    /// The access key's id. Without one, the credentials of the machine (instance metadata) are used.
    pub access_key: Option<String>,
    /// The secret that goes with `access_key`.
    pub secret_key: Option<Secret<String>>,
    /// Whether the bucket stands in the path (`host/bucket/key`) or in the host name (`bucket.host/key`).
    pub path_style: bool,
    /// Whether an `http://` endpoint is acceptable.
    pub allow_http: bool,
}

impl Options {
    /// A store in the folder `root`.
    pub fn local(root: impl Into<PathBuf>) -> Self {
        Self::with_defaults(Location::Local { root: root.into() })
    }

    /// A store in the memory of this process.
    #[must_use]
    pub fn memory() -> Self {
        Self::with_defaults(Location::Memory)
    }

    /// A store in a bucket; uploads are kept in `spool_dir` until they are there.
    pub fn s3(s3: S3Options, spool_dir: impl Into<PathBuf>) -> Self {
        Self { spool_dir: Some(spool_dir.into()), ..Self::with_defaults(Location::S3(s3)) }
    }

    fn with_defaults(location: Location) -> Self {
        Self {
            location,
            spool_dir: None,
            multipart_bytes_min: MULTIPART_BYTES_MIN,
            request_timeout: Duration::from_secs(30),
        }
    }
}
