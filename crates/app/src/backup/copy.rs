//! One object from one store to another, hashed on the way.

use cratekeep_blob::{Adopted, BlobClass, BlobError, BlobStore};
use cratekeep_types::Checksum;
use futures::TryStreamExt;

/// Objects that are irreplaceable, and so part of a backup. Those of a mirror can be fetched again.
pub(crate) const CLASS: BlobClass = BlobClass::Hosted;

/// What became of an object.
#[derive(Debug)]
pub(crate) enum Copy {
    /// It was copied; its length in bytes.
    New(u64),
    /// It was there before.
    Present,
    /// It is missing, damaged or unreadable where it comes from; the text says which, to follow the object's name.
    LeftOut(String),
}

/// Why nothing more can be copied.
#[derive(Debug)]
pub(crate) enum CopyError {
    /// The store that objects come from does not answer.
    Source(BlobError),
    /// The store that they go to does not take them.
    Target(BlobError),
}

/// Copies the object `checksum` unless it is there. It is durable on return, and its bytes are what its name says.
pub(crate) async fn copy(from: &BlobStore, to: &BlobStore, checksum: &Checksum) -> Result<Copy, CopyError> {
    if to.stat(CLASS, checksum).await.map_err(CopyError::Target)?.is_some() {
        return Ok(Copy::Present);
    }
    let mut chunks = match from.open(CLASS, checksum).await {
        Ok(Some(reader)) => reader.stream(None),
        Ok(None) => return Ok(Copy::LeftOut("is missing".to_owned())),
        Err(error) => return unreadable(error),
    };
    let mut writer = to.spool().await.map_err(CopyError::Target)?;
    loop {
        match chunks.try_next().await {
            Ok(Some(chunk)) => writer.write(chunk).await.map_err(CopyError::Target)?,
            Ok(None) => break,
            Err(error) => return unreadable(error),
        }
    }
    let spool = writer.finish().await.map_err(CopyError::Target)?;
    if spool.checksum() != *checksum {
        return Ok(Copy::LeftOut(format!("is damaged, its bytes have the checksum {}", spool.checksum())));
    }
    match to.adopt(CLASS, &spool).await.map_err(CopyError::Target)? {
        Adopted::New => Ok(Copy::New(spool.size())),
        Adopted::Present => Ok(Copy::Present),
    }
}

/// Some failures concern one object, the others the whole store.
fn unreadable(error: BlobError) -> Result<Copy, CopyError> {
    match error {
        BlobError::Io { .. } | BlobError::Damaged { .. } => {
            Ok(Copy::LeftOut(format!("cannot be read ({error})")))
        }
        other => Err(CopyError::Source(other)),
    }
}
