//! What a registry demands of an upload beyond a sound archive: metadata, features, dependencies.

use cratekeep_package::{ManifestDependency, Package, index_entry};
use cratekeep_types::{Checksum, CrateName, RegistryName, Timestamp, UploadRules};

mod dependencies;
mod features;
mod metadata;

/// What must be known of the registry published to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadFacts {
    /// How much metadata an upload must carry.
    pub rules: UploadRules,
    /// Whether a dependency without `registry-index` means this registry instead of crates.io.
    pub stands_for_crates_io: bool,
    /// Every index address under which this registry is known.
    pub own_index_urls: Vec<String>,
    /// Index addresses of the other registries of this server.
    pub sibling_index_urls: Vec<(String, RegistryName)>,
    /// Index addresses of foreign registries that dependencies may name.
    pub allowed_index_urls: Vec<String>,
}

/// Limits of the metadata of an upload.
///
/// The defaults are those of crates.io but for features: crates.io allows 300 and makes exceptions for single crates.
/// Here the index line's length is the tighter bound, and the largest crates in use pass without an exception.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataLimits {
    /// Longest description in bytes.
    pub description_bytes_max: usize,
    /// Longest of any other single text (an address, a licence, a category) in bytes.
    pub text_bytes_max: usize,
    /// Most keywords.
    pub keywords_max: usize,
    /// Longest keyword in bytes.
    pub keyword_bytes_max: usize,
    /// Most categories.
    pub categories_max: usize,
    /// Most features.
    pub features_max: usize,
    /// Most things that one feature enables.
    pub feature_values_max: usize,
    /// Most dependencies of all kinds and targets together.
    pub dependencies_max: usize,
    /// Longest index line in bytes.
    pub index_line_bytes_max: usize,
}

impl Default for MetadataLimits {
    fn default() -> Self {
        Self {
            description_bytes_max: 1000,
            text_bytes_max: 1024,
            keywords_max: 5,
            keyword_bytes_max: 20,
            categories_max: 5,
            features_max: 5000,
            feature_values_max: 5000,
            dependencies_max: 500,
            index_line_bytes_max: 256 << 10,
        }
    }
}

/// A dependency and the registry that it lives in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedDependency {
    /// The dependency as the manifest has it.
    pub dependency: ManifestDependency,
    /// The crate depended on.
    pub krate: CrateName,
    /// Where it lives.
    pub home: DependencyHome,
}

/// Where a dependency lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DependencyHome {
    /// In the registry published to.
    Own,
    /// On crates.io.
    CratesIo,
    /// In another registry of this server.
    Sibling {
        /// Its index address.
        url: String,
        /// Its name.
        registry: RegistryName,
    },
    /// In a foreign registry that the settings list.
    Listed {
        /// Its index address.
        url: String,
    },
}

/// Judges a package by the rules of a registry, and finds the home of each of its dependencies, in the manifest's order.
///
/// # Errors
/// A sentence for every rule that it breaks.
pub fn house_rules(
    package: &Package,
    facts: &UploadFacts,
    limits: &MetadataLimits,
) -> Result<Vec<ResolvedDependency>, Vec<String>> {
    let manifest = &package.manifest;
    let mut problems = Vec::new();
    metadata::judge(manifest, facts.rules, limits, &mut problems);
    features::judge(manifest, limits, &mut problems);
    let resolved = dependencies::judge(manifest, facts, limits, &mut problems);
    judge_line(package, limits, &mut problems);
    if problems.is_empty() { Ok(resolved) } else { Err(problems) }
}

/// Many short things make a long line, and every client of the crate reads every line.
fn judge_line(package: &Package, limits: &MetadataLimits, problems: &mut Vec<String>) {
    let entry = index_entry(package, Checksum::from_bytes([0; 32]), Timestamp(0), &|known| {
        known.registry_index.clone()
    });
    let (bytes, max) = (entry.to_line().len(), limits.index_line_bytes_max);
    if bytes > max {
        problems.push(format!(
            "dependencies and features make an index line of {bytes} bytes, the limit is {max}"
        ));
    }
}

#[cfg(test)]
mod tests;
