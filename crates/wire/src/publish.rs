//! What cargo says about a crate it publishes, and what it wants to hear back.
//!
//! Reading is tolerant: unknown keys are ignored, `null` stands for "nothing", old cargos leave keys out. The
//! manifest inside the archive decides; this JSON is only compared with it.

use std::collections::BTreeMap;

use cratekeep_types::{CrateName, VersionNum};
use serde::{Deserialize, Deserializer, Serialize};

/// The JSON block of a publish.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PublishMetadata {
    /// Crate name, as sent; [`PublishMetadata::identity`] checks it.
    pub name: String,
    /// Version number, as sent; [`PublishMetadata::identity`] checks it.
    pub vers: String,
    /// Dependencies of every kind.
    #[serde(default, deserialize_with = "null_is_default")]
    pub deps: Vec<PublishDependency>,
    /// Features and what each enables.
    #[serde(default, deserialize_with = "null_is_default")]
    pub features: BTreeMap<String, Vec<String>>,
    /// One or two sentences.
    #[serde(default)]
    pub description: Option<String>,
    /// Address of the documentation.
    #[serde(default)]
    pub documentation: Option<String>,
    /// Address of the project's site.
    #[serde(default)]
    pub homepage: Option<String>,
    /// The whole text of the readme.
    #[serde(default)]
    pub readme: Option<String>,
    /// Path of the readme inside the package.
    #[serde(default)]
    pub readme_file: Option<String>,
    /// Words to be found by.
    #[serde(default, deserialize_with = "null_is_default")]
    pub keywords: Vec<String>,
    /// Category slugs.
    #[serde(default, deserialize_with = "null_is_default")]
    pub categories: Vec<String>,
    /// SPDX expression.
    #[serde(default)]
    pub license: Option<String>,
    /// Path of a licence text inside the package.
    #[serde(default)]
    pub license_file: Option<String>,
    /// Address of the source repository.
    #[serde(default)]
    pub repository: Option<String>,
    /// The native library the crate links.
    #[serde(default)]
    pub links: Option<String>,
    /// Oldest Rust that can build the crate.
    #[serde(default)]
    pub rust_version: Option<String>,
}

/// One dependency in the JSON block of a publish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishDependency {
    /// Name of the crate depended on, also when the manifest calls it otherwise.
    pub name: String,
    /// Version requirement.
    #[serde(default, deserialize_with = "null_is_default")]
    pub version_req: String,
    /// Features asked for.
    #[serde(default, deserialize_with = "null_is_default")]
    pub features: Vec<String>,
    /// Whether it is optional.
    #[serde(default, deserialize_with = "null_is_default")]
    pub optional: bool,
    /// Whether its default features are on.
    #[serde(default = "yes", deserialize_with = "null_is_yes")]
    pub default_features: bool,
    /// Target triple or `cfg(…)` it is limited to.
    #[serde(default)]
    pub target: Option<String>,
    /// `normal`, `build` or `dev`; nothing means `normal`.
    #[serde(default)]
    pub kind: Option<String>,
    /// Index address of its registry; nothing means the registry published to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// The name the manifest calls it by, when that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explicit_name_in_toml: Option<String>,
}

impl PublishMetadata {
    /// Name and version as checked types.
    ///
    /// # Errors
    /// A sentence for each of the two that is out of grammar.
    pub fn identity(&self) -> Result<(CrateName, VersionNum), Vec<String>> {
        match (self.name.parse::<CrateName>(), self.vers.parse::<VersionNum>()) {
            (Ok(name), Ok(version)) => Ok((name, version)),
            (name, version) => {
                let name = name.err().map(|error| error.to_string());
                let version = version.err().map(|error| error.to_string());
                Err(name.into_iter().chain(version).collect())
            }
        }
    }
}

/// What the server answers to a publish that succeeded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishReply {
    /// Notices that cargo prints.
    pub warnings: Warnings,
}

/// Notices that cargo prints after an upload.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warnings {
    /// Category slugs that were ignored.
    pub invalid_categories: Vec<String>,
    /// Always empty: badges are history.
    pub invalid_badges: Vec<String>,
    /// Sentences, printed as they are.
    pub other: Vec<String>,
}

fn null_is_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    input: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or_default())
}

fn null_is_yes<'de, D: Deserializer<'de>>(input: D) -> Result<bool, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or(true))
}

fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_and_nulls_are_tolerated() {
        let json = r#"{"name":"a","vers":"1.0.0","deps":null,"features":null,"authors":["x"],"badges":{"b":{}},
            "keywords":null,"license":null,"new_key":{"deep":[1]}}"#;
        let read: PublishMetadata = serde_json::from_str(json).expect("tolerated");
        assert_eq!(
            read,
            PublishMetadata { name: "a".into(), vers: "1.0.0".into(), ..PublishMetadata::default() }
        );
    }

    #[test]
    fn a_dependency_may_leave_out_all_but_its_name() {
        let read: PublishDependency =
            serde_json::from_str(r#"{"name":"b","default_features":null}"#).expect("tolerated");
        assert!(read.default_features && !read.optional && read.version_req.is_empty());
    }

    #[test]
    fn name_and_version_are_needed_and_checked_together() {
        for json in [r#"{"vers":"1.0.0"}"#, r#"{"name":"a"}"#, r#"{"name":1,"vers":"1.0.0"}"#] {
            assert!(serde_json::from_str::<PublishMetadata>(json).is_err(), "{json}");
        }
        let bad: PublishMetadata = serde_json::from_str(r#"{"name":"9","vers":"1"}"#).expect("well formed");
        assert_eq!(bad.identity().map_err(|problems| problems.len()), Err(2));
    }

    #[test]
    fn the_reply_always_has_its_three_lists() {
        assert_eq!(
            serde_json::to_string(&PublishReply::default()).expect("prints"),
            r#"{"warnings":{"invalid_categories":[],"invalid_badges":[],"other":[]}}"#
        );
    }
}
