//! Crates and the heads of their index files.

use cratekeep_types::{CanonName, CrateId, CrateName, EventNumber, RegistryId, Timestamp};

use crate::{Conn, StoreError, Tx, unwritten};

/// What is known about a crate's index file without reading its lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Sum of the hashes of the lines.
    pub fold: [u8; 32],
    /// Length of the file in bytes.
    pub length: u64,
    /// Quoted strong validator of the file.
    pub etag: String,
}

/// A crate as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KrateRow {
    /// Its row.
    pub id: CrateId,
    /// Where it lives.
    pub registry: RegistryId,
    /// Its name as first published.
    pub name: CrateName,
    /// When it was made.
    pub created_at: Timestamp,
    /// When a version was last published or changed.
    pub updated_at: Timestamp,
    /// What the version published last says about it.
    pub description: Option<String>,
    /// The head of its index file.
    pub head: Head,
    /// The last event about it; zero before the first commit.
    pub event_number: EventNumber,
}

/// A crate to be made.
#[derive(Clone, Debug)]
pub struct NewKrate {
    /// Where it lives.
    pub registry: RegistryId,
    /// Its name as published.
    pub name: CrateName,
    /// The head of its still empty index file.
    pub head: Head,
}

/// A crate's index file changes.
#[derive(Clone, Debug)]
pub struct NewHead {
    /// The new head.
    pub head: Head,
    /// The new description; `None` keeps the one there is, `Some("")` removes it.
    pub description: Option<String>,
    /// When.
    pub updated_at: Timestamp,
}

/// What to look for.
#[derive(Clone, Debug)]
pub struct Search {
    /// Where.
    pub registry: RegistryId,
    /// The words as they were typed; searched in descriptions. Empty finds every crate.
    pub text: String,
    /// The words folded as names are; searched in names.
    pub canon: CanonName,
    /// How many hits to skip.
    pub offset: u32,
    /// How many hits to return, at most 200.
    pub limit: u32,
}

/// One crate found, with what it takes to name its highest version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHit {
    /// The crate.
    pub krate: KrateRow,
    /// Its versions in publish order: number and whether it is yanked.
    pub versions: Vec<(String, bool)>,
}

/// A page of hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchPage {
    /// The hits of this page: the exact name first, then names that begin so, then names and descriptions that contain it; by name within each.
    pub hits: Vec<SearchHit>,
    /// How many hits there are on all pages.
    pub total: u64,
}

/// The crate with this canonical name.
///
/// # Errors
/// When the database fails.
pub async fn find(
    conn: &mut Conn,
    registry: RegistryId,
    canon: &CanonName,
) -> Result<Option<KrateRow>, StoreError> {
    unwritten()
}

/// The crate in row `id`.
///
/// # Errors
/// When the database fails.
pub async fn find_by_id(conn: &mut Conn, id: CrateId) -> Result<Option<KrateRow>, StoreError> {
    unwritten()
}

/// The crate with this canonical name, kept from changing until the write ends.
///
/// # Errors
/// When the database fails.
pub async fn lock_crate(
    tx: &mut Tx,
    registry: RegistryId,
    canon: &CanonName,
) -> Result<Option<KrateRow>, StoreError> {
    unwritten()
}

/// Makes a crate.
///
/// # Errors
/// [`StoreError::Conflict`] with `crate` when the canonical name is taken; run the write again to see by whom.
pub async fn insert(tx: &mut Tx, new: &NewKrate, at: Timestamp) -> Result<CrateId, StoreError> {
    unwritten()
}

/// Sets the head of the index file; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_head(tx: &mut Tx, id: CrateId, new: &NewHead) -> Result<bool, StoreError> {
    unwritten()
}

/// Crates whose name or description contains what is asked.
///
/// # Errors
/// When the database fails.
pub async fn search(conn: &mut Conn, search: &Search) -> Result<SearchPage, StoreError> {
    unwritten()
}

/// Crates of a registry with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Conn,
    registry: RegistryId,
    after: CrateId,
    limit: u32,
) -> Result<Vec<KrateRow>, StoreError> {
    unwritten()
}

/// Which of `names` are crates of the registry, in no order that matters.
///
/// # Errors
/// When the database fails.
pub async fn existing(
    conn: &mut Conn,
    registry: RegistryId,
    names: &[CanonName],
) -> Result<Vec<CanonName>, StoreError> {
    unwritten()
}

/// How many crates a registry has.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Conn, registry: RegistryId) -> Result<u64, StoreError> {
    unwritten()
}
