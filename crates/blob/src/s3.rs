//! Objects in a bucket of Amazon S3 or a compatible server.
//!
//! Uploads are create-only (`If-None-Match: *`) and carry their SHA-256, so a late or repeated one can neither replace
//! nor damage anything. An answer that got lost is cleared up by looking at the object, not by believing an error.

mod client;
mod put;
mod sort;

use std::ops::Range;

use bytes::Bytes;
use cratekeep_types::{Checksum, Steps, Timestamp};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{
    GetOptions, GetRange, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutPayload,
};
use sha2::{Digest, Sha256};

use crate::key::{MARKER, check_marker_text, marker_text};
use crate::reader::{BlobStream, Body};
use crate::{BlobClass, BlobError, BlobReader, BlobStat, DerivedKey, Listed, Options, S3Options, Verdict};
use sort::{sorted, unless_missing};

/// Objects in a bucket.
#[derive(Clone, Debug)]
pub(crate) struct S3Store {
    client: AmazonS3,
    bucket: String,
    prefix: String,
    multipart_bytes_min: u64,
    steps: Steps,
}

/// A remote object that is being answered; the rest of it is read from `first`, a part by a request of its own.
#[derive(Debug)]
pub(crate) struct Remote {
    store: S3Store,
    path: Path,
    first: GetResult,
}

impl S3Store {
    pub(crate) fn new(s3: &S3Options, options: &Options, steps: Steps) -> Result<Self, BlobError> {
        let client = client::build(s3, options)?;
        let prefix = s3.prefix.trim_matches('/').to_owned();
        Ok(Self {
            client,
            bucket: s3.bucket.clone(),
            prefix,
            multipart_bytes_min: options.multipart_bytes_min,
            steps,
        })
    }

    pub(crate) fn describe(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix).trim_end_matches('/').to_owned()
    }

    /// Leaves the marker, unless one is there that says the same.
    pub(crate) async fn init(&self, instance: &str) -> Result<(), BlobError> {
        let path = self.path(MARKER);
        let text = || PutPayload::from(marker_text(instance));
        let put = self.client.put_opts(&path, text(), PutMode::Create.into()).await;
        let there = match put {
            Ok(_) => self.client.put_opts(&path, text(), PutMode::Create.into()).await.is_err(),
            Err(object_store::Error::AlreadyExists { .. }) => true,
            Err(error) => return Err(sorted(&format!("leaving a marker in {}", self.describe()), error)),
        };
        if !there {
            tracing::warn!(
                store = %self.describe(),
                "this server ignores `If-None-Match` on uploads: objects are only as immutable as it keeps them"
            );
        }
        self.check_marker(instance).await
    }

    pub(crate) async fn check_marker(&self, instance: &str) -> Result<(), BlobError> {
        let place = self.describe();
        let attempted = format!("reading the marker of {place}");
        let Some(found) = unless_missing(&attempted, self.client.get(&self.path(MARKER)).await)? else {
            return Err(BlobError::Volume(format!(
                "{place} holds no `{MARKER}` object, so it is not the place that this server's objects are in: check \
                 bucket and prefix"
            )));
        };
        let found = found.bytes().await.map_err(|error| sorted(&attempted, error))?;
        check_marker_text(&found, instance, &place)
    }

    /// Asks for the whole object at once: that is what nearly every caller wants, and it saves a round trip.
    pub(crate) async fn open(
        &self,
        class: BlobClass,
        checksum: &Checksum,
    ) -> Result<Option<BlobReader>, BlobError> {
        let key = class.key(checksum);
        let path = self.path(&key);
        let Some(first) = unless_missing(&format!("opening {key}"), self.client.get(&path).await)? else {
            return Ok(None);
        };
        let size = first.meta.size;
        let remote = Remote { store: self.clone(), path, first };
        Ok(Some(BlobReader::new(key, size, Body::Remote(Box::new(remote)))))
    }

    pub(crate) async fn stat(&self, key: &str) -> Result<Option<BlobStat>, BlobError> {
        let seen = self.client.head(&self.path(key)).await;
        Ok(unless_missing(&format!("looking at {key}"), seen)?.map(|meta| stat_of(&meta)))
    }

    /// Asks first, because a server answers the removal of nothing like that of something.
    pub(crate) async fn delete(&self, key: &str) -> Result<bool, BlobError> {
        let there = self.stat(key).await?.is_some();
        if there {
            unless_missing(&format!("removing {key}"), self.client.delete(&self.path(key)).await)?;
        }
        Ok(there)
    }

    pub(crate) fn list(&self, class: BlobClass) -> BoxStream<'static, Result<Listed, BlobError>> {
        let prefix = class.prefix();
        let attempted = format!("listing {prefix}");
        self.client
            .list(Some(&self.path(&prefix)))
            .map_err(move |error| sorted(&attempted, error))
            .try_filter_map(|meta| async move {
                let listed = listed(&meta);
                if listed.is_none() {
                    tracing::warn!(path = %meta.location, "a stray object lies among the stored ones");
                }
                Ok(listed)
            })
            .boxed()
    }

    pub(crate) async fn verify(&self, class: BlobClass, checksum: &Checksum) -> Result<Verdict, BlobError> {
        let Some(reader) = self.open(class, checksum).await? else { return Ok(Verdict::Missing) };
        let size = reader.size();
        let mut chunks = reader.stream(None);
        let mut hasher = Sha256::new();
        while let Some(chunk) = chunks.try_next().await? {
            hasher.update(&chunk);
        }
        let found = Checksum::from_bytes(hasher.finalize().into());
        Ok(Verdict::of(checksum, found, size))
    }

    pub(crate) async fn put_derived(&self, key: &DerivedKey, bytes: Bytes) -> Result<(), BlobError> {
        let key = key.key();
        let put = self.client.put(&self.path(&key), bytes.into()).await;
        put.map(|_| ()).map_err(|error| sorted(&format!("storing {key}"), error))
    }

    pub(crate) async fn get_derived(
        &self,
        key: &DerivedKey,
        bytes_max: u64,
    ) -> Result<Option<Bytes>, BlobError> {
        let key = key.key();
        let attempted = format!("reading {key}");
        let Some(found) = unless_missing(&attempted, self.client.get(&self.path(&key)).await)? else {
            return Ok(None);
        };
        let size = found.meta.size;
        if size > bytes_max {
            return Err(BlobError::TooLarge { key, size, bytes_max });
        }
        found.bytes().await.map(Some).map_err(|error| sorted(&attempted, error))
    }

    fn path(&self, key: &str) -> Path {
        if self.prefix.is_empty() { Path::from(key) } else { Path::from(format!("{}/{key}", self.prefix)) }
    }
}

impl Remote {
    /// The bytes in `range` of an object with `size` bytes, in the chunks that the network delivers.
    pub(crate) fn stream(self, range: Range<u64>, size: u64) -> BlobStream {
        let attempted = format!("reading {}", self.path);
        if range == (0..size) {
            return self.first.into_stream().map_err(move |error| sorted(&attempted, error)).boxed();
        }
        if range.is_empty() {
            return stream::empty().boxed();
        }
        drop(self.first);
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        stream::once(async move {
            let answer = self.store.client.get_opts(&self.path, options).await;
            let answer = answer.map_err(|error| sorted(&attempted, error))?;
            Ok(answer.into_stream().map_err(move |error| sorted(&attempted, error)))
        })
        .try_flatten()
        .boxed()
    }
}

/// What an object is by its name; `None` when the name is no checksum.
fn listed(meta: &ObjectMeta) -> Option<Listed> {
    let checksum = meta.location.filename()?.parse().ok()?;
    let stat = stat_of(meta);
    Some(Listed { checksum, size: stat.size, modified: stat.modified })
}

fn stat_of(meta: &ObjectMeta) -> BlobStat {
    BlobStat { size: meta.size, modified: Timestamp(meta.last_modified.timestamp_micros()) }
}
