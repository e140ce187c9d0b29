//! Registries of this server.

use cratekeep_types::{
    Access, Registry, RegistryId, RegistryKind, RegistryName, Timestamp, UnknownDependencies, UploadRules,
};

use crate::{Conn, StoreError, Tx, unwritten};

/// Most registries that one server lists.
pub const REGISTRIES_MAX: u32 = 1000;

/// A registry to be made.
#[derive(Clone, Debug)]
pub struct NewRegistry {
    /// Its name.
    pub name: RegistryName,
    /// Where its crates come from.
    pub kind: RegistryKind,
    /// Who may read it.
    pub access: Access,
    /// What it asks of uploads.
    pub rules: Rules,
    /// Whether it answers at the root of the server.
    pub is_default: bool,
}

/// What a registry asks of uploads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whether a dependency without `registry-index` means this registry instead of crates.io.
    pub stands_for_crates_io: bool,
    /// Whether dependencies on crates that are not here are accepted.
    pub unknown_dependencies: UnknownDependencies,
    /// How much metadata an upload must carry.
    pub upload_rules: UploadRules,
}

/// Makes a registry.
///
/// # Errors
/// [`StoreError::Conflict`] with `registry` for a taken name, with `default registry` for a second default.
pub async fn insert(tx: &mut Tx, new: &NewRegistry, at: Timestamp) -> Result<RegistryId, StoreError> {
    unwritten()
}

/// Every registry, by name.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn) -> Result<Vec<Registry>, StoreError> {
    unwritten()
}

/// The registry called `name`.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, name: &RegistryName) -> Result<Option<Registry>, StoreError> {
    unwritten()
}

/// The registry in row `id`.
///
/// # Errors
/// When the database fails.
pub async fn find_by_id(conn: &mut Conn, id: RegistryId) -> Result<Option<Registry>, StoreError> {
    unwritten()
}

/// Changes who may read; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_access(tx: &mut Tx, id: RegistryId, access: Access) -> Result<bool, StoreError> {
    unwritten()
}

/// Changes what is asked of uploads; says whether the row was there.
///
/// # Errors
/// When the database fails.
pub async fn set_rules(tx: &mut Tx, id: RegistryId, rules: Rules) -> Result<bool, StoreError> {
    unwritten()
}
