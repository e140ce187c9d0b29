//! The list of contents that stands beside a backup. It is written last, so a backup without one is unfinished.
//!
//! A backup is a folder: `manifest.json`, the copy of the database in `database/`, the stored objects in `blobs/`.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The newest form of a backup that this program reads and the one it writes.
pub const BACKUP_FORMAT: u32 = 1;
/// File name of the list of contents.
pub const BACKUP_MANIFEST: &str = "manifest.json";
/// Folder of the database copy.
pub const BACKUP_DATABASE: &str = "database";
/// Folder of the stored objects.
pub const BACKUP_BLOBS: &str = "blobs";

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupManifest {
    /// Form of the backup.
    pub format: u32,
    /// Version of the program that made it.
    pub program: String,
    /// Which database the copy is of.
    pub engine: BackupEngine,
    /// Id of the server that was backed up.
    pub instance: String,
    /// Public address of that server.
    pub base_url: String,
    /// When the copy of the database was begun: `YYYY-MM-DDThh:mm:ssZ`.
    pub made_at: String,
    /// Every file of the database copy, by name.
    pub database: Vec<BackupFile>,
    /// How many crates there were when the objects were copied.
    pub crates: u64,
    /// How many versions there were when the objects were copied.
    pub versions: u64,
    /// How many objects were copied.
    pub blobs: u64,
    /// Their length together in bytes.
    pub blob_bytes: u64,
    /// Objects that were missing or damaged already when the backup was made, and so are not in it.
    pub blobs_left_out: u64,
}

/// A database that a backup can be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackupEngine {
    /// A SQLite file.
    Sqlite,
    /// A PostgreSQL database.
    Postgres,
}

impl BackupEngine {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupFile {
    /// Its name in its folder.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// SHA-256 of its bytes in lower-case hexadecimal digits.
    pub sha256: String,
}

/// A list of contents that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BackupManifestError {
    /// It comes from a later program.
    #[error(
        "the backup has format {found} and this program reads formats up to {BACKUP_FORMAT}; \
         restore it with the program that made it, or a newer one"
    )]
    Newer {
        /// The format it has.
        found: u64,
    },
    /// It is not such a list, or a damaged one.
    #[error("the backup's `{BACKUP_MANIFEST}` cannot be read: {0}")]
    Unreadable(String),
}

impl BackupManifest {
    /// The text of the file, for people to read too.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("texts, numbers and lists always print");
        text.push('\n');
        text
    }

    /// Reads the text of the file.
    ///
    /// # Errors
    /// [`BackupManifestError`] for a newer format, and for what is no such list.
    pub fn from_json(text: &str) -> Result<Self, BackupManifestError> {
        let unreadable = |error: serde_json::Error| BackupManifestError::Unreadable(error.to_string());
        let FormatOnly { format } = serde_json::from_str(text).map_err(unreadable)?;
        if format > u64::from(BACKUP_FORMAT) {
            return Err(BackupManifestError::Newer { found: format });
        }
        serde_json::from_str(text).map_err(unreadable)
    }
}

/// The one field that every format has.
#[derive(Deserialize)]
struct FormatOnly {
    format: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> BackupManifest {
        BackupManifest {
            format: BACKUP_FORMAT,
            program: "0.1.0".to_owned(),
            engine: BackupEngine::Sqlite,
            instance: "abc".to_owned(),
            base_url: "https://crates.example".to_owned(),
            made_at: "2026-11-20T08:09:10Z".to_owned(),
            database: vec![BackupFile { name: "a.db".to_owned(), size: 3, sha256: "00".repeat(32) }],
            crates: 1,
            versions: 2,
            blobs: 2,
            blob_bytes: 9,
            blobs_left_out: 0,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let text = manifest().to_json();
        assert!(text.contains(r#""engine": "sqlite""#) && text.ends_with("}\n"), "{text}");
        assert_eq!(BackupManifest::from_json(&text), Ok(manifest()));
    }

    #[test]
    fn a_newer_format_is_told_from_a_broken_file() {
        let newer = r#"{"format": 2, "all": "else is different"}"#;
        assert_eq!(BackupManifest::from_json(newer), Err(BackupManifestError::Newer { found: 2 }));
        let cut = &manifest().to_json()[..60];
        assert!(matches!(BackupManifest::from_json(cut), Err(BackupManifestError::Unreadable(_))));
        let lacking = r#"{"format": 1}"#;
        assert!(matches!(BackupManifest::from_json(lacking), Err(BackupManifestError::Unreadable(_))));
    }
}
