//! Content-addressed bytes: a local folder, an S3-compatible store, or memory for tests. This room alone knows object
//! keys and file layout. Who may read which bytes, and what a database row says about them, is decided elsewhere.
//!
//! Bytes come in as a [`Spool`] (a temporary file, hashed while written) and become an object by
//! [`BlobStore::adopt`], which is durable on return. They go out through a [`BlobReader`].

mod disk;
mod error;
mod key;
mod local;
mod memory;
mod options;
mod outcome;
mod reader;
mod s3;
mod spool;
mod store;

pub use error::{BlobError, Source};
pub use key::{BlobClass, DerivedKey};
pub use options::{Location, MULTIPART_BYTES_MIN, Options, S3Options};
pub use outcome::{Adopted, BlobStat, Listed, NowRead, Verdict};
pub use reader::{BlobReader, BlobStream};
pub use spool::{Spool, SpoolWriter};
pub use store::BlobStore;
