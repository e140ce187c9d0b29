//! Who did what, with which credential, from where. Has addresses, so it has its own retention.

use cratekeep_types::{EventNumber, Timestamp, TokenId, UserId, UserName};

use serde_json::{Value, json};

use crate::sql::{PAGE_MAX, Row, bounded, sql};
use crate::{Conn, StoreError, Tx};

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Nobody we know.
    Nobody,
    /// An account.
    User(UserId),
    /// The operator at the shell.
    Operator,
    /// The server itself.
    System,
    /// A build job with a token of its own; the row's credential says which.
    Workflow,
}

/// Something done or refused. Names are texts, so that they outlive what they name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAudit {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub who: Who,
    /// By which token.
    pub token: Option<TokenId>,
    /// By which other credential, in words like `session 5` or `trusted publishing token 7`.
    pub credential: Option<String>,
    /// From which network address.
    pub address: Option<String>,
    /// What was done, in words like `publish` or `token-revoke`.
    pub action: String,
    /// In which registry, by name.
    pub registry: Option<String>,
    /// To which crate, by name.
    pub krate: Option<String>,
    /// To which version, by number.
    pub version: Option<String>,
    /// Why it was refused; `None` when it was done.
    pub refusal: Option<String>,
    /// What was there before, as JSON text.
    pub before: Option<String>,
    /// What is there now, as JSON text.
    pub after: Option<String>,
}

impl NewAudit {
    /// A row that names nothing yet.
    #[must_use]
    pub fn new(action: impl Into<String>, who: Who, at: Timestamp) -> Self {
        Self {
            at,
            who,
            token: None,
            credential: None,
            address: None,
            action: action.into(),
            registry: None,
            krate: None,
            version: None,
            refusal: None,
            before: None,
            after: None,
        }
    }
}

/// An audit row as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its row.
    pub id: i64,
    /// The event beside it, if there is one.
    pub event: Option<EventNumber>,
    /// What it says.
    pub audit: NewAudit,
}

/// Stores rows that have no event beside them, such as refusals, in one batch.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, rows: &[NewAudit]) -> Result<(), StoreError> {
    let rows: Vec<_> = rows.iter().map(|row| to_json(None, row)).collect();
    insert_beside(tx, 0, &Value::from(rows).to_string()).await
}

/// Rows with an id below `before` (`None`: the newest), newest first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, before: Option<i64>, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
    let sql = sql!(
        "SELECT id, event_number, happened_at, who, account_id, token_id, address, action, registry, krate,
            version, refusal, before_json, after_json, credential
        FROM audit
        WHERE id < $1
        ORDER BY id DESC
        LIMIT $2"
    );
    conn.query(sql).bind(before.unwrap_or(i64::MAX)).bind(bounded(limit, PAGE_MAX)).all(read).await
}

/// What somebody did with a version, as everybody may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionAct {
    /// The version's number.
    pub version: String,
    /// `publish`, `yank` or `unyank`.
    pub action: String,
    /// When.
    pub at: Timestamp,
    /// The account.
    pub user: UserId,
    /// Its name.
    pub name: UserName,
    /// What the person wants to be called.
    pub display_name: Option<String>,
}

/// Who published, yanked and unyanked these versions of a crate, the oldest first, at most 10,000 acts. Names and numbers
/// are those of the registry, of the crate and of the versions as published.
///
/// # Errors
/// When the database fails.
pub async fn version_acts(
    conn: &mut Conn,
    registry: &str,
    krate: &str,
    versions: &[String],
) -> Result<Vec<VersionAct>, StoreError> {
    let sql = sql!(
        "SELECT audit.version, audit.action, audit.happened_at, account.id, account.name, account.display_name
        FROM ",
        rows("$3"),
        " JOIN audit ON audit.krate = $2 AND audit.version = item.value ->> 'num'
        JOIN account ON account.id = audit.account_id
        WHERE audit.registry = $1 AND audit.refusal IS NULL AND audit.action IN ('publish', 'yank', 'unyank')
        ORDER BY audit.id
        LIMIT $4"
    );
    let nums = Value::from_iter(versions.iter().map(|num| json!({ "num": num })));
    conn.query(sql)
        .bind(registry)
        .bind(krate)
        .bind(nums.to_string())
        .bind(i64::from(PAGE_MAX))
        .all(|row| {
            Ok(VersionAct {
                version: row.next()?,
                action: row.next()?,
                at: row.time()?,
                user: UserId(row.next()?),
                name: row.parse()?,
                display_name: row.next()?,
            })
        })
        .await
}

/// Stores audit rows. Those with an `offset` carry the event number `base` plus it.
pub(crate) async fn insert_beside(tx: &mut Tx, base: i64, rows: &str) -> Result<(), StoreError> {
    let sql = sql!(
        "INSERT INTO audit (event_number, happened_at, who, account_id, token_id, address, action, registry, krate,
            version, refusal, before_json, after_json, credential)
        SELECT $2 + CAST(item.value ->> 'offset' AS BIGINT), CAST(item.value ->> 'happened_at' AS BIGINT),
            item.value ->> 'who', CAST(item.value ->> 'account_id' AS BIGINT),
            CAST(item.value ->> 'token_id' AS BIGINT), item.value ->> 'address', item.value ->> 'action',
            item.value ->> 'registry', item.value ->> 'krate', item.value ->> 'version',
            item.value ->> 'refusal', item.value ->> 'before_json', item.value ->> 'after_json',
            item.value ->> 'credential'
        FROM ",
        rows("$1"),
        ""
    );
    tx.query(sql).bind(rows).bind(base).execute().await?;
    Ok(())
}

/// The row form of an audit row beside the `offset`-th event of its write.
pub(crate) fn to_json(offset: Option<usize>, row: &NewAudit) -> Value {
    let (who, account) = match row.who {
        Who::Nobody => ("nobody", None),
        Who::User(id) => ("user", Some(id.0)),
        Who::Operator => ("operator", None),
        Who::System => ("system", None),
        Who::Workflow => ("workflow", None),
    };
    json!({
        "offset": offset,
        "happened_at": row.at.0,
        "who": who,
        "account_id": account,
        "token_id": row.token.map(|id| id.0),
        "address": row.address,
        "action": row.action,
        "registry": row.registry,
        "krate": row.krate,
        "version": row.version,
        "refusal": row.refusal,
        "before_json": row.before,
        "after_json": row.after,
        "credential": row.credential,
    })
}

pub(crate) fn read(row: &mut Row<'_>) -> Result<AuditRow, StoreError> {
    let mut read = AuditRow {
        id: row.next()?,
        event: row.next::<Option<i64>>()?.map(EventNumber),
        audit: NewAudit {
            at: row.time()?,
            who: match (row.next::<&str>()?, row.next::<Option<i64>>()?) {
                ("user", Some(id)) => Who::User(UserId(id)),
                ("operator", _) => Who::Operator,
                ("system", _) => Who::System,
                ("workflow", _) => Who::Workflow,
                _ => Who::Nobody,
            },
            token: row.next::<Option<i64>>()?.map(TokenId),
            credential: None,
            address: row.next()?,
            action: row.next()?,
            registry: row.next()?,
            krate: row.next()?,
            version: row.next()?,
            refusal: row.next()?,
            before: row.next()?,
            after: row.next()?,
        },
    };
    read.audit.credential = row.next()?;
    Ok(read)
}
