//! Consistent copies of a running database, and empty databases filled from them.

mod dump;

use std::path::{Path, PathBuf};

use cratekeep_types::Timestamp;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Row as _, SqliteConnection};

use crate::error::classify;
use crate::schema::Target;
use crate::sqlite::COUNTS_FILE;
use crate::store::{Engine, Schema};
use crate::{DatabaseUrl, Options, StoreError};

/// The copy of the main SQLite file.
const MAIN_FILE: &str = "cratekeep.db";
/// The copy of a PostgreSQL database.
const DUMP_FILE: &str = "database.jsonl";

/// Writes a copy into the folder.
pub(crate) async fn write(engine: &Engine, folder: &Path) -> Result<(), StoreError> {
    match engine {
        Engine::Sqlite(database) => {
            copy_file(database.connect_main().await?, folder.join(MAIN_FILE)).await?;
            copy_file(database.connect_counts().await?, folder.join(COUNTS_FILE)).await?;
        }
        Engine::Postgres(database) => {
            let path = folder.join(DUMP_FILE);
            refuse_existing(&path)?;
            dump::write(database.connect().await?, &path).await?;
            sync(path).await?;
        }
    }
    sync(folder.to_owned()).await
}

/// Fills an empty database from the folder.
pub(crate) async fn restore(options: Options, folder: &Path, now: Timestamp) -> Result<(), StoreError> {
    match &options.url {
        DatabaseUrl::Sqlite { path } => {
            check_backup(&folder.join(MAIN_FILE)).await?;
            refuse_filled(path).await?;
            let counts = folder.join(COUNTS_FILE);
            if counts.exists() {
                put_file(&counts, &path.with_file_name(COUNTS_FILE)).await?;
            }
            put_file(&folder.join(MAIN_FILE), path).await
        }
        DatabaseUrl::Postgres { url } => {
            let options: sqlx::postgres::PgConnectOptions = url.expose().parse().map_err(failed)?;
            let conn = options.connect().await.map_err(failed)?;
            dump::read(conn, &folder.join(DUMP_FILE), now).await
        }
    }
}

async fn copy_file(mut conn: SqliteConnection, path: PathBuf) -> Result<(), StoreError> {
    refuse_existing(&path)?;
    let text = path.to_str().ok_or_else(|| file_error("write", &path, "its path is not UTF-8"))?;
    let copied = sqlx::query("VACUUM INTO $1").bind(text).execute(&mut conn).await.map_err(failed);
    let _closed = conn.close().await;
    copied?;
    sync(path).await
}

fn refuse_existing(path: &Path) -> Result<(), StoreError> {
    if path.exists() {
        return Err(file_error("write", path, "it is there already"));
    }
    Ok(())
}

/// Makes sure that the copy is whole and ours before anything is touched.
async fn check_backup(path: &Path) -> Result<(), StoreError> {
    if !path.exists() {
        return Err(StoreError::BadBackup(format!("{} is missing", path.display())));
    }
    let mut conn = SqliteConnectOptions::new().filename(path).read_only(true).connect().await.map_err(bad)?;
    let row = sqlx::query("PRAGMA integrity_check(1)").fetch_one(&mut conn).await.map_err(bad)?;
    let answer: String = row.try_get(0).map_err(bad)?;
    if answer != "ok" {
        return Err(StoreError::BadBackup(format!("{} is damaged: {answer}", path.display())));
    }
    let mut target = Target::Main(conn);
    let schema = target.compare().await;
    target.close().await;
    match schema? {
        Schema::Empty => Err(StoreError::BadBackup(format!("{} holds nothing", path.display()))),
        Schema::Ahead { found, known } => Err(StoreError::SchemaAhead { found, known }),
        Schema::Current | Schema::Behind { .. } => Ok(()),
    }
}

async fn refuse_filled(path: &Path) -> Result<(), StoreError> {
    if !path.exists() {
        return Ok(());
    }
    let conn = SqliteConnectOptions::new().filename(path).connect().await.map_err(failed)?;
    let mut target = Target::Main(conn);
    let schema = target.compare().await;
    target.close().await;
    match schema {
        Ok(Schema::Empty) => Ok(()),
        _ => Err(StoreError::NotEmpty(path.display().to_string())),
    }
}

/// Copies a file so that a crash leaves either nothing or all of it under its name.
async fn put_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    let (from, to) = (from.to_owned(), to.to_owned());
    blocking(move || {
        let mut staged = to.clone().into_os_string();
        staged.push(".restoring");
        let staged = PathBuf::from(staged);
        std::fs::copy(&from, &staged).map_err(|error| file_error("copy", &from, &error))?;
        sync_now(&staged)?;
        for suffix in ["-wal", "-shm"] {
            let mut beside = to.clone().into_os_string();
            beside.push(suffix);
            match std::fs::remove_file(&beside) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(file_error("remove", Path::new(&beside), &error));
                }
                _ => {}
            }
        }
        std::fs::rename(&staged, &to).map_err(|error| file_error("write", &to, &error))?;
        sync_now(to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")))
    })
    .await
}

async fn sync(path: PathBuf) -> Result<(), StoreError> {
    blocking(move || sync_now(&path)).await
}

fn sync_now(path: &Path) -> Result<(), StoreError> {
    std::fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(|error| file_error("sync", path, &error))
}

async fn blocking(work: impl FnOnce() -> Result<(), StoreError> + Send + 'static) -> Result<(), StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::Internal(error.to_string()))?
}

fn file_error(what: &str, path: &Path, reason: impl std::fmt::Display) -> StoreError {
    StoreError::File(format!("cannot {what} {}: {reason}", path.display()))
}

fn failed(error: sqlx::Error) -> StoreError {
    classify(error).0
}

fn bad(error: sqlx::Error) -> StoreError {
    StoreError::BadBackup(error.to_string())
}
