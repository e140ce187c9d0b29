//! Rows of a registry as its public dump has them: page by page, in the order of their keys, nothing that only some may
//! see. Crates that not everybody may see are left out, with all that hangs off them.

use cratekeep_types::{RegistryId, Timestamp};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::{Conn, StoreError};

/// Where a page goes on: behind this key. Which of the parts a table uses is its own business.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// A word.
    pub word: String,
    /// A row.
    pub first: i64,
    /// A row below it.
    pub second: i64,
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// A moment.
    Time(Timestamp),
    /// Yes or no.
    Flag(bool),
    /// 32 bytes.
    Digest([u8; 32]),
}

/// A row of a dump, with the key that the next page begins behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpRow {
    /// Its key.
    pub key: Key,
    /// Its values in the order of the statement.
    pub values: Vec<Value>,
}

/// Crates: id, name, last change, first publish, description, metadata of the version published last, longest upload,
/// most features, whether only trusted builds publish.
///
/// # Errors
/// When the database fails.
pub async fn crates(
    conn: &mut Conn,
    registry: RegistryId,
    after: &Key,
    limit: u32,
) -> Result<Vec<DumpRow>, StoreError> {
    let sql = sql!(
        "SELECT krate.id, krate.name, krate.updated_at, krate.created_at, krate.description, version.metadata,
            krate.upload_bytes_max, krate.features_max, krate.trustpub_only
        FROM krate
        JOIN version ON version.id = (SELECT MAX(last.id) FROM version AS last WHERE last.krate_id = krate.id)
        WHERE krate.registry_id = $1 AND NOT krate.limited AND krate.id > $2
        ORDER BY krate.id
        LIMIT $3"
    );
    let query = conn.query(sql).bind(registry.0).bind(after.first);
    query.bind(bounded(limit, PAGE_MAX)).all(|row| read(row, "nxttxxnnf", first_key)).await
}

/// Versions: id, crate, number, number without build metadata, when, metadata, length, whether yanked, by whom,
/// checksum, downloads.
///
/// # Errors
/// When the database fails.
pub async fn versions(
    conn: &mut Conn,
    registry: RegistryId,
    after: &Key,
    limit: u32,
) -> Result<Vec<DumpRow>, StoreError> {
    let sql = sql!(
        "SELECT version.id, version.krate_id, version.num, version.num_bare, version.published_at, version.metadata,
            version.size, version.yanked, version.published_by, version.checksum,
            COALESCE(download_total.downloads, 0)
        FROM version
        JOIN krate ON krate.id = version.krate_id
        LEFT JOIN download_total ON download_total.version_id = version.id
        WHERE krate.registry_id = $1 AND NOT krate.limited AND version.id > $2
        ORDER BY version.id
        LIMIT $3"
    );
    let query = conn.query(sql).bind(registry.0).bind(after.first);
    query.bind(bounded(limit, PAGE_MAX)).all(|row| read(row, "nnxxtxnfndn", first_key)).await
}

/// Dependencies on crates of the same registry: version, place, crate depended on, requirement, whether optional,
/// whether with default features, features as JSON, platform, kind, name in the manifest, name of the crate.
///
/// # Errors
/// When the database fails.
pub async fn dependencies(
    conn: &mut Conn,
    registry: RegistryId,
    after: &Key,
    limit: u32,
) -> Result<Vec<DumpRow>, StoreError> {
    let sql = sql!(
        "SELECT dependency.version_id, dependency.place, target.id, dependency.req, dependency.optional,
            dependency.default_features, dependency.features, dependency.target, dependency.kind,
            dependency.name_in_toml, target.name
        FROM dependency
        JOIN version ON version.id = dependency.version_id
        JOIN krate ON krate.id = version.krate_id
        JOIN krate AS target ON target.registry_id = dependency.registry_id AND target.canon = dependency.canon
        WHERE krate.registry_id = $1 AND dependency.registry_id = $1 AND NOT krate.limited AND NOT target.limited
            AND (dependency.version_id, dependency.place) > ($2, $3)
        ORDER BY dependency.version_id, dependency.place
        LIMIT $4"
    );
    let query = conn.query(sql).bind(registry.0).bind(after.first).bind(after.second);
    query.bind(bounded(limit, PAGE_MAX)).all(|row| read(row, "nnnxffxxxxx", both_keys)).await
}

/// Owners that are users: crate, account, since when, added by whom.
///
/// # Errors
/// When the database fails.
pub async fn owners(
    conn: &mut Conn,
    registry: RegistryId,
    after: &Key,
    limit: u32,
) -> Result<Vec<DumpRow>, StoreError> {
    let sql = sql!(
        "SELECT owner.krate_id, owner.account_id, owner.added_at, owner.added_by
        FROM owner
        JOIN krate ON krate.id = owner.krate_id
        WHERE krate.registry_id = $1 AND NOT krate.limited AND (owner.krate_id, owner.account_id) > ($2, $3)
        ORDER BY owner.krate_id, owner.account_id
        LIMIT $4"
    );
    let query = conn.query(sql).bind(registry.0).bind(after.first).bind(after.second);
    query.bind(bounded(limit, PAGE_MAX)).all(|row| read(row, "nntn", both_keys)).await
}

/// Owners that are teams: crate, team, since when, added by whom.
///
/// # Errors
/// When the database fails.
pub async fn team_owners(
    conn: &mut Conn,
    registry: RegistryId,
    after: &Key,
    limit: u32,
) -> Result<Vec<DumpRow>, StoreError> {
    let sql = sql!(
        "SELECT team_owner.krate_id, team_owner.team_id, team_owner.added_at, team_owner.added_by
        FROM team_owner
        JOIN krate ON krate.id = team_owner.krate_id
        WHERE krate.registry_id = $1 AND NOT krate.limited
            AND (team_owner.krate_id, team_owner.team_id) > ($2, $3)
        ORDER BY team_owner.krate_id, team_owner.team_id
        LIMIT $4"
    );
    let query = conn.query(sql).bind(registry.0).bind(after.first).bind(after.second);
    query.bind(bounded(limit, PAGE_MAX)).all(|row| read(row, "nntn", both_keys)).await
}

/// Users who own or published something, or made somebody an owner: id, name, what the person wants to be called, since
/// when. Everybody else is nobody's business.
///
/// # Errors
/// When the database fails.
pub async fn users(
    conn: &mut Conn,
    registry: RegistryId,
    after: &Key,
    limit: u32,
) -> Result<Vec<DumpRow>, StoreError> {
    let sql = sql!(
        "SELECT account.id, account.name, account.display_name, account.created_at
        FROM account
        WHERE account.id > $2 AND account.id IN (
            SELECT owner.account_id FROM owner JOIN krate ON krate.id = owner.krate_id
            WHERE krate.registry_id = $1 AND NOT krate.limited
            UNION SELECT owner.added_by FROM owner JOIN krate ON krate.id = owner.krate_id
            WHERE krate.registry_id = $1 AND NOT krate.limited
            UNION SELECT team_owner.added_by FROM team_owner JOIN krate ON krate.id = team_owner.krate_id
            WHERE krate.registry_id = $1 AND NOT krate.limited
            UNION SELECT version.published_by FROM version JOIN krate ON krate.id = version.krate_id
            WHERE krate.registry_id = $1 AND NOT krate.limited)
        ORDER BY account.id
        LIMIT $3"
    );
    let query = conn.query(sql).bind(registry.0).bind(after.first);
    query.bind(bounded(limit, PAGE_MAX)).all(|row| read(row, "nxxt", first_key)).await
}

/// Teams that own something: id, login, name, number at the forge, number of the organization there, its picture.
///
/// # Errors
/// When the database fails.
pub async fn teams(
    conn: &mut Conn,
    registry: RegistryId,
    after: &Key,
    limit: u32,
) -> Result<Vec<DumpRow>, StoreError> {
    let sql = sql!(
        "SELECT team.id, team.login, team.name, team.external_id, team.organization_id, team.avatar
        FROM team
        WHERE team.id > $2 AND team.id IN (
            SELECT team_owner.team_id FROM team_owner JOIN krate ON krate.id = team_owner.krate_id
            WHERE krate.registry_id = $1 AND NOT krate.limited)
        ORDER BY team.id
        LIMIT $3"
    );
    let query = conn.query(sql).bind(registry.0).bind(after.first);
    query.bind(bounded(limit, PAGE_MAX)).all(|row| read(row, "nxxxxx", first_key)).await
}

/// Keywords of crates, by word: word, crate, when the crate was first published.
///
/// # Errors
/// When the database fails.
pub async fn keywords(
    conn: &mut Conn,
    registry: RegistryId,
    after: &Key,
    limit: u32,
) -> Result<Vec<DumpRow>, StoreError> {
    let sql = sql!(
        "SELECT krate_keyword.keyword, krate.id, krate.created_at
        FROM krate_keyword
        JOIN krate ON krate.id = krate_keyword.krate_id
        WHERE krate.registry_id = $1 AND NOT krate.limited
            AND (krate_keyword.keyword, krate_keyword.krate_id) > ($2, $3)
        ORDER BY krate_keyword.keyword, krate_keyword.krate_id
        LIMIT $4"
    );
    let query = conn.query(sql).bind(registry.0).bind(after.word.as_str()).bind(after.first);
    query.bind(bounded(limit, PAGE_MAX)).all(|row| read(row, "xnt", word_key)).await
}

/// Categories of crates, by slug: slug, crate, when the crate was first published.
///
/// # Errors
/// When the database fails.
pub async fn categories(
    conn: &mut Conn,
    registry: RegistryId,
    after: &Key,
    limit: u32,
) -> Result<Vec<DumpRow>, StoreError> {
    let sql = sql!(
        "SELECT krate_category.slug, krate.id, krate.created_at
        FROM krate_category
        JOIN krate ON krate.id = krate_category.krate_id
        WHERE krate.registry_id = $1 AND NOT krate.limited
            AND (krate_category.slug, krate_category.krate_id) > ($2, $3)
        ORDER BY krate_category.slug, krate_category.krate_id
        LIMIT $4"
    );
    let query = conn.query(sql).bind(registry.0).bind(after.word.as_str()).bind(after.first);
    query.bind(bounded(limit, PAGE_MAX)).all(|row| read(row, "xnt", word_key)).await
}

/// What is counted of crates: crate, its version to show first, its versions, its downloads.
///
/// # Errors
/// When the database fails.
pub async fn counts(
    conn: &mut Conn,
    registry: RegistryId,
    after: &Key,
    limit: u32,
) -> Result<Vec<DumpRow>, StoreError> {
    let sql = sql!(
        "SELECT krate.id,
            (SELECT best.id
            FROM version AS best
            WHERE best.krate_id = krate.id
            ORDER BY best.yanked, best.is_prerelease, best.semver_order DESC, best.id DESC
            LIMIT 1),
            (SELECT COUNT(*) FROM version WHERE version.krate_id = krate.id),
            (SELECT CAST(COALESCE(SUM(every.downloads), 0) AS BIGINT)
            FROM download_total AS every
            WHERE every.krate_id = krate.id)
        FROM krate
        WHERE krate.registry_id = $1 AND NOT krate.limited AND krate.id > $2
            AND EXISTS (SELECT 1 FROM version WHERE version.krate_id = krate.id)
        ORDER BY krate.id
        LIMIT $3"
    );
    let query = conn.query(sql).bind(registry.0).bind(after.first);
    query.bind(bounded(limit, PAGE_MAX)).all(|row| read(row, "nnnn", first_key)).await
}

/// Downloads by day, from a day on: version, day since 1970, downloads.
///
/// # Errors
/// When the database fails.
pub async fn downloads(
    conn: &mut Conn,
    registry: RegistryId,
    from_day: i32,
    after: &Key,
    limit: u32,
) -> Result<Vec<DumpRow>, StoreError> {
    let sql = sql!(
        "SELECT download_day.version_id, download_day.day, download_day.downloads
        FROM download_day
        JOIN version ON version.id = download_day.version_id
        JOIN krate ON krate.id = version.krate_id
        WHERE krate.registry_id = $1 AND NOT krate.limited AND download_day.day >= $2
            AND (download_day.version_id, download_day.day) > ($3, $4)
        ORDER BY download_day.version_id, download_day.day
        LIMIT $5"
    );
    let query =
        conn.query(sql).bind(registry.0).bind(i64::from(from_day)).bind(after.first).bind(after.second);
    query.bind(bounded(limit, PAGE_MAX)).all(|row| read(row, "nnn", both_keys)).await
}

/// Reads a row by what its columns hold: `n`umbers, te`x`ts, `t`imes, `f`lags, `d`igests.
fn read(row: &mut Row<'_>, kinds: &str, key: fn(&[Value]) -> Key) -> Result<DumpRow, StoreError> {
    let mut values = Vec::with_capacity(kinds.len());
    for kind in kinds.chars() {
        values.push(match kind {
            'n' => row.next::<Option<i64>>()?.map_or(Value::Null, Value::Number),
            't' => row.optional_time()?.map_or(Value::Null, Value::Time),
            'f' => Value::Flag(row.next()?),
            'd' => Value::Digest(row.bytes32()?),
            _ => row.next::<Option<String>>()?.map_or(Value::Null, Value::Text),
        });
    }
    Ok(DumpRow { key: key(&values), values })
}

fn number(value: Option<&Value>) -> i64 {
    match value {
        Some(Value::Number(number)) => *number,
        _ => 0,
    }
}

fn first_key(values: &[Value]) -> Key {
    Key { first: number(values.first()), ..Key::default() }
}

fn both_keys(values: &[Value]) -> Key {
    Key { first: number(values.first()), second: number(values.get(1)), ..Key::default() }
}

fn word_key(values: &[Value]) -> Key {
    let word = match values.first() {
        Some(Value::Text(word)) => word.clone(),
        _ => String::new(),
    };
    Key { word, first: number(values.get(1)), ..Key::default() }
}
