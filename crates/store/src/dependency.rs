//! What versions depend on.

use cratekeep_types::{CrateName, RegistryId, VersionId};

use crate::{Conn, StoreError, Tx, unwritten};

/// Where a dependency comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A registry of this server.
    Registry(RegistryId),
    /// Another registry, by the URL of its index.
    Index(String),
}

/// A dependency, to be stored or as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DependencyRow {
    /// The crate depended on.
    pub name: CrateName,
    /// What the manifest calls it.
    pub name_in_toml: String,
    /// The version requirement.
    pub req: String,
    /// `normal`, `build` or `dev`.
    pub kind: String,
    /// The platform it is for, if not all.
    pub target: Option<String>,
    /// Whether a feature must ask for it.
    pub optional: bool,
    /// Whether its default features are on.
    pub default_features: bool,
    /// Its features that are asked for.
    pub features: Vec<String>,
    /// Whether it is part of the version's public interface.
    pub public: bool,
    /// Where it comes from.
    pub source: Source,
}

/// Stores the dependencies of a new version in the given order.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, version: VersionId, rows: &[DependencyRow]) -> Result<(), StoreError> {
    unwritten()
}

/// The dependencies of a version, in the order they were stored.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, version: VersionId) -> Result<Vec<DependencyRow>, StoreError> {
    unwritten()
}
