//! The schema of the database at the start: made, left alone, brought up after a backup, or refused.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use cratekeep_store::{Schema, Store};
use cratekeep_types::{Clock, SystemClock, Timestamp};

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
            let backup = copy_before(store, folder, known, now).await?;
            store.migrate(now).await.with_context(|| {
                format!("the migration failed; the database before it is in {}", backup.display())
            })?;
            Ok(Brought::Up { from: found, to: known, backup })
        }
        Schema::Current | Schema::Empty | Schema::Ahead { .. } => make_if_empty(store).await,
    }
}

/// Copies the database into a folder of its own before schema `known` is made of it.
async fn copy_before(store: &Store, folder: &DataFolder, known: i64, now: Timestamp) -> Result<PathBuf> {
    let backup = folder.backups().join(format!("before-schema-{known}-{}", now.0));
    std::fs::create_dir_all(&backup)
        .with_context(|| format!("could not make the folder {}", backup.display()))?;
    let copied = store.backup_to(&backup).await;
    copied.context("the database was not migrated, because the backup before that failed")?;
    Ok(backup)
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

#[cfg(test)]
mod tests {
    use cratekeep_config::{Flag, Settings, Sources};
    use cratekeep_types::Steps;

    use super::*;
    use crate::wiring;

    #[tokio::test]
    async fn the_copy_before_a_migration_is_a_whole_database() {
        let place = tempfile::TempDir::new().expect("a temporary folder");
        let settings_in = |name: &str| {
            let value = place.path().join(name).display().to_string();
            let flags = vec![Flag { key: "server.data_dir", flag: "--data-dir", value }];
            Settings::load(&Sources { flags, ..Sources::default() }).expect("good settings")
        };
        let (before, after) = (settings_in("before"), settings_in("after"));
        let folder = DataFolder::of(&before);
        folder.make().expect("a temporary folder can be written");
        let store = |settings: &Settings| {
            Store::open(wiring::store_options(settings, true).expect("good settings"), Steps::unwatched())
        };
        let old = store(&before).await.expect("a new database");
        assert_eq!(bring_up(&old, &folder).await.expect("it can be made"), Brought::Made);
        assert_eq!(bring_up(&old, &folder).await.expect("nothing is to be done"), Brought::Nothing);
        assert!(!folder.backups().exists());

        let backup = copy_before(&old, &folder, 7, Timestamp(42)).await.expect("it can be copied");
        assert_eq!(backup, folder.backups().join("before-schema-7-42"));
        std::fs::rename(&backup, after.server.data_dir.as_path()).expect("both are temporary");
        let copy = store(&after).await.expect("a copied database");
        assert_eq!(copy.schema().await.expect("it can be read"), Schema::Current);
        copy.close().await;
        old.close().await;
    }
}
