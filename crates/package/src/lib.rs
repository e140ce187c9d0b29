//! Opens an untrusted `.crate`: what is in it, and what is wrong with it.
//!
//! Ground room: no clock, no randomness, no files of its own; the caller hands in something to read. All here is CPU
//! work, so callers run it where CPU work may run. What a registry demands of a good package (licence, keywords,
//! dependencies) is decided elsewhere.

mod archive;
mod cross_check;
mod entry;
mod facts;
mod inspect;
mod license;
mod limits;
mod manifest;
mod path;
mod problems;
#[cfg(test)]
mod sample;
mod vcs;
mod visit;

pub use cross_check::{CrossCheck, cross_check};
pub use entry::index_entry;
pub use facts::{Entry, ManifestDependency, ManifestFacts, Package, VcsInfo};
pub use inspect::inspect;
pub use license::{LICENSE_BYTES_MAX, LICENSE_FILES_MAX, guess_license, is_license_file};
pub use limits::ArchiveLimits;
pub use problems::{InspectError, Problems};
pub use visit::visit;
