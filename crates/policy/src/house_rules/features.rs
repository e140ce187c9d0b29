//! Rules for features. An index line whose features cannot be understood is a version that nobody can use, so cargo's
//! own rules hold however relaxed a registry is.

use std::collections::{BTreeMap, BTreeSet};

use cratekeep_package::ManifestFacts;

use super::MetadataLimits;

/// What a feature can enable.
enum Value<'a> {
    /// Another feature, or an optional dependency under its own name.
    Feature(&'a str),
    /// `dep:NAME`
    Dependency(&'a str),
    /// `NAME/FEATURE`, or with `weak` `NAME?/FEATURE`.
    DependencyFeature { dependency: &'a str, feature: &'a str, weak: bool },
}

impl<'a> Value<'a> {
    fn of(text: &'a str) -> Self {
        match text.split_once('/') {
            Some((dependency, feature)) => match dependency.strip_suffix('?') {
                Some(dependency) => Self::DependencyFeature { dependency, feature, weak: true },
                None => Self::DependencyFeature { dependency, feature, weak: false },
            },
            None => text.strip_prefix("dep:").map_or(Self::Feature(text), Self::Dependency),
        }
    }
}

/// What a feature may refer to.
struct Known<'a> {
    features: &'a BTreeMap<String, Vec<String>>,
    /// Every dependency by its key in the manifest, and whether it is optional anywhere.
    dependencies: BTreeMap<&'a str, bool>,
    /// Optional dependencies that some `dep:` names; these make no feature by themselves.
    explicit: BTreeSet<&'a str>,
}

pub(super) fn judge(manifest: &ManifestFacts, limits: &MetadataLimits, problems: &mut Vec<String>) {
    counts(manifest, limits, problems);
    let mut dependencies = BTreeMap::new();
    for dependency in &manifest.dependencies {
        *dependencies.entry(dependency.name_in_toml.as_str()).or_insert(false) |= dependency.optional;
    }
    let values = || manifest.features.values().flatten().map(|text| Value::of(text));
    let explicit = values().filter_map(|value| match value {
        Value::Dependency(name) => Some(name),
        _ => None,
    });
    let known = Known { features: &manifest.features, explicit: explicit.collect(), dependencies };
    for (feature, texts) in &manifest.features {
        for text in texts {
            if let Err(why) = known.check(text) {
                problems.push(format!("feature `{feature}` includes `{text}`, {why}"));
            }
        }
    }
    known.unreachable(values, problems);
}

fn counts(manifest: &ManifestFacts, limits: &MetadataLimits, problems: &mut Vec<String>) {
    let (count, max) = (manifest.features.len(), limits.features_max);
    if count > max {
        problems.push(format!("the crate declares {count} features, the limit is {max} (setting `limits.features_max`; an administrator can \
             set another for one crate: `admin crate set --features`)"));
    }
    let max = limits.feature_values_max;
    for (feature, values) in manifest.features.iter().filter(|(_, values)| values.len() > max) {
        problems.push(format!("the feature `{feature}` enables {} things, the limit is {max}", values.len()));
    }
}

impl Known<'_> {
    fn check(&self, text: &str) -> Result<(), &'static str> {
        let optional = |name: &str| self.dependencies.get(name).copied();
        match Value::of(text) {
            Value::Feature(name) if self.features.contains_key(name) => Ok(()),
            Value::Feature(name) => match optional(name) {
                None => Err("which is neither a dependency nor another feature"),
                Some(false) => {
                    Err("which is a dependency but not an optional one; a feature cannot turn it on")
                }
                Some(true) if self.explicit.contains(name) => Err(
                    "an optional dependency that another feature names with `dep:`; write `dep:` here too",
                ),
                Some(true) => Ok(()),
            },
            Value::Dependency(name) => match optional(name) {
                None => Err("which is not listed as a dependency"),
                Some(false) => Err("which is not an optional dependency"),
                Some(true) => Ok(()),
            },
            Value::DependencyFeature { feature, .. } if feature.contains('/') => {
                Err("which has more than one slash")
            }
            Value::DependencyFeature { feature, .. } if !is_feature_name(feature) => {
                Err("whose part after the slash is not a feature name")
            }
            Value::DependencyFeature { dependency, .. } if dependency.starts_with("dep:") => {
                Err("which has both `dep:` and a slash; leave `dep:` out")
            }
            Value::DependencyFeature { dependency, weak, .. } => match optional(dependency) {
                None => Err("whose part before the slash is not a dependency"),
                Some(false) if weak => Err("which has a `?`, but the dependency is not optional"),
                Some(_) => Ok(()),
            },
        }
    }

    /// Optional dependencies that no feature can turn on.
    fn unreachable<'v, I: Iterator<Item = Value<'v>>>(
        &self,
        values: impl Fn() -> I,
        problems: &mut Vec<String>,
    ) {
        let used: BTreeSet<&str> = values()
            .filter_map(|value| match value {
                Value::Dependency(name) | Value::DependencyFeature { dependency: name, .. } => Some(name),
                Value::Feature(_) => None,
            })
            .collect();
        for (name, _) in self.dependencies.iter().filter(|(_, optional)| **optional) {
            let implied = !self.features.contains_key(*name) && !self.explicit.contains(name);
            if !implied && !used.contains(name) {
                problems.push(format!(
                    "optional dependency `{name}` is not included in any feature; add `dep:{name}` to one of them"
                ));
            }
        }
    }
}

/// The grammar of a feature's name.
pub(super) fn is_feature_name(name: &str) -> bool {
    let start = |c: char| unicode_ident::is_xid_start(c) || c == '_' || c.is_ascii_digit();
    let rest = |c: char| unicode_ident::is_xid_continue(c) || matches!(c, '+' | '-' | '.');
    name.starts_with(start) && name.chars().all(rest)
}
