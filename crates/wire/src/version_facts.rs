//! What a look into the archive of a version told, as JSON that is stored and returned whole. The program can always
//! look again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a look into an archive told. Keys may be added; none changes its meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct VersionFacts {
    /// Path of the readme, if there is one.
    pub readme_path: Option<String>,
    /// Lines of code.
    pub linecounts: LineCountsBody,
    /// Licence texts.
    pub license_files: Vec<LicenseFileBody>,
}

/// Lines of code of a version, in crates.io's shape.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineCountsBody {
    /// By language.
    pub languages: BTreeMap<String, LanguageLinesBody>,
    /// Lines with code, in all languages.
    pub total_code_lines: u64,
    /// Lines with comments and no code, in all languages.
    pub total_comment_lines: u64,
}

/// Lines of one language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanguageLinesBody {
    /// Lines with code.
    pub code_lines: u64,
    /// Lines with comments and no code.
    pub comment_lines: u64,
    /// Files.
    pub files: u64,
}

/// A licence text in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenseFileBody {
    /// Its path below the package's folder.
    pub path: String,
    /// The SPDX id that its words or its name suggest; a guess.
    pub license: Option<String>,
}

impl VersionFacts {
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
    fn text_round_trips_and_has_the_shape_of_crates_io() {
        let lines = LanguageLinesBody { code_lines: 3, comment_lines: 1, files: 2 };
        let facts = VersionFacts {
            readme_path: Some("README.md".into()),
            linecounts: LineCountsBody {
                languages: [("Rust".to_owned(), lines)].into(),
                total_code_lines: 3,
                total_comment_lines: 1,
            },
            license_files: vec![LicenseFileBody { path: "LICENSE".into(), license: Some("MIT".into()) }],
        };
        assert_eq!(VersionFacts::from_json(&facts.to_json()), Ok(facts.clone()));
        assert_eq!(VersionFacts::from_json("{}"), Ok(VersionFacts::default()));
        insta::assert_snapshot!(
            serde_json::to_string(&facts.linecounts).expect("prints"),
            @r#"{"languages":{"Rust":{"code_lines":3,"comment_lines":1,"files":2}},"total_code_lines":3,"total_comment_lines":1}"#
        );
    }
}
