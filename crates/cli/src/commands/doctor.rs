//! `cratekeep doctor`: looks at what the server stands on and says what would keep it from working well.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use cratekeep_blob::BlobStore;
use cratekeep_config::Settings;
use cratekeep_store::meta::{Key, get};
use cratekeep_store::{Schema, Store};
use cratekeep_types::{Clock, SystemClock, Timestamp};

use crate::args::Place;
use crate::commands::runtime;
use crate::folder::DataFolder;
use crate::out::{complain, say, start_logging};
use crate::wiring;

/// No clock of a running machine is before this: 2026-01-01.
const CLOCK_MIN: Timestamp = Timestamp(1_767_225_600_000_000);
/// A database's clock may differ from ours by this much, in seconds.
const CLOCK_SECS_MAX: i64 = 5;

/// Runs the command; it fails when anything is wrong.
pub(crate) fn run(place: &Place) -> Result<ExitCode> {
    let settings = place.settings([])?;
    start_logging(&settings, false);
    say("settings: good");
    let folder = DataFolder::of(&settings);
    let mut all_is_well = tell("data folder", data_folder(folder.path()));
    all_is_well &= tell("clock", clock(SystemClock.now()));
    all_is_well &= tell("address", address(&settings));
    all_is_well &= runtime()?.block_on(data(&settings));
    Ok(if all_is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints what was found; says whether it was good.
fn tell(what: &str, found: Result<String>) -> bool {
    match found {
        Ok(sentence) => say(&format!("{what}: {sentence}")),
        Err(error) => {
            complain(&error.context(what.to_owned()));
            return false;
        }
    }
    true
}

fn data_folder(path: &Path) -> Result<String> {
    let facts = match std::fs::metadata(path) {
        Ok(facts) => facts,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(format!("{} is not there yet; the first start makes it", path.display()));
        }
        Err(error) => return Err(error).with_context(|| format!("{} cannot be looked at", path.display())),
    };
    let mode = facts.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!("{} is open to other users (mode {mode:o}); run `chmod 700` on it", path.display());
    }
    let written = tempfile_in(path);
    written.with_context(|| format!("{} cannot be written by this user", path.display()))?;
    Ok(format!("{} can be written, by this user alone", path.display()))
}

/// Writes a small file, syncs it and removes it again.
fn tempfile_in(folder: &Path) -> std::io::Result<()> {
    let path = folder.join(format!("doctor-{}", std::process::id()));
    let mut file = std::fs::File::create_new(&path)?;
    let written = file.write_all(b"looked at by a doctor\n").and_then(|()| file.sync_all());
    std::fs::remove_file(&path)?;
    written
}

fn clock(now: Timestamp) -> Result<String> {
    if now < CLOCK_MIN {
        bail!("the system's clock says {}, which is long past; set it", now.to_seconds_text());
    }
    Ok(format!("{} UTC", now.to_seconds_text()))
}

fn address(settings: &Settings) -> Result<String> {
    let server = &settings.server;
    match &server.base_url {
        Some(url) if url.starts_with("http://") && server.tls_cert.is_some() => {
            bail!("server.base_url is {url}, but the server speaks TLS; write https://")
        }
        Some(url) => Ok(format!("clients use {url}, the server listens on {}", server.listen)),
        None if matches!(server.listen.host(), "0.0.0.0" | "::") => bail!(
            "the server listens on {} and server.base_url is not set, so clients are told to use this machine's own \
             `localhost`; set it to the name that they know",
            server.listen
        ),
        None => Ok(format!("the server listens on {}", server.listen)),
    }
}

/// Database and storage, if they are there.
async fn data(settings: &Settings) -> bool {
    let store = match database(settings).await {
        Ok(Some(store)) => store,
        Ok(None) => return tell("database", Ok("not there yet; the first start makes it".to_owned())),
        Err(error) => return tell("database", Err(error)),
    };
    let mut all_is_well = tell("database", schema(&store).await);
    if all_is_well {
        all_is_well &= tell("database clock", database_clock(&store).await);
        all_is_well &= tell("storage", storage(settings, &store).await);
    }
    store.close().await;
    all_is_well
}

async fn database(settings: &Settings) -> Result<Option<Store>> {
    if wiring::sqlite_file(settings).is_some_and(|file| !file.exists()) {
        return Ok(None);
    }
    Ok(Some(Store::open(wiring::store_options(settings, false)?, wiring::steps(settings)).await?))
}

async fn schema(store: &Store) -> Result<String> {
    match store.schema().await? {
        Schema::Current => Ok("it answers and has the schema of this program".to_owned()),
        Schema::Empty => bail!("it answers and is empty; the first start fills it"),
        Schema::Behind { found, known } => {
            bail!(
                "it has schema {found}, this program has {known}; the next start brings it up, after a backup"
            )
        }
        Schema::Ahead { found, known } => {
            bail!("it has schema {found}, this program knows only {known}; use a newer cratekeep")
        }
    }
}

async fn database_clock(store: &Store) -> Result<String> {
    let apart = store.now().await?.secs_since(SystemClock.now()).abs();
    if apart > CLOCK_SECS_MAX {
        bail!("it differs from this machine's by {apart} seconds; let both follow the same time server");
    }
    Ok("it agrees with this machine's".to_owned())
}

async fn storage(settings: &Settings, store: &Store) -> Result<String> {
    let blobs = BlobStore::new(wiring::blob_options(settings), wiring::steps(settings))?;
    let Some(instance) = get(&mut *store.read().await?, Key::InstanceId).await? else {
        return Ok(format!("{} is not prepared yet; the first start does it", blobs.describe()));
    };
    blobs.check_marker(&instance).await?;
    let free = blobs.disk_free().await?;
    let room = free.map_or_else(String::new, |bytes| format!(", {} MiB are free", bytes >> 20));
    Ok(format!("{} is this server's{room}", blobs.describe()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_never_set_is_noticed() {
        assert!(clock(Timestamp(0)).is_err());
        assert!(clock(CLOCK_MIN).is_ok());
    }

    #[test]
    fn a_data_folder_that_others_can_read_is_noticed() {
        let folder = tempfile::TempDir::new().expect("a temporary folder");
        let set = |mode| {
            std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).expect("ours")
        };
        set(0o700);
        assert!(data_folder(folder.path()).is_ok());
        set(0o755);
        assert!(data_folder(folder.path()).is_err());
        assert!(
            data_folder(&folder.path().join("absent")).expect("it will be made").contains("not there yet")
        );
    }
}
