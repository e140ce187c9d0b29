//! Dependencies and features of a manifest.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use cargo_platform::Platform;
use cargo_util_schemas::manifest::{
    InheritableDependency, PackageName, TomlDependency, TomlDetailedDependency, TomlManifest,
};
use cratekeep_wire::DependencyKind;
use semver::VersionReq;

use crate::problems::Found;
use crate::{ManifestDependency, ManifestFacts};

type Table = BTreeMap<PackageName, InheritableDependency>;

/// Fills in the dependencies and features of `facts`.
pub(super) fn collect(manifest: &TomlManifest, facts: &mut ManifestFacts, found: &mut Found) {
    let mut reading = Reading { dependencies: Vec::new(), dropped: BTreeSet::new(), found };
    reading.table(manifest.dependencies.as_ref(), DependencyKind::Normal, None);
    reading.table(manifest.dev_dependencies(), DependencyKind::Dev, None);
    reading.table(manifest.build_dependencies(), DependencyKind::Build, None);
    for (target, platform) in manifest.target.iter().flatten() {
        reading.target(target);
        reading.table(platform.dependencies.as_ref(), DependencyKind::Normal, Some(target));
        reading.table(platform.dev_dependencies(), DependencyKind::Dev, Some(target));
        reading.table(platform.build_dependencies(), DependencyKind::Build, Some(target));
    }
    let Reading { dependencies, mut dropped, .. } = reading;
    dropped.retain(|name| !dependencies.iter().any(|known| known.name_in_toml == *name));
    facts.features = features(manifest, &dropped);
    facts.dependencies = dependencies;
}

struct Reading<'f> {
    dependencies: Vec<ManifestDependency>,
    /// Dev-dependencies without a version, which exist only where the crate is developed.
    dropped: BTreeSet<String>,
    found: &'f mut Found,
}

impl Reading<'_> {
    fn target(&mut self, target: &str) {
        if let Err(error) = Platform::from_str(target) {
            self.found.add(format!("`[target.'{target}']` is no target: {error}"));
        }
    }

    fn table(&mut self, table: Option<&Table>, kind: DependencyKind, target: Option<&String>) {
        for (name, dependency) in table.into_iter().flatten() {
            let read = dependency
                .normalized()
                .map_err(|_| "is left to a workspace; package with cargo, which fills it in".to_owned())
                .and_then(|dependency| read(name, dependency, kind, target));
            match read {
                Ok(Some(dependency)) => self.dependencies.push(dependency),
                Ok(None) => drop(self.dropped.insert(name.to_string())),
                Err(why) => self.found.add(format!("the dependency `{name}` {why}")),
            }
        }
    }
}

/// One dependency; nothing for one that exists only where the crate is developed.
fn read(
    name: &str,
    dependency: &TomlDependency,
    kind: DependencyKind,
    target: Option<&String>,
) -> Result<Option<ManifestDependency>, String> {
    let simple;
    let detail = match dependency {
        TomlDependency::Detailed(detail) => detail,
        TomlDependency::Simple(version) => {
            simple = TomlDetailedDependency {
                version: Some(version.clone()),
                ..TomlDetailedDependency::default()
            };
            &simple
        }
    };
    if detail.version.is_none() && kind == DependencyKind::Dev {
        return Ok(None);
    }
    if detail.version.is_none() && (detail.path.is_some() || detail.git.is_some()) {
        return Err("has a path or a git address but no version; add one, others build with it".to_owned());
    }
    if detail.registry.is_some() && detail.registry_index.is_none() {
        return Err(
            "names its registry by a word of your own configuration; package with cargo, which writes the \
                    address of its index"
                .to_owned(),
        );
    }
    if detail.artifact.is_some() || detail.lib.is_some() || detail.target.is_some() {
        return Err("is an artifact dependency, which stable cargo cannot build".to_owned());
    }
    let optional = detail.optional.unwrap_or(false);
    if optional && kind == DependencyKind::Dev {
        return Err("is a dev-dependency and optional; only one of the two can be".to_owned());
    }
    let written = detail.version.as_deref().unwrap_or("*");
    let req = VersionReq::parse(written)
        .map_err(|error| format!("has an invalid version requirement `{written}`: {error}"))?;
    Ok(Some(ManifestDependency {
        name_in_toml: name.to_owned(),
        package: detail.package.as_ref().map(ToString::to_string).filter(|package| package != name),
        req: req.to_string(),
        features: detail.features.clone().unwrap_or_default(),
        optional,
        default_features: detail.default_features().unwrap_or(true),
        target: target.cloned(),
        kind,
        registry_index: detail.registry_index.clone(),
        public: detail.public.unwrap_or(false),
    }))
}

/// The `[features]` table without what it says about `dropped` dependencies.
fn features(manifest: &TomlManifest, dropped: &BTreeSet<String>) -> BTreeMap<String, Vec<String>> {
    let is_kept = |value: &&String| match value.split_once('/') {
        Some((dependency, _)) => !dropped.contains(dependency.strip_suffix('?').unwrap_or(dependency)),
        None => true,
    };
    let table = manifest.features().into_iter().flatten();
    table
        .map(|(feature, values)| (feature.to_string(), values.iter().filter(is_kept).cloned().collect()))
        .collect()
}
