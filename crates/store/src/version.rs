//! Versions of crates, each with its finished index line.

use cratekeep_types::{
    CanonName, Checksum, CrateId, CrateName, EventNumber, RegistryId, Timestamp, UserId, VersionId,
    VersionNum,
};

use crate::{Conn, StoreError, Tx, unwritten};

/// A version to be made.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// Its crate.
    pub krate: CrateId,
    /// Its number, with build metadata.
    pub num: VersionNum,
    /// SHA-256 of its `.crate` file.
    pub checksum: Checksum,
    /// Length of its `.crate` file in bytes.
    pub size: u64,
    /// Its index line, without newline.
    pub line: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom; `None` when not by a user.
    pub published_by: Option<UserId>,
    /// Whether it starts out yanked (imports only).
    pub yanked: bool,
    /// Everything else the manifest says, as one JSON text, kept whole.
    pub metadata: String,
}

/// A version as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionRow {
    /// Its row.
    pub id: VersionId,
    /// Its crate.
    pub krate: CrateId,
    /// Its number, with build metadata.
    pub num: VersionNum,
    /// SHA-256 of its `.crate` file.
    pub checksum: Checksum,
    /// Length of its `.crate` file in bytes.
    pub size: u64,
    /// Its index line, without newline.
    pub line: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom; `None` when not by a user.
    pub published_by: Option<UserId>,
    /// Whether it is yanked.
    pub yanked: bool,
    /// What was said when it was yanked.
    pub yank_message: Option<String>,
    /// Everything else the manifest says, as one JSON text.
    pub metadata: String,
}

/// What it takes to send a `.crate` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// The crate.
    pub krate: CrateId,
    /// The version.
    pub version: VersionId,
    /// The crate's name as published.
    pub name: CrateName,
    /// The version's number as published.
    pub num: VersionNum,
    /// SHA-256 of the file.
    pub checksum: Checksum,
    /// Its length in bytes.
    pub size: u64,
}

/// A crate's index file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexFileRow {
    /// The crate.
    pub krate: CrateId,
    /// Its name as published.
    pub name: CrateName,
    /// Quoted strong validator of the file.
    pub etag: String,
    /// The last event about the crate.
    pub event_number: EventNumber,
    /// The file: one line per version in publish order, each ended by a newline.
    pub text: String,
}

/// Whether and why a version is yanked.
#[derive(Clone, Debug)]
pub struct Yank {
    /// Whether it is yanked from now on.
    pub yanked: bool,
    /// What to say about it.
    pub message: Option<String>,
    /// The version's index line as it reads from now on.
    pub line: String,
}

/// The version with this number, build metadata aside.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Conn,
    krate: CrateId,
    num: &VersionNum,
) -> Result<Option<VersionRow>, StoreError> {
    unwritten()
}

/// The version in row `id`.
///
/// # Errors
/// When the database fails.
pub async fn find_by_id(conn: &mut Conn, id: VersionId) -> Result<Option<VersionRow>, StoreError> {
    unwritten()
}

/// Versions of a crate with an id above `after` in publish order, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Conn,
    krate: CrateId,
    after: VersionId,
    limit: u32,
) -> Result<Vec<VersionRow>, StoreError> {
    unwritten()
}

/// How many versions a crate has.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Conn, krate: CrateId) -> Result<u64, StoreError> {
    unwritten()
}

/// Makes a version.
///
/// # Errors
/// [`StoreError::Conflict`] with `version` when the number is taken, build metadata aside.
pub async fn insert(tx: &mut Tx, new: &NewVersion) -> Result<VersionId, StoreError> {
    unwritten()
}

/// Yanks or unyanks; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_yanked(tx: &mut Tx, id: VersionId, yank: &Yank) -> Result<bool, StoreError> {
    unwritten()
}

/// The file of one version, found by the crate's canonical name and the number, build metadata aside.
///
/// # Errors
/// When the database fails.
pub async fn find_file(
    conn: &mut Conn,
    registry: RegistryId,
    canon: &CanonName,
    num: &VersionNum,
) -> Result<Option<FileRow>, StoreError> {
    unwritten()
}

/// The index file of the crate whose published name in lower case is `index_name`.
///
/// # Errors
/// When the database fails.
pub async fn index_file(
    conn: &mut Conn,
    registry: RegistryId,
    index_name: &str,
) -> Result<Option<IndexFileRow>, StoreError> {
    unwritten()
}
