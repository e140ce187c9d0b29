//! A PostgreSQL database as JSON lines: what `pg_dump` would do, without needing it.
//!
//! The first line is a header, then comes a line for each table followed by its rows, and the last line counts them.
//! Rows are written and read by PostgreSQL itself, so that every value survives exactly. It puts names
//! into SQL text; they come from the list below and nowhere else.

use std::path::Path;

use cratekeep_types::Timestamp;
use futures::TryStreamExt;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Row as _};
use tokio::fs::File;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, BufWriter, Lines};

use super::{failed, file_error};
use crate::StoreError;
use crate::schema::{Target, latest};
use crate::store::Schema;

/// The form of the file.
const FORMAT: i64 = 1;
/// Most rows in one `INSERT`.
const BATCH_ROWS_MAX: usize = 1_000;
/// Most bytes of rows in one `INSERT`, unless a single row is longer.
const BATCH_BYTES_MAX: usize = 4 << 20;

struct Table {
    name: &'static str,
    /// The columns that order its rows.
    order: &'static str,
    /// Whether `id` is given by the database.
    has_identity: bool,
}

const fn table(name: &'static str, order: &'static str, has_identity: bool) -> Table {
    Table { name, order, has_identity }
}

/// Every table but the list of migrations, those that others refer to first.
const TABLES: &[Table] = &[
    table("meta", "key", false),
    table("event_counter", "one", false),
    table("event", "number", false),
    table("audit", "id", true),
    table("account", "id", true),
    table("password", "account_id", false),
    table("identity", "id", true),
    table("passkey", "id", true),
    table("session", "id", true),
    table("ticket", "hash", false),
    table("vault_key", "id", true),
    table("token", "id", true),
    table("team", "id", true),
    table("team_member", "team_id, account_id, source", false),
    table("registry", "id", true),
    table("registry_download", "registry_id, day", false),
    table("group_role", "account_id, provider, role, registry_id", false),
    table("registry_member", "registry_id, account_id", false),
    table("registry_team", "registry_id, team_id", false),
    table("krate", "id", true),
    table("krate_reader", "krate_id, account_id", false),
    table("krate_team_reader", "krate_id, team_id", false),
    table("team_owner", "krate_id, team_id", false),
    table("invitation", "id", true),
    table("reserved_name", "registry_id, pattern", false),
    table("name_request", "id", true),
    table("deleted_krate", "registry_id, canon", false),
    table("rate_bucket", "subject, action", false),
    table("rate_override", "account_id, action", false),
    table("trust_issuer", "id", true),
    table("trusted_publisher", "id", true),
    table("trust_token", "id", true),
    table("used_jwt", "issuer, jti", false),
    table("version", "id", true),
    table("dependency", "version_id, place", false),
    table("owner", "krate_id, account_id", false),
    table("krate_keyword", "krate_id, keyword", false),
    table("krate_category", "krate_id, slug", false),
    table("followed_krate", "account_id, krate_id", false),
    table("tombstone", "registry_id, canon, num_bare", false),
    table("blob", "class, checksum", false),
    table("job", "id", true),
    table("download_day", "version_id, day", false),
    table("download_total", "version_id", false),
    table("token_use", "token_id", false),
    table("node", "id", false),
];

/// Writes every table as it is at one moment.
pub(super) async fn write(mut conn: PgConnection, path: &Path) -> Result<(), StoreError> {
    let unwritable = |error| file_error("write", path, error);
    sqlx::query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .execute(&mut conn)
        .await
        .map_err(failed)?;
    let schema: i64 = sqlx::query("SELECT MAX(number) FROM migration")
        .fetch_one(&mut conn)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(failed)?;
    let mut out = BufWriter::new(File::create_new(path).await.map_err(unwritable)?);
    let header = json!({ "cratekeep_dump": FORMAT, "schema": schema });
    out.write_all(format!("{header}\n").as_bytes()).await.map_err(unwritable)?;
    let mut total: u64 = 0;
    for table in TABLES {
        let head = json!({ "table": table.name });
        out.write_all(format!("{head}\n").as_bytes()).await.map_err(unwritable)?;
        let sql =
            format!("SELECT CAST(to_jsonb(t) AS TEXT) FROM {} AS t ORDER BY {}", table.name, table.order);
        let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut conn);
        while let Some(row) = rows.try_next().await.map_err(failed)? {
            let text: &str = row.try_get(0).map_err(failed)?;
            out.write_all(text.as_bytes()).await.map_err(unwritable)?;
            out.write_all(b"\n").await.map_err(unwritable)?;
            total += 1;
        }
    }
    out.write_all(format!("{}\n", json!({ "end": total })).as_bytes()).await.map_err(unwritable)?;
    out.flush().await.map_err(unwritable)?;
    conn.close().await.map_err(failed)
}

/// Fills an empty database in one transaction.
pub(super) async fn read(conn: PgConnection, path: &Path, now: Timestamp) -> Result<(), StoreError> {
    let mut target = Target::Postgres(conn);
    if target.compare().await.ok() != Some(Schema::Empty) {
        return Err(StoreError::NotEmpty("the PostgreSQL database".to_owned()));
    }
    let file = File::open(path).await.map_err(|error| file_error("read", path, error))?;
    let mut lines = Dump { path, lines: BufReader::new(file).lines() };
    let schema = lines.header().await?;
    target.execute("BEGIN").await?;
    target.migrate_inside(now, schema).await?;
    let Target::Postgres(mut conn) = target else {
        return Err(StoreError::Internal("a dump was read into another engine".to_owned()));
    };
    fill(&mut conn, &mut lines).await?;
    for table in TABLES.iter().filter(|table| table.has_identity) {
        let name = table.name;
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('{name}', 'id'), COALESCE(MAX(id), 1), MAX(id) IS NOT NULL) FROM {name}"
        );
        sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.map_err(failed)?;
    }
    sqlx::query("COMMIT").execute(&mut conn).await.map_err(failed)?;
    conn.close().await.map_err(failed)
}

async fn fill(conn: &mut PgConnection, lines: &mut Dump<'_>) -> Result<(), StoreError> {
    let mut table: Option<&Table> = None;
    let mut batch = Batch::default();
    let mut total: u64 = 0;
    loop {
        let line = lines.next().await?;
        // Rows have many columns, the lines between them one key; no table has a single column.
        match Mark::of(&line) {
            Some(Mark::Table(name)) => {
                batch.insert(conn, table).await?;
                let known = TABLES.iter().find(|table| table.name == name);
                table = Some(known.ok_or_else(|| lines.bad(&format!("it has an unknown table `{name}`")))?);
                empty(conn, table).await?;
            }
            Some(Mark::End(count)) => {
                batch.insert(conn, table).await?;
                return if count == total { Ok(()) } else { Err(lines.bad("rows are missing")) };
            }
            None => {
                total += 1;
                batch.push(&line);
                if batch.is_full() {
                    batch.insert(conn, table).await?;
                }
            }
        }
    }
}

/// Removes what the migrations put in.
async fn empty(conn: &mut PgConnection, table: Option<&Table>) -> Result<(), StoreError> {
    if let Some(table) = table {
        let sql = format!("DELETE FROM {}", table.name);
        sqlx::query(AssertSqlSafe(sql)).execute(conn).await.map_err(failed)?;
    }
    Ok(())
}

/// A line that is no row.
enum Mark {
    Table(String),
    End(u64),
}

impl Mark {
    fn of(line: &str) -> Option<Self> {
        if !line.starts_with("{\"table\":") && !line.starts_with("{\"end\":") {
            return None;
        }
        let value: Value = serde_json::from_str(line).ok()?;
        match (value.get("table").and_then(Value::as_str), value.get("end").and_then(Value::as_u64)) {
            (Some(name), _) => Some(Self::Table(name.to_owned())),
            (None, Some(count)) => Some(Self::End(count)),
            (None, None) => None,
        }
    }
}

/// Rows on their way into one `INSERT`.
#[derive(Default)]
struct Batch {
    rows: usize,
    array: String,
}

impl Batch {
    fn push(&mut self, row: &str) {
        self.array.push(if self.rows == 0 { '[' } else { ',' });
        self.array.push_str(row);
        self.rows += 1;
    }

    fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS_MAX || self.array.len() >= BATCH_BYTES_MAX
    }

    async fn insert(&mut self, conn: &mut PgConnection, table: Option<&Table>) -> Result<(), StoreError> {
        if self.rows == 0 {
            return Ok(());
        }
        let name = table
            .map(|table| table.name)
            .ok_or_else(|| StoreError::BadBackup("the dump has rows before it names a table".to_owned()))?;
        let mut array = std::mem::take(&mut self.array);
        array.push(']');
        self.rows = 0;
        let sql = format!(
            "INSERT INTO {name} SELECT * FROM jsonb_populate_recordset(CAST(NULL AS {name}), CAST($1 AS JSONB))"
        );
        sqlx::query(AssertSqlSafe(sql)).bind(array).execute(conn).await.map_err(failed)?;
        Ok(())
    }
}

/// The file being read.
struct Dump<'p> {
    path: &'p Path,
    lines: Lines<BufReader<File>>,
}

impl Dump<'_> {
    async fn next(&mut self) -> Result<String, StoreError> {
        match self.lines.next_line().await {
            Ok(Some(line)) => Ok(line),
            Ok(None) => Err(self.bad("it ends too early")),
            Err(error) => Err(file_error("read", self.path, error)),
        }
    }

    /// Reads the header; returns the number of the schema.
    async fn header(&mut self) -> Result<i64, StoreError> {
        let line = self.next().await?;
        let header: Value = serde_json::from_str(&line).unwrap_or_default();
        let schema = header.get("schema").and_then(Value::as_i64);
        match (header.get("cratekeep_dump").and_then(Value::as_i64), schema) {
            (Some(FORMAT), Some(found)) if found > latest() => {
                Err(StoreError::SchemaAhead { found, known: latest() })
            }
            (Some(FORMAT), Some(found)) => Ok(found),
            _ => Err(self.bad("it does not begin like a dump of this program")),
        }
    }

    fn bad(&self, reason: &str) -> StoreError {
        StoreError::BadBackup(format!("{}: {reason}", self.path.display()))
    }
}
