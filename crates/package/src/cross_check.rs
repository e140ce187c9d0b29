//! The JSON that came with an archive against the manifest inside it. The manifest decides.

use std::collections::BTreeSet;
use std::str::FromStr;

use cargo_platform::Platform;
use cratekeep_wire::{PublishDependency, PublishMetadata};
use semver::VersionReq;

use crate::{ManifestDependency, Package};

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CrossCheck {
    /// Differences that no upload may have.
    pub problems: Vec<String>,
    /// Differences that are told to the publisher; the manifest's value is used.
    pub warnings: Vec<String>,
}

/// Compares what was sent as JSON with what the manifest says. Not compared are the registries of dependencies, whose
/// absence means another thing in each of the two, and paths, which cargo rewrites when it packages.
#[must_use]
pub fn cross_check(json: &PublishMetadata, package: &Package) -> CrossCheck {
    let mut checked = CrossCheck::default();
    identity(json, package, &mut checked.problems);
    let manifest = &package.manifest;
    let mut compare = |field: &str, same: bool| {
        if !same {
            checked.warnings.push(format!(
                "the `{field}` sent beside the crate differs from its `Cargo.toml`; the value of `Cargo.toml` is used"
            ));
        }
    };
    compare("description", text(&json.description) == text(&manifest.description));
    compare("license", text(&json.license) == text(&manifest.license));
    compare("license_file", json.license_file.is_some() == manifest.license_file.is_some());
    compare("homepage", text(&json.homepage) == text(&manifest.homepage));
    compare("documentation", text(&json.documentation) == text(&manifest.documentation));
    compare("repository", text(&json.repository) == text(&manifest.repository));
    compare("keywords", json.keywords == manifest.keywords);
    compare("categories", json.categories == manifest.categories);
    compare("links", json.links == manifest.links);
    compare("features", json.features == manifest.features);
    // Older cargos leave out a version that a workspace gives, and a readme that they found by themselves.
    compare("rust_version", json.rust_version.is_none() || json.rust_version == manifest.rust_version);
    compare("readme", json.readme.is_none() || text(&json.readme) == text(&package.readme));
    let sent: BTreeSet<_> = json.deps.iter().map(sent_form).collect();
    let packed: BTreeSet<_> = manifest.dependencies.iter().map(packed_form).collect();
    compare("deps", json.deps.len() == manifest.dependencies.len() && sent == packed);
    checked
}

fn identity(json: &PublishMetadata, package: &Package, problems: &mut Vec<String>) {
    let (name, version) = (package.name.as_str(), package.version.to_string());
    if json.name != name {
        problems.push(format!(
            "metadata name `{}` does not match manifest name `{name}`; they must be the same",
            json.name
        ));
    }
    if json.vers != version {
        let sent = &json.vers;
        problems.push(format!(
            "metadata version `{sent}` does not match manifest version `{version}`; they must be the same"
        ));
    }
}

/// Text as it is compared: an empty one says nothing.
fn text(value: &Option<String>) -> Option<&str> {
    value.as_deref().filter(|text| !text.is_empty())
}

/// Everything about a dependency but its registry, in one form.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Form<'a> {
    key: &'a str,
    krate: &'a str,
    req: String,
    features: BTreeSet<&'a str>,
    optional: bool,
    default_features: bool,
    target: Option<String>,
    kind: &'a str,
}

fn sent_form(dependency: &PublishDependency) -> Form<'_> {
    Form {
        key: dependency.explicit_name_in_toml.as_deref().unwrap_or(&dependency.name),
        krate: &dependency.name,
        req: plain_req(&dependency.version_req),
        features: dependency.features.iter().map(String::as_str).collect(),
        optional: dependency.optional,
        default_features: dependency.default_features,
        target: dependency.target.as_deref().map(plain_target),
        kind: dependency.kind.as_deref().unwrap_or("normal"),
    }
}

fn packed_form(dependency: &ManifestDependency) -> Form<'_> {
    Form {
        key: &dependency.name_in_toml,
        krate: dependency.crate_name(),
        req: dependency.req.clone(),
        features: dependency.features.iter().map(String::as_str).collect(),
        optional: dependency.optional,
        default_features: dependency.default_features,
        target: dependency.target.as_deref().map(plain_target),
        kind: dependency.kind.word(),
    }
}

fn plain_req(req: &str) -> String {
    VersionReq::parse(req).map_or_else(|_| req.to_owned(), |req| req.to_string())
}

fn plain_target(target: &str) -> String {
    Platform::from_str(target).map_or_else(|_| target.to_owned(), |platform| platform.to_string())
}

#[cfg(test)]
mod tests;
