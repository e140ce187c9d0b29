//! What the database keeps of a version's manifest, as JSON that is stored and returned whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The manifest of a version, as far as pages and the web API show it. Keys may be added; none changes its meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VersionMetadata {
    /// One or two sentences.
    pub description: Option<String>,
    /// SPDX expression, as written.
    pub license: Option<String>,
    /// Path of a licence text.
    pub license_file: Option<String>,
    /// Address of the project's site.
    pub homepage: Option<String>,
    /// Address of the documentation.
    pub documentation: Option<String>,
    /// Address of the source repository.
    pub repository: Option<String>,
    /// Words to be found by.
    pub keywords: Vec<String>,
    /// Category slugs.
    pub categories: Vec<String>,
    /// Features, old and new syntax together.
    pub features: BTreeMap<String, Vec<String>>,
    /// The native library it links.
    pub links: Option<String>,
    /// Oldest Rust that can build it.
    pub rust_version: Option<String>,
    /// Edition.
    pub edition: String,
    /// Whether it has a library.
    pub has_lib: bool,
    /// Name of the library.
    pub lib_name: Option<String>,
    /// Names of its programs.
    pub bin_names: Vec<String>,
    /// Length of the unpacked tar stream in bytes.
    pub unpacked_bytes: u64,
    /// How many files it has.
    pub files: u64,
}

impl VersionMetadata {
    /// The text for the database.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings, lists and maps with string keys always print")
    }

    /// Reads the text from the database. Keys that are not there have their defaults.
    ///
    /// # Errors
    /// What the parser says.
    pub fn from_json(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_and_old_text_is_read() {
        let metadata =
            VersionMetadata { license: Some("MIT".into()), files: 3, ..VersionMetadata::default() };
        assert_eq!(VersionMetadata::from_json(&metadata.to_json()), Ok(metadata));
        assert_eq!(VersionMetadata::from_json("{}"), Ok(VersionMetadata::default()));
        assert!(VersionMetadata::from_json("7").is_err());
    }
}
