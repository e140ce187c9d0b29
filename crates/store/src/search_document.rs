//! Crates as the search index takes them: everything by which one is found, in one row.

use cratekeep_types::{CrateId, CrateName, RegistryId, Timestamp};
use serde_json::{Value, json};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::{Conn, StoreError};

/// A crate with everything by which it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchDocument {
    /// Its row.
    pub id: CrateId,
    /// Where it lives.
    pub registry: RegistryId,
    /// Whether only its owners and readers see it.
    pub limited: bool,
    /// Its name as published.
    pub name: CrateName,
    /// What it says about itself.
    pub description: Option<String>,
    /// Whether every version of it is yanked.
    pub all_yanked: bool,
    /// What the manifest of the version to show first says, as JSON text.
    pub metadata: Option<String>,
    /// Its keywords.
    pub keywords: Vec<String>,
    /// Its category slugs.
    pub categories: Vec<String>,
    /// Names of its owners, and `#u7` for the account with the number 7; logins of the teams, and `#t7`.
    pub owners: Vec<String>,
    /// Its use and age.
    pub facts: CrateFacts,
}

/// What is known of a crate's use and age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrateFacts {
    /// Downloads of all versions.
    pub downloads: u64,
    /// Downloads of the last 90 days.
    pub recent_downloads: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Crates by their rows, by id; those that are gone are left out.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, ids: &[CrateId]) -> Result<Vec<SearchDocument>, StoreError> {
    let sql = sql!(
        "SELECT krate.id, krate.registry_id, krate.limited, krate.name, krate.description, krate.all_yanked,
            (SELECT best.metadata
            FROM version AS best
            WHERE best.krate_id = krate.id
            ORDER BY best.yanked, best.is_prerelease, best.semver_order DESC, best.id DESC
            LIMIT 1),
            (SELECT STRING_AGG(keyword, ' ' ORDER BY keyword)
            FROM krate_keyword WHERE krate_keyword.krate_id = krate.id),
            (SELECT STRING_AGG(slug, ' ' ORDER BY slug)
            FROM krate_category WHERE krate_category.krate_id = krate.id),
            (SELECT STRING_AGG(account.name || ' #u' || account.id, ' ' ORDER BY account.id)
            FROM owner
            JOIN account ON account.id = owner.account_id
            WHERE owner.krate_id = krate.id),
            (SELECT STRING_AGG(team.login || ' #t' || team.id, ' ' ORDER BY team.id)
            FROM team_owner
            JOIN team ON team.id = team_owner.team_id
            WHERE team_owner.krate_id = krate.id),
            krate.downloads, krate.recent_downloads, krate.created_at, krate.updated_at
        FROM krate
        WHERE krate.id IN (SELECT CAST(item.value ->> 'id' AS BIGINT) FROM ",
        rows("$1"),
        ")
        ORDER BY krate.id"
    );
    let rows: Value = ids.iter().take(PAGE_MAX as usize).map(|id| json!({ "id": id.0 })).collect();
    conn.query(sql).bind(rows.to_string()).all(read).await
}

/// Use and age of crates with an id above `after`, by id, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn facts_after(
    conn: &mut Conn,
    after: CrateId,
    limit: u32,
) -> Result<Vec<(CrateId, CrateFacts)>, StoreError> {
    let sql = sql!(
        "SELECT id, downloads, recent_downloads, created_at, updated_at
        FROM krate
        WHERE id > $1
        ORDER BY id
        LIMIT $2"
    );
    conn.query(sql)
        .bind(after.0)
        .bind(bounded(limit, PAGE_MAX))
        .all(|row| Ok((CrateId(row.next()?), read_facts(row)?)))
        .await
}

/// Crates that an account owns itself or that a team owns, by id.
///
/// # Errors
/// When the database fails.
pub async fn owned_by(
    conn: &mut Conn,
    account: Option<i64>,
    team: Option<i64>,
) -> Result<Vec<CrateId>, StoreError> {
    let sql = sql!(
        "SELECT krate_id
        FROM owner
        WHERE account_id = $1
        UNION
        SELECT krate_id
        FROM team_owner
        WHERE team_id = $2
        ORDER BY 1
        LIMIT $3"
    );
    conn.query(sql)
        .bind(account)
        .bind(team)
        .bind(i64::from(PAGE_MAX))
        .all(|row| row.next().map(CrateId))
        .await
}

fn read(row: &mut Row<'_>) -> Result<SearchDocument, StoreError> {
    let (id, registry, limited) = (CrateId(row.next()?), RegistryId(row.next()?), row.next()?);
    let (name, description, all_yanked, metadata) = (row.parse()?, row.next()?, row.next()?, row.next()?);
    let (keywords, categories, mut owners) = (words(row)?, words(row)?, words(row)?);
    owners.extend(words(row)?);
    let facts = read_facts(row)?;
    Ok(SearchDocument {
        id,
        registry,
        limited,
        name,
        description,
        all_yanked,
        metadata,
        keywords,
        categories,
        owners,
        facts,
    })
}

fn read_facts(row: &mut Row<'_>) -> Result<CrateFacts, StoreError> {
    Ok(CrateFacts {
        downloads: row.unsigned()?,
        recent_downloads: row.unsigned()?,
        created_at: row.time()?,
        updated_at: row.time()?,
    })
}

fn words(row: &mut Row<'_>) -> Result<Vec<String>, StoreError> {
    let text: Option<&str> = row.next()?;
    Ok(text.unwrap_or_default().split_whitespace().map(str::to_owned).collect())
}
