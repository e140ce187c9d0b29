//! How an upload becomes an object in a bucket: at once when small, in parts when large, never over another one.

use std::mem;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use cratekeep_types::Checksum;
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutMode};
use sha2::{Digest, Sha256};

use super::S3Store;
use super::sort::sorted;
use crate::disk::blocking;
use crate::{Adopted, BlobClass, BlobError, Spool};

/// How often an upload is begun, each time with the retries of the client for single requests.
const TRIES_MAX: u32 = 3;
/// The pause before the second try; it doubles.
const PAUSE_FIRST: Duration = Duration::from_millis(200);
/// Size of a part in bytes, the smallest that S3 takes, unless there would be too many.
const PART_BYTES: u64 = 5 * 1024 * 1024;
/// How many parts S3 takes at most.
const PARTS_MAX: u64 = 10_000;
/// How many parts are on their way at once. Each is held in memory until it is there.
const PARTS_UNDER_WAY_MAX: usize = 2;

impl S3Store {
    /// Uploads the bytes of a spool. What counts is whether the object is there afterwards, whoever put it there.
    pub(crate) async fn adopt(&self, class: BlobClass, spool: &Spool) -> Result<Adopted, BlobError> {
        let key = class.key(&spool.checksum());
        let in_parts = spool.size() >= self.multipart_bytes_min;
        self.steps.pass("blob.file-synced");
        // Asking first is cheaper than sending many parts for nothing.
        let adopted = if in_parts && self.is_there(&key, spool.size()).await? {
            Adopted::Present
        } else {
            self.put_until_there(&key, spool, in_parts).await?
        };
        self.steps.pass("blob.linked");
        self.steps.pass("blob.folders-synced");
        Ok(adopted)
    }

    async fn put_until_there(&self, key: &str, spool: &Spool, in_parts: bool) -> Result<Adopted, BlobError> {
        let mut pause = PAUSE_FIRST;
        let mut tries_left = TRIES_MAX;
        loop {
            let put = if in_parts {
                self.put_in_parts(key, spool).await
            } else {
                self.put_at_once(key, spool).await
            };
            let (error, passing) = match put {
                Ok(()) => return Ok(Adopted::New),
                Err(error @ BlobError::Unavailable { .. }) => (error, true),
                Err(error @ BlobError::Refused { .. }) => (error, false),
                Err(error) => return Err(error),
            };
            // It may be there all the same: put by somebody else, or by us with the answer lost on its way. The
            // second completion of an upload in parts, for instance, is refused because the first one did it.
            match self.is_there(key, spool.size()).await {
                Ok(true) => return Ok(Adopted::Present),
                Err(damaged @ BlobError::Damaged { .. }) => return Err(damaged),
                Ok(false) if passing && tries_left > 1 => {}
                Ok(false) | Err(_) => return Err(error),
            }
            tracing::warn!(%key, %error, tries_left, "an upload failed and is tried again");
            tokio::time::sleep(pause).await;
            pause *= 2;
            tries_left -= 1;
        }
    }

    /// Whether an object of this name and length is there. Another length is an error.
    async fn is_there(&self, key: &str, size: u64) -> Result<bool, BlobError> {
        match self.stat(key).await? {
            None => Ok(false),
            Some(stat) if stat.size == size => Ok(true),
            Some(stat) => Err(BlobError::wrong_length(key, stat.size, size)),
        }
    }

    async fn put_at_once(&self, key: &str, spool: &Spool) -> Result<(), BlobError> {
        let mut parts = Parts::of(spool, spool.size());
        let payload = parts.next().await?.unwrap_or_default();
        parts.check()?;
        let put = self.client.put_opts(&self.path(key), payload.into(), PutMode::Create.into()).await;
        put.map(|_| ()).map_err(|error| sorted(&format!("storing {key}"), error))
    }

    async fn put_in_parts(&self, key: &str, spool: &Spool) -> Result<(), BlobError> {
        let attempted = format!("storing {key} in parts");
        let path: Path = self.path(key);
        let mut upload = self.client.put_multipart(&path).await.map_err(|error| sorted(&attempted, error))?;
        let done = match send_parts(upload.as_mut(), spool, &attempted).await {
            Ok(()) => upload.complete().await.map(|_| ()).map_err(|error| sorted(&attempted, error)),
            Err(error) => Err(error),
        };
        if done.is_err()
            && let Err(error) = upload.abort().await
        {
            tracing::info!(%key, %error, "parts of a failed upload may stay until the bucket's own rules remove them");
        }
        done
    }
}

async fn send_parts(
    upload: &mut dyn MultipartUpload,
    spool: &Spool,
    attempted: &str,
) -> Result<(), BlobError> {
    let part_bytes = PART_BYTES.max(spool.size().div_ceil(PARTS_MAX));
    let mut parts = Parts::of(spool, part_bytes);
    let mut under_way = FuturesUnordered::new();
    loop {
        while under_way.len() >= PARTS_UNDER_WAY_MAX {
            let sent = under_way.next().await.transpose().map_err(|error| sorted(attempted, error))?;
            parts.take_back(sent);
        }
        let Some(part) = parts.next().await? else { break };
        let sent = upload.put_part(part.clone().into());
        under_way.push(async move { sent.await.map(|()| part) });
    }
    while let Some(sent) = under_way.next().await {
        sent.map_err(|error| sorted(attempted, error))?;
    }
    parts.check()
}

/// Reads a spool part by part and hashes it again, so that a spool that has changed on disk is never completed.
struct Parts {
    spool: Spool,
    part_bytes: u64,
    start: u64,
    hasher: Sha256,
    spare: BytesMut,
}

impl Parts {
    fn of(spool: &Spool, part_bytes: u64) -> Self {
        Self { spool: spool.clone(), part_bytes, start: 0, hasher: Sha256::new(), spare: BytesMut::new() }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, BlobError> {
        let start = self.start;
        let len = self.part_bytes.min(self.spool.size() - start);
        if len == 0 {
            return Ok(None);
        }
        self.start += len;
        let len = usize::try_from(len)
            .map_err(|_| BlobError::Options(format!("a part of {len} bytes does not fit into memory")))?;
        let (spool, mut hasher, mut buffer) =
            (self.spool.clone(), self.hasher.clone(), mem::take(&mut self.spare));
        let (part, hasher) = blocking(move || {
            buffer.resize(len, 0);
            spool
                .file()
                .read_exact_at(&mut buffer, start)
                .map_err(|error| BlobError::io(format!("reading {}", spool.path().display()), error))?;
            hasher.update(&buffer);
            Ok((buffer.freeze(), hasher))
        })
        .await?;
        self.hasher = hasher;
        Ok(Some(part))
    }

    /// Takes back the buffer of a part that has been sent. Fresh ones for each part would come from changing threads,
    /// and stay with some allocators long after they have been given back.
    fn take_back(&mut self, sent: Option<Bytes>) {
        if let Some(Ok(buffer)) = sent.map(Bytes::try_into_mut) {
            self.spare = buffer;
        }
    }

    /// To be called when all parts have been read.
    fn check(self) -> Result<(), BlobError> {
        let found = Checksum::from_bytes(self.hasher.finalize().into());
        if found == self.spool.checksum() {
            return Ok(());
        }
        let key = self.spool.path().display().to_string();
        let problem = format!("it has changed since it was written: its checksum is {found}");
        Err(BlobError::Damaged { key, problem })
    }
}
