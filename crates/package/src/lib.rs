//! Opens an untrusted `.crate`: what is in it, and what is wrong with it.
//!
//! Ground room: no clock, no randomness, no files of its own; the caller hands in something to read. All here is CPU
//! work, so callers run it where CPU work may run. What a registry demands of a good package (licence, keywords,
//! dependencies) is decided elsewhere.

mod cross_check;
mod entry;
mod facts;
mod limits;
mod problems;

pub use cross_check::{CrossCheck, cross_check};
pub use entry::index_entry;
pub use facts::{Entry, ManifestDependency, ManifestFacts, Package, VcsInfo};
pub use limits::ArchiveLimits;
pub use problems::{InspectError, Problems};

use std::io::{Read, Seek};

use cratekeep_types::{CrateName, VersionNum};

/// Reads an archive from its beginning to its end and tells everything that is wrong with it.
///
/// `expected` is the name and version it was announced under. Memory stays small whatever the archive holds: only the
/// manifest, the readme and the version-control note are kept, and their sizes are limited.
///
/// # Errors
/// [`InspectError::Refused`] with every problem found; [`InspectError::Unreadable`] when `archive` itself could not be
/// read, which is nobody's fault who sent it.
pub fn inspect(
    archive: impl Read + Seek,
    expected: (&CrateName, &VersionNum),
    limits: &ArchiveLimits,
) -> Result<Package, InspectError> {
    let _ = (archive, expected, limits);
    todo!()
}
