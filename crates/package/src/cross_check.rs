//! The JSON that came with an archive against the manifest inside it. The manifest decides.

use cratekeep_wire::PublishMetadata;

use crate::Package;

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrossCheck {
    /// Differences that no upload may have.
    pub problems: Vec<String>,
    /// Differences that are told to the publisher; the manifest's value is used.
    pub warnings: Vec<String>,
}

/// Compares what was sent as JSON with what the manifest says.
#[must_use]
pub fn cross_check(json: &PublishMetadata, package: &Package) -> CrossCheck {
    let _ = (json, package);
    todo!()
}
