//! The schema of the database at the start: made, left alone, brought up after a backup, or refused.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use cratekeep_store::{Schema, Store};
use cratekeep_types::{Clock, SystemClock};

use crate::folder::DataFolder;

/// What was done to the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Brought {
    /// It was the right one.
    Nothing,
    /// It was made.
    Made,
    /// Some migrations were run.
    Up {
        /// Number of the newest migration before.
        from: i64,
        /// Number of the newest migration now.
        to: i64,
        /// Where the database was copied to before that.
        backup: PathBuf,
    },
}

/// Makes the database fit this program, with a backup before anything that is there is changed.
pub(crate) async fn bring_up(store: &Store, folder: &DataFolder) -> Result<Brought> {
    match store.schema().await? {
        Schema::Behind { found, known } => {
            let now = SystemClock.now();
            let backup = folder.backups().join(format!("before-migration-{known}-{}", now.0));
            std::fs::create_dir_all(&backup)
                .with_context(|| format!("could not make the folder {}", backup.display()))?;
            store
                .backup_to(&backup)
                .await
                .context("the database was not migrated, because the backup before that failed")?;
            store.migrate(now).await.with_context(|| {
                format!("the migration failed; the database before it is in {}", backup.display())
            })?;
            Ok(Brought::Up { from: found, to: known, backup })
        }
        Schema::Current | Schema::Empty | Schema::Ahead { .. } => make_if_empty(store).await,
    }
}

/// Makes the database if nothing is there, and refuses one that is not of this program's schema.
pub(crate) async fn make_if_empty(store: &Store) -> Result<Brought> {
    match store.schema().await? {
        Schema::Current => Ok(Brought::Nothing),
        Schema::Empty => {
            store.migrate(SystemClock.now()).await?;
            Ok(Brought::Made)
        }
        Schema::Behind { found, known } => bail!(
            "the database has schema {found} and this program has {known}: run `cratekeep migrate` or start the server, \
             either of which makes a backup first"
        ),
        Schema::Ahead { found, known } => bail!(
            "the database has schema {found} and this program knows only {known}: a newer cratekeep has used it; \
             start that one, or restore a backup from before"
        ),
    }
}

impl Brought {
    /// What was done as a sentence.
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Nothing => "the database has the schema of this program".to_owned(),
            Self::Made => "the database was made".to_owned(),
            Self::Up { from, to, backup } => format!(
                "the database was brought from schema {from} to {to}; as it was before, it is in {}",
                backup.display()
            ),
        }
    }
}
