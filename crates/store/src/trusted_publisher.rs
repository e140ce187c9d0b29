//! Rules by which build jobs publish crates without a person: which place may publish which crate.

use cratekeep_types::{CrateId, CrateName, RegistryId, Timestamp, TrustedPublisherId, UserId};

use serde_json::{Value, json};

use crate::sql::{Row, bounded, sql};
use crate::{Conn, StoreError, Tx};

/// Most rules that one list returns.
pub const LISTED_MAX: u32 = 1_000;

/// A rule to be made.
#[derive(Clone, Debug)]
pub struct NewPublisher {
    /// The crate.
    pub krate: CrateId,
    /// What kind of issuer: `github`, `gitlab` or `oidc`.
    pub provider: String,
    /// By what the rules for a token are found: the repository in lower case, or the name of the issuer.
    pub subject: String,
    /// Everything the rule says, as one JSON text.
    pub fields: String,
    /// Who made it.
    pub created_by: Option<UserId>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublisherRow {
    /// Its row.
    pub id: TrustedPublisherId,
    /// The crate.
    pub krate: CrateId,
    /// The crate's name.
    pub krate_name: CrateName,
    /// The crate's registry.
    pub registry: RegistryId,
    /// What kind of issuer.
    pub provider: String,
    /// Everything the rule says, as one JSON text.
    pub fields: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Makes a rule.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    new: &NewPublisher,
    at: Timestamp,
) -> Result<TrustedPublisherId, StoreError> {
    let sql = sql!(
        "INSERT INTO trusted_publisher (krate_id, provider, subject, fields, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING id"
    );
    tx.query(sql)
        .bind(new.krate.0)
        .bind(new.provider.as_str())
        .bind(new.subject.as_str())
        .bind(new.fields.as_str())
        .bind(at.0)
        .bind(new.created_by.map(|by| by.0))
        .one(|row| row.next().map(TrustedPublisherId))
        .await
}

/// The rule in row `id`.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, id: TrustedPublisherId) -> Result<Option<PublisherRow>, StoreError> {
    let sql = sql!(
        "SELECT rule.id, rule.krate_id, krate.name, krate.registry_id, rule.provider, rule.fields, rule.created_at
        FROM trusted_publisher AS rule
        JOIN krate ON krate.id = rule.krate_id
        WHERE rule.id = $1"
    );
    conn.query(sql).bind(id.0).optional(read).await
}

/// Which of these rules are still there, by row, at most [`LISTED_MAX`].
///
/// # Errors
/// When the database fails.
pub async fn find_all(conn: &mut Conn, ids: &[TrustedPublisherId]) -> Result<Vec<PublisherRow>, StoreError> {
    let sql = sql!(
        "SELECT rule.id, rule.krate_id, krate.name, krate.registry_id, rule.provider, rule.fields, rule.created_at
        FROM trusted_publisher AS rule
        JOIN krate ON krate.id = rule.krate_id
        WHERE rule.id IN (SELECT CAST(item.value ->> 'id' AS BIGINT) FROM ",
        rows("$1"),
        ")
        ORDER BY rule.id
        LIMIT $2"
    );
    let rows: Vec<_> = ids.iter().map(|id| json!({ "id": id.0 })).collect();
    conn.query(sql).bind(Value::from(rows).to_string()).bind(i64::from(LISTED_MAX)).all(read).await
}

/// The rules of one kind for a crate with a row above `after`, by row, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list_by_krate(
    conn: &mut Conn,
    krate: CrateId,
    provider: &str,
    after: TrustedPublisherId,
    limit: u32,
) -> Result<Vec<PublisherRow>, StoreError> {
    let sql = sql!(
        "SELECT rule.id, rule.krate_id, krate.name, krate.registry_id, rule.provider, rule.fields, rule.created_at
        FROM trusted_publisher AS rule
        JOIN krate ON krate.id = rule.krate_id
        WHERE rule.krate_id = $1 AND rule.provider = $2 AND rule.id > $3
        ORDER BY rule.id
        LIMIT $4"
    );
    let query = conn.query(sql).bind(krate.0).bind(provider).bind(after.0);
    query.bind(bounded(limit, LISTED_MAX)).all(read).await
}

/// How many rules of one kind a crate has.
///
/// # Errors
/// When the database fails.
pub async fn count_by_krate(conn: &mut Conn, krate: CrateId, provider: &str) -> Result<u64, StoreError> {
    let sql = sql!(
        "SELECT COUNT(*)
        FROM trusted_publisher
        WHERE krate_id = $1 AND provider = $2"
    );
    conn.query(sql).bind(krate.0).bind(provider).one(|row| row.unsigned()).await
}

/// The rules of one kind for the crates that an account owns in a registry, with a row above `after`, by row, at most
/// `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list_by_owner(
    conn: &mut Conn,
    (registry, user): (RegistryId, UserId),
    provider: &str,
    after: TrustedPublisherId,
    limit: u32,
) -> Result<Vec<PublisherRow>, StoreError> {
    let sql = sql!(
        "SELECT rule.id, rule.krate_id, krate.name, krate.registry_id, rule.provider, rule.fields, rule.created_at
        FROM owner
        JOIN trusted_publisher AS rule ON rule.krate_id = owner.krate_id
        JOIN krate ON krate.id = rule.krate_id
        WHERE owner.account_id = $1 AND krate.registry_id = $2 AND rule.provider = $3 AND rule.id > $4
        ORDER BY rule.id
        LIMIT $5"
    );
    let query = conn.query(sql).bind(user.0).bind(registry.0).bind(provider).bind(after.0);
    query.bind(bounded(limit, LISTED_MAX)).all(read).await
}

/// The rules that a token with this subject may fit in a registry, with a row above `after`, by row, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list_by_subject(
    conn: &mut Conn,
    registry: RegistryId,
    (provider, subject): (&str, &str),
    after: TrustedPublisherId,
    limit: u32,
) -> Result<Vec<PublisherRow>, StoreError> {
    let sql = sql!(
        "SELECT rule.id, rule.krate_id, krate.name, krate.registry_id, rule.provider, rule.fields, rule.created_at
        FROM trusted_publisher AS rule
        JOIN krate ON krate.id = rule.krate_id
        WHERE rule.provider = $1 AND rule.subject = $2 AND krate.registry_id = $3 AND rule.id > $4
        ORDER BY rule.id
        LIMIT $5"
    );
    let query = conn.query(sql).bind(provider).bind(subject).bind(registry.0).bind(after.0);
    query.bind(bounded(limit, LISTED_MAX)).all(read).await
}

/// Replaces what a rule says; `false` when it is gone.
///
/// # Errors
/// When the database fails.
pub async fn set_fields(tx: &mut Tx, id: TrustedPublisherId, fields: &str) -> Result<bool, StoreError> {
    let sql = sql!(
        "UPDATE trusted_publisher
        SET fields = $2
        WHERE id = $1"
    );
    tx.query(sql).bind(id.0).bind(fields).changed().await
}

/// Removes a rule; `false` when it was not there.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, id: TrustedPublisherId) -> Result<bool, StoreError> {
    let sql = sql!(
        "DELETE FROM trusted_publisher
        WHERE id = $1"
    );
    tx.query(sql).bind(id.0).changed().await
}

/// Removes every rule with this subject; says how many there were.
///
/// # Errors
/// When the database fails.
pub async fn remove_by_subject(tx: &mut Tx, provider: &str, subject: &str) -> Result<u64, StoreError> {
    let sql = sql!(
        "DELETE FROM trusted_publisher
        WHERE provider = $1 AND subject = $2"
    );
    tx.query(sql).bind(provider).bind(subject).execute().await
}

fn read(row: &mut Row<'_>) -> Result<PublisherRow, StoreError> {
    Ok(PublisherRow {
        id: TrustedPublisherId(row.next()?),
        krate: CrateId(row.next()?),
        krate_name: row.parse()?,
        registry: RegistryId(row.next()?),
        provider: row.next()?,
        fields: row.next()?,
        created_at: row.time()?,
    })
}
