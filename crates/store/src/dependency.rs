//! What versions depend on.

use cratekeep_types::{CrateName, RegistryId, VersionId};

use serde_json::{Value, json};

use crate::sql::{PAGE_MAX, Row, sql};
use crate::{Conn, StoreError, Tx};

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
    let sql = sql!(
        "INSERT INTO dependency (version_id, place, name, name_in_toml, req, kind, target, optional,
            default_features, features, public, registry_id, index_url, canon)
        SELECT $2, CAST(item.value ->> 'place' AS BIGINT), item.value ->> 'name', item.value ->> 'name_in_toml',
            item.value ->> 'req', item.value ->> 'kind', item.value ->> 'target',
            CAST(item.value ->> 'optional' AS BOOLEAN), CAST(item.value ->> 'default_features' AS BOOLEAN),
            item.value ->> 'features', CAST(item.value ->> 'public' AS BOOLEAN),
            CAST(item.value ->> 'registry_id' AS BIGINT), item.value ->> 'index_url', item.value ->> 'canon'
        FROM ",
        rows("$1"),
        " ORDER BY 2"
    );
    if rows.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = rows.iter().enumerate().map(|(place, row)| to_json(place, row)).collect();
    tx.query(sql).bind(Value::from(rows).to_string()).bind(version.0).execute().await?;
    Ok(())
}

/// The dependencies of a version, in the order they were stored.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, version: VersionId) -> Result<Vec<DependencyRow>, StoreError> {
    let sql = sql!(
        "SELECT name, name_in_toml, req, kind, target, optional, default_features, features, public,
            registry_id, index_url
        FROM dependency
        WHERE version_id = $1
        ORDER BY place
        LIMIT $2"
    );
    conn.query(sql).bind(version.0).bind(i64::from(PAGE_MAX)).all(read).await
}

/// Features go in as a text that is itself JSON, so that they are stored as they are.
fn to_json(place: usize, row: &DependencyRow) -> Value {
    let (registry, index) = match &row.source {
        Source::Registry(id) => (Some(id.0), None),
        Source::Index(url) => (None, Some(url.as_str())),
    };
    json!({
        "place": place,
        "name": row.name.as_str(),
        "name_in_toml": row.name_in_toml,
        "req": row.req,
        "kind": row.kind,
        "target": row.target,
        "optional": row.optional,
        "default_features": row.default_features,
        "features": json!(row.features).to_string(),
        "public": row.public,
        "registry_id": registry,
        "index_url": index,
        "canon": row.name.canon().as_str(),
    })
}

fn read(row: &mut Row<'_>) -> Result<DependencyRow, StoreError> {
    Ok(DependencyRow {
        name: row.parse()?,
        name_in_toml: row.next()?,
        req: row.next()?,
        kind: row.next()?,
        target: row.next()?,
        optional: row.next()?,
        default_features: row.next()?,
        features: serde_json::from_str(row.next()?)
            .map_err(|error| StoreError::Internal(format!("a stored list of features is bad: {error}")))?,
        public: row.next()?,
        source: match (row.next::<Option<i64>>()?, row.next::<Option<String>>()?) {
            (Some(id), _) => Source::Registry(RegistryId(id)),
            (None, url) => Source::Index(url.unwrap_or_default()),
        },
    })
}
