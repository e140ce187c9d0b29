//! From a package to its index line.

use cratekeep_types::{Checksum, Timestamp};
use cratekeep_wire::{IndexDep, IndexEntry};

use crate::{ManifestDependency, Package};

/// What the index says of a package, ready to be printed. `checksum` is that of the archive; `registry_of` tells the
/// index address of a dependency's registry, or nothing for the registry that the line stands in.
#[must_use]
pub fn index_entry(
    package: &Package,
    checksum: Checksum,
    published: Timestamp,
    registry_of: &dyn Fn(&ManifestDependency) -> Option<String>,
) -> IndexEntry {
    let manifest = &package.manifest;
    let deps = manifest.dependencies.iter().map(|dependency| index_dep(dependency, registry_of(dependency)));
    IndexEntry {
        name: package.name.to_string(),
        vers: package.version.to_string(),
        deps: deps.collect(),
        cksum: checksum.to_string(),
        features: manifest.features.clone(),
        features2: None,
        yanked: false,
        links: manifest.links.clone(),
        rust_version: manifest.rust_version.clone(),
        pubtime: Some(published.to_seconds_text()),
        v: None,
    }
    .arranged()
}

fn index_dep(dependency: &ManifestDependency, registry: Option<String>) -> IndexDep {
    IndexDep {
        name: dependency.name_in_toml.clone(),
        req: dependency.req.clone(),
        features: dependency.features.clone(),
        optional: dependency.optional,
        default_features: dependency.default_features,
        target: dependency.target.clone(),
        kind: dependency.kind,
        registry,
        package: dependency.package.clone(),
        public: dependency.public,
    }
}
