//! Rules for dependencies, and the registry that each of them lives in.

use cratekeep_package::{ManifestDependency, ManifestFacts};
use cratekeep_types::{CRATES_IO_INDEX_GIT, CRATES_IO_INDEX_SPARSE, CrateName, UploadRules};

use super::features::is_feature_name;
use super::{DependencyHome, MetadataLimits, ResolvedDependency, UploadFacts};

/// Longest name that a manifest may give a dependency, in bytes: that of a crate.
const KEY_BYTES_MAX: usize = 64;

pub(super) fn judge(
    manifest: &ManifestFacts,
    facts: &UploadFacts,
    limits: &MetadataLimits,
    problems: &mut Vec<String>,
) -> Vec<ResolvedDependency> {
    let (count, max) = (manifest.dependencies.len(), limits.dependencies_max);
    if count > max {
        problems.push(format!("the crate has {count} dependencies, the limit is {max}"));
    }
    let mut resolved = Vec::new();
    for dependency in &manifest.dependencies {
        problems.extend(faults(dependency, facts.rules));
        match (krate(dependency), home(dependency, facts)) {
            (Ok(krate), Ok(home)) => {
                resolved.push(ResolvedDependency { dependency: dependency.clone(), krate, home });
            }
            (krate, home) => problems.extend(krate.err().into_iter().chain(home.err())),
        }
    }
    resolved
}

fn krate(dependency: &ManifestDependency) -> Result<CrateName, String> {
    let name = dependency.crate_name();
    name.parse().map_err(|error| format!("the dependency `{name}` cannot be: {error}"))
}

fn faults(dependency: &ManifestDependency, rules: UploadRules) -> Vec<String> {
    let name = dependency.crate_name();
    let mut faults = Vec::new();
    if rules == UploadRules::CratesIo && dependency.req == "*" {
        faults.push(format!(
            "wildcard (`*`) dependency constraints are not allowed here; give `{name}` the version it is known to work with"
        ));
    }
    if dependency.package.is_some() && !is_key(&dependency.name_in_toml) {
        let key = &dependency.name_in_toml;
        faults.push(format!(
            "the dependency `{name}` is renamed to `{key}`; use at most {KEY_BYTES_MAX} ASCII letters, digits, `-` and `_`, \
             a letter or `_` first"
        ));
    }
    for feature in dependency.features.iter().filter(|feature| !is_feature_name(feature)) {
        faults.push(format!("the dependency `{name}` asks for `{feature}`, which is not a feature name"));
    }
    faults
}

fn is_key(key: &str) -> bool {
    let rest = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    key.len() <= KEY_BYTES_MAX
        && key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(rest)
}

/// The registry that a dependency means. In a packaged manifest none means crates.io, and a registry that stands for
/// crates.io is meant by whoever means crates.io.
fn home(dependency: &ManifestDependency, facts: &UploadFacts) -> Result<DependencyHome, String> {
    let crates_io = if facts.stands_for_crates_io { DependencyHome::Own } else { DependencyHome::CratesIo };
    let Some(url) = &dependency.registry_index else { return Ok(crates_io) };
    let is = |known: &str| plain(known) == plain(url);
    if facts.own_index_urls.iter().any(|own| is(own)) {
        return Ok(DependencyHome::Own);
    }
    if is(CRATES_IO_INDEX_GIT) || is(CRATES_IO_INDEX_SPARSE) {
        return Ok(crates_io);
    }
    if let Some((url, registry)) = facts.sibling_index_urls.iter().find(|(sibling, _)| is(sibling)) {
        return Ok(DependencyHome::Sibling { url: url.clone(), registry: registry.clone() });
    }
    if let Some(url) = facts.allowed_index_urls.iter().find(|allowed| is(allowed)) {
        return Ok(DependencyHome::Listed { url: url.clone() });
    }
    Err(format!(
        "the dependency `{}` is on the registry `{url}`, which is not allowed here; depend on this registry or on crates.io, \
         or ask the operator to allow that registry",
        dependency.crate_name()
    ))
}

/// An index address as it is compared: clients write it with and without its last slash.
fn plain(url: &str) -> &str {
    url.strip_prefix("registry+").unwrap_or(url).trim_end_matches('/')
}
