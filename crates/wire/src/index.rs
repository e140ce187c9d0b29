//! Lines and paths of a sparse index.
//!
//! A line is written so that the strictest of its readers takes it: keys that some reader needs are always there,
//! and keys whose `null` some reader refuses are left out.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

mod features;
mod head;
mod meaning;
mod path;

pub use head::IndexHead;
pub use meaning::same_meaning;
pub use path::{name_of_sparse_path, sparse_path};

/// Longest text of a line that an error repeats, in characters.
const SHOWN_CHARS_MAX: usize = 120;

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the index line `{line}` cannot be read: {reason}")]
pub struct IndexLineError {
    /// The beginning of the line.
    pub line: String,
    /// What the parser said.
    pub reason: String,
}

/// One version of a crate, as its index says it. The order of the fields is the order in the line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexEntry {
    /// Name as published.
    pub name: String,
    /// Version with its build metadata.
    pub vers: String,
    /// Dependencies of every kind.
    pub deps: Vec<IndexDep>,
    /// SHA-256 of the `.crate` in lower-case hexadecimal digits.
    pub cksum: String,
    /// Features in the syntax that every cargo knows.
    #[serde(default)]
    pub features: BTreeMap<String, Vec<String>>,
    /// Features that use `dep:` or `?/`, or lead to one that does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features2: Option<BTreeMap<String, Vec<String>>>,
    /// Whether resolvers leave the version out unless a lock file names it.
    #[serde(default, deserialize_with = "null_is_default")]
    pub yanked: bool,
    /// The native library it links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links: Option<String>,
    /// Oldest Rust that can build it, as two or three numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rust_version: Option<String>,
    /// When it was published: `YYYY-MM-DDThh:mm:ssZ` and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pubtime: Option<String>,
    /// Version of this format; 2 when `features2` is there, left out when it would be 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub v: Option<u32>,
}

/// One dependency of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexDep {
    /// What the manifest calls it.
    pub name: String,
    /// Version requirement.
    pub req: String,
    /// Features asked for.
    #[serde(default)]
    pub features: Vec<String>,
    /// Whether it is optional.
    #[serde(default)]
    pub optional: bool,
    /// Whether its default features are on.
    #[serde(default = "yes")]
    pub default_features: bool,
    /// Target triple or `cfg(…)` it is limited to; `null` is written for none.
    #[serde(default)]
    pub target: Option<String>,
    /// What it is needed for.
    #[serde(default, deserialize_with = "null_is_default")]
    pub kind: DependencyKind,
    /// Index address of its registry; nothing means the registry of this index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// The crate's own name, when the manifest calls it otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Whether the crate's types show in this one's interface. Written only when true.
    #[serde(default, deserialize_with = "null_is_default", skip_serializing_if = "is_false")]
    pub public: bool,
}

/// What a dependency is needed for. The order is that of the line: very old cargos misread `optional` when a normal
/// dependency comes after another kind of the same name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DependencyKind {
    /// For the crate itself.
    #[default]
    Normal,
    /// For its build script.
    Build,
    /// For its tests, examples and benches.
    Dev,
}

impl DependencyKind {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Build => "build",
            Self::Dev => "dev",
        }
    }
}

impl IndexEntry {
    /// Puts the entry into the order and form of a published line: dependencies sorted, every feature either in
    /// `features` or in `features2`, `v` to match.
    #[must_use]
    pub fn arranged(mut self) -> Self {
        self.deps.sort_by(IndexDep::order);
        let mut all = self.features;
        for (feature, values) in self.features2.take().into_iter().flatten() {
            all.entry(feature).or_default().extend(values);
        }
        let (old, new) = features::split(all);
        self.features = old;
        self.features2 = Some(new).filter(|new| !new.is_empty());
        self.v = self.features2.is_some().then_some(2);
        self
    }

    /// The line, without a newline, fields as they are.
    #[must_use]
    pub fn to_line(&self) -> String {
        serde_json::to_string(self).expect("strings, lists and maps with string keys always print")
    }

    /// Reads a line.
    ///
    /// # Errors
    /// [`IndexLineError`] when it is no JSON object, or a needed key is missing or of a wrong type.
    pub fn from_line(line: &str) -> Result<Self, IndexLineError> {
        serde_json::from_str(line).map_err(|error| IndexLineError {
            line: line.chars().take(SHOWN_CHARS_MAX).collect(),
            reason: error.to_string(),
        })
    }

    /// Every feature with what it enables, wherever the line keeps it.
    #[must_use]
    pub fn all_features(&self) -> BTreeMap<String, Vec<String>> {
        let mut all = self.features.clone();
        for (feature, values) in self.features2.iter().flatten() {
            all.entry(feature.clone()).or_default().extend(values.iter().cloned());
        }
        all
    }
}

impl IndexDep {
    /// The name of the crate depended on.
    #[must_use]
    pub fn crate_name(&self) -> &str {
        self.package.as_deref().unwrap_or(&self.name)
    }

    /// The order of crates.io.
    fn order(&self, other: &Self) -> Ordering {
        self.name
            .cmp(&other.name)
            .then_with(|| self.kind.cmp(&other.kind))
            .then_with(|| self.req.cmp(&other.req))
            .then_with(|| self.optional.cmp(&other.optional))
            .then_with(|| self.default_features.cmp(&other.default_features))
            .then_with(|| self.target.cmp(&other.target))
            .then_with(|| self.package.cmp(&other.package))
            .then_with(|| self.features.cmp(&other.features))
            .then_with(|| self.registry.cmp(&other.registry))
    }
}

/// A stored line with its `yanked` set, all else as it was.
///
/// # Errors
/// [`IndexLineError`] when the stored line cannot be read.
pub fn set_yanked(line: &str, yanked: bool) -> Result<String, IndexLineError> {
    let mut entry = IndexEntry::from_line(line)?;
    entry.yanked = yanked;
    Ok(entry.to_line())
}

fn null_is_default<'de, D: serde::Deserializer<'de>, T: Default + Deserialize<'de>>(
    input: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or_default())
}

fn is_false(value: &bool) -> bool {
    !value
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
